//! One table of fields, entries and what comes of them, for both sides: what the browser says and what the proxy says is
//! the same, because it is the same function, and this shows that it is also the same when compiled to WebAssembly.

use lead_model::{Field, Normal, ProblemCode, RawValue, check_field};
use serde_json::Value;

const TABLE: &str = include_str!("rules.json");

/// What a row says, or what the rules said: a normal value, nothing, or a code.
type Said = Result<Option<Normal>, ProblemCode>;

/// Holds every row of the table against the rules; all that differ are told at once.
fn check_table() {
    let rows: Vec<Value> = serde_json::from_str(TABLE).unwrap();
    assert!(rows.len() >= 60, "the table has lost rows: {}", rows.len());
    let wrong: Vec<String> = rows.iter().filter_map(check_row).collect();
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

fn check_row(row: &Value) -> Option<String> {
    let mut field = row["field"].clone();
    (field["name"], field["label"]) = ("it".into(), "It".into());
    let field: Field = serde_json::from_value(field).unwrap();
    let typed: Option<RawValue> = serde_json::from_value(row["typed"].clone()).unwrap();
    let wanted: Said = match row.get("problem") {
        Some(code) => Err(ProblemCode::parse(code.as_str().unwrap()).unwrap()),
        None => Ok(serde_json::from_value(row["normal"].clone()).unwrap()),
    };
    let said: Said = check_field(&field, typed.as_ref()).map_err(|problem| problem.code);
    // Values print their length only, so the row says what it was about.
    (said != wanted).then(|| format!("{row}\n    said {said:?}"))
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn table_holds_on_the_proxys_side() {
    check_table();
}

#[cfg(target_arch = "wasm32")]
#[wasm_bindgen_test::wasm_bindgen_test]
fn table_holds_in_the_browser() {
    check_table();
}

/// The code that a browser runs and the code that the proxy runs must not only agree on what is right: a table that has
/// no row for a kind or a code would hold nothing.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn table_has_rows_for_every_kind_and_every_code_of_a_rule() {
    for kind in lead_model::FieldKind::ALL {
        let row = format!("\"kind\": \"{}\"", kind.as_str());
        assert!(TABLE.contains(&row), "no row for {}", kind.as_str());
    }
    // Codes that are no rule of a single field.
    let others = [
        ProblemCode::UnknownField,
        ProblemCode::RefusedByPartner,
        ProblemCode::PrefillFixed,
        ProblemCode::PrefillOver,
    ];
    for code in ProblemCode::ALL.iter().filter(|code| !others.contains(code)) {
        let row = format!("\"problem\": \"{}\"", code.as_str());
        assert!(TABLE.contains(&row), "no row for {}", code.as_str());
    }
}
