//! What a connector is, and the register of all of them: one line a partner.
//!
//! Apart because the rest of the house knows only this contract. A connector is pure: given the same call it builds the
//! same bytes and given the same answer it names the same outcome; it opens no socket, reads no clock, holds no secret.

pub mod algbra;
pub mod octorate;
pub mod partnerportal;
pub mod parts;
pub mod spotcap;
pub mod takepayments;
pub mod webhook;

pub use parts::answer::{Answer, RetryAfter};
pub use parts::answers::{AnswerClass, AnswerRow, find_row, outcome_of};
pub use parts::descriptor::{
    CredentialPlace, CredentialSlot, DefaultRule, Descriptor, InDoubtPolicy, Limits, OwnFields, PartnerField,
    PartnerFieldKind, ReceiptForm, ReceiptSlot,
};
pub use parts::lead::{Fault, FieldFault, Lead, PartnerValue};
pub use parts::operation::{
    Call, CallFault, Change, FactSource, ListQuery, Operation, OperationKind, Reading, Record, RecordPage,
    SchemaField,
};
pub use parts::outcome::{Outcome, Why};
pub use parts::seal::Seal;
pub use parts::setting::{AccountSettings, Presence, Setting, SettingFault, SettingKind};

/// Every connector, in the order of the docs.
pub const CONNECTORS: &[&dyn Connector] = &[
    &takepayments::TakePayments,
    &spotcap::Spotcap,
    &partnerportal::PartnerPortal,
    &algbra::Algbra,
    &octorate::Octorate,
    &webhook::Webhook,
];

/// The connector of a slug.
pub fn find_connector(slug: &str) -> Option<&'static dyn Connector> {
    CONNECTORS.iter().copied().find(|connector| connector.descriptor().slug == slug)
}

/// Speaks one partner's language.
pub trait Connector: Send + Sync + 'static {
    /// What there is to know of the partner before the first lead.
    fn descriptor(&self) -> &'static Descriptor;

    /// The fields of a new lead in the document's order, read from the payload type that carries their rules; empty
    /// where no document names any.
    fn fields(&self) -> &'static [PartnerField];

    /// The fields that an update may change, in the document's order.
    fn update_fields(&self) -> &'static [PartnerField] {
        &[]
    }

    /// Finds what is wrong between the settings of an account, which no single setting shows; all at once.
    fn review(&self, _settings: &AccountSettings) -> Vec<SettingFault> {
        Vec::new()
    }

    /// Says how this account's requests are sealed, in this order.
    fn seals(&self, settings: &AccountSettings) -> Vec<Seal>;

    /// Holds a mapped lead against the payload's rules; all faults at once.
    fn check(&self, lead: &Lead) -> Vec<FieldFault>;

    /// Builds the request of a call, without its credential.
    ///
    /// # Errors
    /// When the partner has no such operation, or when a field, a page or a limit does not fit. What
    /// [`Connector::check`] finds in a lead is among it: such a lead should not have been accepted.
    fn request(&self, call: &Call<'_>, settings: &AccountSettings) -> Result<PartnerRequest, CallFault>;

    /// Reads the partner's complete answer to an operation. What it does not know is [`Outcome::InDoubt`], never a guess.
    fn outcome(&self, kind: OperationKind, answer: &Answer, settings: &AccountSettings) -> Outcome;

    /// Reads what an answer holds whose outcome was [`Outcome::Delivered`]; none where it can't be read.
    fn reading(&self, _kind: OperationKind, _answer: &Answer) -> Option<Reading> {
        None
    }

    /// What this lead changes in a record that the partner has; none where the partner's records can't be completed.
    fn completion(&self, _lead: &Lead) -> Option<Change> {
        None
    }

    /// Whether this record carries our receipt, for a partner whose list is searched after a doubt.
    fn carries_receipt(&self, _record: &Record, _receipt: &str) -> bool {
        false
    }
}

/// What is to be sent, without its credential.
#[derive(Clone)]
pub struct PartnerRequest {
    /// The HTTP method.
    pub method: http::Method,
    /// Where to, as the account's settings have it.
    pub url: String,
    /// Headers that are no secret.
    pub headers: http::HeaderMap,
    /// The body. Where a credential is put into it, it is one JSON object.
    pub body: Vec<u8>,
    /// Path and query as they are signed, for a partner whose requests are.
    pub signed_url: Option<String>,
}

impl PartnerRequest {
    /// A request with a JSON body, asking for JSON.
    pub fn json(method: http::Method, url: String, body: Vec<u8>) -> Self {
        let json = http::HeaderValue::from_static("application/json");
        let headers = http::HeaderMap::from_iter([
            (http::header::CONTENT_TYPE, json.clone()),
            (http::header::ACCEPT, json),
        ]);
        Self { method, url, headers, body, signed_url: None }
    }

    /// A GET that asks for JSON.
    pub fn get(url: String) -> Self {
        let json = http::HeaderValue::from_static("application/json");
        let headers = http::HeaderMap::from_iter([(http::header::ACCEPT, json)]);
        Self { method: http::Method::GET, url, headers, body: Vec::new(), signed_url: None }
    }
}
