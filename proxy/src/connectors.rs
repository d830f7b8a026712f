//! What a connector is, and the register of all of them: one line a partner.
//!
//! Apart because the rest of the house knows only this contract. A connector is pure: given the same lead it builds the
//! same bytes and given the same answer it names the same outcome; it opens no socket, reads no clock, holds no secret.

pub mod parts;
pub mod takepayments;

pub use parts::answer::{Answer, RetryAfter};
pub use parts::descriptor::{
    AccountSettings, CredentialPlace, CredentialSlot, Descriptor, InDoubtPolicy, PartnerField,
    PartnerFieldKind, Setting, SettingKind,
};
pub use parts::lead::{Fault, FieldFault, Lead, PartnerValue};
pub use parts::outcome::{Outcome, Why};

/// Every connector, in the order of the docs.
pub const CONNECTORS: &[&dyn Connector] = &[&takepayments::TakePayments];

/// The connector of a slug.
pub fn find_connector(slug: &str) -> Option<&'static dyn Connector> {
    CONNECTORS.iter().copied().find(|connector| connector.descriptor().slug == slug)
}

/// Speaks one partner's language.
pub trait Connector: Send + Sync + 'static {
    /// What there is to know of the partner before the first lead.
    fn descriptor(&self) -> &'static Descriptor;

    /// The partner's fields in its document's order, read from the payload type that carries their rules.
    fn fields(&self) -> &'static [PartnerField];

    /// Holds a mapped lead against the payload's rules; all faults at once.
    fn check(&self, lead: &Lead) -> Vec<FieldFault>;

    /// Builds the request, without its credential.
    ///
    /// # Errors
    /// What [`Connector::check`] finds: such a lead should not have been accepted.
    fn request(&self, lead: &Lead, settings: &AccountSettings) -> Result<PartnerRequest, Vec<FieldFault>>;

    /// Reads the partner's complete answer. What it does not know is [`Outcome::InDoubt`], never a guess.
    fn outcome(&self, answer: &Answer) -> Outcome;
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
    /// The body. Where the descriptor puts a credential into it, it is one JSON object.
    pub body: Vec<u8>,
}
