//! The partner's prospects: found, searched, paged, made, changed.
//!
//! Apart from `prospect.rs`, which knows one of them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::prospect::{Prospect, REFERENCE, uuid};
use super::target::Page;

/// Every prospect, oldest first.
#[derive(Default)]
pub(super) struct Records {
    prospects: Vec<Prospect>,
    /// How many there have ever been: the next one's id.
    made: u64,
}

impl Records {
    pub(super) fn all(&self) -> &[Prospect] {
        &self.prospects
    }

    pub(super) fn by_id(&self, id: &str) -> Option<&Prospect> {
        self.prospects.iter().find(|prospect| prospect.id() == id)
    }

    pub(super) fn by_reference(&self, reference: &str) -> Option<&Prospect> {
        self.prospects.iter().find(|prospect| prospect.external_reference() == Some(reference))
    }

    /// Makes a prospect with an id of its own, and keeps it not yet.
    pub(super) fn draft(&mut self, members: Map<String, Value>) -> Prospect {
        self.made += 1;
        Prospect::new(self.made, format!("{:.3}", Timestamp::now()), members)
    }

    pub(super) fn keep(&mut self, prospect: Prospect) {
        self.prospects.push(prospect);
    }

    /// Puts a changed prospect where it was.
    pub(super) fn replace(&mut self, changed: Prospect) {
        if let Some(prospect) = self.prospects.iter_mut().find(|prospect| prospect.id() == changed.id()) {
            *prospect = changed;
        }
    }

    /// Tells whether a body names a reference that a prospect has.
    pub(super) fn has_reference_of(&self, members: &Map<String, Value>) -> bool {
        let reference = members.get(REFERENCE).and_then(Value::as_str);
        reference.is_some_and(|reference| self.by_reference(reference).is_some())
    }

    /// Adds so many prospects that nobody made, each with all that a prospect can have.
    pub(super) fn seed(&mut self, count: usize) {
        for _ in 0..count {
            let number = self.made + 1;
            let mut members = Map::new();
            let mut set = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
            set(REFERENCE, json!(uuid(0x5e, number)));
            set("firstName", json!("Seed"));
            set("lastName", json!(format!("Prospect {number}")));
            set("email", json!(format!("seed-{number}@example.com")));
            set("dateOfBirth", json!("1990-01-31"));
            set("phoneNumber", json!(format!("+44000{number:07}")));
            let prospect = self.draft(members);
            self.keep(prospect);
        }
    }

    /// Answers a list; a page behind the last is empty.
    pub(super) fn page(&self, wanted: &Page) -> Value {
        let keyword = wanted.keyword.as_deref().unwrap_or_default();
        let found: Vec<_> = self.prospects.iter().filter(|prospect| prospect.mentions(keyword)).collect();
        let skipped = (wanted.page - 1).saturating_mul(wanted.limit);
        let items: Vec<_> =
            found.iter().skip(skipped).take(wanted.limit).map(|prospect| prospect.to_json()).collect();
        json!({
            "meta": {
                "currentPage": wanted.page,
                "itemCount": items.len(),
                "itemsPerPage": wanted.limit,
                "totalItems": found.len(),
                "totalPages": found.len().div_ceil(wanted.limit),
            },
            "items": items,
        })
    }
}
