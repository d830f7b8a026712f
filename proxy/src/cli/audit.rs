//! `lead-proxy audit`: what operators did, the newest first.
//!
//! Apart because it only looks.

use super::File;
use super::operator::{Desk, Who, columns, rows};
use super::table;

/// Which rows.
#[derive(Debug, clap::Args)]
pub(super) struct Audit {
    /// Those of one submission.
    #[arg(long)]
    receipt: Option<String>,
    /// Those of one account.
    #[arg(long)]
    account: Option<String>,
    /// Most rows, 1 to 1000.
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// Write one JSON list for programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    file: File,
}

/// Lists them.
pub(super) fn run(audit: &Audit) -> std::process::ExitCode {
    super::with_config(&audit.file.config, |config| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("receipt", &audit.receipt), ("account", &audit.account)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.append_pair("limit", &audit.limit.to_string());
        let answer = Desk::open(&config, &audit.who)?.get(&format!("/v1/audit?{}", query.finish()))?;
        if audit.json {
            super::say(&answer.get("entries").cloned().unwrap_or_default().to_string());
            return Ok(());
        }
        let names = ["at", "operator", "action", "receipt", "account", "was", "reference", "batch", "why"];
        let rows: Vec<_> = rows(&answer, "entries").iter().map(|entry| columns(entry, &names)).collect();
        table::print(&names, &rows);
        Ok(())
    })
}
