//! A configuration as text for a proxy on loopback: every port free, partner on loopback, secrets from the environment.
//!
//! Apart and on std alone, so that other suites can take this one file in by its path.

use std::path::PathBuf;

/// The variables that the text refers to.
pub const API_KEY_VARIABLE: &str = "TEST_TAKEPAYMENTS_API_KEY";
/// The database's address, where the store is one; then there is no file.
pub const DATABASE_VARIABLE: &str = "TEST_DATABASE_URL";
/// The operator's key.
pub const RING_KEY_VARIABLE: &str = "TEST_RING_KEY";

/// The demo's configuration, for the accounts of the partners beside TakePayments.
const DEMO: &str = include_str!("../../../../demo/lead-proxy.toml");
/// Where the demo's simulators are.
const DEMO_SIMULATORS: &str = "http://127.0.0.1:9101";
/// A private key that is published on purpose: it opens nothing.
const PRIVATE_KEY: &str =
    include_str!("../../../../crates/partner-sim/tests/vectors/test-key-2048.private.pem");
/// And its public half.
pub const PUBLIC_KEY: &str =
    include_str!("../../../../crates/partner-sim/tests/vectors/test-key-2048.public.pem");
/// The variables of the demo's accounts beside TakePayments.
const PARTNER_VARIABLES: [&str; 10] = [
    "SIM_SPOTCAP_API_KEY",
    "SIM_PARTNERPORTAL_CLIENT_ID",
    "SIM_PARTNERPORTAL_CLIENT_SECRET",
    "SIM_ALGBRA_API_TOKEN",
    "DEMO_ALGBRA_PRIVATE_KEY",
    "DEMO_ALGBRA_PANEL_KEY",
    "DEMO_PARTNERPORTAL_PANEL_KEY",
    "SIM_OCTORATE_CLIENT_ID",
    "SIM_OCTORATE_CLIENT_SECRET",
    "SIM_WEBHOOK_SECRET",
];

/// What a partner's variable holds in a test; made up, but for the key.
pub fn partner_secret(name: &str) -> Option<String> {
    PARTNER_VARIABLES.contains(&name).then(|| match name {
        "DEMO_ALGBRA_PRIVATE_KEY" => PRIVATE_KEY.trim().to_owned(),
        "SIM_WEBHOOK_SECRET" => "whsec_bm90aGluZyBhbmQgbm9ib2R5IG9wZW5zIGl0".to_owned(),
        _ => format!("{}-of-the-tests-and-of-nothing-else", name.to_lowercase().replace('_', "-")),
    })
}

/// All of them, for a process of its own.
pub fn partner_variables() -> impl Iterator<Item = (&'static str, String)> {
    PARTNER_VARIABLES.into_iter().filter_map(|name| Some((name, partner_secret(name)?)))
}

/// What a test may want otherwise.
pub struct ConfigText {
    /// Folder of form definitions.
    pub forms_dir: PathBuf,
    /// The database file.
    pub store: PathBuf,
    /// The partner's address.
    pub insert_url: String,
    /// Where the other partners are.
    pub simulators: String,
    /// Folder of built assets; none for those compiled in.
    pub assets_dir: Option<PathBuf>,
    /// Lines for the section `[assets]`.
    pub assets: String,
    /// How long an answer waits for the first attempt.
    pub inline_wait_ms: u32,
    /// Lines for the section `[keys]`.
    pub keys: String,
    /// Further sections.
    pub sections: String,
    /// Lines for the section `[public]`.
    pub public: String,
    /// Lines for the section `[delivery]`.
    pub delivery: String,
    /// Lines for the section of the account.
    pub account: String,
    /// Further accounts, whole sections.
    pub accounts: String,
    /// Secrets that those name, by variable.
    pub secrets: Vec<(String, String)>,
}

impl ConfigText {
    /// A configuration for this partner and this database. The others are where it is, if that is a simulator, and else
    /// nowhere.
    pub fn new(insert_url: String, store: PathBuf) -> Self {
        let simulators = match insert_url.split_once("/takepayments/") {
            Some((root, _)) if root.starts_with("http://127.0.0.1:") => root.to_owned(),
            _ => "http://127.0.0.1:9".to_owned(),
        };
        Self {
            simulators,
            forms_dir: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../forms")),
            store,
            insert_url,
            assets_dir: None,
            assets: String::new(),
            inline_wait_ms: 2_000,
            keys: format!("active = \"test\"\nring.test = {{ env = \"{RING_KEY_VARIABLE}\" }}"),
            sections: String::new(),
            public: String::new(),
            delivery: String::new(),
            account: String::new(),
            accounts: String::new(),
            secrets: Vec::new(),
        }
    }

    /// The TOML.
    pub fn to_toml(&self) -> String {
        let Self {
            forms_dir,
            store,
            insert_url,
            assets_dir,
            assets,
            inline_wait_ms,
            keys,
            sections,
            public,
            delivery,
            account,
            accounts,
            simulators: _,
            secrets,
        } = self;
        let store = match secrets.iter().any(|(name, _)| name == DATABASE_VARIABLE) {
            true => format!("url = {{ env = \"{DATABASE_VARIABLE}\" }}"),
            false => format!("path = {store:?}"),
        };
        let partners = self.partners();
        let assets_dir = assets_dir.clone().unwrap_or_default();
        format!(
            r#"
            [public]
            listen = "127.0.0.1:0"
            inline_wait_ms = {inline_wait_ms}
            {public}
            [operator]
            listen = "127.0.0.1:0"
            [forms]
            dir = {forms_dir:?}
            [assets]
            dir = {assets_dir:?}
            {assets}
            [store]
            {store}
            [delivery]
            allow_loopback = true
            {delivery}
            [keys]
            {keys}
            {sections}
            [accounts.takepayments]
            connector = "takepayments"
            settings = {{ url = {insert_url:?} }}
            credentials = {{ api_key = {{ env = "{API_KEY_VARIABLE}" }} }}
            {account}
            {accounts}
            {partners}
            "#
        )
    }

    /// The demo's accounts beside TakePayments, but for those that the test has itself.
    pub fn partners(&self) -> String {
        let mut wanted = false;
        let mut lines = Vec::new();
        for line in DEMO.lines() {
            if let Some(rest) = line.strip_prefix("[accounts.") {
                let name = rest.split(['.', ']']).next().unwrap_or_default();
                let own = format!("[accounts.{name}]");
                wanted = name != "takepayments"
                    && ![&self.account, &self.accounts].iter().any(|text| text.contains(&own));
            }
            if wanted {
                lines.push(line);
            }
        }
        lines.join("\n").replace(DEMO_SIMULATORS, &self.simulators)
    }
}
