//! `lead-proxy deliveries`: what has not reached its partner, and a person's word on it.
//!
//! Apart because all of it shows receipts and codes, nothing of a visitor. What only looks may run beside a proxy that is
//! stopped (`deliveries/list.rs`); what changes something speaks to the one that runs.

mod list;

use clap::{Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::operator::{Desk, Who, column, columns, rows};
use super::{File, history};
use crate::config::Config;

/// What can be done with deliveries.
#[derive(Debug, Subcommand)]
pub(super) enum Deliveries {
    /// List every delivery that has not reached its partner, also while no proxy runs.
    List {
        /// Write one JSON list for programs.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        file: File,
    },
    /// Write every delivery with its attempts, one JSON object a line, also while no proxy runs.
    History(File),
    /// Show all that is known of one: where it stands, its attempts, what operators did.
    Show {
        /// The receipt.
        receipt: String,
        /// Write one JSON object for programs.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        file: File,
    },
    /// Settle one that is held, a dead letter or merged.
    Resolve {
        /// The receipt.
        receipt: String,
        /// What becomes of it.
        #[arg(long = "as", value_enum)]
        decision: Decision,
        /// Why, for the audit: no more of a visitor than you must.
        #[arg(long)]
        why: String,
        /// The partner's own id for it, with --as delivered.
        #[arg(long)]
        reference: Option<String>,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        file: File,
    },
    /// Send many again, each under the receipt that it has.
    Replay {
        /// Why, for the audit.
        #[arg(long)]
        why: String,
        /// Most of them, 1 to 10000.
        #[arg(long, default_value_t = 10_000)]
        limit: u32,
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        file: File,
    },
}

/// Which deliveries.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Filter {
    /// Where they stand, with commas between: waiting, leased, held, dead_letter, merged.
    #[arg(long)]
    state: Option<String>,
    /// Their account.
    #[arg(long)]
    account: Option<String>,
    /// Their form.
    #[arg(long)]
    form: Option<String>,
    /// Their reason, as the list shows it.
    #[arg(long)]
    reason: Option<String>,
    /// Received so many hours ago at least.
    #[arg(long, value_name = "HOURS")]
    older_than: Option<u32>,
}

/// A person's decision.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Decision {
    /// The partner has it.
    Delivered,
    /// It is sent again, as if there had been no doubt.
    SendAgain,
    /// It is not sent any more.
    Drop,
}

/// Does what the arguments say.
pub(super) fn run(command: Deliveries) -> std::process::ExitCode {
    let file = match &command {
        Deliveries::List { file, .. }
        | Deliveries::History(file)
        | Deliveries::Show { file, .. }
        | Deliveries::Resolve { file, .. }
        | Deliveries::Replay { file, .. } => file.config.clone(),
    };
    super::with_config(&file, |config| act(&config, command))
}

fn act(config: &Config, command: Deliveries) -> anyhow::Result<()> {
    match command {
        Deliveries::List { json, filter, .. } => list::list(config, &filter, json),
        Deliveries::History(_) => history::run(config),
        Deliveries::Show { receipt, json, who, .. } => show(&Desk::open(config, &who)?, &receipt, json),
        Deliveries::Resolve { receipt, decision, why, reference, who, .. } => {
            resolve(&Desk::open(config, &who)?, &receipt, decision, &why, reference.as_deref())
        }
        Deliveries::Replay { why, limit, filter, who, .. } => {
            replay(&Desk::open(config, &who)?, &filter, &why, limit)
        }
    }
}

fn show(desk: &Desk, receipt: &str, as_json: bool) -> anyhow::Result<()> {
    let shown = desk.get(&path(receipt, ""))?;
    if as_json {
        super::say(&shown.to_string());
        return Ok(());
    }
    for (name, value) in shown.as_object().into_iter().flatten() {
        if !value.is_array() && !value.is_null() {
            super::say(&format!("{name}\t{}", column(&shown, name)));
        }
    }
    for problem in rows(&shown, "fields") {
        super::say(&format!("refused\t{}", columns(problem, &["field", "code"]).join("\t")));
    }
    for attempt in rows(&shown, "tries") {
        let line =
            columns(attempt, &["number", "state", "why", "status", "started_at", "ended_at"]).join("\t");
        super::say(&format!("attempt\t{line}"));
    }
    for entry in rows(&shown, "audit") {
        let line = columns(entry, &["at", "operator", "action", "was", "reference", "why"]).join("\t");
        super::say(&format!("audit\t{line}"));
    }
    Ok(())
}

fn resolve(
    desk: &Desk,
    receipt: &str,
    decision: Decision,
    why: &str,
    reference: Option<&str>,
) -> anyhow::Result<()> {
    // The one that was seen: whoever was quicker in between is not overruled.
    let seen = desk.get(&path(receipt, ""))?;
    let decision = match decision {
        Decision::Delivered => "delivered",
        Decision::SendAgain => "send_again",
        Decision::Drop => "drop",
    };
    let mut body = json!({ "as": decision, "why": why, "version": seen.get("version") });
    if let (Some(reference), Some(members)) = (reference, body.as_object_mut()) {
        members.insert("reference".to_owned(), reference.into());
    }
    let now = desk.post(&path(receipt, "/resolve"), &body)?;
    super::say(&format!("{receipt} was {} and is {}", column(&seen, "state"), column(&now, "state")));
    Ok(())
}

fn replay(desk: &Desk, filter: &Filter, why: &str, limit: u32) -> anyhow::Result<()> {
    let mut body = filter.members();
    body.insert("why".to_owned(), why.into());
    body.insert("limit".to_owned(), limit.into());
    let replayed = desk.post("/v1/deliveries/replay", &Value::Object(body))?;
    let (count, batch) = (column(&replayed, "sent_again"), column(&replayed, "batch"));
    super::say(&format!("{count} sent again; in the audit as {batch}"));
    Ok(())
}

/// The address of a delivery. A receipt has no letter that would have to be written otherwise; what has is none.
fn path(receipt: &str, rest: &str) -> String {
    let receipt: String = url::form_urlencoded::byte_serialize(receipt.as_bytes()).collect();
    format!("/v1/deliveries/{receipt}{rest}")
}

impl Filter {
    /// As the operator listener takes it.
    fn members(&self) -> Map<String, Value> {
        let texts = [
            ("state", &self.state),
            ("account", &self.account),
            ("form", &self.form),
            ("reason", &self.reason),
        ];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, Value::from(text.clone()?))));
        let hours = self.older_than.map(|hours| ("older_than_s", Value::from(u64::from(hours) * 3_600)));
        texts.chain(hours).map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
