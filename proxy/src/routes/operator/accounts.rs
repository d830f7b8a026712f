//! `GET /v1/accounts` and `POST /v1/accounts/{account}/stop|resume`: which accounts let their leads go, and a person's word
//! on it.
//!
//! Apart from the configuration, which says what an account is: this is how it stands now.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use http::HeaderMap;

use super::views::{AccountListView, AccountView, ChangedView};
use super::{command, note, unavailable, uncached, why};
use crate::app::App;
use crate::problem::{ApiProblem, ApiReason};
use crate::routes::wanted::PathParams;
use crate::store::StoreError;
use crate::store::operator::{AuditNote, OperatorName};

/// Every account of the configuration, and those that have leads here.
pub(crate) async fn list(State(app): State<Arc<App>>) -> Result<impl IntoResponse, ApiProblem> {
    let views = views(&app).await.map_err(|error| unavailable(&error))?;
    Ok(uncached(Json(AccountListView { accounts: views })))
}

async fn views(app: &App) -> Result<Vec<AccountView>, StoreError> {
    let known = app.known_accounts();
    let mut views: BTreeMap<String, AccountView> = known
        .known
        .into_iter()
        .map(|name| {
            let enabled = !known.disabled.contains(&name);
            (name.clone(), AccountView::new(name, true, enabled))
        })
        .collect();
    let unknown = |name: &String| AccountView::new(name.clone(), false, false);
    for gate in app.store.closed_gates().await? {
        let view = views.entry(gate.account.clone()).or_insert_with(|| unknown(&gate.account));
        view.wait(gate.gate.waits(app.clock.now()).then_some(gate.gate.wait_until));
        view.close(gate.gate.closed);
    }
    for count in app.store.open_counts().await? {
        let view = views.entry(count.account.clone()).or_insert_with(|| unknown(&count.account));
        view.count(count.state, count.count, count.quarantined);
    }
    Ok(views.into_values().collect())
}

/// Lets none of an account's leads go, until it is resumed.
pub(crate) async fn stop(
    State(app): State<Arc<App>>,
    Extension(operator): Extension<OperatorName>,
    path: PathParams,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, ApiProblem> {
    let (account, note) = read(&app, operator, &path, &headers, body).await?;
    let operator = note.operator.clone();
    let changed = app.store.stop_account_by(&account, note).await.map_err(|error| unavailable(&error))?;
    if changed {
        tracing::warn!(
            account,
            operator = operator.as_str(),
            "an operator has stopped an account: its leads wait"
        );
    }
    Ok(uncached(Json(ChangedView { account, changed })))
}

/// Lets an account's leads go, whatever has kept them.
pub(crate) async fn resume(
    State(app): State<Arc<App>>,
    Extension(operator): Extension<OperatorName>,
    path: PathParams,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, ApiProblem> {
    let (account, note) = read(&app, operator, &path, &headers, body).await?;
    let operator = note.operator.clone();
    let changed = app.store.resume_account_by(&account, note).await.map_err(|error| unavailable(&error))?;
    if changed {
        tracing::info!(account, operator = operator.as_str(), "an operator has resumed an account");
        app.intake.delivery.wake();
    }
    Ok(uncached(Json(ChangedView { account, changed })))
}

async fn read(
    app: &App,
    operator: OperatorName,
    path: &PathParams,
    headers: &HeaderMap,
    body: Body,
) -> Result<(String, AuditNote), ApiProblem> {
    let account =
        path.get("account").and_then(|id| app.accounts.get(id)).ok_or(ApiReason::AccountNotFound)?;
    let mut given = command(app, headers, body).await?;
    let why = why(&mut given);
    given.finish()?;
    let why = why.ok_or(ApiReason::CommandInvalid)?;
    Ok((account.id().to_owned(), note(operator, why)))
}
