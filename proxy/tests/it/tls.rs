//! Delivery over TLS: to a partner whose certificate is good, and not a byte to any other.

mod ca_file;
pub(crate) mod certificates;
pub(crate) mod front;
mod partners;
mod program;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{DnType, ExtendedKeyUsagePurpose, date_time_ymd};
use sqlx::Connection as _;
use tempfile::TempDir;
use tokio_rustls::rustls::ProtocolVersion;

use crate::app::{API_KEY, Answer, ConfigText, PATIENCE, TestApp, good_values, key};

use certificates::{Authority, Identity, NAME, self_signed};
use front::{Front, VERSIONS};
use program::Program;

/// What may not cross the wire in the clear, nor be told: the credential, and what the visitor typed.
const HIDDEN: [&str; 4] = [API_KEY, "Lovelace", "analytical.example", "79460018"];

/// A proxy whose partner stands behind the front; it trusts what is in the file besides the system's authorities.
async fn start(front: &Front, ca_file: Option<&Path>) -> TestApp {
    TestApp::start_with(|config| {
        config.insert_url = front.before(&config.insert_url);
        config.delivery = "retry_waits_ms = [50]".to_owned();
        if let Some(path) = ca_file {
            config.delivery += &format!("\nca_file = {path:?}");
        }
    })
    .await
}

fn write(dir: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part == word.as_bytes())
}

async fn submit(app: &TestApp) -> Answer {
    app.submit("card-machines", &key("tls"), &good_values()).await
}

/// Class and reason of every attempt that has ended, once there are so many.
async fn attempts(app: &TestApp, at_least: usize) -> Vec<(String, String)> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(app.store_path()).read_only(true);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let query = "SELECT state, coalesce(why, '') FROM attempts WHERE ended_at IS NOT NULL ORDER BY number";
    let reached = async {
        let mut rows: Vec<(String, String)> = Vec::new();
        while rows.len() < at_least {
            tokio::time::sleep(Duration::from_millis(5)).await;
            rows = sqlx::query_as(query).fetch_all(&mut connection).await.unwrap();
        }
        rows
    };
    let rows = tokio::time::timeout(PATIENCE, reached).await.unwrap();
    connection.close().await.unwrap();
    rows
}

#[tokio::test]
async fn lead_is_delivered_over_each_version_of_tls_and_nothing_of_it_crosses_in_the_clear() {
    let versions = [ProtocolVersion::TLSv1_2, ProtocolVersion::TLSv1_3];
    for (offered, expected) in VERSIONS.into_iter().zip(versions) {
        let (authority, dir) = (Authority::new("of the operator"), TempDir::new().unwrap());
        let front = Front::open_in(&[offered], authority.issue()).await;
        let mut app = start(&front, Some(&write(&dir, "ca.pem", &authority.pem()))).await;
        let answer = submit(&app).await;
        assert_eq!(answer.json()["state"], "delivered", "{expected:?}: {answer:?}");

        let ledger = app.sim.takepayments().ledger();
        assert_eq!((ledger.requests.len(), ledger.leads.len()), (1, 1));
        assert_eq!(ledger.requests[0].problems, [""; 0]);
        let seen = front.seen();
        assert_eq!(seen.handshakes, [(expected, NAME.to_owned())]);
        let receipt = answer.json()["receipt"].as_str().unwrap().to_owned();
        assert!(holds(&seen.plain, &receipt) && ledger.lead(&receipt).is_some(), "it came this way");
        for word in HIDDEN {
            assert!(holds(&seen.plain, word), "the partner needs {word}");
            assert!(!holds(&seen.wire, word), "{word} crossed in the clear");
        }
        app.stop().await;
    }
}

/// Everything that can be wrong with a certificate whose authority is trusted.
fn flawed(authority: &Authority) -> Vec<(&'static str, Identity)> {
    vec![
        ("expired", authority.issue_with(|params| params.not_after = date_time_ymd(2020, 1, 1))),
        ("not yet valid", authority.issue_with(|params| params.not_before = date_time_ymd(3000, 1, 1))),
        (
            "for another host",
            authority.issue_with(|params| {
                params.subject_alt_names =
                    vec![rcgen::SanType::DnsName("partner.example".try_into().unwrap())];
            }),
        ),
        (
            "its host only in the subject",
            authority.issue_with(|params| {
                params.subject_alt_names.clear();
                params.distinguished_name.push(DnType::CommonName, NAME);
            }),
        ),
        (
            "for clients",
            authority.issue_with(|params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            }),
        ),
        ("of another authority", Authority::new("of nobody").issue()),
        // The same name, so that only the signature tells them apart.
        ("of an authority that takes the name", Authority::new("of the operator").issue()),
        ("self-signed", self_signed()),
    ]
}

