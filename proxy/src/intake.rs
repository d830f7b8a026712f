//! From a submission to a stored lead: check, map, store, and wait a moment for the first attempt.
//!
//! Apart from the routes so that the JSON door and the plain form's door are one and the same intake.

pub(crate) mod body;
mod campaign;
mod fingerprint;
mod goes_on;
mod person;
pub(crate) mod prefill;
pub(crate) mod purpose;
pub(crate) mod record;

use std::sync::Arc;
use std::time::Duration;

use lead_model::{
    NormalValues, Problem, ProblemCode, Source, SubmissionAnswer, SubmissionState, Values, campaign_of, check,
};

use crate::account::Accounts;
use crate::clock::Clock;
use crate::consents::{self, Consent};
use crate::crash;
use crate::delivery::{Delivery, FirstOutcome};
use crate::forms::{FormText, ServedForm};
use crate::ids::{DeliveryId, IdempotencyKey, Receipt};
use crate::keys::{Keys, LeadAddress, LeadContent};
use crate::left_behind::LeftBehind;
use crate::mapping::{Said, check_payload};
use crate::robots::{Robots, Signs};
use crate::store::{Accepted, DuplicateRule, NewSubmission, Purpose, Store, StoreError};

use fingerprint::fingerprint;
use goes_on::GoesOn;
use prefill::Prefilled;

/// Longest address of a host page that is kept, in bytes.
const PAGE_BYTES_MAX: usize = 2_048;

/// Takes submissions.
pub(crate) struct Intake {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) clock: Clock,
    /// How long an answer waits for the first attempt.
    pub(crate) inline_wait: Duration,
    pub(crate) left_behind: LeftBehind,
    pub(crate) robots: Robots,
}

/// One submission as it came through a door.
pub(crate) struct Offer<'a> {
    pub(crate) form: &'a ServedForm,
    /// The form in the visitor's language.
    pub(crate) text: &'a FormText,
    pub(crate) form_version: u32,
    pub(crate) key: IdempotencyKey,
    pub(crate) values: Values,
    pub(crate) source: Source,
    /// What it is for: a new lead, or the record of the link by which the form was opened.
    pub(crate) purpose: Purpose,
    /// What a signed token has filled in; the default where there was none.
    pub(crate) prefilled: Prefilled,
    /// What tells a person from a robot.
    pub(crate) signs: Signs,
}

/// What becomes of a submission.
pub(crate) enum Verdict {
    /// Safe; the lead will reach its partner or has.
    Safe(SubmissionAnswer),
    /// Nothing is stored: these rules are broken.
    Invalid(Vec<Problem>),
    /// The partner has refused these fields.
    Refused(Vec<Problem>),
    /// The key belongs to a submission with other values.
    KeyReused,
    /// It is not known to be stored; the same key may be sent again.
    Unavailable,
}

impl Intake {
    /// Checks, stores and, for a moment, waits.
    pub(crate) async fn take(&self, mut offer: Offer<'_>) -> Verdict {
        offer.source.campaign = campaign_of(std::mem::take(&mut offer.source.campaign));
        campaign::fill_hidden(&offer.text.form, &mut offer.values, &offer.source.campaign);
        let values = match checked(&offer) {
            Ok(values) => values,
            Err(problems) => return Verdict::Invalid(without_foreign_names(problems)),
        };
        let Some(account) = self.accounts.get(&offer.form.definition.account) else {
            // Ruled out at start; a visitor is asked to come back rather than told of our configuration.
            tracing::error!(form.id = offer.form.definition.id, "form has no account");
            return Verdict::Unavailable;
        };
        let receipt = Receipt::at(self.clock.now());
        let text = &offer.text.form;
        let consents = consents::given(text, &values, offer.form_version, self.clock.now());
        if let Err(problems) =
            check_payload(text, account, &receipt, Said { values: &values, consents: &consents })
        {
            return Verdict::Invalid(problems);
        }
        let form = &offer.form.definition;
        let quarantine = self.robots.quarantine((&form.id, &form.robots), &offer.key, &offer.signs);
        self.keep(NewSubmission {
            quarantine,
            ..new_submission(&self.keys, &offer, receipt, (values, consents))
        })
        .await
    }

    /// Stores a checked submission and, for a moment, waits.
    async fn keep(&self, submission: NewSubmission) -> Verdict {
        let receipt = submission.receipt.clone();
        let quarantined = submission.quarantine.as_ref().map(|why| (submission.account.clone(), why.clone()));
        match self.accept(submission).await {
            Ok(Accepted::New(delivery)) if let Some((account, why)) = quarantined => {
                tracing::warn!(
                    delivery.id = %delivery, %receipt, account, why,
                    "a lead looks like a robot's: it is held in quarantine for a person to send or to drop"
                );
                Verdict::Safe(answer(&receipt, SubmissionState::Received))
            }
            Ok(Accepted::New(delivery)) => self.first_outcome(delivery, receipt).await,
            Ok(Accepted::Known { receipt, state }) => Verdict::Safe(answer(&receipt, state)),
            Ok(Accepted::Refused { fields }) => Verdict::Refused(fields),
            Ok(Accepted::KeyReused) => Verdict::KeyReused,
            Err(error) => {
                tracing::error!(error = %error, cause = std::error::Error::source(&error).map(tracing::field::display), "submission not stored");
                Verdict::Unavailable
            }
        }
    }

