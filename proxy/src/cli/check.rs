//! `lead-proxy check`: the configuration as it counts, and how each form covers its account.
//!
//! Apart because it starts nothing: no socket, no store.

use crate::config::Config;
use crate::notices::notices;

pub(super) fn run(config: &Config) -> anyhow::Result<()> {
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
    Ok(())
}