#[tokio::test]
async fn certificate_that_is_not_good_gets_not_a_byte_of_the_lead() {
    let (authority, dir) = (Authority::new("of the operator"), TempDir::new().unwrap());
    let ca_file = write(&dir, "ca.pem", &authority.pem());
    let mut rows: Vec<_> = flawed(&authority)
        .into_iter()
        .map(|(flaw, identity)| (flaw, identity, Some(ca_file.as_path())))
        .collect();
    rows.push(("good, but its authority is not named", authority.issue(), None));
    for (flaw, identity, ca_file) in rows {
        for version in VERSIONS {
            let shown = Identity { certificate: identity.certificate.clone(), key: identity.key.clone_key() };
            let front = Front::open_in(&[version], shown).await;
            let mut app = start(&front, ca_file).await;
            let answer = submit(&app).await;
            let case = format!("{flaw}, {:?}", version.version);
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["state"]),
                (202, &"received".into()),
                "{case}"
            );

            // Tried again, since the partner has nothing of it; and refused again.
            let attempts = attempts(&app, 2).await;
            let refused = ("not_sent".to_owned(), "tls".to_owned());
            assert!(attempts.iter().all(|attempt| *attempt == refused), "{case}: {attempts:?}");
            app.stop().await;
            // Each attempt has come as far as the partner's door.
            let seen = front.until_ended(attempts.len()).await;
            assert!(!seen.wire.is_empty() && seen.plain.is_empty(), "{case}");
            assert_eq!(seen.handshakes, [], "{case}");
            assert_eq!(app.sim.takepayments().ledger().requests.len(), 0, "{case}");
            for word in HIDDEN {
                assert!(!holds(&seen.wire, word), "{case}: {word} crossed in the clear");
            }
        }
    }
}

#[tokio::test]
async fn lead_waits_until_the_certificate_is_renewed_and_is_then_delivered_once() {
    let (authority, dir) = (Authority::new("of the operator"), TempDir::new().unwrap());
    let expired = authority.issue_with(|params| params.not_after = date_time_ymd(2020, 1, 1));
    let front = Front::open(expired).await;
    let mut app = start(&front, Some(&write(&dir, "ca.pem", &authority.pem()))).await;
    let receipt = submit(&app).await.json()["receipt"].as_str().unwrap().to_owned();
    attempts(&app, 1).await;
    assert_eq!(app.sim.takepayments().ledger().requests.len(), 0);

    front.show(authority.issue());
    let arrived = app.sim.takepayments().wait_for(|ledger| !ledger.leads.is_empty(), PATIENCE).await;
    assert_eq!(arrived.unwrap().lead(&receipt).unwrap().times_asked, 1);
    app.stop().await;
    let attempts = attempts(&app, 2).await;
    let (last, before) = attempts.split_last().unwrap();
    assert_eq!(last.0, "delivered");
    assert!(before.iter().all(|attempt| attempt.0 == "not_sent"), "{attempts:?}");
}

#[tokio::test]
async fn refused_certificate_is_logged_without_address_credential_or_visitor() {
    let (authority, dir) = (Authority::new("of the operator"), TempDir::new().unwrap());
    let front = Front::open(self_signed()).await;
    let log = dir.path().join("log");
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(Arc::new(File::create(&log).unwrap()))
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut app = start(&front, Some(&write(&dir, "ca.pem", &authority.pem()))).await;
    let answer = submit(&app).await;
    attempts(&app, 1).await;
    app.stop().await;

    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("not_sent") && log.contains("tls"), "{log}");
    let told = format!("{log}{} {:?} {}", answer.status, answer.headers, answer.text);
    let address = format!("{NAME}:{}", front.port());
    for word in HIDDEN.into_iter().chain([address.as_str()]) {
        assert!(!told.contains(word), "{word} is in {told}");
    }
}

#[tokio::test]
async fn authorities_of_the_system_stay_trusted_beside_the_file() {
    let (system, operator) = (Authority::new("of the system"), Authority::new("of the operator"));
    let stranger = Authority::new("of nobody");
    let dir = TempDir::new().unwrap();
    let system_ca_file = write(&dir, "system.pem", &system.pem());
    write(&dir, "operator.pem", &operator.pem());
    for (who, authority, state) in [
        ("the system's", &system, "delivered"),
        ("the operator's", &operator, "delivered"),
        ("nobody's", &stranger, "received"),
    ] {
        let front = Front::open(authority.issue()).await;
        let credentials = partner_sim::Credentials::with_takepayments(API_KEY);
        let sim_options = partner_sim::Options::new("127.0.0.1:0".parse().unwrap(), credentials);
        let sim = partner_sim::start(sim_options).await.unwrap();
        let store = TempDir::new().unwrap();
        let url = front.before(&sim.takepayments().insert_url());
        let mut config = ConfigText::new(url, store.path().join("lead-proxy.db"));
        config.delivery = "ca_file = \"operator.pem\"".to_owned();
        let config = write(&dir, "lead-proxy.toml", &config.to_toml());
        let program = Program::start(&config, &system_ca_file).await;
        assert_eq!(program.submit().await, state, "{who}");
        program.kill().await;
        assert_eq!(front.seen().plain.is_empty(), state == "received", "{who}");
        sim.stop().await;
    }
}
