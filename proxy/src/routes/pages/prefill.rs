//! Values that the address of one of our own pages brings: `?first_name=Ada`.
//!
//! Apart because an address can be written by anybody and is kept in many places: what is sensitive is not taken from it, and
//! an agreement is the visitor's own to give.

use http::Uri;
use lead_model::{FieldKind, Form, RawValue, Values};
use url::form_urlencoded;

/// Longest value that is taken, in bytes.
const VALUE_BYTES_MAX: usize = 2_048;

/// What the controls hold at first.
pub(super) fn values(form: &Form, uri: &Uri) -> Values {
    let mut values = Values::new();
    for (name, text) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        let Some(field) = form.field(&name) else { continue };
        let open = !field.sensitive && field.kind != FieldKind::Consent;
        if !open || text.len() > VALUE_BYTES_MAX || text.contains('\0') {
            continue;
        }
        let value = match field.kind {
            FieldKind::Checkbox => RawValue::Bool(matches!(&*text, "true" | "on")),
            _ => RawValue::Text(text.into_owned()),
        };
        values.set(&name, value);
    }
    values
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn form() -> Form {
        let field = |name: &str, kind: &str, sensitive: bool| {
            format!(r#"{{"name":"{name}","kind":"{kind}","label":"x","sensitive":{sensitive}}}"#)
        };
        let fields = [
            field("first_name", "text", false),
            field("news", "checkbox", false),
            field("consent", "consent", false),
            field("date_of_birth", "date", true),
        ];
        let json = format!(
            r#"{{"id":"f","version":1,"locale":"en","title":"T","submit":"S","success_title":"Y","success_text":"Z","fields":[{}]}}"#,
            fields.join(",")
        );
        serde_json::from_str(&json).unwrap()
    }

    fn of(query: &str) -> Values {
        values(&form(), &format!("/f/f?{query}").parse().unwrap())
    }

    #[test]
    fn fields_of_the_form_are_filled_from_the_address() {
        let values = of("first_name=Ada%20B&news=true&locale=de");
        assert_eq!(values.get("first_name"), Some(&RawValue::Text("Ada B".to_owned())));
        assert_eq!(values.get("news"), Some(&RawValue::Bool(true)));
        assert_eq!(values.iter().count(), 2);
    }

    #[test]
    fn consent_sensitive_fields_and_long_values_are_not() {
        let long = "a".repeat(VALUE_BYTES_MAX + 1);
        let values = of(&format!("consent=true&date_of_birth=1990-01-01&first_name={long}&nobody=x"));
        assert_eq!(values.iter().count(), 0, "{values:?}");
    }
}
