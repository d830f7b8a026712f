//! Every credential of the walk, made for this run, and all that must not be found of it.
//!
//! Apart because each kind has its own shape: words, a secret in base64, a private key in PEM.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use partner_sim::Credentials;

use crate::app::ConfigText;
use crate::privacy::canary::{Canary, Hunt};

/// Characters of a line in PEM.
const PEM_LINE: usize = 64;
/// Bytes of a private key that are sought together: less than a debugger's line shows.
const KEY_PART: usize = 24;

/// The credentials of one run.
pub(super) struct Secrets {
    /// As the simulators know them.
    pub(super) known: Credentials,
    /// Seals what is stored.
    pub(super) ring_key: String,
    /// Signs panel tokens and links.
    pub(super) panel_key: String,
    private_key: String,
    private_der: Vec<u8>,
}

impl Secrets {
    pub(super) fn new() -> Self {
        let word = || Canary::word().0;
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let private_der: Vec<u8> = pair.as_der().unwrap().as_ref().to_vec();
        let public_der: Vec<u8> = pair.public_key().as_der().unwrap().as_ref().to_vec();
        let known = Credentials {
            spotcap_api_key: word(),
            partnerportal_client_id: word(),
            partnerportal_client_secret: word(),
            algbra_api_token: word(),
            algbra_public_key_pem: pem("PUBLIC KEY", &public_der),
            octorate_client_id: word(),
            octorate_client_secret: word(),
            octorate_api_key: word(),
            webhook_secret: format!("whsec_{}", STANDARD.encode(word())),
            ..Credentials::with_takepayments(word())
        };
        let private_key = pem("PRIVATE KEY", &private_der);
        Self { known, ring_key: Canary::key().0, panel_key: word(), private_key, private_der }
    }

    /// Puts them where the configuration looks for them.
    pub(super) fn tell(&self, text: &mut ConfigText) {
        let known = &self.known;
        let secrets = [
            ("SIM_SPOTCAP_API_KEY", &known.spotcap_api_key),
            ("SIM_PARTNERPORTAL_CLIENT_ID", &known.partnerportal_client_id),
            ("SIM_PARTNERPORTAL_CLIENT_SECRET", &known.partnerportal_client_secret),
            ("SIM_ALGBRA_API_TOKEN", &known.algbra_api_token),
            ("DEMO_ALGBRA_PRIVATE_KEY", &self.private_key),
            ("DEMO_ALGBRA_PANEL_KEY", &self.panel_key),
            ("DEMO_PARTNERPORTAL_PANEL_KEY", &self.panel_key),
            ("SIM_OCTORATE_CLIENT_ID", &known.octorate_client_id),
            ("SIM_OCTORATE_CLIENT_SECRET", &known.octorate_client_secret),
            ("SIM_OCTORATE_API_KEY", &known.octorate_api_key),
            ("SIM_WEBHOOK_SECRET", &known.webhook_secret),
        ];
        text.secrets.extend(secrets.map(|(name, secret)| (name.to_owned(), secret.clone())));
    }

    /// Seeks all of them, and what is inside of them.
    pub(super) fn add_to(&self, hunt: &mut Hunt) {
        let known = &self.known;
        let webhook = known.webhook_secret.trim_start_matches("whsec_");
        let key = decoded(webhook);
        for (name, secret) in [
            ("TakePayments' key", known.takepayments_api_key.as_bytes()),
            ("Spotcap's key", known.spotcap_api_key.as_bytes()),
            ("PartnerPortal.io's client id", known.partnerportal_client_id.as_bytes()),
            ("PartnerPortal.io's client secret", known.partnerportal_client_secret.as_bytes()),
            ("Algbra's token", known.algbra_api_token.as_bytes()),
            ("Octorate's client id", known.octorate_client_id.as_bytes()),
            ("Octorate's client secret", known.octorate_client_secret.as_bytes()),
            ("Octorate's key", known.octorate_api_key.as_bytes()),
            ("the webhook's secret", webhook.as_bytes()),
            ("the webhook's key", key.as_slice()),
            ("the operator's key", self.ring_key.as_bytes()),
            ("the panel key", self.panel_key.as_bytes()),
        ] {
            hunt.add(name, secret);
        }
        for line in self.private_key.lines().filter(|line| !line.starts_with('-') && line.len() == PEM_LINE) {
            hunt.add("a line of the private key", line.as_bytes());
        }
        for part in self.private_der.chunks_exact(KEY_PART) {
            hunt.add("bytes of the private key", part);
        }
    }
}

/// What is told of a secret that was found: enough to know it again.
pub(super) fn name(what: &str, secret: &str) -> String {
    format!("{what} {}…", secret.chars().take(8).collect::<String>())
}

/// The bytes behind base64 of either kind.
pub(super) fn decoded(text: &str) -> Vec<u8> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).unwrap()
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(PEM_LINE).map(|line| std::str::from_utf8(line).unwrap());
    let dashes = "-----";
    let body = lines.collect::<Vec<_>>().join("\n");
    format!("{dashes}BEGIN {label}{dashes}\n{body}\n{dashes}END {label}{dashes}\n")
}
