//! Takes credentials out of everything that is recorded.
//!
//! Apart because it is the one door between what arrives and the ledger, whose JSON and page anybody on the machine
//! may read.

use serde_json::{Map, Value};

use crate::object::Object;

/// What stands where a credential stood.
const MASK: &str = "***";
/// Headers whose whole value is a credential or a signature.
const SECRET_HEADERS: [&str; 6] =
    ["authorization", "proxy-authorization", "cookie", "x-api-key", "x-apikey", "key"];
/// Parts of names by which other headers are known to be such.
const SECRET_WORDS: [&str; 5] = ["signature", "token", "secret", "api-key", "auth"];
/// What is shorter is no credential that a request could be asked to forget: masking it would eat ordinary words.
const SECRET_BYTES_MIN: usize = 8;

/// Knows one partner's credentials and the members of bodies and queries that carry them.
pub(crate) struct Redactor {
    secrets: Vec<String>,
    members: &'static [&'static str],
}

impl Redactor {
    /// By the credentials' values, and by the names under which a body or a query may carry them, right or wrong.
    pub(crate) fn new(secrets: Vec<String>, members: &'static [&'static str]) -> Self {
        Self { secrets: secrets.into_iter().filter(|secret| !secret.is_empty()).collect(), members }
    }

    /// Masks the credentials, and the further secrets of one request, wherever they stand in a text.
    pub(crate) fn text(&self, text: &str, secrets: &[String]) -> String {
        let further = secrets.iter().filter(|secret| secret.len() >= SECRET_BYTES_MIN);
        let mut masked = text.to_owned();
        for secret in self.secrets.iter().chain(further) {
            let quoted = Value::from(secret.as_str()).to_string();
            let in_json = quoted.trim_start_matches('"').trim_end_matches('"');
            masked = masked.replace(secret, MASK).replace(in_json, MASK);
        }
        masked
    }

    /// Masks a header that is a credential or a signature; of `Authorization` the scheme stays.
    pub(crate) fn header(&self, name: &str, value: &str, secrets: &[String]) -> String {
        let is_secret = SECRET_HEADERS.contains(&name) || SECRET_WORDS.iter().any(|word| name.contains(word));
        match value.split_once(' ') {
            Some((scheme @ ("Bearer" | "Basic"), _)) if is_secret => format!("{scheme} {MASK}"),
            _ if is_secret => MASK.to_owned(),
            _ => self.text(value, secrets),
        }
    }

    /// Masks the credentials in a body, right or wrong, and leaves every other byte as it came.
    pub(crate) fn body(&self, body: &[u8], is_form: bool, secrets: &[String]) -> String {
        let body = String::from_utf8_lossy(body);
        let masked = match Object::parse(&body) {
            Ok(object) => self.mask_members(&body, &object),
            Err(_) if is_form => self.mask_pairs(&body),
            Err(_) => self.members.iter().fold(body.to_string(), |body, member| mask_by_eye(&body, member)),
        };
        self.text(&masked, secrets)
    }

    /// Masks the credentials in a query, right or wrong.
    pub(crate) fn query(&self, query: &str, secrets: &[String]) -> String {
        self.text(&self.mask_pairs(query), secrets)
    }

    /// Masks the credentials in names and values of an object, at any depth.
    pub(crate) fn fields(&self, fields: Map<String, Value>, secrets: &[String]) -> Map<String, Value> {
        fields
            .into_iter()
            .map(|(name, value)| (self.text(&name, secrets), self.value(value, secrets)))
            .collect()
    }

    fn value(&self, value: Value, secrets: &[String]) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text, secrets)),
            Value::Array(values) => values.into_iter().map(|value| self.value(value, secrets)).collect(),
            Value::Object(fields) => Value::Object(self.fields(fields, secrets)),
            plain => plain,
        }
    }

    fn is_member(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.eq_ignore_ascii_case(name))
    }

    /// Masks the values of the members, however their names are written (`apikey`, `\u0041piKey`).
    fn mask_members(&self, body: &str, object: &Object<'_>) -> String {
        let mut masked = String::with_capacity(body.len());
        let mut copied_until = 0;
        for (_, raw) in object.members().filter(|(name, _)| self.is_member(name)) {
            // The raw value is a part of `body`, so the distance of the two addresses is its place in it.
            let start = (raw.get().as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
            masked.push_str(body.get(copied_until..start).unwrap_or_default());
            masked.push('"');
            masked.push_str(MASK);
            masked.push('"');
            copied_until = start + raw.get().len();
        }
        masked.push_str(body.get(copied_until..).unwrap_or_default());
        masked
    }

    /// Masks the members' values in `name=value` pairs.
    fn mask_pairs(&self, pairs: &str) -> String {
        let masked = pairs.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) if self.is_member(name) => format!("{name}={MASK}"),
            _ => pair.to_owned(),
        });
        masked.collect::<Vec<_>>().join("&")
    }
}

