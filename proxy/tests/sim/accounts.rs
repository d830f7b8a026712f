//! The accounts of the simulated worlds, one of each kind at most, with keys and leads that fit all of them.
//!
//! Apart because they are the same in every seed and made once a thread: reading a configuration costs more than a lead.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use lead_model::Source;
use lead_proxy::account::{Account, AccountConfig, AccountLimits, Accounts};
use lead_proxy::ids::Receipt;
use lead_proxy::keys::{IndexKey, KeyId, Keyring, Keys, LeadAddress, LeadContent};
use lead_proxy::store::{Purpose, SealedLead};
use secrecy::SecretString;

/// A connector, which is also the name of its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Knows a repeated ID; one more try after doubt.
    TakePayments,
    /// Knows nothing again; held after doubt.
    Spotcap,
    /// Access tokens by client id and secret; its list is searched after doubt, and then it is held.
    PartnerPortal,
    /// Access tokens by a person's consent, whose refresh token is good once; held after doubt.
    Octorate,
    /// Is asked by reference after doubt.
    Algbra,
    /// Knows a repeated id; tried again after doubt.
    Webhook,
}

/// What a partner may see of one lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Nothing more once a body has left whose answer is not a clear refusal.
    Once,
    /// One more body after such a one.
    OnceMore,
    /// As many bodies as it takes, and one record.
    Asked,
    /// As many bodies as it takes, and one record, since the partner knows a repeated one.
    Known,
}

impl Kind {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::TakePayments, Self::Spotcap, Self::PartnerPortal, Self::Octorate, Self::Algbra, Self::Webhook];

    /// The name of connector and account.
    pub fn name(self) -> &'static str {
        match self {
            Self::TakePayments => "takepayments",
            Self::Spotcap => "spotcap",
            Self::PartnerPortal => "partnerportal",
            Self::Octorate => "octorate",
            Self::Algbra => "algbra",
            Self::Webhook => "webhook",
        }
    }

    /// The kind of an account.
    pub fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.name() == name).expect("there is no other account")
    }

    /// In how many of a thousand worlds it is.
    pub fn frequency(self) -> u64 {
        match self {
            // Its signature takes longer than everything else in a world.
            Self::Algbra => 120,
            _ => 400,
        }
    }

    /// What its partner may see.
    pub fn rule(self) -> Rule {
        match self {
            Self::TakePayments => Rule::OnceMore,
            Self::Spotcap | Self::PartnerPortal | Self::Octorate => Rule::Once,
            Self::Algbra => Rule::Asked,
            Self::Webhook => Rule::Known,
        }
    }

    /// Whether it has access tokens.
    pub fn has_tokens(self) -> bool {
        matches!(self, Self::PartnerPortal | Self::Octorate)
    }

    fn section(self) -> &'static str {
        match self {
            Self::TakePayments => r#"settings = { url = "https://takepayments.sim.example/insert" }"#,
            Self::Spotcap => {
                r#"settings = { base_url = "https://spotcap.sim.example", stage = "beta", resource = "leads" }
                mapping = { lastName = "last_name", email = "email", reference = { template = "{receipt}" } }"#
            }
            Self::PartnerPortal => {
                r#"[settings]
                base_url = "https://partnerportal.sim.example"
                token_url = "https://partnerportal.sim.example/token"
                company_id = "company-1"
                platform = "website"
                leads_path = "/companies/{companyId}/leads"
                lead_path = "/companies/{companyId}/leads/{leadId}""#
            }
            Self::Octorate => {
                r#"mapping = { latitude = "latitude", longitude = "longitude" }
                [settings]
                base_url = "https://octorate.sim.example"
                mode = "production"
                property_sign_up = true
                currency = "EUR"
                authentication = "consent"
                token_path = "/token"
                refresh_path = "/token"
                redirect_uri = "https://ops.example/connect/octorate/callback""#
            }
            Self::Algbra => r#"settings = { base_url = "https://algbra.sim.example" }"#,
            Self::Webhook => r#"settings = { url = "https://webhook.sim.example/leads" }"#,
        }
    }

    fn secrets(self) -> &'static [(&'static str, &'static str)] {
        const KEY: &str = include_str!("../../../crates/partner-sim/tests/vectors/test-key-2048.private.pem");
        match self {
            Self::TakePayments | Self::Spotcap => &[("api_key", "made-up-key")],
            Self::PartnerPortal | Self::Octorate => {
                &[("client_id", "made-up-client"), ("client_secret", "made-up-secret")]
            }
            Self::Algbra => &[("api_token", "made-up-token"), ("private_key", KEY)],
            Self::Webhook => &[("secret", "made-up-secret")],
        }
    }

    fn account(self) -> Account {
        let section = format!("connector = {:?}\n{}", self.name(), self.section());
        let section: AccountConfig = toml::from_str(&section).unwrap();
        let secrets = self
            .secrets()
            .iter()
            .map(|(name, secret)| ((*name).to_owned(), SecretString::from(secret.trim())));
        let limits = AccountLimits { allow_loopback: false };
        Account::build(self.name(), &section, secrets.collect(), limits).unwrap()
    }
}

thread_local! {
    static ACCOUNTS: RefCell<BTreeMap<Vec<Kind>, Arc<Accounts>>> = RefCell::default();
}

/// The accounts of these kinds.
pub fn accounts(kinds: &[Kind]) -> Arc<Accounts> {
    ACCOUNTS.with_borrow_mut(|made| {
        let build = || Arc::new(Accounts::new(kinds.iter().map(|kind| kind.account())));
        Arc::clone(made.entry(kinds.to_vec()).or_insert_with(build))
    })
}

/// What every replica seals with.
pub fn keys() -> Arc<Keys> {
    static KEYS: OnceLock<Arc<Keys>> = OnceLock::new();
    let make = || {
        let active = KeyId::parse("sim").unwrap();
        let ring = Keyring::new(active.clone(), &BTreeMap::from([(active, [1; 32].into())])).unwrap();
        Arc::new(Keys { ring, index: IndexKey::new([2; 32].into()) })
    };
    Arc::clone(KEYS.get_or_init(make))
}

/// Stands in every body of a lead before its number.
pub const MARK: &str = "Lead-";

/// A lead of this number, sealed for its account under its receipt.
pub fn seal(number: u32, kind: Kind, receipt: &Receipt) -> SealedLead {
    let values = format!(
        r#"{{"first_name":"Ada","last_name":"{MARK}{number:05}","email":"lead{number}@sim.example","phone":"+442079460018",
        "company":"Company {number}","latitude":"51.5","longitude":"-0.1","consent":true}}"#
    );
    let address = LeadAddress { receipt: receipt.as_str(), form: "sim", account: kind.name() };
    let content = LeadContent {
        values: serde_json::from_str(&values).unwrap(),
        source: Source::default(),
        purpose: Purpose::Lead,
        consents: Vec::new(),
    };
    keys().ring.seal_lead(&address, &content)
}

/// The number of the lead in a body.
pub fn number_in(body: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(body).ok()?;
    text.split_once(MARK)?.1.get(..5)?.parse().ok()
}
