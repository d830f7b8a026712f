//! What must be true whenever a token is asked for, stored or used, seen from the store's side.
//!
//! Apart from what must be true of leads: these rights are given and taken in other ways.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use lead_proxy::clock::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use super::{World, lock};
use crate::accounts::{Kind, keys};
use crate::model::Owner;
use crate::promise::Promise;

/// Longest after its lease that somebody may begin to ask for a token: the lease's time without that of the exchange.
const RIGHT_MAX: Duration = Duration::from_secs(40);

/// What is known of an account's tokens.
#[derive(Default)]
pub struct TokenBook {
    generation: i64,
    /// Access tokens that were ever stored.
    stored: BTreeSet<String>,
    /// The refresh token that is stored now.
    refresh: Option<String>,
    /// Who has the right to ask.
    right: Option<Right>,
    /// Whose right somebody has ended who was late: with a token for which he asked in time, and which must not be lost.
    overtaken: Option<Right>,
    /// Requests that are under way: of whom, and since when.
    flights: BTreeMap<u64, (Owner, Instant)>,
    next: u64,
    /// When an operator consented or cleared last.
    word: Option<Instant>,
}

/// A lease.
#[derive(Clone, PartialEq, Eq)]
struct Right {
    of: Owner,
    until: Timestamp,
    /// The refresh token that was stored when it was given.
    refresh: Option<String>,
}

impl TokenBook {
    /// Whether an access token was ever stored.
    pub fn was_stored(&self, token: &str) -> bool {
        self.stored.contains(token)
    }

    /// Notes the lease after a call of this process.
    fn read_right(&mut self, caller: Owner, lease: Option<(Owner, Timestamp)>) {
        let known = self.right.as_ref().map(|right| (right.of, right.until));
        if known == lease {
            return;
        }
        let before = self.right.take();
        match lease {
            Some((of, until)) => self.right = Some(Right { of, until, refresh: self.refresh.clone() }),
            None => self.overtaken = before.filter(|right| right.of != caller).or(self.overtaken.take()),
        }
    }

    /// What is wrong with a request that begins to leave.
    fn departs(
        &self,
        owner: Owner,
        shown: Option<&str>,
        until: Timestamp,
        longest: Duration,
    ) -> Option<&'static str> {
        let is_own =
            |right: &&Right| right.of == owner && right.until.after(Duration::from_millis(2)) >= until;
        if self.overtaken.as_ref().is_some_and(|right| is_own(&right)) {
            return None;
        }
        let Some(right) = self.right.as_ref().filter(is_own) else { return Some("without the lease for it") };
        // One that a stopped process has under way is long given up by everybody else.
        if self.flights.values().any(|(_, left)| left.elapsed() < longest) {
            return Some("while another request is under way");
        }
        (shown.is_some() && shown != right.refresh.as_deref())
            .then_some("with a refresh token that is not the stored one")
    }
}

impl World {
    /// A request for a token begins to leave: under the one lease, alone, and with the stored refresh token.
    pub fn token_departs(&self, owner: Owner, kind: Kind, body: &Bytes) -> Option<u64> {
        self.trace.note("asks token", &[owner, kind as u64], &|| kind.name().to_owned());
        let body = String::from_utf8_lossy(body);
        let until = self.kept.now().after(self.limits.exchange_timeout);
        let mut books = lock(&self.tokens);
        let book = books.entry(kind).or_default();
        if body.contains("code=") {
            book.word = Some(Instant::now());
            return None;
        }
        // An operator's word needs no lease, and goes over every right that was given before it.
        if book.word.is_some_and(|at| at.elapsed() < RIGHT_MAX) {
            return None;
        }
        let shown = body.split('&').find_map(|pair| pair.strip_prefix("refresh_token="));
        let wrong = book.departs(owner, shown, until, self.limits.exchange_timeout);
        book.next += 1;
        let flight = book.next;
        book.flights.insert(flight, (owner, Instant::now()));
        drop(books);
        if let Some(wrong) = wrong {
            self.wrong(
                Promise::OneRenewal,
                format!("process {owner} asks for a token of {} {wrong}", kind.name()),
            );
        }
        Some(flight)
    }

    /// A request for a token has ended, in whatever way.
    pub fn token_landed(&self, kind: Kind, flight: u64) {
        lock(&self.tokens).entry(kind).or_default().flights.remove(&flight);
    }

    /// A process has ended, and every connection with it.
    pub fn hangs_up(&self, owner: Owner) {
        lock(&self.tokens).values_mut().for_each(|book| book.flights.retain(|_, (of, _)| *of != owner));
    }

    /// Looks at the stored tokens after every change of them.
    pub fn read_tokens(&self, caller: Owner, cleared: bool) {
        let rows = self.kept.rows();
        for (kind, book) in lock(&self.tokens).iter_mut() {
            if cleared {
                // Whoever is on his way with an operator's word against him is no longer alone, and is meant not to be.
                book.flights.clear();
                book.word = Some(Instant::now());
            }
            if let Some(row) = rows.token(kind.name()).filter(|row| row.generation != book.generation) {
                if row.generation != book.generation + 1 {
                    let what =
                        format!("{} goes from token {} to {}", kind.name(), book.generation, row.generation);
                    self.wrong(Promise::TokensStored, what);
                }
                book.generation = row.generation;
                let sealed = row.sealed.as_ref();
                let opened = sealed.map(|sealed| keys().ring.open_token(kind.name(), row.generation, sealed));
                if let Some(Ok(plain)) = opened {
                    let kept: Value = serde_json::from_slice(&plain).unwrap_or_default();
                    book.stored.extend(kept["access"].as_str().map(str::to_owned));
                    book.refresh = kept["refresh"].as_str().map(str::to_owned);
                }
            }
            book.read_right(caller, rows.token_lease(kind.name()));
        }
    }
}
