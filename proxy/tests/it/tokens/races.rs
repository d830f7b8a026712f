//! Many at once: one asks, all get, and whoever is late spoils nothing.
//!
//! Apart because each of these runs rounds.

use std::sync::Arc;

use lead_proxy::credentials::tokens::{AccessToken, TokenFault, TokenKeeper};
use lead_proxy::store::TokenState;

use super::{DAY, Desk, HOUR, KEY, Manner, PATIENCE, SECOND, keeper, text};

const ROUNDS: usize = 100;
const SENDERS: usize = 128;

/// So many senders at these keepers in turn; what each got.
async fn senders(desk: &Desk, keepers: &[Arc<TokenKeeper>], refused: Option<&AccessToken>) -> Vec<String> {
    let tasks: Vec<_> = (0..SENDERS)
        .map(|number| {
            let keeper = Arc::clone(&keepers[number % keepers.len()]);
            let (account, plan) = (Arc::clone(&desk.account), desk.plan.clone());
            let refused = refused.cloned();
            tokio::spawn(async move {
                match refused {
                    None => keeper.token(&account, &plan).await,
                    Some(refused) => keeper.renew(&account, &plan, &refused).await,
                }
            })
        })
        .collect();
    let mut got = Vec::new();
    for task in tasks {
        got.push(text(&task.await.unwrap().unwrap()));
    }
    got
}

