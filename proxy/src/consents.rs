//! What a visitor has agreed to, as proof of it: the words that stood beside the box, their language and version, and when.
//!
//! Apart from the values, which only say that a box was ticked. Written by the proxy from its own texts and by its own clock,
//! and sealed with the lead.

use aws_lc_rs::digest::{SHA256, digest};
use lead_model::{FieldKind, Form, Normal, NormalValues};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::hex::hex;

/// One box that was ticked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The form's field.
    pub field: String,
    /// The words beside the box.
    pub text: String,
    /// Their SHA-256 in hexadecimal, by which two are known to be the same.
    pub sha256: String,
    /// Their language.
    pub locale: String,
    /// The form's version that has these words.
    pub form_version: u32,
    /// The version that the visitor's page had, where it is another: a page that was open while the form was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_version: Option<u32>,
    /// When the submission came, RFC 3339 UTC.
    pub at: String,
}

/// What a mapping may ask for of a consent, behind the field's name and a hyphen, which no field has in its name.
const PARTS: [&str; 5] = ["text", "sha256", "locale", "version", "at"];

/// The field and the part of a name such as `consent-text`.
pub(crate) fn part_of(name: &str) -> Option<(&str, &str)> {
    let (field, part) = name.split_once('-')?;
    PARTS.contains(&part).then_some((field, part))
}

/// The consents among checked values, in the form's order.
pub(crate) fn given(form: &Form, values: &NormalValues, shown: u32, now: Timestamp) -> Vec<Consent> {
    let is_given = |name: &str| values.get(name) == Some(&Normal::Bool(true));
    let fields = form.fields.iter().filter(|field| field.kind == FieldKind::Consent && is_given(&field.name));
    fields
        .map(|field| Consent {
            field: field.name.clone(),
            text: field.label.clone(),
            sha256: hash(&field.label),
            locale: form.locale.clone(),
            form_version: form.version,
            shown_version: (shown != form.version).then_some(shown),
            at: now.to_string(),
        })
        .collect()
}

/// What a mapping asks for by a name such as `consent-text`.
pub(crate) fn say(consents: &[Consent], name: &str) -> Option<String> {
    let (field, part) = part_of(name)?;
    let consent = consents.iter().find(|consent| consent.field == field)?;
    Some(match part {
        "text" => consent.text.clone(),
        "sha256" => consent.sha256.clone(),
        "locale" => consent.locale.clone(),
        "version" => consent.form_version.to_string(),
        _ => consent.at.clone(),
    })
}

fn hash(text: &str) -> String {
    hex(digest(&SHA256, text.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn form() -> Form {
        let field = |name: &str, kind: &str| serde_json::json!({ "name": name, "kind": kind, "label": format!("I agree to {name}."), "rules": {} });
        serde_json::from_value(serde_json::json!({
            "id": "f", "version": 4, "locale": "de", "title": "T", "submit": "S", "success_title": "Y", "success_text": "Z",
            "fields": [field("consent", "consent"), field("news", "consent"), field("urgent", "checkbox")],
        }))
        .unwrap()
    }

    fn of(values: &str, shown: u32) -> Vec<Consent> {
        given(&form(), &serde_json::from_str(values).unwrap(), shown, Timestamp::from_ms(1_767_225_600_000))
    }

    #[test]
    fn consent_is_recorded_with_its_words_where_its_box_was_ticked() {
        let told = of(r#"{"consent":true,"news":false,"urgent":true}"#, 4);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].text, "I agree to consent.");
        assert_eq!((told[0].locale.as_str(), told[0].form_version, told[0].shown_version), ("de", 4, None));
        assert_eq!(told[0].at, "2026-01-01T00:00:00.000Z");
        assert_ne!(told[0].sha256, of(r#"{"news":true}"#, 4)[0].sha256);
        assert_eq!(of(r#"{"consent":true}"#, 3)[0].shown_version, Some(3), "an older page says so");
        assert_eq!(of("{}", 4), []);
    }

    #[test]
    fn mapping_asks_for_each_part_by_name_and_for_nothing_else() {
        let told = of(r#"{"consent":true}"#, 4);
        let said = |name| say(&told, name);
        assert_eq!(said("consent-text").as_deref(), Some("I agree to consent."));
        assert_eq!(said("consent-sha256").map(|hash| hash.len()), Some(64));
        assert_eq!(
            (said("consent-locale").as_deref(), said("consent-version").as_deref()),
            (Some("de"), Some("4"))
        );
        assert_eq!(said("consent-at").as_deref(), Some("2026-01-01T00:00:00.000Z"));
        for name in ["consent", "consent-", "consent-ip", "news-text", "text"] {
            assert_eq!(said(name), None, "{name}");
        }
    }
}
