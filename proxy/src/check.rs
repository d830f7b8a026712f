//! Tries an account without bringing a lead: is its partner there, does it know us, do the clocks agree.
//!
//! Apart from delivery, which is for leads: nothing here is stored, and what can't be known without a lead is said.

mod ask;
mod partner_clock;
mod reach;

use std::fmt;

use crate::account::Account;
use crate::clock::Clock;
use crate::config::Config;
use crate::transport::{Transport, TransportSetupError};

use reach::Reached;

/// What one step of a check has shown, for one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The account.
    pub account: String,
    /// Which step.
    pub step: Step,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found, and what to do where it is not well.
    pub note: String,
}

/// The steps of a check, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The forms whose leads go to the account.
    Forms,
    /// Its credentials are there and have their form.
    Credentials,
    /// The partner's addresses answer.
    Reach,
    /// The partner's clock and ours agree.
    Clock,
    /// The token endpoint gives a token.
    Token,
    /// The partner answers a request that changes nothing.
    Read,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Leads get there, but something should be mended.
    Warning,
    /// Leads would not get there.
    Failed,
    /// Nobody knows; the note says why.
    NotChecked,
}

impl Step {
    /// The word in the output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forms => "forms",
            Self::Credentials => "credentials",
            Self::Reach => "reach",
            Self::Clock => "clock",
            Self::Token => "token",
            Self::Read => "read",
        }
    }
}

impl Verdict {
    /// The word in the output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::NotChecked => "not checked",
        }
    }
}

/// One line of the output.
impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, step, verdict, note } = self;
        write!(f, "{:<11}  {account}  {:<11}  {note}", verdict.as_str(), step.as_str())
    }
}

/// Checks every account; `offline` leaves out whatever needs the network.
///
/// # Errors
/// When there is no client to speak with partners.
pub async fn check_accounts(
    config: &Config,
    clock: &Clock,
    offline: bool,
) -> Result<Vec<Checked>, TransportSetupError> {
    let transport = Transport::build(config.delivery.transport_limits())?;
    let mut all = Vec::new();
    for account in &config.accounts {
        let mut notes = Notes { account: account.id(), checked: Vec::new() };
        note_config(config, account, &mut notes);
        if offline {
            notes.add(
                Step::Reach,
                Verdict::NotChecked,
                "left out by --offline, and with it all that follows",
            );
        } else {
            check_online(&transport, clock, account, &mut notes).await;
        }
        all.append(&mut notes.checked);
    }
    Ok(all)
}

/// What is known without asking: whatever were wrong with it would have refused the configuration.
fn note_config(config: &Config, account: &Account, notes: &mut Notes<'_>) {
    let forms = config.forms.iter().filter(|form| form.account == account.id());
    let forms: Vec<String> = forms.map(|form| format!("{} v{}", form.id, form.version)).collect();
    let paused = if account.is_enabled() { "" } else { "; the account is disabled: its leads wait" };
    match forms.is_empty() {
        true => notes.add(Step::Forms, Verdict::NotChecked, format!("no form sends its leads here{paused}")),
        false => notes.add(Step::Forms, Verdict::Ok, format!("{}{paused}", forms.join(", "))),
    }
    let slots = account.connector().descriptor().credentials.iter();
    let there: Vec<&str> =
        slots.map(|slot| slot.name).filter(|slot| account.credential(slot).is_some()).collect();
    match there.is_empty() {
        true => notes.add(Step::Credentials, Verdict::Ok, "none are needed"),
        false => notes.add(Step::Credentials, Verdict::Ok, there.join(", ")),
    }
}

async fn check_online(transport: &Transport, clock: &Clock, account: &Account, notes: &mut Notes<'_>) {
    let mut dates = Vec::new();
    let mut is_there = true;
    for origin in reach::origins(account) {
        let Reached { verdict, note, date } = reach::reach(transport, clock, &origin).await;
        is_there &= verdict != Verdict::Failed;
        dates.extend(date);
        notes.add(Step::Reach, verdict, note);
    }
    let (verdict, note) = partner_clock::compare(&dates);
    notes.add(Step::Clock, verdict, note);
    if is_there {
        ask::ask(transport, clock, account, notes).await;
    } else {
        notes.add(Step::Read, Verdict::NotChecked, "an address of the partner can't be reached");
    }
}

/// The lines of one account.
struct Notes<'a> {
    account: &'a str,
    checked: Vec<Checked>,
}

impl Notes<'_> {
    fn add(&mut self, step: Step, verdict: Verdict, note: impl Into<String>) {
        self.checked.push(Checked { account: self.account.to_owned(), step, verdict, note: note.into() });
    }
}
