//! Reads what a client sends to a token endpoint: parameters as a form or as JSON, and who it says it is.
//!
//! Apart because two partners and two encodings meet here; what the parameters are worth is decided elsewhere.

use std::collections::HashSet;

use base64ct::{Base64, Encoding as _};
use serde_json::Value;

use crate::ledger::KeyCheck;
use crate::object::{Object, read};

/// Parameters in the order sent.
#[derive(Debug)]
pub(crate) struct Params(Vec<(String, String)>);

/// Why there are no parameters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// The content type is none that this endpoint reads.
    ContentType,
    /// What is wrong with the body.
    Body(String),
}

impl Params {
    /// Reads a form, or where the endpoint takes it JSON, by the content type.
    pub(crate) fn read(
        content_type: Option<&str>,
        body: &[u8],
        takes_json: bool,
    ) -> Result<Self, Unreadable> {
        match media_type(content_type).as_str() {
            "application/x-www-form-urlencoded" => Ok(Self::from_form(body)),
            "application/json" if takes_json => Self::from_json(body).map_err(Unreadable::Body),
            _ => Err(Unreadable::ContentType),
        }
    }

    /// Reads a form or a query.
    pub(crate) fn from_form(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    fn from_json(body: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8".to_owned())?;
        let object = Object::parse(text)?;
        let members = object.members().map(|(name, raw)| match read(raw) {
            Some(Value::String(value)) => Ok((name.to_owned(), value)),
            _ => Err(format!("{name} is not a string")),
        });
        Ok(Self(members.collect::<Result<_, _>>()?))
    }

    /// Gives the value of a parameter; one without a value counts as left out.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(given, _)| given == name)?;
        (!value.is_empty()).then_some(value.as_str())
    }

    /// Names the parameters that come more than once.
    pub(crate) fn repeated(&self) -> Vec<&str> {
        let mut seen = HashSet::new();
        self.names().filter(|name| !seen.insert(*name)).collect()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Lists the values of these parameters, for the redaction.
    pub(crate) fn values_of(&self, names: &[&str]) -> Vec<String> {
        let wanted =
            self.0.iter().filter(|(name, value)| names.contains(&name.as_str()) && !value.is_empty());
        wanted.map(|(_, value)| value.clone()).collect()
    }
}

/// The client that a token endpoint knows.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Client {
    /// Compares what was given in the body (`client_secret_post`).
    pub(crate) fn check(&self, id: Option<&str>, secret: Option<&str>) -> KeyCheck {
        match (id, secret) {
            (Some(id), Some(secret)) if id == self.id && secret == self.secret => KeyCheck::Valid,
            (None, _) | (_, None) => KeyCheck::Missing,
            _ => KeyCheck::Wrong,
        }
    }

    /// Compares an `Authorization` header (`client_secret_basic`). RFC 6749 wants both parts form-encoded before they
    /// are joined, and many clients do not; either is taken.
    pub(crate) fn check_basic(&self, header: &str) -> KeyCheck {
        let Some((id, secret)) = read_basic(header) else { return KeyCheck::Wrong };
        let decoded = (decode(&id), decode(&secret));
        match self.check(Some(&id), Some(&secret)) {
            KeyCheck::Valid => KeyCheck::Valid,
            _ => self.check(Some(&decoded.0), Some(&decoded.1)),
        }
    }
}

/// Reads name and password of a `Basic` header.
pub(crate) fn read_basic(header: &str) -> Option<(String, String)> {
    let (scheme, value) = header.split_once(' ')?;
    let bytes = Base64::decode_vec(value.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (id, secret) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// Reads the token of a `Bearer` header.
pub(crate) fn read_bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then_some(token.trim())
}

/// Gives the media type in lower case, without its parameters.
pub(crate) fn media_type(content_type: Option<&str>) -> String {
    content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase()
}

fn decode(text: &str) -> String {
    // A pair without `=` would be a name; so the text is made a value.
    let pair = format!("x={}", text.replace('&', "%26"));
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Option<&str> = Some("application/x-www-form-urlencoded; charset=utf-8");
    const JSON: Option<&str> = Some("Application/JSON");

    #[test]
    fn parameters_are_the_same_as_a_form_and_as_json() {
        let form = Params::read(FORM, b"scope=a+b&client_id=caf%C3%A9&empty=", true).unwrap();
        let json = r#"{"scope":"a b","client_id":"café","empty":""}"#;
        let json = Params::read(JSON, json.as_bytes(), true).unwrap();
        for params in [form, json] {
            assert_eq!((params.get("scope"), params.get("client_id")), (Some("a b"), Some("café")));
            assert_eq!((params.get("empty"), params.get("absent")), (None, None));
        }
    }

    #[test]
    fn body_of_another_type_or_shape_has_no_parameters() {
        let problem =
            |content_type, body: &str| Params::read(content_type, body.as_bytes(), true).unwrap_err();
        assert_eq!(problem(None, "a=b"), Unreadable::ContentType);
        assert_eq!(problem(JSON, "[]"), Unreadable::Body("the body is JSON, but not an object".to_owned()));
        assert_eq!(problem(JSON, r#"{"a":1}"#), Unreadable::Body("a is not a string".to_owned()));
        assert_eq!(Params::read(JSON, b"{}", false).unwrap_err(), Unreadable::ContentType);
    }

    #[test]
    fn parameter_given_twice_is_noticed() {
        let params = Params::read(FORM, b"a=1&b=2&a=1", false).unwrap();
        assert_eq!(params.repeated(), ["a"]);
    }

    #[test]
    fn basic_header_is_read_plain_and_form_encoded() {
        let client = Client { id: "id of tests".to_owned(), secret: "a+b:c%&é".to_owned() };
        let header = |text: &str| format!("Basic {}", Base64::encode_string(text.as_bytes()));
        assert_eq!(client.check_basic(&header("id of tests:a+b:c%&é")), KeyCheck::Valid);
        assert_eq!(client.check_basic(&header("id+of+tests:a%2Bb%3Ac%25%26%C3%A9")), KeyCheck::Valid);
        for wrong in
            [header("id of tests:a+b"), header("no colon"), "Basic !".to_owned(), "Bearer x".to_owned()]
        {
            assert_eq!(client.check_basic(&wrong), KeyCheck::Wrong, "{wrong}");
        }
    }
}