    /// A visitor who goes away in the middle must not keep a stored lead from being sent.
    async fn accept(&self, submission: NewSubmission) -> Result<Accepted, StoreError> {
        let (store, delivery) = (Arc::clone(&self.store), Arc::clone(&self.delivery));
        let accepting = GoesOn::new(&self.left_behind, async move {
            crash::point("accept.checked");
            let accepted = store.accept(submission).await;
            crash::point("accept.stored");
            if let Ok(Accepted::New(id)) = accepted {
                delivery.notify(id);
            }
            accepted
        });
        accepting.await
    }

    async fn first_outcome(&self, delivery: DeliveryId, receipt: Receipt) -> Verdict {
        match self.delivery.wait(delivery, self.inline_wait).await {
            FirstOutcome::Delivered => Verdict::Safe(answer(&receipt, SubmissionState::Delivered)),
            FirstOutcome::Rejected { fields } if !fields.is_empty() => Verdict::Refused(fields),
            // Refused for a reason that no visitor can mend: the lead is kept, and the operator acts.
            FirstOutcome::Rejected { .. } | FirstOutcome::Pending => {
                Verdict::Safe(answer(&receipt, SubmissionState::Received))
            }
        }
    }
}

/// The form's rules, and those of the token that has filled it in: who changes what that fixes is told so, and nothing else
/// of the same field.
fn checked(offer: &Offer<'_>) -> Result<NormalValues, Vec<Problem>> {
    let form = &offer.text.form;
    let changed = offer.prefilled.changed(form, &offer.values);
    match check(form, &offer.values) {
        checked if changed.is_empty() => checked,
        checked => {
            let mut problems = checked.err().unwrap_or_default();
            problems.retain(|problem| changed.iter().all(|changed| changed.field != problem.field));
            problems.splice(0..0, changed);
            Err(problems)
        }
    }
}

fn answer(receipt: &Receipt, state: SubmissionState) -> SubmissionAnswer {
    SubmissionAnswer { receipt: receipt.as_str().to_owned(), state }
}

fn new_submission(
    keys: &Keys,
    offer: &Offer<'_>,
    receipt: Receipt,
    (values, consents): (NormalValues, Vec<Consent>),
) -> NewSubmission {
    let form = &offer.form.definition;
    let page = offer.source.page.as_deref().and_then(clean_page);
    let content = LeadContent {
        values,
        source: Source { mode: offer.source.mode, page, campaign: offer.source.campaign.clone() },
        purpose: offer.purpose.clone(),
        consents,
    };
    NewSubmission {
        form_version: offer.form_version,
        locale: offer.text.form.locale.clone(),
        duplicates: person::rule(form.duplicates),
        ..sealed(keys, receipt, (&form.id, &form.account), &offer.key, &content)
    }
}

/// A submission with its content sealed, of no certain version and language, and a duplicate of none.
fn sealed(
    keys: &Keys,
    receipt: Receipt,
    (form, account): (&str, &str),
    key: &IdempotencyKey,
    content: &LeadContent,
) -> NewSubmission {
    let address = LeadAddress { receipt: receipt.as_str(), form, account };
    NewSubmission {
        form: form.to_owned(),
        form_version: 1,
        locale: String::new(),
        account: account.to_owned(),
        idempotency_key: fingerprint::kept_key(&keys.index, form, key),
        fingerprint: fingerprint(&keys.index, form, key, content),
        person: person::person(&keys.index, account, content),
        duplicates: DuplicateRule::default(),
        quarantine: None,
        lead: keys.ring.seal_lead(&address, content),
        receipt,
    }
}

/// A page's address without user, query and fragment, where personal data may stand; nothing for anything else.
fn clean_page(page: &str) -> Option<String> {
    let mut url = url::Url::parse(page).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_query(None);
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(url.to_string()).filter(|page| page.len() <= PAGE_BYTES_MAX)
}

/// Names that the form does not have come from outside: told once and not repeated.
fn without_foreign_names(problems: Vec<Problem>) -> Vec<Problem> {
    let (foreign, mut own): (Vec<_>, Vec<_>) =
        problems.into_iter().partition(|problem| problem.code == ProblemCode::UnknownField);
    if !foreign.is_empty() {
        own.push(Problem::new("", ProblemCode::UnknownField));
    }
    own
}

#[cfg(test)]
mod tests {
    use super::clean_page;

    #[test]
    fn page_is_kept_without_what_may_be_personal() {
        assert_eq!(
            clean_page("https://u:p@shop.example/a?mail=x#y").as_deref(),
            Some("https://shop.example/a")
        );
        for page in ["javascript:alert(1)", "shop", "", "file:///etc/passwd"] {
            assert_eq!(clean_page(page), None, "{page}");
        }
        assert_eq!(clean_page(&format!("https://shop.example/{}", "a".repeat(3_000))), None);
    }
}
