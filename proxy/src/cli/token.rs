//! `lead-proxy token ACCOUNT`: a panel token, and the address at which the panel stands open with it.
//!
//! Apart because a CRM's server makes such tokens itself; this is for one by hand, and to try the panel.

use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::clock::Clock;
use crate::config::Config;
use crate::signed::{PANEL_TOKEN_LIFE_MAX, Scope, read_panel_token, sign_panel_token};

const MINUTE: Duration = Duration::from_secs(60);

/// What the command is told of the token.
#[derive(Debug, clap::Args)]
pub(super) struct Wanted {
    /// What is allowed: `read`, or `write`, which includes reading.
    #[arg(long, value_enum, default_value = "read")]
    scope: ScopeWord,
    /// The only record that may be reached, by the partner's id.
    #[arg(long, value_name = "ID")]
    record: Option<String>,
    /// Who the person is, for the audit: an id, no name.
    #[arg(long, default_value = "lead-proxy-token")]
    sub: String,
    /// For how many minutes it is good, 1 to 15.
    #[arg(long, default_value_t = 10)]
    minutes: u32,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ScopeWord {
    Read,
    Write,
}

pub(super) fn run(config: &Config, account: &str, wanted: &Wanted) -> anyhow::Result<()> {
    let life = MINUTE * wanted.minutes;
    if life.is_zero() || life > PANEL_TOKEN_LIFE_MAX {
        let most = PANEL_TOKEN_LIFE_MAX.as_secs() / MINUTE.as_secs();
        bail!("found --minutes {}, expected 1 to {most}", wanted.minutes);
    }
    let account = super::find_account(config, account)?;
    let scope = match wanted.scope {
        ScopeWord::Read => Scope::Read,
        ScopeWord::Write => Scope::Write,
    };
    let now = Clock::system().now();
    let token = sign_panel_token(account, scope, &wanted.sub, wanted.record.as_deref(), now, life);
    let token = token.with_context(|| super::no_key(account.id()))?;
    if read_panel_token(account, &token, now).is_err() {
        bail!("found another --sub or --record, expected 1 to 256 bytes without control characters");
    }
    super::say(&token);
    let record = wanted.record.as_deref().map(|id| format!("&record={}", in_fragment(id)));
    let origin = super::origin(config);
    super::say(&format!("{origin}/panel/{}#token={token}{}", account.id(), record.unwrap_or_default()));
    Ok(())
}

/// A record's id as a fragment has it.
fn in_fragment(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>().replace('+', "%20")
}
