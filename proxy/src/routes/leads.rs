//! `/v1/accounts/{account}/leads`: what became of our leads, for a panel inside a CRM. Seen by whoever may read the account's
//! records, settled by whoever may change them.
//!
//! Apart from the records, which are the partner's: this is what the store has. Apart from the operators' commands, which
//! know every account: a person in a panel decides of his own account's leads, and not of what a robot has sent.

use axum::Json;
use axum::body::Body;
use axum::response::IntoResponse;
use http::{HeaderMap, Uri};
use lead_model::{Problem, ProblemCode};
use serde::Serialize;

use crate::ids::Receipt;
use crate::problem::{ApiProblem, ApiReason};
use crate::routes::operator::given::Given;
use crate::routes::operator::resolve::read;
use crate::routes::operator::views::{DetailView, SummaryView};
use crate::routes::operator::{command, deliveries, receipt, unavailable, uncached};
use crate::routes::records::Caller;
use crate::routes::wanted::PathParams;
use crate::signed::Scope;
use crate::store::DeliveryState;
use crate::store::operator::{
    DeliveryDetail, DeliverySummary, KnownAccounts, LeadQuery, OperatorName, Resolution, Resolved,
};

/// Leads on a page where nobody says how many.
const LIMIT_DEFAULT: i64 = 25;
const LIMIT_MAX: i64 = 100;
/// What a person in a panel may decide.
const DECISIONS: [&str; 2] = ["delivered", "send_again"];

#[derive(Serialize)]
struct LeadsView {
    leads: Vec<LeadView<SummaryView>>,
    /// What to give as `after` for the next page; none where there is no more.
    next: Option<i64>,
}

#[derive(Serialize)]
struct LeadView<T> {
    #[serde(flatten)]
    lead: T,
    /// What the caller may decide of it.
    may: &'static [&'static str],
}

/// A page of the account's leads, the newest first.
pub(crate) async fn list_leads(caller: Caller, uri: Uri) -> Result<impl IntoResponse, ApiProblem> {
    caller.check_scope(Scope::Read)?;
    let mut given = Given::of_query(uri.query().unwrap_or_default());
    let states = deliveries::states(&mut given, &DeliveryState::ALL).unwrap_or_default();
    let record = given.name("record");
    let wanted = given.text("receipt", |text| {
        Receipt::parse(text).ok_or_else(|| Problem::new("receipt", ProblemCode::PatternMismatch))
    });
    let limit = given.number("limit", 1, LIMIT_MAX).unwrap_or(LIMIT_DEFAULT);
    let before = given.number("after", 0, i64::MAX);
    given.finish()?;
    if let Some(record) = &record {
        caller.check_record(record)?;
    }
    let limit = u32::try_from(limit).unwrap_or(1);
    let query = LeadQuery {
        account: caller.account()?.id().to_owned(),
        receipt: wanted.as_ref().map(ToString::to_string),
        reference: caller.claims.record.clone().or(record),
        states,
        accounts: known(&caller),
        before,
        limit,
    };
    let found = caller.app.store.leads(query).await.map_err(|error| unavailable(&error))?;
    let is_full = found.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    let next = found.last().map(|last| last.delivery.get()).filter(|_| is_full);
    let view = |summary: DeliverySummary| {
        let may = may(&caller, &summary);
        LeadView { lead: SummaryView::from(summary), may }
    };
    Ok(uncached(Json(LeadsView { leads: found.into_iter().map(view).collect(), next })))
}

/// All that is known of one.
pub(crate) async fn get_lead(caller: Caller, path: PathParams) -> Result<impl IntoResponse, ApiProblem> {
    caller.check_scope(Scope::Read)?;
    Ok(uncached(Json(view(&caller, find(&caller, &receipt(&path)?).await?))))
}

/// Does what a person has decided.
pub(crate) async fn resolve_lead(
    caller: Caller,
    path: PathParams,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, ApiProblem> {
    caller.check_scope(Scope::Write)?;
    let receipt = receipt(&path)?;
    let mut given = command(&caller.app, &headers, body).await?;
    // Two people with the same lead before them must not both decide.
    given.required("version");
    let person = OperatorName::of_panel(&caller.claims.sub);
    let (resolution, version, note) = read(given, person.clone(), &DECISIONS)?;
    let action = resolution.action();
    let summary = find(&caller, &receipt).await?.summary;
    if !may(&caller, &summary).contains(&action.as_str()) {
        let problem = ApiProblem::from(ApiReason::DeliveryConflict);
        return Err(problem.standing(summary.state.as_str(), summary.version));
    }
    if let (Some(only), Resolution::Delivered { reference: Some(told) }) =
        (&caller.claims.record, &resolution)
        && told.as_str() != only
    {
        return Err(ApiReason::RecordNotAllowed.into());
    }
    let resolved = caller.app.store.resolve(&receipt, resolution, version, note).await;
    match resolved.map_err(|error| unavailable(&error))? {
        Resolved::Done => {
            tracing::info!(%receipt, operator = person.as_str(), action = action.as_str(), "a person in a panel has settled a delivery");
            caller.app.intake.delivery.wake();
        }
        Resolved::Conflict { state, version } => {
            return Err(ApiProblem::from(ApiReason::DeliveryConflict).standing(state.as_str(), version));
        }
        Resolved::Erased => return Err(ApiReason::DeliveryErased.into()),
        Resolved::Unknown => return Err(ApiReason::ReceiptNotFound.into()),
    }
    Ok(uncached(Json(view(&caller, find(&caller, &receipt).await?))))
}

/// The lead of a receipt, if it is this account's and the token reaches it.
async fn find(caller: &Caller, receipt: &Receipt) -> Result<DeliveryDetail, ApiProblem> {
    let found = caller.app.store.delivery_detail(receipt, &known(caller)).await;
    let found = found.map_err(|error| unavailable(&error))?;
    // Another account's is as good as none: nobody learns which there are.
    let found = found.filter(|detail| detail.summary.account == caller.claims.account);
    let found = found.ok_or(ApiReason::ReceiptNotFound)?;
    match (&caller.claims.record, &found.summary.reference) {
        (Some(only), reference) if reference.as_ref() != Some(only) => {
            Err(ApiReason::RecordNotAllowed.into())
        }
        _ => Ok(found),
    }
}

fn view(caller: &Caller, detail: DeliveryDetail) -> LeadView<DetailView> {
    let may = may(caller, &detail.summary);
    LeadView { lead: DetailView::from(detail), may }
}

/// What the caller may decide of a lead: of one in doubt or given up everything but to drop it; of a robot's, and of one that
/// was kept beside an earlier one, nothing.
fn may(caller: &Caller, lead: &DeliverySummary) -> &'static [&'static str] {
    let is_robots = lead.reason.as_deref().is_some_and(|reason| reason.starts_with("robot:"));
    let is_left = matches!(lead.state, DeliveryState::Held | DeliveryState::DeadLetter);
    if caller.claims.scope >= Scope::Write && is_left && !is_robots { &DECISIONS } else { &[] }
}

fn known(caller: &Caller) -> KnownAccounts {
    caller.app.known_accounts()
}
