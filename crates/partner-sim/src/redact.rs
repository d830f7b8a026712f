//! Takes the credential out of everything that is recorded.
//!
//! Apart because it is the one door between what arrives and the ledger, whose JSON and page anybody on the machine
//! may read.

use serde_json::{Map, Value};

use crate::object::Object;

/// What stands where a credential stood.
const MASK: &str = "***";

/// Knows one partner's credential and the member of the body that carries it.
pub(crate) struct Redactor {
    secret: String,
    /// The secret as JSON writes it, where that differs (quotes and backslashes).
    secret_in_json: String,
    member: &'static str,
}

impl Redactor {
    pub(crate) fn new(secret: String, member: &'static str) -> Self {
        let quoted = Value::from(secret.as_str()).to_string();
        let secret_in_json = quoted.trim_start_matches('"').trim_end_matches('"').to_owned();
        Self { secret, secret_in_json, member }
    }

    /// Masks the credential wherever it stands in a text.
    pub(crate) fn text(&self, text: &str) -> String {
        text.replace(&self.secret, MASK).replace(&self.secret_in_json, MASK)
    }

    /// Masks the credential in a body, right or wrong, and leaves every other byte as it came.
    pub(crate) fn body(&self, body: &[u8]) -> String {
        let body = String::from_utf8_lossy(body);
        let masked = match Object::parse(&body) {
            Ok(object) => self.mask_member(&body, &object),
            Err(_) => self.mask_by_eye(&body),
        };
        self.text(&masked)
    }

    /// Masks the credential in names and values of an object, at any depth.
    pub(crate) fn fields(&self, fields: Map<String, Value>) -> Map<String, Value> {
        fields.into_iter().map(|(name, value)| (self.text(&name), self.value(value))).collect()
    }

    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(values) => values.into_iter().map(|value| self.value(value)).collect(),
            Value::Object(fields) => Value::Object(self.fields(fields)),
            plain => plain,
        }
    }

    /// Masks the value of the member, however its name is written (`apikey`, `\u0041piKey`).
    fn mask_member(&self, body: &str, object: &Object<'_>) -> String {
        let mut masked = String::with_capacity(body.len());
        let mut copied_until = 0;
        for (_, raw) in object.members().filter(|(name, _)| name.eq_ignore_ascii_case(self.member)) {
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

    /// Masks what follows the member's name in a body that is no JSON object: truncated, form-encoded, anything.
    fn mask_by_eye(&self, body: &str) -> String {
        let mut masked = String::with_capacity(body.len());
        let mut rest = body;
        while let Some((before, after)) = split_at_name(rest, self.member) {
            let value = after.trim_start_matches(['"', '\'', ' ', '\t', '\r', '\n', ':', '=']);
            let separator = after.strip_suffix(value).unwrap_or_default();
            masked.push_str(before);
            masked.push_str(separator);
            masked.push_str(MASK);
            rest =
                value.trim_start_matches(|c: char| !matches!(c, '"' | '\'' | ',' | '&' | '}' | '\r' | '\n'));
        }
        masked.push_str(rest);
        masked
    }
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

    fn check(body: &str, masked: &str) {
        assert_eq!(Redactor::new("s3cr\"et".to_owned(), "ApiKey").body(body.as_bytes()), masked);
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
}
