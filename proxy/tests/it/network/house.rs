//! A proxy with one account and one form for each cell of the table, and before each account's partner a broken network.
//!
//! Apart so that a cell reads as what it is about. All cells of one credential share a proxy and its simulators, so that
//! they run at the same time; none shares an account, a partner's address or a lead with another.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use fault_net::{Answers, FaultPartner, Relay};
use lead_model::FormDefinition;
use lead_proxy::clock::Clock;
use serde_json::Value;
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use super::kind::{CALLBACK, Kind, secrets};
use crate::app::{API_KEY, Answer, HOST_ORIGIN, PATIENCE, TestApp, key};
use crate::tls::certificates::{Authority, NAME};
use crate::tls::front::Front;

/// Longest exchange with a partner; long enough for a whole one beside all others on a busy machine.
pub(crate) const EXCHANGE_MS: u64 = 2_500;
/// A delay that an exchange survives.
pub(crate) const DELAY: Duration = Duration::from_millis(100);

const DELIVERY: &str = "connect_timeout_ms = 2500\nlease_ms = 30000\nconcurrent_max = 200\nretry_waits_ms = [50]\n\
                        doubt_wait_ms = 50\nbreaker_failures = 1000\naccount_per_minute = 0";

/// One account and its partner.
pub(crate) struct Door {
    /// Account, form, and a word that only its leads hold.
    pub(crate) name: String,
    /// Where requests arrive.
    pub(crate) partner: FaultPartner,
    /// What stands before its TLS, where it has any.
    pub(crate) wire: Option<FaultPartner>,
    /// What stands before its address, where that is a relay.
    pub(crate) relay: Option<Relay>,
    /// What a visitor says.
    values: Value,
}

/// Which network a door has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Straight to the partner.
    Plain,
    /// The same, and tokens come from there as well.
    WithTokens,
    /// To a handshake, and behind it to the partner.
    Tls,
    /// Through a relay.
    Relay,
}

/// The proxy.
pub(crate) struct House {
    pub(crate) app: TestApp,
    kind: Kind,
}

impl House {
    /// Starts with a door for each of these names. Partners answer as their simulators do, unless they are told otherwise.
    pub(crate) async fn open(
        kind: Kind,
        doors: &[(String, Way)],
        answers: Option<Answers>,
    ) -> (Self, Vec<Door>) {
        Self::open_by(Clock::system(), kind, doors, answers).await
    }

    /// The same, by a clock that the test owns.
    pub(crate) async fn open_by(
        clock: Clock,
        kind: Kind,
        doors: &[(String, Way)],
        answers: Option<Answers>,
    ) -> (Self, Vec<Door>) {
        let authority = Authority::new("of the operator");
        let mut fronts = Vec::new();
        for (_, way) in doors {
            fronts.push(match way {
                Way::Plain | Way::WithTokens | Way::Relay => None,
                Way::Tls => Some(Front::open(authority.issue()).await),
            });
        }
        let opened = Mutex::new(Vec::new());
        let app = TestApp::start_by(clock, |text| {
            let simulators = text.simulators.clone();
            let answers = answers.unwrap_or_else(|| kind.answers(addr_of(&simulators)));
            for ((name, way), front) in doors.iter().zip(&fronts) {
                let (door, root) = Door::open(kind, name, answers.clone(), *way, front.as_ref());
                let tokens = if *way == Way::WithTokens { &root } else { &simulators };
                text.accounts += &kind.account(name, &root, tokens);
                text.accounts += "\n";
                opened.lock().unwrap().push(door);
            }
            text.forms_dir = write_forms(kind, doors, text.store.parent().unwrap());
            let ca_file = text.store.with_file_name("authority.pem");
            fs::write(&ca_file, authority.pem()).unwrap();
            text.delivery = format!("{DELIVERY}\nexchange_timeout_ms = {EXCHANGE_MS}\nca_file = {ca_file:?}");
            text.inline_wait_ms = 0;
            text.secrets.extend(secrets(API_KEY));
        })
        .await;
        (Self { app, kind }, opened.into_inner().unwrap())
    }

