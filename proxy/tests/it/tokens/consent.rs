//! A person's consent on the operator listener: each state is good once, for ten minutes and one account.
//!
//! Apart because it is asked over HTTP, with the partner's own simulator behind it.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use lead_proxy::clock::{Clock, ClockHand};
use lead_proxy::credentials::tokens::{ConsentFault, TokenFault};
use partner_sim::{Credentials, Options, Sim};
use sqlx::Connection as _;

use super::{Desk, SECOND, plan_of};
use crate::app::{Answer, TestApp, good_values, key};

/// A proxy with the accounts `hotel` and `motel`, which need consents, and `desk`, which needs none.
struct House {
    app: TestApp,
    sim: Sim,
}

const CALLBACK: &str = "http://127.0.0.1:9090/connect/hotel/callback";

impl House {
    async fn open() -> Self {
        Self::open_by(Clock::system()).await
    }

    async fn open_by(clock: Clock) -> Self {
        let credentials = Credentials {
            octorate_client_id: "canary-client".to_owned(),
            octorate_client_secret: "canary-secret".to_owned(),
            ..Credentials::with_takepayments("unused")
        };
        let listen = "127.0.0.1:0".parse().unwrap();
        let sim = partner_sim::start(Options::new(listen, credentials)).await.unwrap();
        let octorate = sim.octorate();
        let (url, page) = (octorate.production_url(), octorate.authorize_url());
        let app = TestApp::start_by(clock, |text| {
            let dir = text.store.parent().unwrap().to_owned();
            for (file, secret) in [("id", "canary-client"), ("secret", "canary-secret")] {
                std::fs::write(dir.join(file), secret).unwrap();
                let own = std::fs::Permissions::from_mode(0o600);
                std::fs::set_permissions(dir.join(file), own).unwrap();
            }
            for (name, settings) in [
                ("hotel", format!("authentication = \"consent\"\nredirect_uri = {CALLBACK:?}")),
                ("motel", format!("authentication = \"consent\"\nredirect_uri = {CALLBACK:?}")),
                ("desk", String::new()),
            ] {
                text.account += &format!(
                    "\n[accounts.{name}]\nconnector = \"octorate\"\n[accounts.{name}.credentials]\n\
                     client_id = {{ file = {:?} }}\nclient_secret = {{ file = {:?} }}\n[accounts.{name}.settings]\n\
                     mode = \"production\"\nproperty_sign_up = true\ncurrency = \"EUR\"\nbase_url = {url:?}\n\
                     authorize_url = {page:?}\n{settings}\n[accounts.{name}.mapping]\n\
                     latitude = \"latitude\"\nlongitude = \"longitude\"\n",
                    dir.join("id"),
                    dir.join("secret"),
                );
            }
        })
        .await;
        Self { app, sim }
    }

    async fn get(&self, path: &str) -> Answer {
        let request = self.app.client.get(self.app.operator_url(path));
        Answer::read(request.send().await.unwrap()).await
    }

    /// Opens the page, and answers the state with which the browser is sent on.
    async fn begin(&self, account: &str) -> String {
        let answer = self.get(&format!("/connect/{account}")).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let url = url::Url::parse(answer.header("location")).unwrap();
        assert!(url.as_str().starts_with(&self.sim.octorate().authorize_url()), "{url}");
        let value = |name: &str| url.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned();
        assert_eq!(
            (value("client_id").as_str(), value("redirect_uri").as_str()),
            ("canary-client", CALLBACK)
        );
        value("state")
    }

    /// A worker lifts every pause once, when it begins; so none is made before it has delivered something.
    async fn until_the_worker_runs(&self) {
        let answer = self.app.submit("card-machines", &key("first"), &good_values()).await;
        assert!(answer.status.is_success(), "{}", answer.text);
        let partner = self.app.sim.takepayments();
        partner.wait_for(|ledger| ledger.leads.len() == 1, crate::app::PATIENCE).await.unwrap();
    }

    fn code(&self) -> String {
        self.sim.octorate().oauth().give_code(CALLBACK)
    }

    async fn finish(&self, account: &str, query: &str) -> Answer {
        self.get(&format!("/connect/{account}/callback?{query}")).await
    }

    fn tokens_given(&self) -> u64 {
        self.sim.octorate().oauth().token_requests().given
    }

    async fn close(mut self) {
        self.app.stop().await;
        self.sim.stop().await;
    }
}

