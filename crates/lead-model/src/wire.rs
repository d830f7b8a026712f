//! The bodies of `/v1` that browser and proxy exchange about a submission.
//!
//! Apart so that neither side can change a name alone.

use serde::{Deserialize, Serialize};

use crate::value::Values;

/// How the form reached the visitor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By script tag, inside the host page.
    #[default]
    Inline,
    /// In an iframe on a host page.
    Iframe,
    /// On the page that the proxy hosts.
    Hosted,
    /// The plain HTML form, without JavaScript.
    Plain,
}

/// Where a submission came from. All of it is told by the browser, so nothing is decided by it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// How the form reached the visitor.
    #[serde(default)]
    pub mode: Mode,
    /// Address of the host page, without its query and fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// What brought the visitor: see [`crate::campaign_of`].
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::pairs")]
    pub campaign: Vec<(String, String)>,
}

/// What the form posts to `/v1/forms/{form}/submissions`, beside the header `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmissionBody {
    /// Version of the form that the visitor saw.
    pub form_version: u32,
    /// Language in which the visitor saw it.
    pub locale: String,
    /// The entries.
    pub values: Values,
    /// Where it came from.
    #[serde(default)]
    pub source: Source,
    /// The signed token of the first paint: it tells since when the visitor has seen the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The solved challenge, as ALTCHA writes it, where the form asks for a proof of work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    /// What stood in the field that no person sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trap: Option<String>,
    /// The signed token that has filled in the form, where one has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefill: Option<String>,
}

/// What the visitor is told of a submission that is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubmissionState {
    /// Stored; on its way to the partner.
    Received,
    /// The partner has it.
    Delivered,
}

/// Answer to a submission: 200 when delivered, 202 when received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmissionAnswer {
    /// What the visitor may quote, and the partner sees as the lead's id.
    pub receipt: String,
    /// How far it has come.
    pub state: SubmissionState,
}

/// Answer of `/v1/receipts/{receipt}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptAnswer {
    /// The receipt asked for.
    pub receipt: String,
    /// How far it has come.
    pub state: SubmissionState,
    /// When it was stored, RFC 3339 UTC.
    pub received_at: String,
}
