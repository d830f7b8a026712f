//! The kinds of credentials, each by a partner that has it: which account, which form, and how an account is written down.
//!
//! Apart because the accounts are the demo's own, only elsewhere: whoever changes those changes these.

use std::net::SocketAddr;

use fault_net::{Answer, Answers};
use lead_proxy::connectors::{InDoubtPolicy, find_connector};

use crate::app::partners::PANEL_KEY;

const DEMO: &str = include_str!("../../../../demo/lead-proxy.toml");
/// Where the demo's simulators are.
const DEMO_SIMULATORS: &str = "http://127.0.0.1:9101";
/// Where Octorate would send a person back to.
pub(crate) const CALLBACK: &str = "http://127.0.0.1:9090/connect/{account}/callback";

/// A credential and the partner that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A key in a header.
    HeaderKey,
    /// A key in the body, beside the lead.
    BodyKey,
    /// A token for client id and secret.
    ClientCredentials,
    /// A token for a person's consent, renewed with another.
    Consent,
    /// Nonce, date and a signature over them.
    SignedNonce,
    /// A signature over the body.
    SignedBody,
}

impl Kind {
    /// Every kind.
    pub(crate) const ALL: [Self; 6] = [
        Self::HeaderKey,
        Self::BodyKey,
        Self::ClientCredentials,
        Self::Consent,
        Self::SignedNonce,
        Self::SignedBody,
    ];

    /// The connector, which is also the demo's account.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::HeaderKey => "spotcap",
            Self::BodyKey => "takepayments",
            Self::ClientCredentials => "partnerportal",
            Self::Consent => "octorate",
            Self::SignedNonce => "algbra",
            Self::SignedBody => "webhook",
        }
    }

    /// The form that brings leads to it.
    pub(crate) fn form(self) -> &'static str {
        match self {
            Self::HeaderKey => include_str!("../../../../forms/business-loan.toml"),
            Self::BodyKey => include_str!("../../../../forms/card-machines.toml"),
            Self::ClientCredentials => include_str!("../../../../forms/partner-lead.toml"),
            Self::Consent => include_str!("../../../../forms/list-property.toml"),
            Self::SignedNonce => include_str!("../../../../forms/open-account.toml"),
            Self::SignedBody => include_str!("../../../../forms/contact-us.toml"),
        }
    }

    /// What the partner answers: what its simulator does. TakePayments' answers nothing at all, of which there is no half, so
    /// it says a word that its document allows.
    pub(crate) fn answers(self, simulators: SocketAddr) -> Answers {
        match self {
            Self::BodyKey => Answers::Fixed(Answer::json(200, r#"{"Message":"received"}"#)),
            _ => Answers::Behind(simulators),
        }
    }

    /// What its connector does after a doubt.
    pub(crate) fn policy(self) -> InDoubtPolicy {
        find_connector(self.slug()).unwrap().descriptor().in_doubt
    }

    /// The demo's account under another name, at this root; tokens come from that one, where they have an address of their
    /// own.
    pub(crate) fn account(self, name: &str, root: &str, tokens: &str) -> String {
        let own = format!("[accounts.{}", self.slug());
        let mut is_own = false;
        let mut lines = Vec::new();
        for line in DEMO.lines() {
            if line.starts_with('[') {
                is_own = line.starts_with(&format!("{own}]")) || line.starts_with(&format!("{own}."));
            }
            if is_own {
                lines.push(line.replace(&own, &format!("[accounts.{name}")));
            }
        }
        assert!(!lines.is_empty(), "the demo has no account {}", self.slug());
        let mut text = lines.join("\n");
        if self == Self::Consent {
            text = with_consent(&text, name, tokens);
        }
        let token_url = |root: &str| format!("token_url = \"{root}/");
        text = text.replace(&token_url(DEMO_SIMULATORS), &token_url(tokens));
        text.replace(DEMO_SIMULATORS, root)
    }
}

/// The demo's account has a token by client id and secret alone, in the test mode: no person consents there.
fn with_consent(text: &str, name: &str, page: &str) -> String {
    let callback = CALLBACK.replace("{account}", name);
    let consent = format!(
        "mode = \"production\"\nauthentication = \"consent\"\nredirect_uri = {callback:?}\n\
         authorize_url = \"{page}/octorate/octobook/identity/oauth.xhtml\""
    );
    text.replace("mode = \"test\"", &consent).replace("/octorate/sandbox/connect", "/octorate/connect")
}

/// Secrets of the demo's accounts that the tests' configuration does not have anyway.
pub(crate) fn secrets(api_key: &str) -> [(String, String); 2] {
    [("DEMO_TAKEPAYMENTS_API_KEY", api_key), ("DEMO_ALGBRA_PANEL_KEY", PANEL_KEY)]
        .map(|(name, secret)| (name.to_owned(), secret.to_owned()))
}
