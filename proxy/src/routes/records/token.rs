//! Who asks for an account's records: read from the panel token, before anything else of the request is looked at.
//!
//! Apart because this is the only door to a partner's records. The token stands in the header `Authorization` and nowhere
//! else, and nothing of it is kept or logged but who the person is.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, header};
use tokio::time::Instant;

use crate::account::Account;
use crate::app::App;
use crate::problem::{ApiProblem, ApiReason};
use crate::routes::wanted::PathParams;
use crate::signed::{PanelClaims, Scope, SignedFault, read_panel_token};

/// A person with a good token for the account in the path.
pub(crate) struct Caller {
    pub(in crate::routes) app: Arc<App>,
    pub(in crate::routes) claims: PanelClaims,
    /// When the request came in.
    pub(in crate::routes) since: Instant,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Self::Rejection> {
        let since = Instant::now();
        let Ok(params) = PathParams::from_request_parts(parts, app).await;
        let token = bearer(&parts.headers)?;
        let account = params.get("account").and_then(|id| app.accounts.get(id));
        // An account that is not there, or has no panel, answers as to a bad token: nobody learns which there are.
        let account = account.ok_or(ApiReason::PanelTokenInvalid)?;
        let claims = read_panel_token(account, token, app.clock.now()).map_err(|fault| match fault {
            SignedFault::Invalid => ApiProblem::from(ApiReason::PanelTokenInvalid),
            SignedFault::Expired => ApiReason::PanelTokenExpired.into(),
            // Only who has the key can have made it.
            SignedFault::TooLong => ApiProblem::with_detail(
                ApiReason::PanelTokenInvalid,
                "A panel token may live for 15 minutes at most.",
            ),
        })?;
        Ok(Self { app: Arc::clone(app), claims, since })
    }
}

/// The one bearer token of the one header.
fn bearer(headers: &HeaderMap) -> Result<&str, ApiReason> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Err(ApiReason::PanelTokenMissing),
        (Some(value), None) => value.to_str().map_err(|_| ApiReason::PanelTokenInvalid)?,
        (Some(_), Some(_)) => return Err(ApiReason::PanelTokenInvalid),
    };
    let (scheme, token) = value.split_once(' ').ok_or(ApiReason::PanelTokenInvalid)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(ApiReason::PanelTokenInvalid) }
}

impl Caller {
    /// The account whose records are asked for.
    pub(in crate::routes) fn account(&self) -> Result<&Account, ApiReason> {
        self.app.accounts.get(&self.claims.account).ok_or(ApiReason::PanelTokenInvalid)
    }

    /// Whether the token allows this much.
    pub(in crate::routes) fn check_scope(&self, needed: Scope) -> Result<(), ApiReason> {
        if self.claims.scope >= needed { Ok(()) } else { Err(ApiReason::ScopeMissing) }
    }

    /// Whether the token reaches this record.
    pub(in crate::routes) fn check_record(&self, id: &str) -> Result<(), ApiReason> {
        match &self.claims.record {
            Some(only) if only != id => Err(ApiReason::RecordNotAllowed),
            _ => Ok(()),
        }
    }

    /// Whether the token reaches more than one record: a search for one of them may find another.
    pub(in crate::routes) fn check_all_records(&self) -> Result<(), ApiReason> {
        if self.claims.record.is_some() { Err(ApiReason::RecordNotAllowed) } else { Ok(()) }
    }
}
