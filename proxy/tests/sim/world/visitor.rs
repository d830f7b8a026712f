//! The visitors: send until somebody says that it is safe, and hold every later answer against the first.
//!
//! Apart because what was promised to them is what is counted at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lead_proxy::delivery::FirstOutcome;
use lead_proxy::ids::{IdempotencyKey, Receipt};
use lead_proxy::store::{Accepted, DuplicateRule, NewSubmission};
use lead_proxy::tasks::{self, Process};
use uuid::Uuid;

use super::lock;
use super::replica::House;
use super::script::LeadPlan;
use crate::accounts::seal;
use crate::dice::Dice;
use crate::numbers::{CORRECTED, NEXT_TIME};
use crate::promise::Promise;

/// How long a visitor's browser waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it tries.
const TRIES: u32 = 12;
/// How long after the first a second lead of one person counts as such.
const WINDOW: Duration = Duration::from_secs(300);

/// What was promised to whom.
#[derive(Default)]
pub struct Promises {
    /// The receipt of each lead that is said to be safe.
    pub safe: BTreeMap<u32, Receipt>,
    /// Every receipt under which a lead was ever sent.
    offered: BTreeMap<u32, BTreeSet<String>>,
}

/// One visitor's doings with one lead.
pub struct Visitor {
    pub house: Arc<House>,
    pub promises: Arc<Mutex<Promises>>,
    pub plan: LeadPlan,
    pub dice: Dice,
}

impl Visitor {
    /// From first to last.
    pub async fn visit(self) {
        let (number, corrected) = (self.plan.number, self.plan.number + CORRECTED);
        tokio::time::sleep(self.plan.at).await;
        if self.send(number, 0, self.plan.waits).await && self.plan.again {
            tokio::time::sleep(self.dice.seconds(0, 120)).await;
            self.send(number, TRIES, false).await;
        }
        if self.plan.corrects {
            tokio::time::sleep(self.dice.seconds(0, 120)).await;
            self.send(corrected, 0, false).await;
        }
    }

    /// Sends a lead until there is an answer, after so many times that it was sent before; whether there was one.
    async fn send(&self, lead: u32, before: u32, waits: bool) -> bool {
        for time in before..before + TRIES {
            if let Some(accepted) = self.send_once(lead, lead + time * NEXT_TIME, waits).await {
                self.hear(lead, accepted);
                return true;
            }
            tokio::time::sleep(self.dice.ms(500, 5_000)).await;
        }
        false
    }

    async fn send_once(&self, lead: u32, number: u32, waits: bool) -> Option<(Accepted, Receipt)> {
        let at = usize::try_from(self.dice.below(self.house.len() as u64)).unwrap_or(0);
        let life = self.house.life(at)?;
        let submission = self.submission(lead, number);
        let receipt = submission.receipt.clone();
        lock(&self.promises).offered.entry(lead).or_default().insert(receipt.to_string());
        let (store, delivery) = (Arc::clone(&life.store), Arc::clone(&life.delivery));
        // As the intake does it: in a task of its own.
        let accepting = tokio::spawn(tasks::within(Arc::clone(&life.body) as Arc<dyn Process>, async move {
            let accepted = store.accept(submission).await;
            if let Ok(Accepted::New(id)) = accepted {
                delivery.notify(id);
            }
            accepted
        }));
        let accepted = tokio::time::timeout(PATIENCE, accepting).await.ok()?.ok()?.ok()?;
        self.house.world.trace.note("safe", &[number.into(), life.owner], &|| format!("{accepted:?}"));
        if let (Accepted::New(id), true) = (&accepted, waits) {
            let (id, delivery) = (*id, Arc::clone(&life.delivery));
            let waiting = async move { delivery.wait(id, Duration::from_secs(2)).await };
            let waiting = tasks::within(Arc::clone(&life.body) as Arc<dyn Process>, waiting);
            if let Ok(outcome) = tokio::time::timeout(PATIENCE, waiting).await {
                self.hear_first(number, &outcome);
            }
        }
        Some((accepted, receipt))
    }

    fn submission(&self, lead: u32, number: u32) -> NewSubmission {
        let plan = &self.plan;
        // 100 bits of the seed's own chance.
        let receipt = loop {
            let bits = Uuid::from_u64_pair(self.dice.next(), self.dice.next()).as_u128();
            let placed = (bits >> 80 << 80)
                | (0x8 << 76)
                | ((bits >> 64) & 0xFFF) << 64
                | (0b10 << 62)
                | (bits & 0xFF_FFFF_FFFF);
            if let Some(receipt) = Receipt::from_uuid(Uuid::from_u128(placed)) {
                break receipt;
            }
        };
        let (high, low) = (u8::try_from(lead / 256).unwrap_or(0), u8::try_from(lead % 256).unwrap_or(0));
        NewSubmission {
            form: "sim".to_owned(),
            // Tells the checks which lead it is, and which time that it was sent.
            form_version: number,
            locale: "en".to_owned(),
            account: plan.kind.name().to_owned(),
            idempotency_key: IdempotencyKey::parse(&format!("key-of-visitor-{:04}", plan.number)).unwrap(),
            fingerprint: [high ^ low.rotate_left(3); 32],
            person: plan.person.map(|person| [person; 32]),
            duplicates: DuplicateRule { window: WINDOW, merge: plan.merge },
            quarantine: None,
            lead: seal(number, plan.kind, &receipt),
            receipt,
        }
    }

    /// Holds an answer against what was promised before.
    fn hear(&self, lead: u32, (accepted, receipt): (Accepted, Receipt)) {
        let mut promises = lock(&self.promises);
        let wrong = match accepted {
            Accepted::New(_) => {
                let first =
                    promises.safe.insert(lead, receipt.clone()).is_none_or(|earlier| earlier == receipt);
                (!first).then_some("is new a second time")
            }
            Accepted::Known { receipt, .. } => {
                let offered = promises.offered.get(&lead).is_some_and(|all| all.contains(receipt.as_str()));
                let safe = promises.safe.entry(lead).or_insert_with(|| receipt.clone());
                let same = *safe == receipt;
                (!(offered && same)).then_some("is known under another receipt")
            }
            Accepted::Refused { fields } => fields.is_empty().then_some("is refused for nothing"),
            Accepted::KeyReused => {
                let other = lead >= CORRECTED || promises.offered.contains_key(&(lead + CORRECTED));
                (!other).then_some("is said to have another's key")
            }
        };
        if let Some(wrong) = wrong {
            self.house.world.wrong(Promise::OneReceipt, format!("lead {lead} {wrong}"));
        }
    }

    /// Holds the word about the first attempt against what has happened.
    fn hear_first(&self, number: u32, outcome: &FirstOutcome) {
        let world = &self.house.world;
        let has_record = world.records_of(number) > 0;
        let wrong = match outcome {
            FirstOutcome::Delivered => !has_record,
            FirstOutcome::Rejected { fields } => has_record || fields.is_empty(),
            FirstOutcome::Pending => false,
        };
        if wrong {
            world.wrong(Promise::OneReceipt, format!("the visitor of lead {number} hears {outcome:?}"));
        }
    }
}
