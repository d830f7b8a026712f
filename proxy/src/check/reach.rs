//! Whether the partner's addresses answer: name, connection, TLS, HTTP.
//!
//! Apart because no credential goes out here: the root of each origin is asked for its head, whatever it answers.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{Method, Request, header};
use url::Url;

use super::Verdict;
use super::partner_clock::Apart;
use crate::account::Account;
use crate::clock::Clock;
use crate::connectors::SettingKind;
use crate::transport::{Transport, TransportErrorKind};

/// What came of one origin.
pub(super) struct Reached {
    pub(super) verdict: Verdict,
    pub(super) note: String,
    /// How far its clock is from ours, where it told its time.
    pub(super) date: Option<Apart>,
}

/// Settings whose pages a person opens in a browser, by every connector's name for them.
const FOR_A_PERSON: [&str; 2] = ["authorize_url", "redirect_uri"];

/// The origins that the proxy itself speaks to, each once.
pub(super) fn origins(account: &Account) -> BTreeSet<String> {
    let known = account.connector().descriptor().settings.iter();
    let addresses = known
        .filter(|setting| matches!(setting.kind, SettingKind::Url | SettingKind::BaseUrl))
        .filter(|setting| !FOR_A_PERSON.contains(&setting.name))
        .filter_map(|setting| Url::parse(account.settings().get(setting.name)?).ok());
    addresses.map(|url| url.origin().ascii_serialization()).collect()
}

/// Asks an origin's root for its head. Any answer will do: only that there is one is asked.
pub(super) async fn reach(transport: &Transport, clock: &Clock, origin: &str) -> Reached {
    let failed =
        |why: String| Reached { verdict: Verdict::Failed, note: format!("{origin}: {why}"), date: None };
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = Method::HEAD;
    match format!("{origin}/").parse() {
        Ok(uri) => *request.uri_mut() = uri,
        Err(_) => return failed("the address can't be asked".to_owned()),
    }
    let before = clock.now();
    match transport.exchange(request).await {
        Ok(response) => {
            let date = response.headers().get(header::DATE);
            Reached {
                verdict: Verdict::Ok,
                note: format!("{origin} answers"),
                date: date.and_then(|date| Apart::read(date.to_str().ok()?, before, clock.now())),
            }
        }
        Err(error) => failed(format!("{}{}", error.kind, remedy(error.kind))),
    }
}

fn remedy(kind: TransportErrorKind) -> &'static str {
    match kind {
        TransportErrorKind::Dns => "; check the address in the account's settings and the machine's DNS",
        TransportErrorKind::Blocked => "; it is not public",
        TransportErrorKind::Tls => "; check the certificate, or name its authority in delivery.ca_file",
        TransportErrorKind::Connect | TransportErrorKind::TimedOut => {
            "; check the address, its port and the machine's way out"
        }
        TransportErrorKind::Broken | TransportErrorKind::AnswerTooLarge | TransportErrorKind::LeaseLost => {
            "; check what listens at this address"
        }
    }
}
