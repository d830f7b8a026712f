//! The form that the browser reads by hand is the form that the proxy writes with serde.

use js_sys::JSON;
use lead_form::read::read_form;
use lead_model::Form;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::page::FORM;

fn both(json: &str) -> (Form, Form) {
    let by_hand = read_form(&JSON::parse(json).unwrap()).unwrap();
    (by_hand, serde_json::from_str(json).unwrap())
}

#[wasm_bindgen_test]
fn form_is_read_as_serde_reads_it() {
    let (by_hand, by_serde) = both(FORM);
    assert_eq!(by_hand, by_serde);
    assert_eq!(by_hand.fields.len(), 14);
}

#[wasm_bindgen_test]
fn form_is_read_as_serde_writes_it() {
    let mut form: Form = serde_json::from_str(FORM).unwrap();
    form.direction = lead_model::Direction::Rtl;
    form.intro = None;
    let (by_hand, by_serde) = both(&serde_json::to_string(&form).unwrap());
    assert_eq!(by_hand, form);
    assert_eq!(by_serde, form);
}

#[wasm_bindgen_test]
fn form_with_nothing_but_what_is_needed_is_read() {
    let (by_hand, by_serde) = both(
        r#"{"id":"f","version":4294967295,"locale":"de","title":"T","submit":"S","success_title":"Y","success_text":"Z",
            "fields":[{"name":"a","kind":"text","label":"A"}],"messages":{}}"#,
    );
    assert_eq!(by_hand, by_serde);
}

#[wasm_bindgen_test]
fn place_of_what_is_wrong_is_told() {
    for (json, path) in [
        ("null", "id"),
        (r#"{"id":"f","version":1.5}"#, "version"),
        (r#"{"id":"f","version":4294967296}"#, "version"),
        (&FORM.replace("\"label\": \"Shop\"", "\"label\": 7"), "fields.8.options.1.label"),
    ] {
        assert_eq!(read_form(&JSON::parse(json).unwrap()).unwrap_err().path, path, "{json}");
    }
}
