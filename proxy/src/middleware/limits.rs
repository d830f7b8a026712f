//! Bounds of size and time around reading and answering a request.
//!
//! Apart so that one place knows how a body is read: never more than allowed, never longer than allowed, never packed.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::timeout;

use crate::problem::{ApiProblem, ApiReason};

/// How a body may come.
#[derive(Clone, Copy)]
pub(crate) struct BodyLimits {
    pub(crate) bytes_max: usize,
    pub(crate) time_max: Duration,
}

/// Gives what is inside so long as a whole request may take.
pub(crate) async fn within_deadline(
    request_max: Duration,
    inside: impl Future<Output = Response>,
) -> Response {
    match timeout(request_max, inside).await {
        Ok(response) => response,
        Err(_) => ApiProblem::from(ApiReason::RequestTimeout).into_response(),
    }
}

/// Whether the body is said to be of this type, in UTF-8, and not packed.
pub(crate) fn check_media_type(headers: &HeaderMap, wanted: &str) -> Result<(), ApiReason> {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else {
        return Err(ApiReason::UnsupportedMediaType);
    };
    let fits = value.to_str().is_ok_and(|value| is_media_type(value, wanted));
    if fits && !headers.contains_key(header::CONTENT_ENCODING) {
        Ok(())
    } else {
        Err(ApiReason::UnsupportedMediaType)
    }
}

/// Exactly the type, with nothing behind it but `charset=utf-8`.
fn is_media_type(value: &str, wanted: &str) -> bool {
    let mut parts = value.split(';').map(str::trim);
    let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
    let mut parts = parts.map(|part| part.split_once('=').map(|(name, value)| (name.trim(), value.trim())));
    let charset = match parts.next() {
        None => true,
        Some(Some((name, value))) => {
            name.eq_ignore_ascii_case("charset") && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        Some(None) => false,
    };
    named && charset && parts.next().is_none()
}

/// The whole body, if it is small and quick enough.
pub(crate) async fn read_body<B>(body: B, limits: BodyLimits) -> Result<Bytes, ApiReason>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    match timeout(limits.time_max, Limited::new(body, limits.bytes_max).collect()).await {
        Err(_) => Err(ApiReason::RequestTimeout),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ApiReason::BodyTooLarge),
        // The connection broke: nobody will read this answer.
        Ok(Err(_)) => Err(ApiReason::UnreadableBody),
    }
}

#[cfg(test)]
mod tests {
    use super::is_media_type;

    #[test]
    fn only_the_exact_type_in_utf_8_is_taken() {
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
        ] {
            assert!(is_media_type(good, "application/json"), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "application/jsonp",
            "application/json; charset=utf-16",
            "application/json; charset",
            "application/json; charset=utf-8; x=y",
            "text/plain; application/json",
            "application/json, text/plain",
        ] {
            assert!(!is_media_type(bad, "application/json"), "{bad}");
        }
    }
}
