//! How a listener answers: by the table of addresses, and the one request that makes leads by a shorter way.
//!
//! Apart because axum copies and boxes a route with each layer around it, for each request: that costs a submission more
//! than its checks and its encryption. What stands around it is the same, and so is every answer.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{Method, Request};
// tidy-allow(client): the serving half of the library; no connection is opened from here
use hyper::body::Incoming;
use tower::ServiceExt as _;

use crate::app::App;
use crate::middleware::request_id::Route;
use crate::middleware::{origin_allowlist, surround};
use crate::problem::ApiProblem;
use crate::router;
use crate::routes::submissions::submit;
use crate::routes::wanted::wanted_form;

/// One listener's door.
#[derive(Clone)]
pub(crate) struct Entrance {
    /// Where leads come in here.
    submissions: Option<Arc<App>>,
    router: Router,
}

impl Entrance {
    /// The door of what browsers reach.
    pub(crate) fn public(app: &Arc<App>) -> Self {
        Self { submissions: Some(Arc::clone(app)), router: router::public(app) }
    }

    /// The door of what only operators reach.
    pub(crate) fn operator(app: &Arc<App>) -> Self {
        Self { submissions: None, router: router::operator(app) }
    }

    /// The answer to one request.
    pub(crate) fn answer(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
        let way = match &self.submissions {
            Some(app) if is_submission(&request) => Way::Short(Arc::clone(app)),
            _ => Way::Long(self.router.clone()),
        };
        async move {
            match way {
                Way::Short(app) => Ok(Box::pin(take(app, request)).await),
                Way::Long(router) => router.oneshot(request.map(Body::new)).await,
            }
        }
    }
}

enum Way {
    Short(Arc<App>),
    Long(Router),
}

/// What stands in the table for a submission, around it what stands around all of its kind.
async fn take(app: Arc<App>, request: Request<Incoming>) -> Response {
    let route = Some(Route::Known(router::SUBMISSIONS));
    let app = &*app;
    let inside = async |request: Request<Incoming>| {
        let uri = request.uri().clone();
        let form = form_of(uri.path());
        let inside = async |request| match form.map(|form| wanted_form(app, form)) {
            Some(Ok(form)) => submit(app, &form, request).await.into_response(),
            Some(Err(reason)) => ApiProblem::from(reason).into_response(),
            None => router::broken(),
        };
        unless_broken(pin!(origin_allowlist::around(app, form, request, inside))).await
    };
    surround::around(app, app.public.request_max, route, request, inside).await
}

/// Whether the table would give this request to `create_submission`. What is written in an unusual way takes the long way.
fn is_submission<B>(request: &Request<B>) -> bool {
    *request.method() == Method::POST && form_of(request.uri().path()).is_some()
}

/// The form of a submission's address.
fn form_of(path: &str) -> Option<&str> {
    let form = path.strip_prefix("/v1/forms/")?.strip_suffix("/submissions")?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (!form.is_empty() && form.bytes().all(is_plain)).then_some(form)
}

/// One request is lost to a panic, and nothing else.
async fn unless_broken(mut answer: Pin<&mut impl Future<Output = Response>>) -> Response {
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context)));
        polled.unwrap_or_else(|_| Poll::Ready(router::broken()))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_submission_takes_the_short_way() {
        for (path, form) in [
            ("/v1/forms/quote/submissions", Some("quote")),
            ("/v1/forms/call-back_2/submissions", Some("call-back_2")),
            ("/v1/forms//submissions", None),
            ("/v1/forms/submissions", None),
            ("/v1/forms/quote/submissions/", None),
            ("/v1/forms/a/b/submissions", None),
            ("/v1/forms/qu%6fte/submissions", None),
            ("/v1/forms/quote", None),
            ("/v2/forms/quote/submissions", None),
        ] {
            assert_eq!(form_of(path), form, "{path}");
        }
        for (method, short) in [(Method::POST, true), (Method::GET, false), (Method::OPTIONS, false)] {
            let request = Request::builder().method(method).uri("/v1/forms/quote/submissions");
            assert_eq!(is_submission(&request.body(()).unwrap()), short);
        }
    }

    #[tokio::test]
    async fn panic_costs_one_answer() {
        let answer = unless_broken(pin!(async { panic!("as a test wants it") })).await;
        assert_eq!(answer.status(), http::StatusCode::INTERNAL_SERVER_ERROR);
    }
}
