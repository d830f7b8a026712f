//! Keeps the forms that are drawn from partners' schemas fresh: from the store at start, from the partner when it is time.
//!
//! Apart from the drawing: here is only when a partner is asked, and that an old form is better than none.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lead_model::FormDefinition;
use tokio::task::JoinHandle;

use super::Forms;
use super::draw::{Drawn, draw};
use crate::account::{Account, Accounts};
use crate::clock::{Clock, Timestamp};
use crate::connectors::{Call, Outcome, Reading, SchemaField};
use crate::exchange::Exchange;
use crate::mapping::check_cover_by;
use crate::store::{Store, StoredSchema};

/// First wait after a partner could not be asked; doubled each time, up to the time limit of a schema.
const RETRY_MIN: Duration = Duration::from_secs(30);

/// Whose schema it is.
type Key = (String, Option<String>);

/// Everything that the keeper needs.
pub(crate) struct SchemaKeeper {
    forms: Arc<Forms>,
    accounts: Arc<Accounts>,
    exchange: Exchange,
    store: Arc<dyn Store>,
    clock: Clock,
    /// How long a schema counts as fresh.
    life: Duration,
}

/// When a schema is to be fetched, and how often that failed in a row.
#[derive(Clone, Copy)]
struct Due {
    at: Timestamp,
    failures: u32,
}

impl SchemaKeeper {
    /// Keeps the forms of these partners fresh; a schema counts as fresh for so long.
    pub(crate) fn new(
        forms: &Arc<Forms>,
        accounts: &Arc<Accounts>,
        exchange: &Exchange,
        store: &Arc<dyn Store>,
        clock: &Clock,
        life: Duration,
    ) -> Self {
        Self {
            forms: Arc::clone(forms),
            accounts: Arc::clone(accounts),
            exchange: exchange.clone(),
            store: Arc::clone(store),
            clock: clock.clone(),
            life,
        }
    }

    /// Draws what the store has, then keeps everything fresh in the background. Nothing at all where no form wants it.
    pub(crate) async fn start(self) -> Option<JoinHandle<()>> {
        let now = self.clock.now();
        let mut due: BTreeMap<Key, Due> =
            self.forms.awaiting_schema().map(|form| (key_of(form), Due { at: now, failures: 0 })).collect();
        if due.is_empty() {
            return None;
        }
        match self.store.schemas().await {
            Ok(stored) => {
                for schema in stored {
                    let key = (schema.account, schema.organization);
                    // One that can't be read any more is fetched again.
                    let Ok(fields) = serde_json::from_str::<Vec<SchemaField>>(&schema.fields_json) else {
                        continue;
                    };
                    // Nor need one be waited out that does not fit the forms as they are now.
                    if let Some(due) = due.get_mut(&key).filter(|_| self.draw_all(&key, &fields)) {
                        due.at = schema.fetched_at.after(self.life);
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "the stored schemas of partners can't be read"),
        }
        Some(tokio::spawn(self.keep(due)))
    }

    async fn keep(self, mut due: BTreeMap<Key, Due>) {
        loop {
            let Some((key, next)) = due.iter().min_by_key(|(_, due)| due.at) else { return };
            let (key, next) = (key.clone(), *next);
            self.clock.sleep_until(next.at).await;
            let failures = if self.refresh(&key).await { 0 } else { next.failures.saturating_add(1) };
            let wait = match failures {
                0 => self.life,
                failures => {
                    RETRY_MIN.saturating_mul(1 << (failures - 1).min(10)).min(self.life.max(RETRY_MIN))
                }
            };
            due.insert(key, Due { at: self.clock.now().after(wait), failures });
        }
    }

    /// Asks the partner; whether there is a fresh schema now.
    async fn refresh(&self, key: &Key) -> bool {
        let Some(account) = self.accounts.get(&key.0) else { return false };
        let call = match &key.1 {
            Some(organization) => Call::PartnerSchema { organization },
            None => Call::Schema,
        };
        let why = match self.exchange.ask(account, &call).await {
            Ok(Ok(Reading::Schema(fields))) => return self.take(key, fields).await,
            Ok(Ok(_)) => "another_answer".to_owned(),
            Ok(Err(exchanged)) => why_of(&exchanged.outcome),
            Err(_) => "not_built".to_owned(),
        };
        tracing::warn!(
            account = account.id(),
            why,
            "the partner's schema could not be fetched: forms drawn from it stay as they are, or wait for it"
        );
        false
    }

    async fn take(&self, key: &Key, fields: Vec<SchemaField>) -> bool {
        // An unfit one must not take the place of a good one in the store, and the partner may soon tell another.
        if !self.draw_all(key, &fields) {
            return false;
        }
        let (account, organization) = key.clone();
        let fields_json = serde_json::to_string(&fields).unwrap_or_default();
        let schema = StoredSchema { account, organization, fetched_at: self.clock.now(), fields_json };
        if let Err(error) = self.store.save_schema(schema).await {
            tracing::warn!(%error, "a partner's schema could not be stored: the next start has to wait for the partner");
        }
        true
    }

    /// Draws every form of this schema; whether all are good. One that would be no good form keeps its last shape.
    fn draw_all(&self, key: &Key, schema: &[SchemaField]) -> bool {
        let Some(account) = self.accounts.get(&key.0) else { return false };
        let mut all_good = true;
        for definition in self.forms.awaiting_schema().filter(|form| key_of(form) == *key) {
            all_good &= self.serve(account, draw(definition, account, schema));
        }
        all_good
    }

    /// Serves a drawn form, if it is a good one; whether it is.
    fn serve(&self, account: &Account, drawn: Drawn) -> bool {
        let id = drawn.definition.id.clone();
        let wrong = drawn.definition.problems();
        if let Some(first) = wrong.first() {
            tracing::error!(
                form.id = id,
                path = first.path,
                problems = wrong.len(),
                "the partner's schema makes no good form, so the form stays as it was; own_fields can mend a field"
            );
            return false;
        }
        if let Some(first) = check_cover_by(&drawn.definition, account, &drawn.mapping).first() {
            tracing::error!(
                form.id = id,
                path = first.path,
                expected = first.expected,
                "the partner's schema leaves out what the partner insists on, so the form stays as it was"
            );
            return false;
        }
        account.set_form_mapping(&id, drawn.mapping);
        self.forms.serve(drawn.definition);
        true
    }
}

fn key_of(form: &FormDefinition) -> Key {
    (form.account.clone(), form.partner_organization.clone())
}

fn why_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Delivered { .. } => String::new(),
        Outcome::NotSent { why }
        | Outcome::Throttled { why, .. }
        | Outcome::Rejected { why, .. }
        | Outcome::Credential { why, .. }
        | Outcome::InDoubt { why } => why.to_string(),
    }
}
