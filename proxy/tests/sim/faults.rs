//! What goes wrong: how partners, token endpoints and the store fare at the moment, and what a single trip meets.
//!
//! Apart from the script that changes it, and from wire and store, which suffer it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lead_proxy::transport::TransportErrorKind;

use crate::dice::Dice;
use crate::model::Owner;
use crate::model::handle::Mishap;

/// How somebody fares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sky {
    /// Everything goes well.
    #[default]
    Fair,
    /// Nothing can be reached.
    Down,
    /// Everything takes long, or too long.
    Slow,
    /// Asks for patience.
    Throttling,
    /// Answers that it has failed, with or without having done what it was asked.
    Failing,
    /// Connections break at every place.
    Breaking,
    /// Does not know us.
    Refusing,
    /// Everything of it at once.
    Wild,
    /// Takes no more than some of what it is sent.
    Picky,
}

impl Sky {
    /// What a script may choose from.
    pub const BAD: [Self; 7] =
        [Self::Down, Self::Slow, Self::Throttling, Self::Failing, Self::Breaking, Self::Refusing, Self::Wild];
}

/// What one request meets on its way and there.
#[derive(Clone, Copy, Debug)]
pub struct Trip {
    /// Until the connection stands.
    pub connect: Duration,
    /// It does not come to stand.
    pub blocked: Option<TransportErrorKind>,
    /// Until the body is there.
    pub up: Duration,
    /// Only a part of it arrives.
    pub cut: bool,
    /// What the other side makes of it.
    pub treat: Treat,
    /// Until the answer is here.
    pub down: Duration,
    /// What becomes of the answer.
    pub back: Back,
}

/// What the other side makes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treat {
    /// Does it, and says so.
    Take,
    /// Does it, and answers with this status.
    TakeAndFail(u16),
    /// Does it, and answers a page.
    TakeAndBabble,
    /// Does nothing, and answers with this status.
    Fail(u16),
    /// Does nothing, and wants to be asked again after so many seconds.
    Later(u64),
    /// Does not know us.
    Unknown,
    /// Does not like it.
    Reject,
}

/// What becomes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// It arrives.
    Whole,
    /// The connection breaks.
    Broken,
    /// It never arrives.
    Never,
    /// It is longer than anybody reads.
    TooLong,
}

/// How everybody fares.
#[derive(Default)]
pub struct Faults(Mutex<State>);

#[derive(Default)]
struct State {
    partners: BTreeMap<&'static str, Sky>,
    mints: BTreeMap<&'static str, Sky>,
    /// Calls of the store that fail, and answers that are lost, of a thousand; the longest a call takes, in ms.
    store: (u64, u64, u64),
    /// Who can't reach the store.
    cut: BTreeSet<Owner>,
}

impl Faults {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets how a partner fares.
    pub fn partner(&self, account: &'static str, sky: Sky) {
        self.state().partners.insert(account, sky);
    }

    /// Sets how a token endpoint fares.
    pub fn mint(&self, account: &'static str, sky: Sky) {
        self.state().mints.insert(account, sky);
    }

    /// Sets how the store fares.
    pub fn store(&self, fails: u64, loses: u64, longest: u64) {
        self.state().store = (fails, loses, longest);
    }

    /// Cuts a process from the store, or joins it again.
    pub fn cut(&self, owner: Owner, is_cut: bool) {
        let mut state = self.state();
        if is_cut {
            state.cut.insert(owner)
        } else {
            state.cut.remove(&owner)
        };
    }

    /// Ends everything that goes wrong.
    pub fn end(&self) {
        *self.state() = State::default();
    }

    /// What the next call of the store meets.
    pub fn mishap(&self, owner: Owner, dice: &Dice) -> Mishap {
        let state = self.state();
        if state.cut.contains(&owner) {
            return Mishap { delay: dice.seconds(1, 10), fails: true, ..Mishap::default() };
        }
        let (fails, loses, longest) = state.store;
        if longest == 0 {
            return Mishap::default();
        }
        let (delay, late) = (dice.ms(0, longest), dice.ms(0, longest));
        Mishap { delay, late, fails: dice.chance(fails), loses_answer: dice.chance(loses) }
    }

    /// What the next request meets.
    pub fn trip(&self, account: &str, to_mint: bool, dice: &Dice) -> Trip {
        let state = self.state();
        let skies = if to_mint { &state.mints } else { &state.partners };
        let sky = skies.get(account).copied().unwrap_or_default();
        drop(state);
        let sky = if sky == Sky::Wild { dice.one(&[&Sky::BAD[..], &[Sky::Fair; 5]].concat()) } else { sky };
        trip(sky, dice)
    }
}

fn trip(sky: Sky, dice: &Dice) -> Trip {
    let mut trip = Trip {
        connect: dice.ms(1, 60),
        blocked: None,
        up: dice.ms(1, 80),
        cut: false,
        treat: Treat::Take,
        down: dice.ms(1, 80),
        back: Back::Whole,
    };
    match sky {
        // Chosen by whoever asked: what is left of it is a fair day.
        Sky::Fair | Sky::Wild => {}
        Sky::Down => {
            let kinds = [TransportErrorKind::Connect, TransportErrorKind::Dns, TransportErrorKind::Tls];
            trip.blocked = Some(dice.one(&kinds));
        }
        Sky::Slow => {
            trip.connect = dice.ms(1, 6_000);
            // What is on its way arrives before anybody asks for it again.
            trip.up = dice.ms(1, 4_000);
            trip.down = dice.ms(1, 30_000);
        }
        Sky::Throttling => {
            trip.treat = dice.one(&[Treat::Later(dice.between(1, 90)), Treat::Fail(429), Treat::Take]);
        }
        Sky::Failing => {
            let status = dice.one(&[500, 502, 503, 504]);
            let treats =
                [Treat::TakeAndFail(status), Treat::Fail(status), Treat::TakeAndBabble, Treat::Reject];
            trip.treat = dice.one(&treats);
        }
        Sky::Breaking => {
            trip.cut = dice.chance(300);
            trip.back = dice.one(&[Back::Broken, Back::Never, Back::TooLong, Back::Whole]);
        }
        Sky::Picky if dice.chance(700) => trip.treat = Treat::Reject,
        Sky::Picky => {}
        Sky::Refusing => trip.treat = Treat::Unknown,
    }
    trip
}
