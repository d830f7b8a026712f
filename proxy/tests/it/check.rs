//! `lead-proxy check`: what it finds out of partners without a lead, and what it says that it can't.

use std::time::Duration;

use lead_proxy::check::{Checked, Step, Verdict, check_accounts};
use lead_proxy::clock::{Clock, Timestamp};
use partner_sim::{Options, Sim};
use secrecy::ExposeSecret as _;

use crate::app::{API_KEY, ConfigText, RING_KEY, credentials, read_config};

async fn simulators() -> Sim {
    partner_sim::start(Options::new("127.0.0.1:0".parse().unwrap(), credentials(API_KEY))).await.unwrap()
}

/// Checks the accounts of all partners after a change of the configuration.
async fn check(
    insert_url: String,
    clock: &Clock,
    offline: bool,
    change: impl FnOnce(String) -> String,
) -> Vec<Checked> {
    let text = change(ConfigText::new(insert_url, "lead-proxy.db".into()).to_toml());
    let config = read_config(&text, API_KEY, RING_KEY).unwrap_or_else(|error| panic!("{error}"));
    let all = check_accounts(&config, clock, offline).await.unwrap();
    for account in &config.accounts {
        for slot in account.connector().descriptor().credentials {
            let secret = account.credential(slot.name).map_or("-", |secret| secret.expose_secret());
            let told = all.iter().any(|checked| secret.len() > 1 && checked.to_string().contains(secret));
            assert!(!told, "{account:?} {}", slot.name);
        }
    }
    all
}

fn of<'a>(all: &'a [Checked], account: &str, step: Step) -> &'a Checked {
    let found = all.iter().find(|checked| checked.account == account && checked.step == step);
    found.unwrap_or_else(|| panic!("no {step:?} of {account} in {all:#?}"))
}

fn verdict(all: &[Checked], account: &str, step: Step) -> Verdict {
    of(all, account, step).verdict
}

#[tokio::test]
async fn right_accounts_are_known_and_no_lead_arrives() {
    let sim = simulators().await;
    let all = check(sim.takepayments().insert_url(), &Clock::system(), false, |text| text).await;
    assert!(all.iter().all(|checked| checked.verdict != Verdict::Failed), "{all:#?}");
    for account in ["takepayments", "spotcap", "partnerportal", "algbra", "octorate", "webhook"] {
        for step in [Step::Forms, Step::Credentials, Step::Reach, Step::Clock] {
            assert_eq!(verdict(&all, account, step), Verdict::Ok, "{account} {step:?}");
        }
    }
    for account in ["partnerportal", "octorate"] {
        assert_eq!(verdict(&all, account, Step::Token), Verdict::Ok, "{account}");
    }
    for account in ["partnerportal", "algbra"] {
        assert_eq!(verdict(&all, account, Step::Read), Verdict::Ok, "{account}");
    }
    for account in ["takepayments", "spotcap", "octorate", "webhook"] {
        let read = of(&all, account, Step::Read);
        assert_eq!(read.verdict, Verdict::NotChecked, "{read}");
        assert!(read.note.contains("no operation that brings no lead"), "{read}");
    }
    let partners: [&partner_sim::Controls; 6] =
        [sim.takepayments(), sim.spotcap(), sim.partnerportal(), sim.algbra(), sim.octorate(), sim.webhook()];
    assert!(partners.iter().all(|partner| partner.ledger().leads.is_empty()));
}

#[tokio::test]
async fn wrong_credential_is_found_where_the_partner_can_tell() {
    let sim = simulators().await;
    let other = |text: String| {
        text.replace(
            "api_token = { env = \"SIM_ALGBRA_API_TOKEN\" }",
            "api_token = { env = \"SIM_SPOTCAP_API_KEY\" }",
        )
        .replace(
            "client_secret = { env = \"SIM_PARTNERPORTAL_CLIENT_SECRET\" }",
            "client_secret = { env = \"SIM_SPOTCAP_API_KEY\" }",
        )
    };
    let all = check(sim.takepayments().insert_url(), &Clock::system(), false, other).await;
    let read = of(&all, "algbra", Step::Read);
    assert!(read.verdict == Verdict::Failed && read.note.contains("status_401"), "{read}");
    let token = of(&all, "partnerportal", Step::Token);
    assert!(token.verdict == Verdict::Failed && token.note.contains("invalid_client"), "{token}");
    assert!(token.note.contains("client_id") && token.note.contains("client_secret"), "{token}");
    assert_eq!(verdict(&all, "partnerportal", Step::Read), Verdict::NotChecked);
    assert_eq!(verdict(&all, "octorate", Step::Token), Verdict::Ok);
}