/// Masks what follows the member's name in a body that is neither JSON object nor form: truncated, anything.
fn mask_by_eye(body: &str, member: &str) -> String {
    let mut masked = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = split_at_name(rest, member) {
        let value = after.trim_start_matches(['"', '\'', ' ', '\t', '\r', '\n', ':', '=']);
        let separator = after.strip_suffix(value).unwrap_or_default();
        masked.push_str(before);
        masked.push_str(separator);
        masked.push_str(MASK);
        rest = value.trim_start_matches(|c: char| !matches!(c, '"' | '\'' | ',' | '&' | '}' | '\r' | '\n'));
    }
    masked.push_str(rest);
    masked
}

/// Splits a text behind the first occurrence of an ASCII name, whatever its case.
fn split_at_name<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let start =
        text.as_bytes().windows(name.len()).position(|part| part.eq_ignore_ascii_case(name.as_bytes()))?;
    text.split_at_checked(start + name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor() -> Redactor {
        Redactor::new(vec!["s3cr\"et".to_owned(), String::new()], &["ApiKey", "code"])
    }

    fn check(body: &str, masked: &str) {
        assert_eq!(redactor().body(body.as_bytes(), false, &[]), masked);
    }

    #[test]
    fn value_of_the_member_is_masked_and_every_other_byte_stays() {
        check("{ \"ApiKey\" :\"s3cr\\\"et\",\n\"ID\":1.50 }", "{ \"ApiKey\" :\"***\",\n\"ID\":1.50 }");
        check(r#"{"ID":"a","ApiKey":"wrong"}"#, r#"{"ID":"a","ApiKey":"***"}"#);
        check(
            r#"{"apikey":7,"\u0041piKey":["x"],"ID":"é"}"#,
            r#"{"apikey":"***","\u0041piKey":"***","ID":"é"}"#,
        );
    }

    #[test]
    fn credential_is_masked_where_it_does_not_belong() {
        check(r#"{"Notes":"my key is s3cr\"et"}"#, r#"{"Notes":"my key is ***"}"#);
        check(r#"{"Nested":{"ApiKey":"s3cr\"et"}}"#, r#"{"Nested":{"ApiKey":"***"}}"#);
        check(r#"s3cr"et"#, "***");
    }

    #[test]
    fn credential_is_masked_in_a_body_that_is_no_json_object() {
        check(r#"{"ID":"a","ApiKey":"s3cr"#, r#"{"ID":"a","ApiKey":"***"#);
        check("ID=a&ApiKey=s3c%72&Notes=b", "ID=a&ApiKey=***&Notes=b");
        check("ApiKey", "ApiKey***");
        check(r#"[{"apikey":"x"},{"APIKEY":"y"}]"#, r#"[{"apikey":"***"},{"APIKEY":"***"}]"#);
    }

    #[test]
    fn pairs_of_a_form_or_a_query_are_masked_by_their_whole_name() {
        let pairs = "grant_type=code&postcode=W1&code=abc";
        let masked = "grant_type=code&postcode=W1&code=***";
        assert_eq!(redactor().body(pairs.as_bytes(), true, &[]), masked);
        assert_eq!(redactor().query(pairs, &[]), masked);
    }

    #[test]
    fn header_that_is_a_credential_or_a_signature_is_masked_whole() {
        let masked = |name, value| redactor().header(name, value, &["fresh-token".to_owned()]);
        assert_eq!(masked("authorization", "Bearer anything"), "Bearer ***");
        assert_eq!(masked("x-api-key", "wrong"), "***");
        assert_eq!(masked("x-alg-signature", "abc= def"), "***");
        assert_eq!(masked("x-alg-nonce", "abc"), "abc");
        assert_eq!(masked("x-other", "has fresh-token inside"), "has *** inside");
    }

    #[test]
    fn further_secret_too_short_to_be_one_eats_no_words() {
        assert_eq!(redactor().text("a word", &["a".to_owned()]), "a word");
    }
}
