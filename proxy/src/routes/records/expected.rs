//! What a person believes of a record while changing it, held against what it is.
//!
//! Apart because no partner here has versions: the record is read first, and between that and the change there is still a
//! moment. What two people wrote minutes apart is noticed; what they wrote in the same second is not.

use serde_json::Value;

use super::masked::{value_of, write_down};
use super::token::Caller;
use super::{RecordView, audit, read_record};
use crate::connectors::{Call, OperationKind};
use crate::problem::{ApiProblem, ApiReason};

/// Reads the record, and refuses where one of these fields holds something else by now. `changed` are the fields of the change.
pub(super) async fn check_expected(
    caller: &Caller,
    id: &str,
    expected: &[(String, Value)],
    changed: &[String],
) -> Result<(), ApiProblem> {
    let sensitive = &caller.account()?.panel().sensitive;
    // To be told that a guess is right is to be told the value.
    let guessed = sensitive.iter().filter(|name| expected.iter().any(|(guess, _)| is_of(guess, name)));
    let guessed: Vec<String> = guessed.cloned().collect();
    let record = read_record(caller, &Call::Get { id }, &guessed).await?;
    write_down(caller, id, &guessed).await?;
    if expected.iter().all(|(name, value)| is_same(value, value_of(&record.fields, name))) {
        return Ok(());
    }
    audit(caller, OperationKind::Update, Some(id), changed, ApiReason::RecordChanged.code());
    let view = serde_json::to_value(RecordView::of(caller, record)?).map_err(|_| ApiReason::Internal)?;
    Err(ApiProblem::from(ApiReason::RecordChanged).with_record(view))
}

/// Whether a name is this field's, or a member's of it.
fn is_of(name: &str, field: &str) -> bool {
    name.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether both look alike on a screen: nothing and a blank text do, and so do 1 and 1.0.
fn is_same(one: &Value, other: &Value) -> bool {
    let is_blank =
        |value: &Value| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
    if is_blank(one) || is_blank(other) {
        return is_blank(one) && is_blank(other);
    }
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.total_cmp(&other).is_eq(),
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_that_look_alike_are_the_same() {
        for (one, other, same) in [
            (json!("a"), json!("a"), true),
            (json!("a"), json!("b"), false),
            (json!(null), json!(""), true),
            (json!(" "), json!(null), true),
            (json!(null), json!("a"), false),
            (json!(0), json!(null), false),
            (json!(false), json!(null), false),
            (json!(1), json!(1.0), true),
            (json!(1.5), json!(1), false),
            (json!("1"), json!(1), false),
            (json!(true), json!(true), true),
        ] {
            assert_eq!(is_same(&one, &other), same, "{one} {other}");
            assert_eq!(is_same(&other, &one), same, "{other} {one}");
        }
    }
}