#[tokio::test]
async fn partner_that_nobody_reaches_fails_and_is_asked_nothing_more() {
    // Port 9 of loopback: nobody listens there.
    let all = check("http://127.0.0.1:9/insert".to_owned(), &Clock::system(), false, |text| text).await;
    for account in ["takepayments", "algbra", "partnerportal"] {
        let reach = of(&all, account, Step::Reach);
        assert!(reach.verdict == Verdict::Failed && reach.note.contains("http://127.0.0.1:9"), "{reach}");
        assert_eq!(verdict(&all, account, Step::Clock), Verdict::NotChecked);
        assert_eq!(verdict(&all, account, Step::Read), Verdict::NotChecked);
    }
    assert!(!all.iter().any(|checked| checked.step == Step::Token), "{all:#?}");
}

#[tokio::test]
async fn clock_that_is_an_hour_off_is_a_warning_and_the_signature_fails_by_it() {
    let sim = simulators().await;
    let now = Clock::system().now();
    let (ahead, _) = Clock::manual(now.after(Duration::from_secs(3_600)));
    let all = check(sim.takepayments().insert_url(), &ahead, false, |text| text).await;
    let clock = of(&all, "algbra", Step::Clock);
    let seconds: Option<u64> = clock.note.split_whitespace().find_map(|word| word.parse().ok());
    assert!(clock.verdict == Verdict::Warning && clock.note.contains("ahead of"), "{clock}");
    // The simulator's clock runs on while ours stands.
    assert!(seconds.is_some_and(|seconds| (3_500..=3_600).contains(&seconds)), "{clock}");
    assert_eq!(
        verdict(&all, "algbra", Step::Read),
        Verdict::Failed,
        "a signature with another date is refused"
    );

    let (behind, _) = Clock::manual(Timestamp::from_ms(now.as_ms() - 3_600_000));
    let all = check(sim.takepayments().insert_url(), &behind, false, |text| text).await;
    assert!(of(&all, "takepayments", Step::Clock).note.contains("behind"), "{all:#?}");
}

#[tokio::test]
async fn consent_is_not_used_up_by_a_check() {
    let sim = simulators().await;
    let consent = |text: String| {
        let own = "mode = \"test\"\nauthentication = \"consent\"\n\
                   authorize_url = \"http://127.0.0.1:9/authorize\"\nredirect_uri = \"http://127.0.0.1:9/back\"";
        text.replace("mode = \"test\"", own)
    };
    let all = check(sim.takepayments().insert_url(), &Clock::system(), false, consent).await;
    let token = of(&all, "octorate", Step::Token);
    assert!(token.verdict == Verdict::NotChecked && token.note.contains("refresh token"), "{token}");
    // The pages for the person are not asked: nobody listens there.
    assert_eq!(verdict(&all, "octorate", Step::Reach), Verdict::Ok);
    assert!(sim.octorate().ledger().requests.is_empty(), "{:?}", sim.octorate().ledger());
}

#[tokio::test]
async fn offline_asks_nobody() {
    let sim = simulators().await;
    let all = check(sim.takepayments().insert_url(), &Clock::system(), true, |text| text).await;
    assert_eq!(verdict(&all, "algbra", Step::Credentials), Verdict::Ok);
    assert_eq!(verdict(&all, "algbra", Step::Reach), Verdict::NotChecked);
    assert!(
        !all.iter().any(|checked| matches!(checked.step, Step::Clock | Step::Token | Step::Read)),
        "{all:#?}"
    );
    assert!(sim.algbra().ledger().requests.is_empty());
}
