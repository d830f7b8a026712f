//! Points and proofs, without a browser and without a store.
//!
//! Apart from `robots` only for length.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;
use crate::clock::{ClockHand, Timestamp};

const KEY: &str = "0123456789abcdef";
const SLOW: Filling = Filling::Took(Duration::from_secs(20));

fn robots() -> (Robots, ClockHand) {
    let (clock, hand) = Clock::manual(Timestamp::from_ms(1_800_000_000_000));
    (Robots::new(&IndexKey::new([1; 32].into()), clock), hand)
}

fn rules() -> Rules {
    Rules { proof: true, work: 1_000, ..Rules::default() }
}

/// As a solver does it that knows the protocol and nothing of us.
fn solve(challenge: &Value) -> Value {
    let salt = challenge["salt"].as_str().unwrap();
    let is_it = |number: &u64| {
        let hash = digest(&SHA256, format!("{salt}{number}").as_bytes());
        crate::hex::hex(hash.as_ref()) == challenge["challenge"].as_str().unwrap()
    };
    let number = (0..=challenge["maxnumber"].as_u64().unwrap()).find(is_it).unwrap();
    json!({
        "algorithm": challenge["algorithm"], "challenge": challenge["challenge"], "number": number,
        "salt": salt, "signature": challenge["signature"], "took": 12,
    })
}

fn text(proof: &Value) -> String {
    STANDARD.encode(proof.to_string())
}

fn proof(robots: &Robots) -> Value {
    solve(&serde_json::to_value(robots.challenge("quote", &rules())).unwrap())
}

/// Every reason, whatever it adds up to.
fn reasons(robots: &Robots, key: &str, filling: Filling, proof: Option<String>) -> String {
    let rules = Rules { quarantine_at: 1, ..rules() };
    let signs = Signs { is_trapped: false, filling, proof };
    let key = IdempotencyKey::parse(key).unwrap();
    robots.quarantine(("quote", &rules), &key, &signs).unwrap_or_default()
}

#[test]
fn person_has_no_points_and_each_sign_of_a_robot_its_own() {
    let (robots, _hand) = robots();
    assert_eq!(reasons(&robots, KEY, SLOW, Some(text(&proof(&robots)))), "");
    let fast = Filling::Took(Duration::from_millis(2_999));
    for (filling, named) in [
        (fast, "robot:too_fast"),
        (Filling::Took(Duration::from_secs(3)), ""),
        (Filling::Unknown, "robot:untimed"),
        (Filling::ShownAgain, ""),
    ] {
        assert_eq!(reasons(&robots, KEY, filling, Some(text(&proof(&robots)))), named, "{filling:?}");
    }
    assert_eq!(reasons(&robots, KEY, SLOW, None), "robot:no_proof");
    assert_eq!(reasons(&robots, KEY, fast, Some(String::new())), "robot:too_fast+no_proof");
}

#[test]
fn by_default_a_honeypot_or_a_wrong_proof_is_enough_and_nothing_that_happens_to_a_person() {
    let (robots, _hand) = robots();
    let key = IdempotencyKey::parse(KEY).unwrap();
    let kept = |rules: Rules, is_trapped, filling, proof: Option<&str>| {
        let signs = Signs { is_trapped, filling, proof: proof.map(str::to_owned) };
        robots.quarantine(("quote", &rules), &key, &signs).is_some()
    };
    let fast = Filling::Took(Duration::ZERO);
    let (with, without) = (rules(), Rules::default());
    assert!(kept(without, true, SLOW, None) && kept(with, false, SLOW, Some("forged")));
    // Somebody whose browser fills the form in at once; one whose browser has no script; a server of the embedder's.
    for (rules, filling) in [(without, fast), (with, SLOW), (without, Filling::Unknown)] {
        assert!(!kept(rules, false, filling, None), "{filling:?}");
    }
    // A program that posts and does nothing else.
    assert!(kept(with, false, Filling::Unknown, None));
    assert!(
        !kept(Rules { quarantine_at: 0, ..with }, true, fast, Some("forged")),
        "nobody is kept back by nought"
    );
}

#[test]
fn proof_is_good_once_for_its_own_form_and_its_time() {
    let (robots, hand) = robots();
    let good = proof(&robots);
    assert_eq!(reasons(&robots, KEY, SLOW, Some(text(&good))), "");
    assert_eq!(reasons(&robots, KEY, SLOW, Some(text(&good))), "", "a retry of the same submission");
    assert_eq!(reasons(&robots, "another-key-of-16", SLOW, Some(text(&good))), "robot:proof_used");
    let key = IdempotencyKey::parse(KEY).unwrap();
    let signs = Signs { is_trapped: false, filling: SLOW, proof: Some(text(&proof(&robots))) };
    assert_eq!(
        robots.quarantine(("callback", &rules()), &key, &signs).as_deref(),
        Some("robot:bad_proof"),
        "of another form"
    );
    let late = proof(&robots);
    hand.advance(challenge::LIFE);
    assert_eq!(reasons(&robots, KEY, SLOW, Some(text(&late))), "robot:proof_expired");
}

#[test]
fn forged_proof_is_told_whatever_of_it_is_forged() {
    let (robots, _hand) = robots();
    let (clock, _) = Clock::manual(Timestamp::from_ms(1_800_000_000_000));
    let stranger = Robots::new(&IndexKey::new([2; 32].into()), clock);
    let good = proof(&robots);
    let mut forged = vec![proof(&stranger)];
    let salt = good["salt"].as_str().unwrap();
    let later = salt.replacen("expires=1", "expires=2", 1);
    // The hash stays the same where a digit of the number is taken for one of the salt.
    let number = good["number"].to_string();
    let (first, rest) = number.split_at(1);
    let spliced = (format!("{salt}{first}"), rest.parse::<u64>().unwrap_or(0));
    for (name, value) in [
        ("algorithm", json!("SHA-1")),
        ("number", json!(good["number"].as_u64().unwrap() + 1)),
        ("salt", json!(later)),
        ("challenge", json!("00")),
        ("signature", json!("é")),
        ("signature", json!("")),
    ] {
        let mut changed = good.clone();
        changed[name] = value;
        forged.push(changed);
    }
    let mut moved = good.clone();
    (moved["salt"], moved["number"]) = (json!(spliced.0), json!(spliced.1));
    forged.push(moved);
    for proof in forged {
        assert_eq!(reasons(&robots, KEY, SLOW, Some(text(&proof))), "robot:bad_proof", "{proof}");
    }
    for proof in ["x", "e30=", "bnVsbA==", &"A".repeat(4_000)] {
        assert_eq!(reasons(&robots, KEY, SLOW, Some(proof.to_owned())), "robot:bad_proof");
    }
    assert_eq!(reasons(&robots, KEY, SLOW, Some(text(&good))), "", "the true one is still good");
}

#[test]
fn used_proofs_are_forgotten_when_their_time_is_over_or_there_is_no_room() {
    let used = Used::with_room(2);
    let key = |text| IdempotencyKey::parse(text).unwrap();
    let (ours, theirs, at) = (key(KEY), key("another-key-of-16"), Timestamp::from_ms);
    let take = |id: u8, key, now| used.take([id; 32], at(10), ("quote", key), at(now));
    assert!(take(1, &ours, 0) && !take(1, &theirs, 9));
    assert!(!used.take([1; 32], at(10), ("callback", &ours), at(9)), "another form's key is another");
    assert!(take(1, &theirs, 10), "its time is over, and a proof so old is not asked about");
    assert!(take(2, &ours, 0) && take(3, &ours, 0));
    assert!(take(1, &ours, 0), "pushed out");
}
