//! What a seed has in store for its world: how large it is, who comes when, and what goes wrong when.
//!
//! Apart and pure: everything is drawn before the world begins.

use std::time::Duration;

use lead_proxy::delivery::DeliveryConfig;

use crate::accounts::Kind;
use crate::dice::Dice;
use crate::faults::Sky;

/// A whole seed.
pub struct Script {
    pub kinds: Vec<Kind>,
    pub replicas: usize,
    pub config: DeliveryConfig,
    pub token_life: Duration,
    pub leads: Vec<LeadPlan>,
    /// In the order of their times.
    pub events: Vec<(Duration, Event)>,
    /// When everything that goes wrong ends.
    pub calm_at: Duration,
}

/// One lead.
pub struct LeadPlan {
    pub number: u32,
    pub kind: Kind,
    pub at: Duration,
    /// Whose it is, and whether a second one is merged.
    pub person: Option<u8>,
    pub merge: bool,
    /// Whether its visitor sends it again after he has heard that it is safe.
    pub again: bool,
    /// Whether he sends other values under the same key.
    pub corrects: bool,
    /// Whether he waits for the first attempt.
    pub waits: bool,
}

/// A stop of whoever is next in the middle of an exchange: chance alone seldom meets that moment.
#[derive(Clone, Copy, Debug)]
pub struct Ambush {
    /// In one for a token, or in one for a lead.
    pub for_token: bool,
    /// With the request on its way, or before its first byte leaves.
    pub departed: bool,
    /// For how long.
    pub lasts: Duration,
}

/// What happens to a world.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    Partner(Kind, Sky),
    Mint(Kind, Sky),
    Store(u64, u64, u64),
    Cut(usize, bool),
    Kill(usize),
    Start(usize),
    Stop(usize),
    GoOn(usize),
    Restart(usize),
    Clock(usize, Duration, bool),
    StoreClock(Duration),
    Ambush(Ambush),
    ForgetAccess(Kind),
}

impl Script {
    /// That of a seed.
    pub fn of(seed: u64) -> Self {
        let dice = Dice::new(seed, 4);
        let mut kinds: Vec<Kind> =
            Kind::ALL.into_iter().filter(|kind| dice.chance(kind.frequency())).collect();
        if kinds.is_empty() {
            kinds.push(dice.one(&Kind::ALL));
        }
        kinds.truncate(4);
        let replicas = usize::try_from(dice.between(1, 3)).unwrap_or(1);
        let config = config(&dice);
        let calm_at = dice.seconds(45, 240);
        let mut leads = leads(&dice, &kinds, calm_at);
        let mut events = Vec::new();
        // The store is never as quick as a list in memory.
        events.push((Duration::ZERO, Event::Store(0, 0, 20)));
        for _ in 0..dice.between(2, 12) {
            disaster(&dice, &kinds, replicas, &config, calm_at, &mut events);
        }
        crowd(&Dice::new(seed, 7), &kinds, &mut leads, &mut events);
        store_clock(&Dice::new(seed, 6), calm_at, &mut events);
        events.retain(|(at, _)| *at < calm_at);
        events.sort_by_key(|(at, _)| *at);
        let token_life = dice.seconds(60, 600);
        Self { kinds, replicas, config, token_life, leads, events, calm_at }
    }
}

/// The store's clock has dice of its own: a world in which nobody sets it is the same as without them.
fn store_clock(dice: &Dice, calm_at: Duration, events: &mut Vec<(Duration, Event)>) {
    while dice.chance(80) {
        let at = dice.ms(0, u64::try_from(calm_at.as_millis()).unwrap_or(0));
        events.push((at, Event::StoreClock(dice.seconds(1, dice.one(&[90, 7_200, 86_400])))));
    }
}

/// In some worlds one or two persons send everything, what they send again is merged, and its partner likes
/// little of it: chance alone seldom brings three leads of one person together, all of which are given up.
fn crowd(dice: &Dice, kinds: &[Kind], leads: &mut [LeadPlan], events: &mut Vec<(Duration, Event)>) {
    if !dice.chance(120) {
        return;
    }
    let (persons, kind) = (dice.between(1, 2), dice.one(kinds));
    for lead in leads {
        (lead.kind, lead.person, lead.merge) = (kind, u8::try_from(dice.below(persons)).ok(), true);
    }
    events.push((dice.seconds(0, 20), Event::Partner(kind, Sky::Picky)));
}