    /// Lets a person consent, where the account needs that.
    pub(crate) async fn connect(&self, door: &Door) {
        if self.kind != Kind::Consent {
            return;
        }
        let get = async |path: String| {
            let request = self.app.client.get(self.app.operator_url(&path));
            Answer::read(request.send().await.unwrap()).await
        };
        let page = get(format!("/connect/{}", door.name)).await;
        let location = url::Url::parse(page.header("location")).unwrap();
        let (_, state) = location.query_pairs().find(|(name, _)| name == "state").unwrap();
        let code = self.app.sim.octorate().oauth().give_code(&CALLBACK.replace("{account}", &door.name));
        let answer = get(format!("/connect/{}/callback?code={code}&state={state}", door.name)).await;
        assert_eq!(answer.status, 200, "{}: {}", door.name, answer.text);
    }

    /// Sends a lead that holds this word; its receipt.
    pub(crate) async fn submit(&self, door: &Door, word: &str) -> String {
        let mut values = door.values.clone();
        values["email"] = format!("{word}@cells.example").into();
        let answer = self.app.submit(&door.name, &key(word), &values).await;
        assert!(answer.status.is_success(), "{word}: {answer:?}");
        answer.json()["receipt"].as_str().unwrap().to_owned()
    }

    /// The classes of a lead's attempts, once so many have ended.
    pub(crate) async fn attempts(&self, receipt: &str, at_least: usize) -> Vec<String> {
        let query = "SELECT attempts.state FROM attempts JOIN deliveries ON deliveries.id = attempts.delivery \
                     JOIN submissions ON submissions.id = deliveries.submission \
                     WHERE receipt = ? AND ended_at IS NOT NULL ORDER BY number";
        self.rows(query, receipt, |rows| rows.len() >= at_least).await
    }

    /// Where a lead stands, once nothing follows of itself.
    pub(crate) async fn settled(&self, receipt: &str) -> String {
        let query = "SELECT deliveries.state FROM deliveries JOIN submissions ON submissions.id = deliveries.submission \
                     WHERE receipt = ?";
        let is_settled =
            |rows: &[String]| rows.iter().all(|state| !["waiting", "leased"].contains(&&**state));
        self.rows(query, receipt, is_settled).await.remove(0)
    }

    async fn rows(
        &self,
        query: &'static str,
        receipt: &str,
        enough: impl Fn(&[String]) -> bool,
    ) -> Vec<String> {
        let options = SqliteConnectOptions::new().filename(self.app.store_path()).read_only(true);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let mut look = async || {
            sqlx::query_scalar::<_, String>(query).bind(receipt).fetch_all(&mut connection).await.unwrap()
        };
        let mut rows = look().await;
        let reached = async {
            while !enough(&rows) {
                tokio::time::sleep(Duration::from_millis(10)).await;
                rows = look().await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, reached).await.is_ok();
        connection.close().await.unwrap();
        assert!(in_time, "{receipt} came no further than {rows:?}");
        rows
    }
}

impl Door {
    /// Opens the partner and what stands before it; and the address at which the proxy finds it.
    fn open(kind: Kind, name: &str, answers: Answers, way: Way, front: Option<&Front>) -> (Self, String) {
        let partner = FaultPartner::start(answers).unwrap();
        let mut root = partner.url("");
        let (mut wire, mut relay) = (None, None);
        if let Some(front) = front {
            front.before(&root);
            let before = FaultPartner::before(([127, 0, 0, 1], front.port()).into()).unwrap();
            root = format!("https://{NAME}:{}", before.addr().port());
            wire = Some(before);
        }
        if way == Way::Relay {
            let before = Relay::start(partner.addr()).unwrap();
            root = format!("http://{}", before.addr());
            relay = Some(before);
        }
        let form: FormDefinition = toml::from_str(kind.form()).unwrap();
        let good = form.examples.iter().find(|example| example.problems.is_empty()).unwrap();
        let values = serde_json::to_value(&good.values).unwrap();
        (Self { name: name.to_owned(), partner, wire, relay, values }, root)
    }
}

/// The kind's form once for each door.
fn write_forms(kind: Kind, doors: &[(String, Way)], folder: &Path) -> PathBuf {
    let folder = folder.join("forms");
    fs::create_dir(&folder).unwrap();
    let form = kind.form();
    let id = toml::from_str::<FormDefinition>(form).unwrap().id;
    for (name, _) in doors {
        let own = form.replacen(&format!("id = \"{id}\""), &format!("id = \"{name}\""), 1).replacen(
            &format!("account = \"{}\"", kind.slug()),
            &format!("account = \"{name}\""),
            1,
        );
        assert!(own.contains(HOST_ORIGIN), "{id} can't be sent from the tests' page");
        fs::write(folder.join(format!("{name}.toml")), own).unwrap();
    }
    folder
}

fn addr_of(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").parse().unwrap()
}
