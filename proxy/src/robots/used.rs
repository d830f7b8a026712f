//! Which proofs were used, and under which idempotency key, until their time is over.
//!
//! Apart because it is all that a proof of work needs to have remembered. In memory and bounded: whoever wants to push an entry
//! out has to solve as many challenges as there is room for. A proof may so be used once in each replica, and once more after
//! a restart within its half hour, which makes a robot no cheaper to speak of.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;
use crate::ids::IdempotencyKey;

/// Most proofs that are remembered, some seven megabytes of them.
const ROOM: usize = 65_536;

/// The proofs that were used.
pub(super) struct Used {
    kept: Mutex<Kept>,
    hasher: RandomState,
    room: usize,
}

#[derive(Default)]
struct Kept {
    holders: HashMap<[u8; 32], u64>,
    /// The order in which they came, which is nearly that of their ends.
    ends: VecDeque<([u8; 32], Timestamp)>,
}

impl Default for Used {
    fn default() -> Self {
        Self::with_room(ROOM)
    }
}

impl Used {
    pub(super) fn with_room(room: usize) -> Self {
        Self { kept: Mutex::default(), hasher: RandomState::new(), room }
    }

    /// Uses a proof under a form's key; whether nobody has under another.
    pub(super) fn take(
        &self,
        id: [u8; 32],
        expires: Timestamp,
        key: (&str, &IdempotencyKey),
        now: Timestamp,
    ) -> bool {
        let holder = self.hasher.hash_one(key);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget(now, self.room);
        match kept.holders.get(&id) {
            Some(known) => *known == holder,
            None => {
                kept.holders.insert(id, holder);
                kept.ends.push_back((id, expires));
                true
            }
        }
    }
}

impl Kept {
    /// Forgets what has ended, and the first ones where there is no room for another.
    fn forget(&mut self, now: Timestamp, room: usize) {
        while let Some((id, expires)) = self.ends.front() {
            if *expires > now && self.ends.len() < room {
                break;
            }
            self.holders.remove(id);
            self.ends.pop_front();
        }
    }
}