/// Until long after this test.
const PAUSE: &str = "INSERT INTO account_gates (account, cause, reason, since, probe_at, flow_us, wait_until) \
                     VALUES (?, 'paused', 'token_refused', 0, unixepoch() * 1000 + 600000, 0, 0)";

async fn pause(house: &House, account: &str) {
    let url = format!("sqlite://{}", house.app.store_path().display());
    let mut outside = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(PAUSE).bind(account).execute(&mut outside).await.unwrap();
    outside.close().await.unwrap();
}

#[tokio::test]
async fn consent_connects_the_account_and_lifts_its_pause_alone() {
    let house = House::open().await;
    house.until_the_worker_runs().await;
    for account in ["hotel", "motel"] {
        pause(&house, account).await;
    }
    let (state, code) = (house.begin("hotel").await, house.code());
    assert_eq!(state.len(), 43, "256 bits");
    let answer = house.finish("hotel", &format!("code={code}&state={state}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.contains("The account is connected"), "{}", answer.text);
    assert!(!answer.text.contains(&code) && !answer.text.contains(&state), "{}", answer.text);
    assert!(answer.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(
        (answer.header("cache-control"), answer.header("referrer-policy")),
        ("no-store", "no-referrer")
    );
    assert_eq!(house.tokens_given(), 1);
    assert_eq!(crate::app::count_rows(&house.app.store_path(), "account_tokens").await, 1);
    let closed = "account_gates WHERE cause = 'paused'";
    assert_eq!(crate::app::count_rows(&house.app.store_path(), closed).await, 1);
    house.close().await;
}

#[tokio::test]
async fn callback_without_a_state_that_is_waited_for_is_refused_and_repeats_nothing() {
    let house = House::open().await;
    let (state, code) = (house.begin("hotel").await, house.code());
    let other = house.begin("motel").await;
    let changed: String = state.chars().rev().collect();
    for query in [
        String::new(),
        format!("code={code}"),
        format!("code={code}&state="),
        format!("code={code}&state=%3Cscript%3Ealert(1)"),
        format!("code={code}&state={changed}"),
        format!("code={code}&state={other}"),
        format!("code={code}&state={state}%20"),
    ] {
        let answer = house.finish("hotel", &query).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.text);
        assert!(answer.text.contains("Begin again"), "{query}: {}", answer.text);
        assert!(!answer.text.contains(&code) && !answer.text.contains("script"), "{}", answer.text);
    }
    assert_eq!(house.tokens_given(), 0);
    let query = format!("code={code}&state={state}");
    assert_eq!(house.finish("hotel", &query).await.status, 200);
    assert_eq!(house.finish("hotel", &query).await.status, 400, "a double click changes nothing");
    assert_eq!(
        house.finish("motel", &format!("code=x&state={other}")).await.status,
        400,
        "it was spent above"
    );
    assert_eq!(house.tokens_given(), 1);
    house.close().await;
}

#[tokio::test]
async fn consent_that_is_denied_or_not_exchanged_says_so_and_keeps_nothing() {
    let house = House::open().await;
    let state = house.begin("hotel").await;
    let answer = house.finish("hotel", &format!("error=access_denied&state={state}")).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("the consent was not given"), "{}", answer.text);

    let state = house.begin("hotel").await;
    let answer = house.finish("hotel", &format!("code=unknown&state={state}")).await;
    assert_eq!(answer.status, 502);
    assert!(answer.text.contains("refuses our client or this code"), "{}", answer.text);
    assert_eq!(crate::app::count_rows(&house.app.store_path(), "account_tokens").await, 0);
    house.close().await;
}

#[tokio::test]
async fn account_that_needs_no_consent_has_no_such_page() {
    let house = House::open().await;
    for (path, detail) in [
        ("/connect/desk", "needs nobody's consent"),
        ("/connect/desk/callback?code=1&state=2", "needs nobody's consent"),
        ("/connect/takepayments", "needs nobody's consent"),
        ("/connect/nobody", "No account has this name"),
    ] {
        let answer = house.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"), "{path}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(detail), "{path}: {}", answer.text);
    }
    assert_eq!(house.app.get("/connect/hotel").await.status, 404, "not for browsers on the public listener");
    house.close().await;
}

#[tokio::test]
async fn state_is_good_for_ten_minutes() {
    for (seconds, good) in [(599, true), (600, false)] {
        let desk = Desk::open("consent").await;
        let url = desk.keeper.begin_consent(&desk.account, &desk.plan).await.unwrap();
        let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        desk.hand.advance(seconds * SECOND);
        let finished =
            desk.keeper.finish_consent(&desk.account, &desk.plan, Some(&state), Some("a-code")).await;
        assert_eq!(finished.is_ok(), good, "{seconds} s: {finished:?}");
        assert_eq!(desk.mint.asked(), usize::from(good));
    }
}

