//! `lead-proxy accounts`: which accounts let their leads go, and a person's word on it.
//!
//! Apart from the configuration: this is how they stand in the running proxy.

use clap::Subcommand;
use serde_json::{Value, json};

use super::File;
use super::operator::{Desk, Who, column, columns, rows};
use super::table;

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(super) enum Accounts {
    /// List the accounts, what keeps them shut, and how many leads of each have not reached their partner.
    List {
        /// Write one JSON list for programs.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        file: File,
    },
    /// Let none of an account's leads go, until it is resumed.
    Stop(Word),
    /// Let an account's leads go, whatever has kept them.
    Resume(Word),
}

/// A word on one account.
#[derive(Debug, clap::Args)]
pub(super) struct Word {
    /// The account.
    account: String,
    /// Why, for the audit.
    #[arg(long)]
    why: String,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    file: File,
}

/// Does what the arguments say.
pub(super) fn run(command: Accounts) -> std::process::ExitCode {
    match command {
        Accounts::List { json, who, file } => super::with_config(&file.config, |config| {
            let answer = Desk::open(&config, &who)?.get("/v1/accounts")?;
            list(&answer, json);
            Ok(())
        }),
        Accounts::Stop(word) => say(&word, "stop", "stopped", "was stopped before"),
        Accounts::Resume(word) => say(&word, "resume", "open", "was open before"),
    }
}

fn list(answer: &Value, as_json: bool) {
    if as_json {
        let accounts = answer.get("accounts").cloned().unwrap_or_default();
        super::say(&accounts.to_string());
        return;
    }
    let counts = ["waiting", "leased", "held", "quarantined", "dead_letter", "merged"];
    let rows: Vec<_> = rows(answer, "accounts").iter().map(|account| to_row(account, &counts)).collect();
    let names: Vec<_> =
        ["account", "stands"].into_iter().chain(counts).chain(["reason", "since", "until"]).collect();
    table::print(&names, &rows);
}

fn to_row(account: &Value, counts: &[&str]) -> Vec<String> {
    let none = Value::Null;
    let closed = account.get("closed").unwrap_or(&none);
    let is = |name: &str| account.get(name) == Some(&Value::Bool(true));
    let waits = account.get("wait_until").is_some_and(|until| !until.is_null());
    let stands = match (is("known"), is("enabled"), closed.is_null()) {
        (false, ..) => "unknown".to_owned(),
        (true, false, _) => "disabled".to_owned(),
        (true, true, false) => column(closed, "cause"),
        (true, true, true) if waits => "waits".to_owned(),
        (true, true, true) => "open".to_owned(),
    };
    let mut row = vec![column(account, "account"), stands];
    row.extend(columns(account, counts));
    row.extend(columns(closed, &["reason", "since"]));
    row.push(column(account, "wait_until"));
    row
}

fn say(word: &Word, command: &str, done: &str, before: &str) -> std::process::ExitCode {
    super::with_config(&word.file.config, |config| {
        let name: String = url::form_urlencoded::byte_serialize(word.account.as_bytes()).collect();
        let desk = Desk::open(&config, &word.who)?;
        let answer = desk.post(&format!("/v1/accounts/{name}/{command}"), &json!({ "why": word.why }))?;
        let changed = answer.get("changed") == Some(&Value::Bool(true));
        super::say(&format!(
            "{} {}",
            word.account,
            if changed { format!("is {done}") } else { before.to_owned() }
        ));
        Ok(())
    })
}