fn leads(dice: &Dice, kinds: &[Kind], calm_at: Duration) -> Vec<LeadPlan> {
    let merge = dice.chance(500);
    let last = u64::try_from(calm_at.as_millis()).unwrap_or(0) * 3 / 4;
    let lead = |number| LeadPlan {
        number,
        kind: dice.one(kinds),
        at: dice.ms(0, last),
        person: dice.chance(200).then(|| u8::try_from(dice.below(3)).unwrap_or(0)),
        merge,
        again: dice.chance(300),
        corrects: dice.chance(150),
        waits: dice.chance(300),
    };
    (1..=u32::try_from(dice.between(4, 20)).unwrap_or(4)).map(lead).collect()
}

fn config(dice: &Dice) -> DeliveryConfig {
    let exchange_timeout_ms = dice.one(&[5_000, 10_000, 20_000]);
    let account_concurrent_max = u32::try_from(dice.between(1, 4)).unwrap_or(1);
    DeliveryConfig {
        allow_loopback: false,
        ca_file: Default::default(),
        authorities: Default::default(),
        concurrent_max: dice.one(&[1, 4, 64]),
        account_concurrent_max,
        account_per_minute: dice.one(&[0, 30, 1_200]),
        account_burst: dice.one(&[1, 10, 100]),
        breaker_failures: u32::try_from(dice.between(2, 6)).unwrap_or(2),
        breaker_wait_ms: dice.between(5, 30) * 1_000,
        connect_timeout_ms: 5_000,
        exchange_timeout_ms,
        answer_bytes_max: 1_048_576,
        retry_waits_ms: vec![1_000, 5_000, 30_000, 120_000],
        retry_horizon_ms: dice.one(&[10 * 60_000, 72 * 3_600_000]),
        // Longer than anything stays on its way.
        doubt_wait_ms: 5_000,
        probe_wait_ms: dice.between(60, 300) * 1_000,
        lease_ms: exchange_timeout_ms * dice.between(2, 4),
        stop_wait_ms: dice.one(&[1_000, 25_000]),
    }
}

fn disaster(
    dice: &Dice,
    kinds: &[Kind],
    replicas: usize,
    config: &DeliveryConfig,
    calm_at: Duration,
    events: &mut Vec<(Duration, Event)>,
) {
    let from = dice.ms(0, u64::try_from(calm_at.as_millis()).unwrap_or(0));
    let to = from + dice.seconds(5, 90);
    let replica = usize::try_from(dice.below(replicas as u64)).unwrap_or(0);
    let with_tokens: Vec<Kind> = kinds.iter().copied().filter(|kind| kind.has_tokens()).collect();
    match dice.below(14) {
        0..=2 => {
            let (kind, sky) = (dice.one(kinds), dice.one(&Sky::BAD));
            events.extend([(from, Event::Partner(kind, sky)), (to, Event::Partner(kind, Sky::Fair))]);
        }
        3 | 4 if !with_tokens.is_empty() => {
            let (kind, sky) = (dice.one(&with_tokens), dice.one(&Sky::BAD));
            events.extend([(from, Event::Mint(kind, sky)), (to, Event::Mint(kind, Sky::Fair))]);
        }
        5 if !with_tokens.is_empty() => events.push((from, Event::ForgetAccess(dice.one(&with_tokens)))),
        3..=5 => {
            let kind = dice.one(kinds);
            events.extend([(from, Event::Partner(kind, Sky::Wild)), (to, Event::Partner(kind, Sky::Fair))]);
        }
        6 => {
            let bad = Event::Store(dice.between(0, 400), dice.between(0, 400), dice.between(1, 3_000));
            events.extend([(from, bad), (to, Event::Store(0, 0, 20))]);
        }
        7 => events.extend([(from, Event::Cut(replica, true)), (to, Event::Cut(replica, false))]),
        8 => {
            let to = from + dice.seconds(1, 60);
            events.extend([(from, Event::Kill(replica)), (to, Event::Start(replica))]);
        }
        9 | 10 => {
            // Up to several leases.
            let to = from + dice.ms(1_000, config.lease_ms * 3);
            events.extend([(from, Event::Stop(replica)), (to, Event::GoOn(replica))]);
        }
        11 | 12 => {
            let for_token = !with_tokens.is_empty() && dice.chance(700);
            let lasts = dice.ms(1_000, config.lease_ms * 3);
            let ambush = Ambush { for_token, departed: dice.chance(500), lasts };
            events.push((from, Event::Ambush(ambush)));
            // Whoever is there asks for a new one soon.
            if for_token && dice.chance(500) {
                events.push((from, Event::ForgetAccess(dice.one(&with_tokens))));
            }
        }
        _ if dice.chance(500) => events.push((from, Event::Restart(replica))),
        _ => {
            let by = dice.seconds(1, dice.one(&[30, 300, 7_200]));
            events.push((from, Event::Clock(replica, by, dice.chance(500))));
        }
    }
}
