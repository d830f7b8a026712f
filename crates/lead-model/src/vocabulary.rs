//! The lead vocabulary: the field names that every part of the house knows.
//!
//! Apart because form definitions, mappings to partners, autofill and the privacy rules all read this one table.

use crate::field::FieldKind;

/// What is known of a field name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VocabularyEntry {
    /// The name in form definitions and mappings.
    pub name: &'static str,
    /// The kind that a field of this name has unless its definition says otherwise.
    pub kind: FieldKind,
    /// The HTML `autocomplete` token, so that browsers and password managers fill it.
    pub autocomplete: &'static str,
    /// Never kept in browser storage, never logged, masked where shown.
    pub sensitive: bool,
}

const fn entry(name: &'static str, kind: FieldKind, autocomplete: &'static str) -> VocabularyEntry {
    VocabularyEntry { name, kind, autocomplete, sensitive: false }
}

const fn sensitive(name: &'static str, kind: FieldKind, autocomplete: &'static str) -> VocabularyEntry {
    VocabularyEntry { name, kind, autocomplete, sensitive: true }
}

/// Every known name.
pub const VOCABULARY: &[VocabularyEntry] = &[
    entry("title", FieldKind::Text, "honorific-prefix"),
    entry("first_name", FieldKind::Text, "given-name"),
    entry("last_name", FieldKind::Text, "family-name"),
    entry("email", FieldKind::Email, "email"),
    entry("phone", FieldKind::Phone, "tel"),
    entry("company", FieldKind::Text, "organization"),
    entry("job_title", FieldKind::Text, "organization-title"),
    entry("website", FieldKind::Url, "url"),
    entry("address_line1", FieldKind::Text, "address-line1"),
    entry("address_line2", FieldKind::Text, "address-line2"),
    entry("postcode", FieldKind::Text, "postal-code"),
    entry("city", FieldKind::Text, "address-level2"),
    entry("region", FieldKind::Text, "address-level1"),
    entry("country", FieldKind::Text, "country"),
    sensitive("date_of_birth", FieldKind::Date, "bday"),
    sensitive("identification_number", FieldKind::Text, "off"),
    entry("notes", FieldKind::Textarea, "off"),
    entry("industry", FieldKind::Text, "off"),
    entry("customer_type", FieldKind::Text, "off"),
    entry("devices", FieldKind::Text, "off"),
    entry("locations", FieldKind::Text, "off"),
    entry("referrer_name", FieldKind::Text, "off"),
    entry("referrer_email", FieldKind::Email, "off"),
    entry("hot_transfer", FieldKind::Checkbox, "off"),
    entry("lead_type", FieldKind::Hidden, "off"),
    entry("existing_customer_reference", FieldKind::Text, "off"),
    entry("consent", FieldKind::Consent, "off"),
];

/// What is known of this name, if it is in the vocabulary.
pub fn vocabulary_entry(name: &str) -> Option<&'static VocabularyEntry> {
    VOCABULARY.iter().find(|entry| entry.name == name)
}
