//! Finds by which of its texts a lead can be told from every other, where no document says which.
//!
//! Apart because Spotcap and the webhook leave their bodies to the operator alike. Our pick: a member of one of the
//! given names at the top level; failing that the first text anywhere that looks like a receipt, which is four groups
//! of five letters or digits (`7K3F9-0QXJ2-MM8TD-4VYBR`).

use serde_json::{Map, Value};

const GROUPS: usize = 4;
const GROUP_CHARS: usize = 5;

/// Finds the lead's reference.
pub(crate) fn find(fields: &Map<String, Value>, names: &[&str]) -> Option<String> {
    let named = names.iter().filter_map(|name| fields.get(*name)?.as_str());
    let named = named.map(str::trim).find(|text| !text.is_empty()).map(str::to_owned);
    named.or_else(|| fields.values().find_map(find_in))
}

fn find_in(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            words.find(|word| is_receipt(word)).map(str::to_owned)
        }
        Value::Array(values) => values.iter().find_map(find_in),
        Value::Object(fields) => fields.values().find_map(find_in),
        _ => None,
    }
}

fn is_receipt(word: &str) -> bool {
    let mut groups = word.split('-');
    let whole = |group: &str| group.len() == GROUP_CHARS && group.bytes().all(|b| b.is_ascii_alphanumeric());
    groups.by_ref().take(GROUPS).filter(|group| whole(group)).count() == GROUPS && groups.next().is_none()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const RECEIPT: &str = "7K3F9-0QXJ2-MM8TD-4VYBR";

    fn check(fields: Value, found: Option<&str>) {
        assert_eq!(
            find(fields.as_object().unwrap(), &["reference", "externalId"]).as_deref(),
            found,
            "{fields}"
        );
    }

    #[test]
    fn named_member_comes_before_a_text_that_looks_like_a_receipt() {
        check(json!({ "notes": RECEIPT, "externalId": "b", "reference": "a" }), Some("a"));
        check(json!({ "notes": RECEIPT, "reference": " ", "externalId": "b" }), Some("b"));
        check(json!({ "notes": RECEIPT, "reference": 7 }), Some(RECEIPT));
    }

    #[test]
    fn receipt_is_found_in_the_middle_of_a_text_at_any_depth() {
        check(json!({ "lead": { "notes": ["none", format!("Receipt: {RECEIPT}.")] } }), Some(RECEIPT));
    }

    #[test]
    fn text_of_another_shape_is_no_receipt() {
        for text in [
            "7K3F9-0QXJ2-MM8TD",
            "7K3F9-0QXJ2-MM8TD-4VYB",
            "7K3F9-0QXJ2-MM8TD-4VYBR-1",
            "7K3F90QXJ2MM8TD4VYBR",
        ] {
            check(json!({ "notes": text }), None);
        }
    }
}
