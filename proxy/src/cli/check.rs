//! `lead-proxy check`: the configuration as it counts, how each form covers its account, and whether each partner is
//! there and knows us.
//!
//! Apart because it starts nothing: no listener, no store. It sends no lead.

use anyhow::{Context as _, bail};

use crate::check::{Verdict, check_accounts};
use crate::clock::Clock;
use crate::config::Config;
use crate::notices::notices;

pub(super) fn run(config: &Config, offline: bool) -> anyhow::Result<()> {
    super::say("# The configuration as it counts. Secrets are places: none is printed.");
    super::say(&config.to_toml());
    super::say("# Forms and the accounts that they cover.");
    for form in &config.forms {
        // A form whose account it does not cover would have refused the configuration.
        super::say(&format!(
            "{} v{}: every required field of account {} is covered",
            form.id, form.version, form.account
        ));
    }
    for notice in notices(config) {
        super::say(&format!("# Notice: {notice}"));
    }
    super::say("# Accounts and their partners. No lead is sent.");
    let runtime = tokio::runtime::Runtime::new().context("could not start the runtime")?;
    let all = runtime.block_on(check_accounts(config, &Clock::system(), offline))?;
    for checked in &all {
        super::say(&checked.to_string());
    }
    let failed = all.iter().filter(|checked| checked.verdict == Verdict::Failed).count();
    if failed > 0 {
        bail!("{failed} of {} checks failed", all.len());
    }
    Ok(())
}
