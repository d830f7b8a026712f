//! What goes wrong at a token endpoint: bounded calls, the right fault, and the way back.
//!
//! Apart as one table of a day's trouble each.

use lead_proxy::credentials::tokens::{TokenFault, plan_of};
use lead_proxy::store::TokenState;

use super::{DAY, Desk, HOUR, KEY, Manner, SECOND, account, keeper};

/// Asks every minute for a day; how often the endpoint was asked, and that no answer was another.
async fn ask_for_a_day(desk: &Desk, expected: TokenFault) -> usize {
    let before = desk.mint.asked();
    let end = desk.clock.now().after(DAY);
    let mut last = None;
    while desk.clock.now() < end {
        let asked = desk.mint.asked();
        assert_eq!(desk.get().await.unwrap_err(), expected);
        if desk.mint.asked() > asked {
            let gap = last.replace(desk.clock.now()).map(|last| desk.clock.now().since(last));
            assert!(gap.is_none_or(|gap| gap >= 30 * SECOND), "{gap:?}");
        }
        desk.hand.advance(60 * SECOND);
    }
    desk.mint.asked() - before
}

#[tokio::test]
async fn endpoint_that_is_down_for_a_day_is_asked_twenty_times_at_most_and_then_works_again() {
    let huge = Manner::Says(200, " ".repeat(10 * 1024 * 1024));
    let page = Manner::Says(200, "<!doctype html><title>log in</title>".to_owned());
    for manner in [
        Manner::Says(503, String::new()),
        Manner::Says(429, r#"{"error":"slow_down"}"#.to_owned()),
        page,
        huge,
        Manner::Says(200, r#"{"access_token":""}"#.to_owned()),
        Manner::LosesAnswer,
    ] {
        let desk = Desk::api_login().await;
        let shown = format!("{manner:?}").chars().take(60).collect::<String>();
        desk.mint.set(manner);
        let asked = ask_for_a_day(&desk, TokenFault::Later).await;
        assert!((8..=20).contains(&asked), "{shown}: {asked}");
        desk.mint.gives(r#","expires_in":3600"#);
        desk.hand.advance(3 * HOUR);
        desk.get().await.unwrap();
        assert_eq!(desk.store.token_row("hotel").await.unwrap().unwrap().failures, 0, "{shown}");
    }
}

#[tokio::test]
async fn wait_outlives_a_restart() {
    let desk = Desk::api_login().await;
    desk.mint.says(503, "");
    assert_eq!(desk.get().await.unwrap_err(), TokenFault::Later);
    let desk = desk.restart(KEY).await;
    assert_eq!(desk.get().await.unwrap_err(), TokenFault::Later);
    assert_eq!(desk.mint.asked(), 1);
    desk.hand.advance(40 * SECOND);
    assert_eq!(desk.get().await.unwrap_err(), TokenFault::Later);
    assert_eq!(desk.mint.asked(), 2);
}

#[tokio::test]
async fn wait_ends_with_the_clock_that_planned_it() {
    let desk = Desk::api_login().await;
    desk.mint.says(503, "");
    assert_eq!(desk.get().await.unwrap_err(), TokenFault::Later);
    desk.hand.set_back(30 * DAY);
    desk.mint.gives(r#","expires_in":3600"#);
    assert_eq!(desk.token().await, "canary-access-1");
    desk.hand.set_back(30 * DAY);
    assert_eq!(desk.token().await, "canary-access-2", "nobody knows how old the first one is");
}

#[tokio::test]
async fn lifetime_that_can_not_be_is_an_hour_and_no_loop() {
    for members in [
        "",
        r#","expires_in":0"#,
        r#","expires_in":-3600"#,
        r#","expires_in":"soon""#,
        r#","expires_in":18446744073709551615"#,
        r#","expireDate":"2001-01-01T00:00:00Z[UTC]""#,
    ] {
        let desk = Desk::api_login().await;
        desk.mint.gives(members);
        for _ in 0..57 {
            desk.get().await.unwrap();
            desk.hand.advance(60 * SECOND);
        }
        assert_eq!(desk.mint.asked(), 1, "{members}");
        desk.hand.advance(10 * 60 * SECOND);
        desk.get().await.unwrap();
        assert_eq!(desk.mint.asked(), 2, "{members}");
    }
}

#[tokio::test]
async fn token_of_a_second_is_fetched_no_more_than_twice_a_minute() {
    let desk = Desk::api_login().await;
    desk.mint.gives(r#","expires_in":1"#);
    for _ in 0..600 {
        desk.get().await.unwrap();
        desk.hand.advance(SECOND);
    }
    assert!((19..=20).contains(&desk.mint.asked()), "{}", desk.mint.asked());
}

#[tokio::test]
async fn refused_client_is_asked_again_in_an_hour_or_with_other_credentials() {
    let desk = Desk::api_login().await;
    desk.mint.says(401, r#"{"error":"invalid_client"}"#);
    for _ in 0..59 {
        assert_eq!(desk.get().await.unwrap_err(), TokenFault::Refused);
        desk.hand.advance(60 * SECOND);
    }
    assert_eq!((desk.mint.asked(), desk.state().await), (1, TokenState::Refused));
    desk.hand.advance(60 * SECOND);
    assert_eq!(desk.get().await.unwrap_err(), TokenFault::Refused);
    assert_eq!(desk.mint.asked(), 2);

    desk.mint.gives(r#","expires_in":3600"#);
    let mended = account(&desk.mint.url, "api_login", "canary-mended");
    let plan = plan_of(&mended).unwrap();
    keeper(&desk.store, &desk.clock, KEY, super::PATIENCE).token(&mended, &plan).await.unwrap();
    assert_eq!((desk.mint.asked(), desk.state().await), (3, TokenState::Good));
}

#[tokio::test]
async fn lost_answer_after_rotation_ends_in_a_new_consent_after_two_calls_with_the_old_token() {
    let desk = Desk::consented().await;
    desk.hand.advance(HOUR);
    desk.mint.set(Manner::LosesAnswer);
    assert_eq!(desk.get().await.unwrap_err(), TokenFault::Later);
    desk.mint.gives(r#","expires_in":3600"#);
    desk.hand.advance(40 * SECOND);
    assert_eq!(desk.get().await.unwrap_err(), TokenFault::Refused);
    assert_eq!(desk.state().await, TokenState::Refused);

    assert_eq!(ask_for_a_day(&desk, TokenFault::Refused).await, 0);
    let desk = desk.restart(KEY).await;
    assert_eq!(desk.get().await.unwrap_err(), TokenFault::Refused);
    let other = account(&desk.mint.url, "consent", "canary-other");
    let tried = desk.keeper.token(&other, &desk.plan).await;
    assert_eq!(tried.unwrap_err(), TokenFault::Refused, "no other secret mends a token that is used up");
    assert_eq!(desk.mint.times_used("canary-refresh-1"), 2);
    desk.consent().await;
    desk.get().await.unwrap();
    assert_eq!(desk.state().await, TokenState::Good);
}

#[tokio::test]
async fn lost_answer_is_made_good_where_the_endpoint_takes_the_old_token_once_more() {
    let desk = Desk::consented().await;
    desk.mint.books().grace = true;
    desk.hand.advance(HOUR);
    desk.mint.set(Manner::LosesAnswer);
    assert_eq!(desk.get().await.unwrap_err(), TokenFault::Later);
    desk.mint.gives(r#","expires_in":3600"#);
    desk.hand.advance(40 * SECOND);
    assert_eq!(desk.token().await, "canary-access-3");
    desk.hand.advance(HOUR);
    assert_eq!(desk.token().await, "canary-access-4", "with the refresh token that came then");
}

#[tokio::test]
async fn refused_refresh_leaves_the_present_token_in_use_to_its_end() {
    let desk = Desk::consented().await;
    desk.mint.says(400, r#"{"error":"invalid_grant"}"#);
    desk.hand.advance(HOUR - 5 * SECOND);
    assert_eq!(desk.token().await, "canary-access-1");
    assert_eq!(desk.state().await, TokenState::Refused, "the operator hears of it before leads wait");
    desk.hand.advance(5 * SECOND);
    assert_eq!(desk.get().await.unwrap_err(), TokenFault::Refused);
    assert_eq!(desk.mint.times_used("canary-refresh-1"), 1);
}
