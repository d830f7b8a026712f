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
    /// Requests that are under way.
    flights: BTreeMap<u64, Flight>,
    next: u64,
    /// When an operator consented or cleared last, or the store's clock was set back: for a while nobody's right counts.
    word: Option<Instant>,
}

/// A lease.
struct Right {
    of: Owner,
    until: Timestamp,
    /// The refresh token that was stored when it was given.
    refresh: Option<String>,
    /// Whether its one request has left.
    asked: bool,
}

/// A request that is under way.
struct Flight {
    of: Owner,
    left: Instant,
    /// Its right was ended by whoever was late. It keeps nobody from asking: the refresh token that it shows is used up,
    /// since the late one has stored what came for it, and what it may still bring is written nowhere, since the store
    /// knows generation and fence of its right no more. A worker who waited for it would gain nothing, for whatever harm it
    /// does, it does alike before the next request and after it.
    is_overtaken: bool,
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
            Some((of, until)) => {
                self.right = Some(Right { of, until, refresh: self.refresh.clone(), asked: false });
            }
            None => {
                if let Some(right) = before.filter(|right| right.of != caller) {
                    let flights = self.flights.values_mut().filter(|flight| flight.of == right.of);
                    flights.for_each(|flight| flight.is_overtaken = true);
                    self.overtaken = Some(right);
                }
            }
        }
    }

    /// A request begins to leave: which one it is, and what is wrong with it.
    fn departs(
        &mut self,
        owner: Owner,
        shown: Option<&str>,
        until: Timestamp,
        longest: Duration,
    ) -> (u64, Option<&'static str>) {
        // One that a stopped process has under way is long given up by everybody else.
        let is_alone =
            !self.flights.values().any(|flight| !flight.is_overtaken && flight.left.elapsed() < longest);
        let is_own =
            |right: &&mut Right| right.of == owner && right.until.after(Duration::from_millis(2)) >= until;
        let (now, before) = (self.right.as_mut().filter(is_own), self.overtaken.as_mut().filter(is_own));
        let is_overtaken = now.is_none() && before.is_some();
        let wrong = match now.or(before) {
            None => Some("without the lease for it"),
            Some(right) if right.asked => Some("a second time under one lease"),
            Some(_) if !is_alone && !is_overtaken => Some("while another request is under way"),
            Some(right) => {
                right.asked = true;
                (shown.is_some() && shown != right.refresh.as_deref())
                    .then_some("with a refresh token that is not the stored one")
            }
        };
        self.next += 1;
        self.flights.insert(self.next, Flight { of: owner, left: Instant::now(), is_overtaken });
        (self.next, wrong)
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
        let (flight, wrong) = book.departs(owner, shown, until, self.limits.exchange_timeout);
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

    /// The store's clock is set back: a lease for a token that ends too far ahead by it counts no more, so that a dead
    /// process keeps nobody from asking. Whoever has it and lives may ask beside the next one, until his time is over.
    pub fn forgive_rights(&self) {
        lock(&self.tokens).values_mut().for_each(|book| book.word = Some(Instant::now()));
    }

    /// A process has ended, and every connection with it.
    pub fn hangs_up(&self, owner: Owner) {
        lock(&self.tokens).values_mut().for_each(|book| book.flights.retain(|_, flight| flight.of != owner));
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

#[cfg(test)]
mod tests {
    use super::super::START;
    use super::*;

    const EXCHANGE: Duration = Duration::from_secs(20);
    const LEASE: Duration = Duration::from_secs(60);

    impl TokenBook {
        fn leased(&mut self, owner: Owner, at: Timestamp) {
            self.read_right(owner, Some((owner, at.after(LEASE))));
        }

        fn asks(&mut self, owner: Owner, shown: &str, at: Timestamp) -> Option<&'static str> {
            self.departs(owner, Some(shown), at.after(EXCHANGE), EXCHANGE).1
        }
    }

    /// Process 1 has asked and was stopped past its lease; 4 has asked under the next one.
    async fn late_answer() -> (TokenBook, Timestamp) {
        let mut book = TokenBook { refresh: Some("first".to_owned()), ..TokenBook::default() };
        book.leased(1, START);
        assert_eq!(book.asks(1, "first", START), None);
        tokio::time::advance(LEASE).await;
        let next = START.after(LEASE);
        book.leased(4, next);
        assert_eq!(book.asks(4, "first", next), None);
        (book, next)
    }

    #[tokio::test(start_paused = true)]
    async fn two_do_not_ask_at_once() {
        let (mut book, next) = late_answer().await;
        book.leased(5, next);
        assert_eq!(book.asks(5, "first", next), Some("while another request is under way"));
        tokio::time::advance(EXCHANGE).await;
        book.leased(5, next.after(EXCHANGE));
        assert_eq!(book.asks(5, "first", next.after(EXCHANGE)), None, "that one was given up");
    }

    #[tokio::test(start_paused = true)]
    async fn request_under_an_overtaken_right_keeps_nobody_from_asking() {
        let (mut book, next) = late_answer().await;
        book.flights.remove(&1);
        book.refresh = Some("second".to_owned());
        book.read_right(1, None);
        book.leased(1, next);
        assert_eq!(book.asks(1, "second", next), None);
        assert_eq!(book.asks(4, "first", next), Some("a second time under one lease"));
        book.leased(5, next);
        assert_eq!(book.asks(5, "second", next), Some("while another request is under way"));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_was_overtaken_asks_once_with_the_token_of_his_time() {
        for (shown, wrong) in
            [("first", None), ("second", Some("with a refresh token that is not the stored one"))]
        {
            let mut book = TokenBook { refresh: Some("first".to_owned()), ..TokenBook::default() };
            book.leased(4, START);
            book.refresh = Some("second".to_owned());
            book.read_right(1, None);
            assert_eq!(book.asks(4, shown, START), wrong);
            assert_eq!(book.asks(4, shown, START), Some("a second time under one lease"));
        }
    }
}
