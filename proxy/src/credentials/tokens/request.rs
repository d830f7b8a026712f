//! The request for a token, as the plan has it: which parameters, how they are written, how the client shows who it is.
//!
//! Apart and pure: no socket, no clock. What holds a secret is wiped when dropped and printed nowhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use secrecy::{ExposeSecret as _, SecretString};
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

use crate::connectors::parts::seal::{ClientAuthentication, Grant, TokenEncoding, TokenPlan};
use crate::credentials::body::Wiped;

/// Who we are at the token endpoint.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) id: SecretString,
    pub(super) secret: SecretString,
}

/// What a token is asked for with.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    /// The client's own id and secret.
    Client,
    /// What a person's consent has brought.
    Code(SecretString),
    /// What an earlier token has brought.
    Refresh(SecretString),
}

/// The request can't be built: an address or a credential does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotBuilt;

/// Builds the request.
pub(super) fn build(plan: &TokenPlan, client: &Client, ask: &Ask) -> Result<http::Request<Bytes>, NotBuilt> {
    let pairs = parameters(plan, client, ask);
    let (body, content_type) = match plan.encoding {
        TokenEncoding::Form => (form(&pairs), "application/x-www-form-urlencoded"),
        TokenEncoding::Json => (json(&pairs), "application/json"),
    };
    let url = match (ask, &plan.refresh_url) {
        (Ask::Refresh(_), Some(url)) => url,
        _ => &plan.token_url,
    };
    let mut request = http::Request::new(Bytes::from_owner(Wiped(body)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = url.parse().map_err(|_| NotBuilt)?;
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    if plan.client_authentication == ClientAuthentication::Basic {
        headers.insert(header::AUTHORIZATION, basic(client)?);
    }
    Ok(request)
}

fn parameters<'a>(plan: &'a TokenPlan, client: &'a Client, ask: &'a Ask) -> Vec<(&'static str, &'a str)> {
    let mut pairs = match (ask, &plan.grant) {
        (Ask::Client, Grant::ClientCredentials) => vec![("grant_type", "client_credentials")],
        (Ask::Client, _) => Vec::new(),
        (Ask::Code(code), Grant::Consent { redirect_uri, grant_type, .. }) => vec![
            ("grant_type", grant_type.as_str()),
            ("code", code.expose_secret()),
            ("redirect_uri", redirect_uri.as_str()),
        ],
        (Ask::Code(code), _) => vec![("code", code.expose_secret())],
        (Ask::Refresh(token), _) => {
            vec![("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())]
        }
    };
    if plan.client_authentication == ClientAuthentication::Post {
        pairs.push(("client_id", client.id.expose_secret()));
        pairs.push(("client_secret", client.secret.expose_secret()));
    }
    pairs.extend(plan.parameters.iter().map(|(name, value)| (*name, value.as_str())));
    pairs
}

/// Room for the longest way to write every byte, so that the buffer never grows and leaves a copy behind.
fn room(pairs: &[(&str, &str)], widest: usize) -> Zeroizing<Vec<u8>> {
    let length: usize = pairs.iter().map(|(name, value)| (name.len() + value.len()) * widest + 8).sum();
    Zeroizing::new(Vec::with_capacity(length + 8))
}

fn form(pairs: &[(&str, &str)]) -> Zeroizing<Vec<u8>> {
    let mut body = room(pairs, 3);
    for (name, value) in pairs {
        if !body.is_empty() {
            body.push(b'&');
        }
        write_form(&mut body, name);
        body.push(b'=');
        write_form(&mut body, value);
    }
    body
}

fn write_form(out: &mut Vec<u8>, text: &str) {
    byte_serialize(text.as_bytes()).for_each(|part| out.extend_from_slice(part.as_bytes()));
}

fn json(pairs: &[(&str, &str)]) -> Zeroizing<Vec<u8>> {
    let mut body = room(pairs, 6);
    body.push(b'{');
    for (name, value) in pairs {
        if body.len() > 1 {
            body.push(b',');
        }
        write_json(&mut body, name);
        body.push(b':');
        write_json(&mut body, value);
    }
    body.push(b'}');
    body
}

fn write_json(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a text always has a JSON form, and a vector takes every byte");
}

/// Id and secret as RFC 6749 2.3.1 has them: each written as in a form, then together in base64.
fn basic(client: &Client) -> Result<HeaderValue, NotBuilt> {
    let (id, secret) = (client.id.expose_secret(), client.secret.expose_secret());
    let mut pair = Zeroizing::new(Vec::with_capacity((id.len() + secret.len()) * 3 + 1));
    write_form(&mut pair, id);
    pair.push(b':');
    write_form(&mut pair, secret);
    let coded = Zeroizing::new(STANDARD.encode(&*pair));
    let text = Zeroizing::new(["Basic ", &coded].concat());
    let mut value = HeaderValue::from_str(&text).map_err(|_| NotBuilt)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(grant: Grant) -> TokenPlan {
        TokenPlan {
            grant,
            token_url: "https://partner.example/token".to_owned(),
            refresh_url: Some("https://partner.example/refresh".to_owned()),
            client_id: "client_id",
            client_secret: "client_secret",
            client_authentication: ClientAuthentication::Post,
            encoding: TokenEncoding::Form,
            parameters: vec![("audience", "https://api.example/".to_owned())],
        }
    }

    fn consent() -> Grant {
        Grant::Consent {
            authorize_url: "https://partner.example/authorize".to_owned(),
            redirect_uri: "https://ops.example/connect/web/callback".to_owned(),
            grant_type: "code".to_owned(),
        }
    }

    fn client() -> Client {
        Client { id: SecretString::from("id 1&"), secret: SecretString::from("s+é:\"") }
    }

    fn built(plan: &TokenPlan, ask: &Ask) -> (String, String) {
        let request = build(plan, &client(), ask).unwrap();
        (request.uri().to_string(), String::from_utf8(request.body().to_vec()).unwrap())
    }

    #[test]
    fn each_grant_sends_its_own_parameters() {
        const CLIENT: &str =
            "client_id=id+1%26&client_secret=s%2B%C3%A9%3A%22&audience=https%3A%2F%2Fapi.example%2F";
        let (code, token) = (Ask::Code(SecretString::from("c/1")), Ask::Refresh(SecretString::from("r/1")));
        let rows = [
            (Grant::ClientCredentials, &Ask::Client, "token", "grant_type=client_credentials&"),
            (Grant::ApiLogin, &Ask::Client, "token", ""),
            (
                consent(),
                &code,
                "token",
                "grant_type=code&code=c%2F1&redirect_uri=https%3A%2F%2Fops.example%2Fconnect%2Fweb%2Fcallback&",
            ),
            (consent(), &token, "refresh", "grant_type=refresh_token&refresh_token=r%2F1&"),
        ];
        for (grant, ask, place, own) in rows {
            let expected = (format!("https://partner.example/{place}"), [own, CLIENT].concat());
            assert_eq!(built(&plan(grant), ask), expected);
        }
    }

    #[test]
    fn refresh_goes_to_the_token_address_where_there_is_no_other() {
        let plan = TokenPlan { refresh_url: None, ..plan(consent()) };
        assert_eq!(built(&plan, &Ask::Refresh(SecretString::from("r"))).0, "https://partner.example/token");
    }

    #[test]
    fn json_body_holds_the_same() {
        let plan = TokenPlan { encoding: TokenEncoding::Json, ..plan(Grant::ClientCredentials) };
        let request = build(&plan, &client(), &Ask::Client).unwrap();
        let expected = serde_json::json!({
            "grant_type": "client_credentials", "client_id": "id 1&", "client_secret": "s+é:\"",
            "audience": "https://api.example/",
        });
        assert_eq!(serde_json::from_slice::<serde_json::Value>(request.body()).unwrap(), expected);
        assert_eq!(request.headers()["content-type"], "application/json");
    }

    #[test]
    fn basic_authentication_codes_id_and_secret_before_it_joins_them() {
        let plan = TokenPlan {
            client_authentication: ClientAuthentication::Basic,
            ..plan(Grant::ClientCredentials)
        };
        let request = build(&plan, &client(), &Ask::Client).unwrap();
        let value = &request.headers()["authorization"];
        let coded = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(coded).unwrap(), b"id+1%26:s%2B%C3%A9%3A%22");
        assert!(value.is_sensitive());
        assert!(
            !String::from_utf8_lossy(request.body()).contains("client_secret"),
            "not in the body as well"
        );
    }

    #[test]
    fn request_shows_no_secret() {
        let plan = TokenPlan {
            client_authentication: ClientAuthentication::Basic,
            ..plan(Grant::ClientCredentials)
        };
        let request = build(&plan, &client(), &Ask::Client).unwrap();
        let shown = format!("{:?} {:?}", request.headers(), client());
        assert!(!shown.contains("s+é") && !shown.contains("aWQr"), "{shown}");
    }
}
