//! A connector's data about itself: what an account must set, where its credential goes, what doubt means.
//!
//! Apart as data, so that start-up checks, docs and the contract suite read it without running the connector.

use std::time::Duration;

use crate::connectors::parts::answers::AnswerRow;
use crate::connectors::parts::operation::{Operation, OperationKind};
use crate::connectors::parts::setting::{Presence, Setting};

/// What there is to know of a partner before the first lead.
pub struct Descriptor {
    /// The name in configuration, `connector = "…"`.
    pub slug: &'static str,
    /// The partner's own name.
    pub name: &'static str,
    /// A sentence of what the partner does with a lead.
    pub summary: &'static str,
    /// The operations that this connector speaks, in the document's order.
    pub operations: &'static [Operation],
    /// What an account may or must set.
    pub settings: &'static [Setting],
    /// The credentials it needs, and where each goes.
    pub credentials: &'static [CredentialSlot],
    /// The partner field that carries our receipt, and how it is written there.
    pub receipt: Option<ReceiptSlot>,
    /// How each partner field is filled unless the account's mapping says otherwise.
    pub default_mapping: &'static [(&'static str, DefaultRule)],
    /// Which partner fields an account may name that no document does.
    pub own_fields: OwnFields,
    /// What follows an attempt of which nobody knows whether it arrived.
    pub in_doubt: InDoubtPolicy,
    /// How answers are read, by status and by the partner's name for an error; what is not in it is doubt.
    pub answers: &'static [AnswerRow],
    /// What the partner's operations take at most.
    pub limits: Limits,
}

impl Descriptor {
    /// Whether the partner has this operation.
    pub fn has(&self, kind: OperationKind) -> bool {
        self.operations.iter().any(|operation| operation.kind == kind)
    }
}

/// What a partner's operations take at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Most records on one page of a list; none where no document gives one.
    pub page_limit_max: Option<u32>,
    /// Whether the list can be searched.
    pub searches: bool,
    /// How long to wait where the partner says "too much" and not for how long.
    pub quota_wait: Option<Duration>,
}

/// The partner field that carries our receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptSlot {
    /// The partner's name of the field.
    pub field: &'static str,
    /// How the receipt is written there.
    pub form: ReceiptForm,
}

/// How a receipt is written for a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptForm {
    /// As the visitor sees it.
    Text,
    /// As a UUID, from which the receipt can be read back.
    Uuid,
}

/// Which partner fields an account may name beside those of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnFields {
    /// None: the document names all.
    Refused,
    /// Those below this prefix, such as `customFields.`.
    Below(&'static str),
    /// Any, and at least one: the document names none.
    Required,
    /// Any; where the account names none, the form's own fields go out under their own names.
    PassThrough,
}

impl OwnFields {
    /// Whether an account may name this field.
    pub fn allow(self, name: &str) -> bool {
        match self {
            Self::Refused => false,
            Self::Below(prefix) => name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()),
            Self::Required | Self::PassThrough => true,
        }
    }
}

/// How a partner field is filled by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultRule {
    /// From this field of the vocabulary.
    Field(&'static str),
    /// From several, by a template; `{receipt}` stands for the receipt.
    Template(&'static str),
    /// The same for every lead.
    Constant(&'static str),
    /// From this setting of the account.
    Setting(&'static str),
    /// Only where an account maps it.
    Unmapped,
}

/// One credential of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialSlot {
    /// Its key under `[accounts.NAME.credentials]`.
    pub name: &'static str,
    /// Where it is put on the request; [`crate::connectors::Connector::seals`] says it for one account's settings.
    pub place: CredentialPlace,
    /// Whether it must be there. A default is none.
    pub presence: Presence,
    /// Most UTF-16 units that the partner allows, or that we read.
    pub length_max: usize,
    /// What it is and who gives it.
    pub meaning: &'static str,
}

/// Where a credential goes, for the docs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialPlace {
    /// A member of the JSON object in the body.
    BodyField(&'static str),
    /// A header; the name may be a setting's default.
    Header(&'static str),
    /// The request for an access token, never the lead's own.
    TokenRequest,
    /// It signs the request and stays here.
    Signature,
}

/// What follows an attempt of which nobody knows whether it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InDoubtPolicy {
    /// One more try with the same receipt, then a person decides.
    RetryOnceThenHold,
    /// Again as if not sent: the partner tells repeated sends by their id.
    Retry,
    /// The partner is asked by our reference: what it has is delivered, what it has not is sent again.
    AskThenRetry,
    /// The partner's list is searched for our receipt: what is there is delivered, else a person decides.
    AskThenHold,
    /// A person decides.
    Hold,
}

impl InDoubtPolicy {
    /// Says it for the docs.
    pub fn describe(self) -> &'static str {
        match self {
            Self::RetryOnceThenHold => "one more try with the same receipt, then it is held for a person",
            Self::Retry => "it is sent again with the same id, by which the partner tells a repeated send",
            Self::AskThenRetry => {
                "the partner is asked by our reference: what it has is delivered, what it has not is sent again"
            }
            Self::AskThenHold => {
                "the partner's list is searched for the receipt: what is there is delivered, else it is held for a person"
            }
            Self::Hold => "it is held for a person",
        }
    }

    /// Whether the partner is asked before anything else is done.
    pub fn asks(self) -> bool {
        matches!(self, Self::AskThenRetry | Self::AskThenHold)
    }
}

/// One field of the partner's document, or one that an account names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerField {
    /// The partner's name, in its spelling; a dot stands between an object and its member.
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
    /// A number.
    Number,
    /// Text, true or false, or a number, as the account's rule has it: no document says.
    Any {
        /// Most UTF-16 units of a text.
        length_max: u32,
    },
}

impl PartnerFieldKind {
    /// Most UTF-16 units of a text here; none where it takes no text.
    pub fn length_max(self) -> Option<u32> {
        match self {
            Self::Text { length_max } | Self::Any { length_max } => Some(length_max),
            Self::Bool | Self::Number => None,
        }
    }
}
