//! A connector's data about itself: what an account must set, where its credential goes, what doubt means.
//!
//! Apart as data, so that start-up checks, docs and the contract suite read it without running the connector.

use std::collections::BTreeMap;

/// What there is to know of a partner before the first lead.
pub struct Descriptor {
    /// The name in configuration, `connector = "…"`.
    pub slug: &'static str,
    /// The partner's own name.
    pub name: &'static str,
    /// A sentence of what the partner does with a lead.
    pub summary: &'static str,
    /// The operations that this connector speaks.
    pub operations: &'static [&'static str],
    /// What an account may or must set.
    pub settings: &'static [Setting],
    /// The credentials it needs, and where each goes.
    pub credentials: &'static [CredentialSlot],
    /// The partner field that carries our receipt.
    pub receipt_field: Option<&'static str>,
    /// How each partner field is filled unless the account's mapping says otherwise.
    pub default_mapping: &'static [(&'static str, DefaultRule)],
    /// What follows an attempt of which nobody knows whether it arrived.
    pub in_doubt: InDoubtPolicy,
    /// How answers are read: what arrives, which outcome it has. For the docs; the contract suite holds it to the code.
    pub answers: &'static [(&'static str, &'static str)],
}

/// How a partner field is filled by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultRule {
    /// From this field of the vocabulary.
    Field(&'static str),
    /// From several, by a template.
    Template(&'static str),
    /// Only where an account maps it.
    Unmapped,
}

/// One setting of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key under `[accounts.NAME.settings]`.
    pub name: &'static str,
    /// What it may hold.
    pub kind: SettingKind,
    /// What it is where left out; without one it must be set.
    pub default: Option<&'static str>,
    /// What it means.
    pub meaning: &'static str,
}

/// What a setting may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// An https address; http on loopback where the operator allows it.
    Url,
}

/// One credential of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialSlot {
    /// Its key under `[accounts.NAME.credentials]`.
    pub name: &'static str,
    /// Where it is put on the request.
    pub place: CredentialPlace,
    /// Most UTF-16 units that the partner allows.
    pub length_max: usize,
    /// What it is and who gives it.
    pub meaning: &'static str,
}

/// Where a credential is put on a request, at the last moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialPlace {
    /// A member of the JSON object in the body.
    BodyField(&'static str),
}

/// What follows an attempt of which nobody knows whether it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InDoubtPolicy {
    /// One more try with the same receipt, then a person decides.
    RetryOnceThenHold,
    /// A person decides.
    Hold,
}

impl InDoubtPolicy {
    /// Says it for the docs.
    pub fn describe(self) -> &'static str {
        match self {
            Self::RetryOnceThenHold => "one more try with the same receipt, then it is held for a person",
            Self::Hold => "it is held for a person",
        }
    }
}

/// One field of the partner's document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerField {
    /// The partner's name, in its spelling.
    pub name: String,
    /// Whether the partner refuses a lead without it.
    pub required: bool,
    /// What it holds.
    pub kind: PartnerFieldKind,
    /// Whether the length is ours because the document gives none.
    pub own_cap: bool,
    /// What it means.
    pub meaning: String,
}

/// What a partner field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartnerFieldKind {
    /// Text of so many UTF-16 units at most.
    Text {
        /// Most UTF-16 units.
        length_max: u32,
    },
    /// True or false.
    Bool,
}

/// An account's settings, checked against the descriptor, with the defaults filled in. Never a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountSettings(BTreeMap<&'static str, String>);

impl AccountSettings {
    /// Keeps settings that have been checked.
    pub fn new(settings: BTreeMap<&'static str, String>) -> Self {
        Self(settings)
    }

    /// A setting's value; empty where the descriptor does not know it.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }
}
