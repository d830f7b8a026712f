//! The table of addresses, public and operator, readable in one screen.
//!
//! Apart from the handlers so that what can be reached is seen at once.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::{CompressionLayer, CompressionLevel};

use crate::app::App;
use crate::middleware::{operator, origin_allowlist, surround};
use crate::problem::{ApiProblem, ApiReason};
use crate::routes::operator::{accounts, audit, deliveries, kept, replay, resolve};
use crate::routes::{
    assets, connect, forms, health, leads, nothing_here, pages, panel, receipts, records, submissions,
    wrong_method,
};

/// How long an operator's request may take: thousands of leads are sent again in one.
const OPERATOR_REQUEST_MAX: Duration = Duration::from_secs(120);

/// The last at which a page takes about a millisecond; the best costs twenty times as much for a tenth of the bytes.
const BROTLI_QUALITY: i32 = 6;

/// Where leads come in; [`crate::entrance`] answers it, and this table where the address is written in an unusual way.
pub(crate) const SUBMISSIONS: &str = "/v1/forms/{form}/submissions";

/// What browsers reach.
pub(crate) fn public(app: &Arc<App>) -> Router {
    let api = Router::new()
        .route("/v1/forms/{form}", get(forms::get_form).options(nothing_here))
        .route(
            "/v1/forms/{form}/fragment",
            get(forms::get_fragment).options(nothing_here).layer(compressed()),
        )
        .route("/v1/forms/{form}/challenge", get(forms::get_challenge).options(nothing_here))
        .route("/v1/forms/{form}/prefill", post(forms::post_prefill).options(nothing_here))
        .route(SUBMISSIONS, post(submissions::create_submission).options(nothing_here))
        .route("/v1/receipts/{receipt}", get(receipts::get_receipt).options(nothing_here))
        .route_layer(from_fn_with_state(Arc::clone(app), origin_allowlist::layer));
    let records = Router::new()
        .route("/v1/accounts/{account}/records", get(records::list_records).post(records::create_record))
        .route("/v1/accounts/{account}/records/{id}", get(records::get_record).patch(records::change_record))
        .route(
            "/v1/accounts/{account}/records/by-reference/{reference}",
            get(records::get_record_by_reference),
        )
        .route("/v1/accounts/{account}/schema", get(records::get_schema))
        .route("/v1/accounts/{account}/panel", get(records::get_panel))
        .route("/v1/accounts/{account}/leads", get(leads::list_leads))
        .route("/v1/accounts/{account}/leads/{receipt}", get(leads::get_lead))
        .route("/v1/accounts/{account}/leads/{receipt}/resolve", post(leads::resolve_lead))
        .route_layer(from_fn_with_state(Arc::clone(app), origin_allowlist::own_layer));
    let pages = Router::new()
        .route("/f/{form}", get(pages::get_hosted).post(pages::post_hosted))
        .route("/f/{form}/received/{receipt}", get(pages::get_hosted_thanks))
        .route("/embed/{form}", get(pages::get_iframe).post(pages::post_iframe))
        .route("/embed/{form}/received/{receipt}", get(pages::get_iframe_thanks))
        .route("/panel/{account}", get(panel::get_panel))
        .route_layer(compressed());
    let public_code = Router::new()
        .route("/embed.js", get(assets::get_loader).layer(compressed()))
        .route("/assets/{file}", get(assets::get_asset));
    let all = api.merge(records).merge(pages).merge(public_code).fallback(nothing_here);
    surround(all, app, app.public.request_max)
}

/// What only operators reach.
pub(crate) fn operator(app: &Arc<App>) -> Router {
    let commands = Router::new()
        .route("/v1/deliveries", get(deliveries::list))
        .route("/v1/deliveries/replay", post(replay::replay))
        .route("/v1/deliveries/{receipt}", get(deliveries::show))
        .route("/v1/deliveries/{receipt}/resolve", post(resolve::resolve))
        .route("/v1/accounts", get(accounts::list))
        .route("/v1/accounts/{account}/stop", post(accounts::stop))
        .route("/v1/accounts/{account}/resume", post(accounts::resume))
        .route("/v1/audit", get(audit::list))
        .route("/v1/submissions/{receipt}", get(kept::show).delete(kept::erase))
        .route("/v1/keys", get(kept::keys))
        .route_layer(from_fn(operator::layer));
    let all = Router::new()
        .route("/healthz", get(health::is_alive))
        .route("/readyz", get(health::is_ready))
        .route("/connect/{account}", get(connect::get_connect))
        .route("/connect/{account}/callback", get(connect::get_callback))
        .merge(commands)
        .fallback(nothing_here);
    surround(all, app, OPERATOR_REQUEST_MAX)
}

/// Around what is written anew for each visitor; the files of the bundle are compressed already. Nothing of it is secret to
/// whoever can have it written, so its length tells nobody anything.
fn compressed() -> CompressionLayer {
    CompressionLayer::new().quality(CompressionLevel::Precise(BROTLI_QUALITY))
}

/// What every route has around it, the innermost first.
fn surround(routes: Router<Arc<App>>, app: &Arc<App>, request_max: Duration) -> Router {
    routes
        .method_not_allowed_fallback(wrong_method)
        .layer(CatchPanicLayer::custom(|_| broken()))
        .layer(from_fn_with_state((Arc::clone(app), request_max), surround::layer))
        .with_state(Arc::clone(app))
}

/// One request is lost to a panic, and nothing else; what panicked is not repeated to anybody.
pub(crate) fn broken() -> Response {
    ApiProblem::from(ApiReason::Internal).into_response()
}
