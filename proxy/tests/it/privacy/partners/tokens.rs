//! Codes, access tokens and refresh tokens: given, expired, renewed, refused, and lost on their way.
//!
//! Apart because the token endpoint goes wrong in ways of its own.

use std::time::Duration;

use lead_proxy::check::check_accounts;
use lead_proxy::clock::Clock;
use partner_sim::oauth::{OAuth, TokenFault};
use reqwest::StatusCode;

use super::accounts::CALLBACK;
use super::house::House;

/// The accounts with tokens, by the partner who gives them.
const PORTALS: [&str; 2] = ["partner-lead", "portal"];
const HOTELS: [&str; 2] = ["list-property", "hotel"];
/// What slow is here: long enough to be told from quick, and short enough for a test.
const SLOWNESS: Duration = Duration::from_millis(100);

/// A person consents for the hotel; before that one who has not, and one who brings what nobody waits for.
pub(super) async fn consent(house: &mut House) {
    house.submit("hotel").await;
    let stale = begin(house).await;
    house.operator(&format!("/connect/hotel/callback?error=access_denied&state={stale}")).await;
    for code in [code(house), "0123456789abcdef".repeat(4)] {
        let (wrong, state) = (begin(house).await, begin(house).await);
        let reversed: String = wrong.chars().rev().collect();
        house.passing.push(("state", reversed.clone()));
        house.passing.push(("code", code.clone()));
        for query in
            [format!("code={code}&state={reversed}"), format!("state={wrong}"), format!("code={code}")]
        {
            house.operator(&format!("/connect/hotel/callback?{query}")).await;
        }
        // The partner does not know the second of them.
        let known = house.app.sim.octorate().oauth().given().contains(&code);
        let answer = house.operator(&format!("/connect/hotel/callback?code={code}&state={state}")).await;
        let expected = if known { StatusCode::OK } else { StatusCode::BAD_GATEWAY };
        assert_eq!(answer.status, expected, "{}", answer.text);
        house.operator(&format!("/connect/hotel/callback?code={code}&state={state}")).await;
    }
    for path in ["/healthz", "/readyz", "/connect/portal", "/connect/nobody"] {
        house.operator(path).await;
    }
    house.forgive().await;
}

fn code(house: &House) -> String {
    house.app.sim.octorate().oauth().give_code(CALLBACK)
}

/// Opens the page of the consent: state and client id go to the partner by the browser's address, and nowhere else.
async fn begin(house: &mut House) -> String {
    let answer = house.operator("/connect/hotel").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let url = url::Url::parse(answer.header("location")).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let client_id = house.secrets.known.octorate_client_id.clone();
    let page = house.seen.last_mut().unwrap();
    page.allowed = vec![state.clone(), client_id];
    house.passing.push(("state", state.clone()));
    state
}

/// Gives every account a token that no partner has refused yet: who renews again and again is made to wait.
async fn refresh(house: &mut House) {
    house.forgive().await;
    let (state, code) = (begin(house).await, code(house));
    let answer = house.operator(&format!("/connect/hotel/callback?code={code}&state={state}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

/// Tokens expire before they were said to; leads arrive with new ones.
pub(super) async fn each_is_renewed(house: &mut House) {
    for rotation in [false, true] {
        house.app.sim.octorate().oauth().set_rotation(rotation);
        refresh(house).await;
        for expired in [false, true] {
            if expired {
                house.app.sim.octorate().oauth().expire_now();
                house.app.sim.partnerportal().oauth().expire_now();
            }
            for form in PORTALS.into_iter().chain(HOTELS) {
                let answer = house.submit(form).await;
                assert_eq!(answer.json()["state"], "delivered", "{form} {rotation} {expired}: {answer:?}");
            }
        }
    }
    let requests = house.app.sim.octorate().oauth().token_requests();
    assert!(requests.code > 0 && requests.refresh > 1 && requests.api_login > 1, "{requests:?}");
}

/// Token endpoints go wrong in every way that ends, with leads and under `check`.
pub(super) async fn each_fault_is_met(house: &mut House) {
    house.app.sim.octorate().oauth().set_rotation(false);
    for fault in TokenFault::ALL {
        if matches!(fault, TokenFault::None | TokenFault::Silence) {
            continue;
        }
        refresh(house).await;
        for form in PORTALS.into_iter().chain(HOTELS) {
            // The lead brings a token that was good a moment ago, or none.
            set(house, fault, Some(1));
            house.submit(form).await;
        }
        house.forgive().await;
        set(house, fault, None);
        let checked = check_accounts(&house.config, &Clock::system(), false).await.unwrap();
        for line in checked {
            house.note("check", format!("{line} {line:?}"));
        }
        set(house, TokenFault::None, None);
    }
    refresh(house).await;
    let requests =
        [house.app.sim.partnerportal().ledger().requests, house.app.sim.octorate().ledger().requests]
            .concat();
    for fault in TokenFault::ALL {
        let spared = matches!(fault, TokenFault::None | TokenFault::Silence);
        let met = requests.iter().any(|request| request.answer.as_deref() == Some(fault.name()));
        assert!(spared || met, "{fault} was not met");
    }
}

fn set(house: &House, fault: TokenFault, times: Option<u32>) {
    let sim = &house.app.sim;
    let endpoints: [&OAuth; 2] = [sim.partnerportal().oauth(), sim.octorate().oauth()];
    for oauth in endpoints {
        oauth.set_slowness(SLOWNESS);
        oauth.expire_now();
        oauth.set_fault(fault, times);
    }
}
