//! `lead-proxy link FORM --reference REF`: the address at which somebody completes one record of the partner's.
//!
//! Apart because a CRM's server makes such links itself; this is for one link by hand, and to try a form.

use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::clock::Clock;
use crate::config::Config;
use crate::signed::{LINK_LIFE_MAX, sign_link};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Longest reference, as those who read links take it.
const REFERENCE_BYTES_MAX: usize = 256;

pub(super) fn run(config: &Config, form: &str, reference: &str, days: u32) -> anyhow::Result<()> {
    let completing = || config.forms.iter().filter(|form| form.completes);
    let Some(definition) = completing().find(|known| known.id == form) else {
        let known: Vec<&str> = completing().map(|form| form.id.as_str()).collect();
        let expected = if known.is_empty() {
            "a form with completes = true; there is none".to_owned()
        } else {
            format!("one of {}", known.join(", "))
        };
        bail!("found no form {form:?} that completes a record, expected {expected}");
    };
    let life = DAY * days;
    if life.is_zero() || life > LINK_LIFE_MAX {
        bail!("found --days {days}, expected 1 to {}", LINK_LIFE_MAX.as_secs() / DAY.as_secs());
    }
    if reference.is_empty() || reference.len() > REFERENCE_BYTES_MAX || reference.contains(char::is_control) {
        bail!(
            "found another --reference, expected 1 to {REFERENCE_BYTES_MAX} bytes without control characters"
        );
    }
    let account = config.accounts.iter().find(|account| account.id() == definition.account);
    let account = account.context("the form's account is missing")?;
    let link = sign_link(account, form, reference, Clock::system().now(), life)
        .with_context(|| super::no_key(account.id()))?;
    super::say(&format!("{}/f/{form}?link={link}", super::origin(config)));
    Ok(())
}
