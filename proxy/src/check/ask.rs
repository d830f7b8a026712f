//! Whether the partner knows us: a token where it gives tokens, and one record or the schema where it shows any.
//!
//! Apart because credentials go out here. What is asked changes nothing at the partner; nothing of an answer is shown.

use secrecy::SecretString;

use super::{Notes, Step, Verdict};
use crate::account::Account;
use crate::clock::Clock;
use crate::connectors::parts::seal::{Grant, TokenPlan};
use crate::connectors::{
    Answer, Call, CallFault, Descriptor, ListQuery, OperationKind, Outcome, PartnerRequest, Seal, Why,
    find_row,
};
use crate::credentials::seal::seal;
use crate::credentials::tokens::try_token;
use crate::transport::Transport;

/// One record is enough to be known by.
const ONE: ListQuery = ListQuery { search: None, page: 1, limit: 1 };

pub(super) async fn ask(transport: &Transport, clock: &Clock, account: &Account, notes: &mut Notes<'_>) {
    let seals = account.connector().seals(account.settings());
    let plan = seals.iter().find_map(|seal| match seal {
        Seal::Bearer(plan) => Some(plan),
        _ => None,
    });
    let token = match plan {
        None => None,
        Some(plan) => match ask_token(transport, clock, account, plan, notes).await {
            Some(token) => Some(token),
            None => {
                return notes.add(Step::Read, Verdict::NotChecked, "there is no token to ask with");
            }
        },
    };
    let Some((kind, request)) = harmless(account) else {
        let name = account.connector().descriptor().name;
        let note = format!(
            "{name} has no operation that brings no lead: whether it takes ours, only the first lead can show"
        );
        return notes.add(Step::Read, Verdict::NotChecked, note);
    };
    let Ok(sealed) = seal(account, &request, &seals, token.as_ref(), clock) else {
        let note = "the request can't be sealed: check the account's credentials";
        return notes.add(Step::Read, Verdict::Failed, note);
    };
    match transport.exchange(sealed).await {
        Ok(response) => {
            let (head, body) = response.into_parts();
            let answer = Answer { status: head.status.as_u16(), headers: head.headers, body: body.into() };
            let (verdict, note) = judge(account, kind, &answer);
            notes.add(Step::Read, verdict, note);
        }
        Err(error) => notes.add(Step::Read, Verdict::Failed, error.kind.to_string()),
    }
}

/// A token that is kept nowhere.
async fn ask_token(
    transport: &Transport,
    clock: &Clock,
    account: &Account,
    plan: &TokenPlan,
    notes: &mut Notes<'_>,
) -> Option<SecretString> {
    if matches!(plan.grant, Grant::Consent { .. }) {
        let note =
            "a person has consented once, and asking would use up the refresh token that the proxy keeps";
        notes.add(Step::Token, Verdict::NotChecked, note);
        return None;
    }
    match try_token(transport, clock, account, plan).await {
        Ok(token) => {
            notes.add(Step::Token, Verdict::Ok, "the token endpoint knows the client");
            Some(token)
        }
        Err(reason) => {
            let (id, secret) = (plan.client_id, plan.client_secret);
            let note = format!("no token ({reason}): check token address, {id} and {secret}");
            notes.add(Step::Token, Verdict::Failed, note);
            None
        }
    }
}

/// The request of an operation that changes nothing, where the partner has one and the account can ask it.
fn harmless(account: &Account) -> Option<(OperationKind, PartnerRequest)> {
    let can_be_asked = |call: Call<'_>| -> Option<(OperationKind, PartnerRequest)> {
        if !account.connector().descriptor().has(call.kind()) {
            return None;
        }
        let request: Result<_, CallFault> = account.connector().request(&call, account.settings());
        Some((call.kind(), request.ok()?))
    };
    can_be_asked(Call::List(&ONE)).or_else(|| can_be_asked(Call::Schema))
}

fn judge(account: &Account, kind: OperationKind, answer: &Answer) -> (Verdict, String) {
    let connector = account.connector();
    let advised = |class: &str, why: Why| match advice(connector.descriptor(), kind, why) {
        Some(advice) => format!("{class} ({why}): {advice}"),
        None => format!("{class} ({why})"),
    };
    match connector.outcome(kind, answer, account.settings()) {
        Outcome::Delivered { .. } if connector.reading(kind, answer).is_some() => {
            let what = if kind == OperationKind::Schema { "the schema" } else { "a list of one record" };
            (Verdict::Ok, format!("the partner knows us, and shows {what}"))
        }
        Outcome::Delivered { .. } => {
            (Verdict::Failed, "the partner's answer can't be read: check the address and its path".to_owned())
        }
        Outcome::Throttled { why, .. } => {
            (Verdict::NotChecked, format!("the partner asks for patience ({why}): check again later"))
        }
        Outcome::Credential { why, .. } => (Verdict::Failed, advised("the partner refuses us", why)),
        Outcome::Rejected { why, .. } => (Verdict::Failed, advised("the partner refuses the request", why)),
        Outcome::InDoubt { why } | Outcome::NotSent { why } => {
            (Verdict::Failed, advised("the partner's answer proves nothing", why))
        }
    }
}

/// What an operator does about an answer, as the connector's table has it.
fn advice(descriptor: &Descriptor, kind: OperationKind, why: Why) -> Option<&'static str> {
    let (status, name) = match why {
        Why::Status(status) => (status, None),
        Why::Named { status, name } => (status, Some(name)),
        _ => return None,
    };
    find_row(descriptor.answers, kind, status, name).map(|row| row.advice)
}
