//! `/v1/accounts/{account}/…`: a partner's records, for a panel inside a CRM. Listed, read, made and changed with a token that
//! the CRM's server has signed; no credential of the partner's leaves, and no text of the partner's about a failure.
//!
//! Apart from the forms' routes: these are for our own pages and for servers, and what they send brings no lead but by
//! the store, like any other.

mod answer;
mod body;
mod can;
mod change;
mod expected;
mod list;
mod masked;
mod schema;
mod token;

use axum::Json;
use http::Uri;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};

use crate::connectors::{Call, OperationKind, Reading, ReceiptForm, Record, Why};
use crate::ids::Receipt;
use crate::problem::{ApiProblem, ApiReason};
use crate::routes::wanted::PathParams;
use crate::signed::Scope;

use answer::{out_of_time, problem_of, problem_of_call};
use masked::{read_reveal, write_down};
pub(in crate::routes) use token::Caller;

pub(crate) use can::get_panel;
pub(crate) use change::{change_record, create_record};
pub(crate) use list::list_records;
pub(crate) use schema::{SchemaCache, get_schema};

/// Longest id or reference of a record that is looked for, in bytes.
const ID_BYTES_MAX: usize = 256;

/// A record as it is answered.
#[derive(Serialize)]
pub(crate) struct RecordView {
    id: String,
    /// Our reference, where the partner keeps one.
    reference: Option<String>,
    /// Under the partner's names, as it gives them.
    fields: Map<String, Value>,
    /// Those that hold something and are left out until they are asked for.
    masked: Vec<String>,
}

/// The record of the partner's id.
pub(crate) async fn get_record(
    caller: Caller,
    path: PathParams,
    uri: Uri,
) -> Result<Json<RecordView>, ApiProblem> {
    caller.check_scope(Scope::Read)?;
    let id = path.get("id").unwrap_or_default();
    caller.check_record(id)?;
    caller.check_operation(OperationKind::Get)?;
    check_id(id)?;
    let sensitive = &caller.account()?.panel().sensitive;
    let revealed = read_reveal(&uri, sensitive)?;
    let record = read_record(&caller, &Call::Get { id }, &revealed).await?;
    write_down(&caller, id, &revealed).await?;
    Ok(Json(RecordView::masking(record, sensitive, &revealed)))
}

/// The record of our reference.
pub(crate) async fn get_record_by_reference(
    caller: Caller,
    path: PathParams,
) -> Result<Json<RecordView>, ApiProblem> {
    caller.check_scope(Scope::Read)?;
    caller.check_all_records()?;
    caller.check_operation(OperationKind::GetByReference)?;
    let reference = path.get("reference").unwrap_or_default();
    check_id(reference)?;
    let reference = as_the_partner_has_it(&caller, reference)?;
    let record = read_record(&caller, &Call::GetByReference { reference: &reference }, &[]).await?;
    Ok(Json(RecordView::of(&caller, record)?))
}

/// A receipt as people type it, in the form that the partner got; anything else as it is.
fn as_the_partner_has_it(caller: &Caller, reference: &str) -> Result<String, ApiReason> {
    let slot = caller.account()?.connector().descriptor().receipt;
    let written = slot.and_then(|slot| Some((Receipt::parse(reference)?, slot.form)));
    Ok(written.map_or_else(|| reference.to_owned(), |(receipt, form)| write_receipt(&receipt, form)))
}

/// The receipt as the partner has it.
fn write_receipt(receipt: &Receipt, form: ReceiptForm) -> String {
    match form {
        ReceiptForm::Text => receipt.to_string(),
        ReceiptForm::Uuid => receipt.to_uuid().to_string(),
    }
}

/// Whether this can be the id or the reference of one record: empty or of dots it would be another address.
fn check_id(id: &str) -> Result<(), ApiReason> {
    let fits = !id.trim().is_empty()
        && id.len() <= ID_BYTES_MAX
        && !matches!(id, "." | "..")
        && !id.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(ApiReason::RecordNotFound) }
}

async fn read_record(caller: &Caller, call: &Call<'_>, fields: &[String]) -> Result<Record, ApiProblem> {
    match ask(caller, call, fields).await? {
        Reading::Record(record) => Ok(record),
        Reading::Page(_) | Reading::Schema(_) => Err(unreadable()),
    }
}

/// The connector has read another thing than was asked for.
fn unreadable() -> ApiProblem {
    ApiProblem::from(ApiReason::PartnerUnclear).of_partner(Why::UnreadableBody)
}

impl Caller {
    /// Whether the account's partner can be asked this.
    fn check_operation(&self, kind: OperationKind) -> Result<(), ApiReason> {
        let known = self.account()?.connector().descriptor().has(kind);
        if known { Ok(()) } else { Err(ApiReason::OperationNotSupported) }
    }

    /// Until when the partner may take: before the whole request is cut off, so that the answer still says why.
    fn deadline(&self) -> Instant {
        self.since + self.app.public.request_max.mul_f32(0.9)
    }
}

/// Asks the partner, says any failure in the terms of this API, and writes down who has asked. `fields` are the names of those
/// that change or are revealed.
async fn ask(caller: &Caller, call: &Call<'_>, fields: &[String]) -> Result<Reading, ApiProblem> {
    let asked = ask_partner(caller, call).await;
    let outcome = asked.as_ref().map_or_else(|problem| problem.reason().code(), |_| "answered");
    let record = match call {
        Call::Get { id } | Call::Update { id, .. } => Some(*id),
        _ => None,
    };
    // Names that the partner's rules have not passed come from outside.
    let known = !matches!(&asked, Err(problem) if problem.reason() == ApiReason::RecordInvalid);
    audit(caller, call.kind(), record, if known { fields } else { &[] }, outcome);
    asked
}

async fn ask_partner(caller: &Caller, call: &Call<'_>) -> Result<Reading, ApiProblem> {
    let (account, kind) = (caller.account()?, call.kind());
    if !account.is_enabled() {
        return Err(ApiReason::AccountDisabled.into());
    }
    match timeout_at(caller.deadline(), caller.app.exchange.ask(account, call)).await {
        Err(_) => Err(out_of_time(kind)),
        Ok(Err(fault)) => Err(problem_of_call(account, kind, &fault)),
        Ok(Ok(Err(exchanged))) => Err(problem_of(kind, &exchanged.outcome, caller.app.clock.now())),
        Ok(Ok(Ok(reading))) => Ok(reading),
    }
}

/// Who did what with whose records, and how it ended. Ids and names of fields, never a value; names and ids come from outside,
/// so they are written quoted.
fn audit(caller: &Caller, kind: OperationKind, record: Option<&str>, fields: &[String], outcome: &str) {
    let (account, sub) = (&caller.claims.account, &caller.claims.sub);
    tracing::info!(
        panel.sub = ?sub, account, operation = kind.as_str(), record.id = record.map(tracing::field::debug),
        record.fields = ?fields, outcome, "records were asked for"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_that_would_be_another_address_is_no_records() {
        for id in ["1", "a/b", "...", "ä", "a b", &"a".repeat(256)] {
            assert_eq!(check_id(id), Ok(()), "{id}");
        }
        for id in ["", " ", ".", "..", "a\0", "a\nb", &"a".repeat(257)] {
            assert_eq!(check_id(id), Err(ApiReason::RecordNotFound), "{id}");
        }
    }
}