/// Rounds in which the token has ended, or was refused.
async fn run_rounds(desk: &Desk, keepers: &[Arc<TokenKeeper>], by_refusal: bool) {
    let before = desk.mint.asked();
    for round in 1..=ROUNDS {
        let refused = if by_refusal { Some(desk.get().await.unwrap()) } else { None };
        desk.hand.advance(if by_refusal { 3 * HOUR / 4 } else { HOUR });
        let got = senders(desk, keepers, refused.as_ref()).await;
        assert_eq!(desk.mint.asked() - before, round, "one request a round");
        let newest = format!("canary-access-{}", before + round);
        assert!(got.iter().all(|token| *token == newest), "round {round}: {got:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_token_is_refreshed_once_however_many_meet_it() {
    let desk = Desk::consented().await;
    run_rounds(&desk, &[Arc::clone(&desk.keeper)], false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_token_is_refreshed_once_for_two_keepers_over_one_store() {
    let desk = Desk::consented().await;
    let keepers = [Arc::clone(&desk.keeper), keeper(&desk.store, &desk.clock, KEY, PATIENCE)];
    run_rounds(&desk, &keepers, false).await;
    assert_eq!(desk.state().await, TokenState::Good);
}

#[tokio::test(flavor = "multi_thread")]
async fn client_credentials_are_used_once_however_many_meet_the_end() {
    let desk = Desk::api_login().await;
    desk.token().await;
    let keepers = [Arc::clone(&desk.keeper), keeper(&desk.store, &desk.clock, KEY, PATIENCE)];
    run_rounds(&desk, &keepers, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_token_is_renewed_once_however_many_bring_it() {
    let desk = Desk::consented().await;
    desk.mint.gives(r#","expires_in":86400"#);
    desk.hand.advance(HOUR);
    desk.token().await;
    // Refused tokens that lived for hours: nobody takes that for a loop.
    let before = desk.mint.asked();
    for round in 1..=ROUNDS {
        let refused = desk.get().await.unwrap();
        desk.hand.advance(5 * HOUR);
        let got = senders(&desk, &[Arc::clone(&desk.keeper)], Some(&refused)).await;
        assert_eq!(desk.mint.asked() - before, round, "one request a round");
        assert!(got.iter().all(|token| *token == got[0] && *token != text(&refused)), "round {round}");
        let late = desk.renew(&refused).await.unwrap();
        assert_eq!(text(&late), got[0], "somebody has renewed it already");
    }
    assert_eq!(desk.mint.asked() - before, ROUNDS);
}

#[tokio::test]
async fn partner_that_refuses_each_new_token_is_no_loop() {
    let desk = Desk::api_login().await;
    let mut token = desk.get().await.unwrap();
    token = desk.renew(&token).await.unwrap();
    assert_eq!(desk.mint.asked(), 2, "the first refusal is renewed at once");
    let end = desk.clock.now().after(DAY);
    while desk.clock.now() < end {
        match desk.renew(&token).await {
            Ok(next) => token = next,
            Err(fault) => assert_eq!(fault, TokenFault::Later),
        }
        desk.hand.advance(15 * SECOND);
    }
    assert!((10..=40).contains(&desk.mint.asked()), "{}", desk.mint.asked());
}

#[tokio::test]
async fn token_is_stored_although_its_caller_has_gone_away() {
    let desk = Desk::consented().await;
    desk.hand.advance(HOUR);
    desk.mint.hold_answers();
    let caller = {
        let (keeper, account, plan) =
            (Arc::clone(&desk.keeper), Arc::clone(&desk.account), desk.plan.clone());
        tokio::spawn(async move { keeper.token(&account, &plan).await.map(drop) })
    };
    desk.mint.until_asked(2).await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    desk.mint.let_go(1);
    desk.until_generation(2).await;
    assert_eq!(desk.token().await, "canary-access-2");
    assert_eq!(desk.mint.times_used("canary-refresh-1"), 1);
}

/// Two errands at once, as after a process that slept through its lease: what each got, the later one's answer last.
async fn race(desk: &Desk) -> [Result<AccessToken, TokenFault>; 2] {
    desk.mint.gives(r#","expires_in":864000"#);
    desk.hand.advance(HOUR);
    desk.mint.hold_answers();
    let other = keeper(&desk.store, &desk.clock, KEY, PATIENCE);
    let spawn = |keeper: &Arc<TokenKeeper>| {
        let (keeper, account, plan) = (Arc::clone(keeper), Arc::clone(&desk.account), desk.plan.clone());
        tokio::spawn(async move { keeper.token(&account, &plan).await })
    };
    let first = spawn(&desk.keeper);
    desk.mint.until_asked(2).await;
    desk.hand.advance(HOUR);
    let second = spawn(&other);
    desk.mint.until_asked(3).await;
    desk.mint.let_go(1);
    let first = first.await.unwrap();
    desk.mint.let_go(1);
    [first, second.await.unwrap()]
}

#[tokio::test]
async fn loser_of_a_race_takes_the_winners_token_and_marks_nothing_broken() {
    let desk = Desk::consented().await;
    let [first, second] = race(&desk).await;
    assert_eq!(text(&first.unwrap()), "canary-access-2");
    assert_eq!(text(&second.unwrap()), "canary-access-2", "its own try was answered invalid_grant");
    assert_eq!(desk.state().await, TokenState::Good);
}

#[tokio::test]
async fn later_token_never_takes_the_place_of_the_winners() {
    let desk = Desk::consented().await;
    desk.mint.books().grace = true;
    let [first, second] = race(&desk).await;
    assert_eq!(text(&first.unwrap()), "canary-access-2");
    assert_eq!(text(&second.unwrap()), "canary-access-2");
    assert_eq!(desk.generation().await, 2);
}

#[tokio::test]
async fn slow_endpoint_is_asked_once_and_nobody_waits_for_ever() {
    let desk = Desk::api_login().await;
    desk.mint.set(Manner::Hangs);
    let hasty = keeper(&desk.store, &desk.clock, KEY, SECOND / 4);
    let tasks: Vec<_> = (0..SENDERS)
        .map(|_| {
            let (keeper, account, plan) = (Arc::clone(&hasty), Arc::clone(&desk.account), desk.plan.clone());
            tokio::spawn(async move { keeper.token(&account, &plan).await.map(drop) })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Err(TokenFault::Later));
    }
    assert_eq!(desk.mint.asked(), 1);
}
