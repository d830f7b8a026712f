//! The network table: every fault at every place of an exchange, for every kind of credential, has the class that the bytes
//! at the partner say, and no lead is sent again but by its connector's word.

mod answers;
mod house;
mod kind;
mod stubborn;
mod table;
mod unsent;

use std::sync::Arc;

use fault_net::{Arrival, Plan, Position};
use tokio::task::JoinSet;

use crate::app::PATIENCE;
use house::{DELAY, Door, House, Way};
use kind::Kind;
use table::{Seen, classes, end, takes_lead};

#[tokio::test]
async fn faults_before_a_partner_with_a_key_in_a_header_have_the_class_of_the_table() {
    all_cells(Kind::HeaderKey).await;
}

#[tokio::test]
async fn faults_before_a_partner_with_a_key_in_the_body_have_the_class_of_the_table() {
    all_cells(Kind::BodyKey).await;
}

#[tokio::test]
async fn faults_before_a_partner_with_client_credentials_have_the_class_of_the_table() {
    all_cells(Kind::ClientCredentials).await;
}

#[tokio::test]
async fn faults_before_a_partner_with_a_consent_have_the_class_of_the_table() {
    all_cells(Kind::Consent).await;
}

#[tokio::test]
async fn faults_before_a_partner_with_a_signed_nonce_have_the_class_of_the_table() {
    all_cells(Kind::SignedNonce).await;
}

#[tokio::test]
async fn faults_before_a_partner_with_a_signed_body_have_the_class_of_the_table() {
    all_cells(Kind::SignedBody).await;
}

/// Every cell of one credential, at the same time.
async fn all_cells(kind: Kind) {
    let plans: Vec<Plan> = Plan::all(DELAY).collect();
    let doors: Vec<_> = plans.iter().map(|plan| (name_of(*plan), way_of(*plan))).collect();
    let (house, doors) = House::open(kind, &doors, None).await;
    let house = Arc::new(house);
    let mut cells = JoinSet::new();
    for (plan, door) in plans.into_iter().zip(doors) {
        let house = Arc::clone(&house);
        cells.spawn(async move { cell(&house, kind, plan, &door).await });
    }
    let mut broken: Vec<String> = Vec::new();
    while let Some(ended) = cells.join_next().await {
        broken.extend(ended.unwrap().err());
    }
    broken.sort();
    assert!(broken.is_empty(), "{kind:?}:\n{}", broken.join("\n"));
    let mut house = Arc::into_inner(house).unwrap();
    house.app.stop().await;
}

/// As accounts and forms may be called.
fn name_of(plan: Plan) -> String {
    format!("{}-{}", plan.position.name(), plan.fault.name()).replace('_', "-")
}

fn way_of(plan: Plan) -> Way {
    if plan.position == Position::Tls { Way::Tls } else { Way::Plain }
}

/// One lead in peace, so that a token is there and the account is known to be good; then one that meets the fault.
async fn cell(house: &House, kind: Kind, plan: Plan, door: &Door) -> Result<(), String> {
    let tell = |what: String| Err(format!("{plan}: {what}"));
    house.connect(door).await;
    let peace = house.submit(door, &format!("{}-peace", door.name)).await;
    let state = house.settled(&peace).await;
    if state != "delivered" {
        return tell(format!("{state} without any fault: {:?}", house.attempts(&peace, 0).await));
    }
    let faulty = door.wire.as_ref().unwrap_or(&door.partner);
    let place = faulty.arrivals().len();
    faulty.arm(plan, Some(1));
    let word = format!("{}-fault", door.name);
    let receipt = house.submit(door, &word).await;

    let class = house.attempts(&receipt, 1).await.remove(0);
    // Counted to the end of the connection, so that what came late is not missed.
    let ended = faulty.until(|arrivals| arrivals.get(place).is_some_and(|arrival| arrival.ended));
    let Ok(arrivals) = tokio::time::timeout(PATIENCE, ended).await else {
        return tell("no connection came, or it never ended".to_owned());
    };
    let met = &arrivals[place];
    if met.body_bytes_at_fault.is_none() {
        return tell(format!("the fault was not played: {met:?}"));
    }
    let seen = match &door.wire {
        None => seen_of(met),
        // Behind the handshake. A next attempt may have come by now; that the first came as well shows in the sum below.
        Some(_) if class == "delivered" => first_of(&door.partner.arrivals(), &word),
        Some(_) => Seen::default(),
    };
    let allowed = classes(plan.fault, seen);
    if !allowed.contains(&&*class) {
        return tell(format!("{class} where {seen:?}, expected one of {allowed:?}"));
    }
    let expected = end(&class, kind.policy(), takes_lead(plan));
    let state = house.settled(&receipt).await;
    let whole = door.partner.whole_requests_with(&word);
    let most = usize::from(seen.is_whole) + usize::from(expected.again);
    if (state.as_str(), whole) != (expected.state, most) {
        let classes = house.attempts(&receipt, 1).await;
        return tell(format!(
            "{state} after {whole} whole requests and {classes:?}, expected {expected:?} after {most}"
        ));
    }
    Ok(())
}

fn seen_of(arrival: &Arrival) -> Seen {
    let body_bytes = arrival.body_bytes();
    Seen { body_bytes, is_whole: arrival.is_whole(), answered: arrival.answered }
}

/// What was seen of the first attempt that brought this lead.
fn first_of(arrivals: &[Arrival], word: &str) -> Seen {
    let first = arrivals.iter().find(|arrival| arrival.holds(word));
    first.map(seen_of).unwrap_or_default()
}
