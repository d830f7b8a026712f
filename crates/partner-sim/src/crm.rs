//! A plain imitation of a CRM on loopback: its pages, and a server that signs panel tokens for whoever is signed in there.
//!
//! Apart from the partner's website because it holds keys. Who asks, and what they may do, a real CRM knows from its own
//! session; this one believes its own page, so that every case can be tried.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, HeaderName};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::site::{self, Site};

/// How long a token lives, in seconds: shorter than the panel's longest, so that its renewal is seen.
const LIFE_S: u64 = 600;
/// Says whether a page of the same origin asks; every browser of today sends it.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What the CRM's server knows.
struct Desk {
    /// Who its tokens are for.
    audience: String,
    /// The panel key of each account.
    keys: BTreeMap<String, String>,
}

/// What the CRM's page asks for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    account: String,
    scope: String,
    #[serde(default)]
    record: Option<String>,
    #[serde(default)]
    minutes: Option<u64>,
}

/// Serves the pages of `dir` in the background, and `POST /panel-token` for the accounts of these keys: tokens for this audience.
///
/// # Errors
/// When `dir` is not a directory, or `listen` is not on loopback or cannot be bound.
pub async fn start(
    dir: impl AsRef<Path>,
    listen: SocketAddr,
    proxy_url: impl Into<String>,
    audience: impl Into<String>,
    keys: impl IntoIterator<Item = (String, String)>,
) -> anyhow::Result<Site> {
    let desk = Arc::new(Desk { audience: audience.into(), keys: keys.into_iter().collect() });
    let routes = Router::new().route("/panel-token", post(sign_token)).with_state(desk);
    site::start_with(dir, listen, proxy_url, routes).await
}

/// Signs a token for the person who is signed in: always the same one here.
async fn sign_token(State(desk): State<Arc<Desk>>, headers: HeaderMap, Json(wish): Json<Wish>) -> Response {
    let site = headers.get(FETCH_SITE).map(|site| site.as_bytes());
    if site.is_some_and(|site| site != b"same-origin") {
        return (StatusCode::FORBIDDEN, "Only this CRM's own pages get a token.\n").into_response();
    }
    let Some(key) = desk.keys.get(&wish.account) else {
        return (StatusCode::NOT_FOUND, "This CRM has no key for that account.\n").into_response();
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut claims = json!({
        "aud": desk.audience, "account": wish.account, "scope": wish.scope, "sub": "user-7",
        "iat": now, "exp": now + wish.minutes.map_or(LIFE_S, |minutes| minutes * 60),
    });
    if let (Some(record), Some(members)) = (wish.record, claims.as_object_mut()) {
        members.insert("record".to_owned(), Value::String(record));
    }
    match sign(key, &claims) {
        Some(token) => ([(CACHE_CONTROL, "no-store")], Json(json!({ "token": token }))).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A JSON Web Token, HS256.
fn sign(key: &str, claims: &Value) -> Option<String> {
    let encode = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
    let head = encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{head}.{}", encode(claims.to_string().as_bytes()));
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(signed.as_bytes());
    Some(format!("{signed}.{}", encode(&mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_signed_as_every_library_does() {
        // The example of RFC 7515, appendix A.1, has a key of bytes; this one was made by hand with `openssl dgst -hmac`.
        let token = sign("key", &json!({ "a": 1 })).unwrap();
        assert_eq!(
            token,
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhIjoxfQ.Z4rGK-v6a2sWAUQdmALR3aYbXZviLr8j26a9ndx_bM4"
        );
    }
}
