//! Attempts that end before anything of the lead can leave: the partner refuses connections, or gives no token.
//!
//! Apart from the table, because the lead's own request is never begun: whatever breaks, the class is one and the lead comes
//! once.

use std::time::Duration;

use fault_net::Plan;
use lead_proxy::clock::Clock;

use super::house::{DELAY, House, Way};
use super::kind::Kind;
use super::name_of;

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn lead_for_a_partner_that_refuses_connections_is_not_sent_and_comes_once_when_it_takes_them() {
    for kind in Kind::ALL {
        let (mut house, doors) = House::open(kind, &[("refusing".to_owned(), Way::Relay)], None).await;
        let door = &doors[0];
        house.connect(door).await;
        let peace = house.submit(door, "peace").await;
        assert_eq!(house.settled(&peace).await, "delivered", "{kind:?}");
        let relay = door.relay.as_ref().unwrap();
        relay.refuse().await;
        let receipt = house.submit(door, "lead").await;
        let classes = house.attempts(&receipt, 2).await;
        assert!(classes.iter().all(|class| class == "not_sent"), "{kind:?}: {classes:?}");
        assert_eq!(door.partner.whole_requests_with("lead@"), 0, "{kind:?}");
        relay.heal().await;
        assert_eq!(house.settled(&receipt).await, "delivered", "{kind:?}");
        assert_eq!(door.partner.whole_requests_with("lead@"), 1, "{kind:?}");
        house.app.stop().await;
    }
}

#[tokio::test]
async fn fault_of_the_token_alone_never_leaves_a_lead_in_doubt() {
    let plans: Vec<Plan> = Plan::all(DELAY).collect();
    let names: Vec<_> = plans.iter().map(|plan| (name_of(*plan), Way::WithTokens)).collect();
    let (clock, hand) = Clock::manual(Clock::system().now());
    let (mut house, doors) = House::open_by(clock, Kind::ClientCredentials, &names, None).await;
    let mut receipts = Vec::new();
    for (plan, door) in plans.iter().zip(&doors) {
        // The account's first request is for a token: that meets the fault, and nothing after it does.
        door.partner.arm(*plan, Some(1));
        receipts.push(house.submit(door, &door.name).await);
    }
    for ((plan, door), receipt) in plans.iter().zip(&doors).zip(&receipts) {
        let classes = house.attempts(receipt, 1).await;
        let token = &door.partner.arrivals()[0];
        assert!(token.body_bytes_at_fault.is_some() && !token.holds(&door.name), "{plan}: {token:?}");
        let expected = if token.answered { "delivered" } else { "not_sent" };
        assert_eq!(classes, [expected], "{plan}");
    }
    // A token that was not given is asked for again after a while, and not once for each lead.
    hand.advance(HOUR);
    for ((plan, door), receipt) in plans.iter().zip(&doors).zip(&receipts) {
        assert_eq!(house.settled(receipt).await, "delivered", "{plan}");
        let whole = door.partner.whole_requests_with(&format!("{}@", door.name));
        assert_eq!(whole, 1, "{plan}");
    }
    house.app.stop().await;
}
