//! A configuration as text for a proxy on loopback: every port free, partner on loopback, secrets from the environment.
//!
//! Apart and on std alone, so that other suites can take this one file in by its path.

use std::path::PathBuf;

/// The variables that the text refers to.
pub const API_KEY_VARIABLE: &str = "TEST_TAKEPAYMENTS_API_KEY";
/// Signs form tokens.
pub const TOKEN_KEY_VARIABLE: &str = "TEST_TOKEN_KEY";

/// What a test may want otherwise.
pub struct ConfigText {
    /// Folder of form definitions.
    pub forms_dir: PathBuf,
    /// The database file.
    pub store: PathBuf,
    /// The partner's address.
    pub insert_url: String,
    /// Folder of built assets; none for those compiled in.
    pub assets_dir: Option<PathBuf>,
    /// How long an answer waits for the first attempt.
    pub inline_wait_ms: u32,
    /// Lines for the section `[public]`.
    pub public: String,
    /// Lines for the section `[delivery]`.
    pub delivery: String,
    /// Lines for the section of the account.
    pub account: String,
}

impl ConfigText {
    /// A configuration for this partner and this database.
    pub fn new(insert_url: String, store: PathBuf) -> Self {
        Self {
            forms_dir: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../forms")),
            store,
            insert_url,
            assets_dir: None,
            inline_wait_ms: 2_000,
            public: String::new(),
            delivery: String::new(),
            account: String::new(),
        }
    }

    /// The TOML.
    pub fn to_toml(&self) -> String {
        let Self { forms_dir, store, insert_url, assets_dir, inline_wait_ms, public, delivery, account } =
            self;
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
            [store]
            path = {store:?}
            [delivery]
            allow_loopback = true
            {delivery}
            [tokens]
            key = {{ env = "{TOKEN_KEY_VARIABLE}" }}
            [accounts.takepayments]
            connector = "takepayments"
            settings = {{ url = {insert_url:?} }}
            credentials = {{ api_key = {{ env = "{API_KEY_VARIABLE}" }} }}
            {account}
            "#
        )
    }
}
