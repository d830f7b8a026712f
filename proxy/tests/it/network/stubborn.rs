//! A partner that takes every request whole and never answers one: how often each lead comes to it.
//!
//! Apart from the table, in which the network heals after one fault: here it never does, so each connector's word is all
//! that stands between a lead and its double.

use std::sync::Arc;

use fault_net::{Fault, Plan, Position};
use tokio::task::JoinSet;

use super::house::{Door, House, Way};
use super::kind::Kind;
use super::table::most_whole_requests;

/// Enough attempts to see that no more follow.
const ATTEMPTS: usize = 4;

async fn all_faults(kind: Kind) {
    let plans = [Fault::Reset, Fault::Close, Fault::Silence]
        .map(|fault| Plan { position: Position::WholeBody, fault });
    let doors: Vec<_> = plans.iter().map(|plan| (plan.fault.name().to_owned(), Way::Plain)).collect();
    let (house, doors) = House::open(kind, &doors, None).await;
    let house = Arc::new(house);
    let mut cells = JoinSet::new();
    for (plan, door) in plans.into_iter().zip(doors) {
        let house = Arc::clone(&house);
        cells.spawn(async move { stubborn(&house, kind, plan, &door).await });
    }
    while let Some(ended) = cells.join_next().await {
        ended.unwrap();
    }
    let mut house = Arc::into_inner(house).unwrap();
    house.app.stop().await;
}

async fn stubborn(house: &House, kind: Kind, plan: Plan, door: &Door) {
    house.connect(door).await;
    let peace = house.submit(door, &format!("{}-peace", door.name)).await;
    assert_eq!(house.settled(&peace).await, "delivered", "{kind:?}, {plan}");
    door.partner.arm(plan, None);
    let word = format!("{}-fault", door.name);
    let receipt = house.submit(door, &word).await;
    let came = || door.partner.whole_requests_with(&word);
    match most_whole_requests(kind.policy()) {
        // Sent again by the same id for as long as the schedule goes.
        None => {
            let classes = house.attempts(&receipt, ATTEMPTS).await;
            assert!(classes.iter().all(|class| class == "in_doubt"), "{plan}: {classes:?}");
            assert!(came() >= ATTEMPTS, "{plan}: {}", came());
        }
        Some(most) if house_asks(kind) => {
            // After the doubt only questions go out, and none is answered: nothing more of the lead leaves.
            let classes = house.attempts(&receipt, ATTEMPTS).await;
            assert_eq!((classes[0].as_str(), came()), ("in_doubt", most), "{plan}: {classes:?}");
            assert!(classes[1..].iter().all(|class| class == "not_sent"), "{plan}: {classes:?}");
        }
        Some(most) => {
            assert_eq!(house.settled(&receipt).await, "held", "{kind:?}, {plan}");
            let classes = house.attempts(&receipt, most).await;
            assert_eq!((classes, came()), (vec!["in_doubt".to_owned(); most], most), "{kind:?}, {plan}");
        }
    }
}

fn house_asks(kind: Kind) -> bool {
    use lead_proxy::connectors::InDoubtPolicy::{AskThenHold, AskThenRetry};

    matches!(kind.policy(), AskThenHold | AskThenRetry)
}

#[tokio::test]
async fn lead_with_a_key_in_a_header_comes_once_and_is_held() {
    all_faults(Kind::HeaderKey).await;
}

#[tokio::test]
async fn lead_with_a_key_in_the_body_comes_twice_and_is_held() {
    all_faults(Kind::BodyKey).await;
}

#[tokio::test]
async fn lead_with_client_credentials_comes_once_and_is_asked_for() {
    all_faults(Kind::ClientCredentials).await;
}

#[tokio::test]
async fn lead_with_a_consent_comes_once_and_is_held() {
    all_faults(Kind::Consent).await;
}

#[tokio::test]
async fn lead_with_a_signed_nonce_comes_once_and_is_asked_for() {
    all_faults(Kind::SignedNonce).await;
}

#[tokio::test]
async fn lead_with_a_signed_body_comes_by_the_same_id_as_often_as_the_schedule_goes() {
    all_faults(Kind::SignedBody).await;
}