#[tokio::test]
async fn states_never_repeat_and_none_is_stored_as_it_is() {
    let desk = Desk::open("consent").await;
    let mut states = std::collections::HashSet::new();
    for _ in 0..100 {
        let url = desk.keeper.begin_consent(&desk.account, &desk.plan).await.unwrap();
        states.insert(url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned());
    }
    assert_eq!(states.len(), 100);
    desk.store.close().await;
    for file in std::fs::read_dir(desk.dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let found = states.iter().any(|state| bytes.windows(43).any(|window| window == state.as_bytes()));
        assert!(!found);
    }
}

#[tokio::test]
async fn account_without_a_consent_asks_nobody() {
    let desk = Desk::open("consent").await;
    assert_eq!(desk.get().await.unwrap_err(), TokenFault::Refused);
    assert_eq!(desk.mint.asked(), 0);
    desk.consent().await;
    assert_eq!(desk.token().await, "canary-access-1");
    assert_eq!(desk.mint.books().asked[0]["redirect_uri"], CALLBACK);

    let plain = super::account(&desk.mint.url, "api_login", "canary-secret");
    let begun = desk.keeper.begin_consent(&plain, &plan_of(&plain).unwrap()).await;
    assert!(matches!(begun, Err(ConsentFault::NotNeeded)));
}

#[tokio::test]
async fn new_consent_takes_the_place_of_the_old_one_at_once() {
    let desk = Desk::consented().await;
    assert_eq!(desk.token().await, "canary-access-1");
    desk.consent().await;
    assert_eq!(desk.token().await, "canary-access-2");
    assert_eq!(desk.mint.times_used("canary-refresh-1"), 0);
}

/// The queries of a round of wrong callbacks, after what has been done for them.
async fn wrong_callbacks(house: &House, round: usize, hand: &ClockHand) -> Vec<String> {
    let code = house.code();
    let (waiting, spent, of_another) =
        (house.begin("hotel").await, house.begin("hotel").await, house.begin("motel").await);
    assert_eq!(house.finish("hotel", &format!("error=access_denied&state={spent}")).await.status, 400);
    let ended = house.begin("hotel").await;
    hand.advance(Duration::from_secs(600));
    let late = house.begin("hotel").await;
    let other_case: String = late
        .chars()
        .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    let mut queries = vec![
        String::new(),
        format!("code={code}"),
        format!("code={code}&state="),
        format!("code={code}&state={spent}"),
        format!("code={code}&state={ended}"),
        format!("code={code}&state={waiting}"),
        format!("code={code}&state={of_another}"),
        format!("code={code}&state={late}x"),
        format!("code={code}&state={other_case}"),
        format!("code={code}&state={}", "a".repeat(4_000)),
        format!("code={code}&state=%00%ff%3Cscript%3E"),
        // Good but for the code, and then once more.
        format!("state={late}"),
        format!("code={code}&state={late}"),
    ];
    // Guesses at the state of the day.
    queries.extend((0..87).map(|guess| format!("code={code}&state={:0>43}", round * 100 + guess)));
    queries
}

#[tokio::test]
async fn ten_thousand_wrong_callbacks_are_refused_and_no_token_is_given() {
    let (clock, hand) = Clock::manual(Clock::system().now());
    let house = House::open_by(clock).await;
    let mut refused = 0;
    for round in 0..100 {
        for query in wrong_callbacks(&house, round, &hand).await {
            let answer = house.finish("hotel", &query).await;
            assert_eq!(answer.status, 400, "{query}: {}", answer.text);
            refused += 1;
        }
    }
    assert_eq!(refused, 10_000);
    assert_eq!(house.tokens_given(), 0);
    assert_eq!(crate::app::count_rows(&house.app.store_path(), "account_tokens").await, 0);
    // A code that has been used is refused by the partner, whatever the state.
    let (state, code) = (house.begin("hotel").await, house.code());
    assert_eq!(house.finish("hotel", &format!("code={code}&state={state}")).await.status, 200);
    for _ in 0..10 {
        let state = house.begin("motel").await;
        assert_eq!(house.finish("motel", &format!("code={code}&state={state}")).await.status, 502);
    }
    assert_eq!(house.tokens_given(), 1);
    house.close().await;
}
