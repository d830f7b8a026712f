//! `GET /v1/accounts/{account}/panel`: what the holder of a panel token can do with this account's records.
//!
//! Apart from the records themselves: no partner is asked, so a panel learns at once what to show.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::list::limit_max;
use super::token::Caller;
use crate::clock::Timestamp;
use crate::connectors::OperationKind;
use crate::problem::ApiProblem;
use crate::signed::Scope;

/// What a panel learns before it asks for anything.
#[derive(Serialize)]
struct PanelView<'a> {
    account: &'a str,
    connector: &'static str,
    scope: Scope,
    /// The only record that the token reaches.
    record: Option<&'a str>,
    /// The token's end.
    expires_at: String,
    operations: OperationsView,
    /// Most records on a page.
    limit_max: u32,
    /// Partner fields that the list shows, in this order; where it is empty, what the record has.
    columns: &'a [String],
    /// Partner fields that are left out until they are asked for.
    sensitive: &'a [String],
    /// Whether what became of our leads can be asked for.
    leads: bool,
}

/// What both the partner and the token allow.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is its own question")]
struct OperationsView {
    list: bool,
    search: bool,
    get: bool,
    get_by_reference: bool,
    create: bool,
    update: bool,
}

/// What the caller can do here.
pub(crate) async fn get_panel(caller: Caller) -> Result<Response, ApiProblem> {
    caller.check_scope(Scope::Read)?;
    let (account, claims) = (caller.account()?, &caller.claims);
    let (descriptor, panel) = (account.connector().descriptor(), account.panel());
    let all = claims.record.is_none();
    let writes = claims.scope >= Scope::Write;
    let view = PanelView {
        account: account.id(),
        connector: descriptor.slug,
        scope: claims.scope,
        record: claims.record.as_deref(),
        expires_at: Timestamp::from_ms(claims.exp.saturating_mul(1_000)).to_string(),
        operations: OperationsView {
            list: all && descriptor.has(OperationKind::List),
            search: all && descriptor.has(OperationKind::List) && descriptor.limits.searches,
            get: descriptor.has(OperationKind::Get),
            get_by_reference: all && descriptor.has(OperationKind::GetByReference),
            create: all && writes && descriptor.has(OperationKind::Create),
            update: writes && descriptor.has(OperationKind::Update),
        },
        limit_max: limit_max(descriptor.limits),
        columns: &panel.columns,
        sensitive: &panel.sensitive,
        leads: true,
    };
    Ok(Json(view).into_response())
}
