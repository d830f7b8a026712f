//! What visitors were promised, held against what the store says and what the partners have.
//!
//! Apart from the campaigns that gather it (`crash`, `chaos`), so that all of them judge by the same rules. Pure but for
//! what reads the ledgers: same evidence, same count.

pub(crate) mod book;
pub(crate) mod count;
pub(crate) mod ledger;
mod overlaps;
pub(crate) mod partners;
#[cfg(test)]
mod tests;

use crate::{house::House, load::Sent};
use anyhow::Result;
use book::Book;
use ledger::Ledger;
use std::collections::BTreeMap;

/// Everything that a campaign has seen.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) sent: Vec<Sent>,
    /// By account.
    pub(crate) ledgers: BTreeMap<&'static str, Ledger>,
    pub(crate) book: Book,
}

impl Evidence {
    /// Asks the simulators and the store, once nothing is under way any more.
    pub(crate) fn gather(house: &House, sent: Vec<Sent>, mark: &str) -> Result<Self> {
        let mut ledgers = BTreeMap::new();
        for partner in partners::of(&sent) {
            let url = format!("{}/{}/ledger.json", house.ports.simulator_url(), partner.account);
            ledgers.insert(partner.account, Ledger::read(&house.web.json(&url)?, mark)?);
        }
        Ok(Self { sent, ledgers, book: Book::of(house)? })
    }
}
