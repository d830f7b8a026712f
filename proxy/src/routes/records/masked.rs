//! Fields of a record that are masked until somebody asks for one, which the audit then says.
//!
//! Apart because a screen that shows what nobody wanted to see is seen over a shoulder, and because nothing else that is
//! read of a partner leaves a row.

use http::Uri;
use lead_model::{Problem, ProblemCode};
use serde_json::{Map, Value};

use super::token::Caller;
use crate::connectors::Record;
use crate::problem::{ApiProblem, ApiReason};
use crate::store::operator::{AuditAction, AuditDeed, AuditNote, AuditWhy, OperatorName, PartnerReference};

use super::RecordView;

impl RecordView {
    /// The record without what is masked, but for what is revealed.
    pub(super) fn masking(record: Record, masked: &[String], revealed: &[String]) -> Self {
        let Record { id, reference, mut fields } = record;
        let masked = masked.iter().filter(|name| !revealed.contains(name) && take_out(&mut fields, name));
        let masked = masked.cloned().collect();
        Self { id, reference, fields, masked }
    }

    /// The record as this caller sees it who has asked for nothing more.
    pub(super) fn of(caller: &Caller, record: Record) -> Result<Self, ApiReason> {
        Ok(Self::masking(record, &caller.account()?.panel().sensitive, &[]))
    }
}

/// Takes a field out; whether it holds anything. A dot stands between an object and its member.
fn take_out(fields: &mut Map<String, Value>, name: &str) -> bool {
    if let Some(value) = fields.get(name) {
        let holds = !value.is_null();
        // The others keep their order, which is the partner's.
        fields.retain(|known, _| !holds || known != name);
        return holds;
    }
    let Some((object, member)) = name.split_once('.') else { return false };
    fields.get_mut(object).and_then(Value::as_object_mut).is_some_and(|inner| take_out(inner, member))
}

/// What a record holds under a name; null where it holds nothing.
pub(super) fn value_of<'f>(fields: &'f Map<String, Value>, name: &str) -> &'f Value {
    if let Some(value) = fields.get(name) {
        return value;
    }
    let inner =
        name.split_once('.').and_then(|(object, member)| Some((fields.get(object)?.as_object()?, member)));
    inner.map_or(&Value::Null, |(inner, member)| value_of(inner, member))
}

/// The fields that are asked for: `?reveal=dateOfBirth,identificationNumber`, of those that are masked.
pub(super) fn read_reveal(uri: &Uri, sensitive: &[String]) -> Result<Vec<String>, ApiProblem> {
    let (mut wanted, mut problems): (Vec<String>, Vec<Problem>) = (Vec::new(), Vec::new());
    let mut seen = false;
    for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        let problem = if name != "reveal" {
            Problem::new("", ProblemCode::UnknownField)
        } else if seen {
            Problem::new("reveal", ProblemCode::WrongType)
        } else {
            seen = true;
            for field in value.split(',').map(str::trim).filter(|field| !field.is_empty()) {
                if !wanted.iter().any(|known| known == field) {
                    wanted.push(field.to_owned());
                }
            }
            if wanted.iter().all(|field| sensitive.contains(field)) {
                continue;
            }
            Problem::with("reveal", ProblemCode::NotAnOption, "options", &sensitive.join(", "))
        };
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    if problems.is_empty() {
        Ok(wanted)
    } else {
        Err(ApiProblem::with_problems(ApiReason::QueryInvalid, problems))
    }
}

/// Writes down that this caller sees these fields of a record, one row a field; they may be shown when this has answered.
pub(super) async fn write_down(caller: &Caller, id: &str, fields: &[String]) -> Result<(), ApiProblem> {
    for field in fields {
        let deed = AuditDeed {
            action: AuditAction::Reveal,
            account: caller.claims.account.clone(),
            receipt: None,
            reference: Some(PartnerReference::of_record(id)),
        };
        // Names that don't fit there are refused at start.
        let why = AuditWhy::parse(field).ok_or(ApiReason::Internal)?;
        let note = AuditNote { operator: OperatorName::of_panel(&caller.claims.sub), why };
        caller.app.store.note(deed, note).await.map_err(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a masked field stays so: the audit failed"
            );
            ApiReason::StoreUnavailable
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn view(masked: &[&str], revealed: &[&str]) -> Value {
        let fields = json!({
            "born": "1815-12-10", "nothing": null, "address": { "line1": "12 St James's Square", "city": null },
            "a.b": "written so", "list": [1],
        });
        let Value::Object(fields) = fields else { unreachable!() };
        let record = Record { id: "1".to_owned(), reference: None, fields };
        serde_json::to_value(RecordView::masking(record, &names(masked), &names(revealed))).unwrap()
    }

    #[test]
    fn masked_fields_are_left_out_and_named_where_they_hold_something() {
        let seen = view(
            &["born", "nothing", "absent", "address.line1", "address.city", "a.b", "list.x", "list"],
            &[],
        );
        assert_eq!(seen["masked"], json!(["born", "address.line1", "a.b", "list"]));
        assert_eq!(seen["fields"], json!({ "nothing": null, "address": { "city": null } }));
        let seen = view(&["born", "address"], &["born"]);
        assert_eq!((&seen["masked"], &seen["fields"]["born"]), (&json!(["address"]), &json!("1815-12-10")));
        assert_eq!(view(&[], &[])["masked"], json!([]));
    }

    #[test]
    fn only_masked_fields_can_be_asked_for() {
        let sensitive = names(&["born", "address.line1"]);
        let read = |query: &str| {
            let uri = format!("/records/1{query}").parse().unwrap();
            read_reveal(&uri, &sensitive).map_err(|problem| problem.reason())
        };
        for (query, expected) in [
            ("", &[] as &[&str]),
            ("?reveal=", &[]),
            ("?reveal=born", &["born"]),
            ("?reveal=born,%20address.line1,born", &["born", "address.line1"]),
        ] {
            assert_eq!(read(query), Ok(names(expected)), "{query}");
        }
        for query in ["?reveal=email", "?reveal=born&reveal=born", "?token=x", "?reveal=born&x=1"] {
            assert_eq!(read(query), Err(ApiReason::QueryInvalid), "{query}");
        }
    }
}
