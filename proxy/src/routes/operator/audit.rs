//! `GET /v1/audit`: what operators did, the newest first.
//!
//! Apart because it only ever grows.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::Uri;
use lead_model::{Problem, ProblemCode};

use super::given::Given;
use super::views::AuditListView;
use super::{unavailable, uncached};
use crate::app::App;
use crate::ids::Receipt;
use crate::problem::ApiProblem;
use crate::store::operator::{AuditQuery, PAGE_MAX};

/// Rows on a page where nobody says how many.
const LIMIT_DEFAULT: i64 = 100;

/// A page of the audit.
pub(crate) async fn list(State(app): State<Arc<App>>, uri: Uri) -> Result<impl IntoResponse, ApiProblem> {
    let mut given = Given::of_query(uri.query().unwrap_or_default());
    let receipt = given.text("receipt", |text| {
        Receipt::parse(text).ok_or_else(|| Problem::new("receipt", ProblemCode::PatternMismatch))
    });
    let account = given.name("account");
    let before = given.number("before", 1, i64::MAX);
    let limit = given.number("limit", 1, PAGE_MAX.into()).unwrap_or(LIMIT_DEFAULT);
    given.finish()?;
    let limit = u32::try_from(limit).unwrap_or(PAGE_MAX);
    let query = AuditQuery { receipt, account, before, limit };
    let entries = app.store.audit(query).await.map_err(|error| unavailable(&error))?;
    Ok(uncached(Json(AuditListView::of(entries, limit))))
}
