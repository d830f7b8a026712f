//! `lead-proxy prefill FORM --value name=… --fixed name`: the address at which a form stands filled in.
//!
//! Apart because a customer's server makes such tokens itself; this is for one by hand, and to try a form.

use std::time::Duration;

use anyhow::{Context as _, bail};
use lead_model::{FormDefinition, RawValue, Values};

use crate::clock::Clock;
use crate::config::Config;
use crate::signed::{PREFILL_LIFE_MAX, sign_prefill};

const MINUTE: Duration = Duration::from_secs(60);

/// What the command is told of the token.
#[derive(Debug, clap::Args)]
pub(super) struct Filling {
    /// What a field holds: `first_name=Ada`, `news=true` for a box.
    #[arg(long = "value", value_name = "NAME=VALUE", required = true)]
    values: Vec<String>,
    /// A field that the visitor cannot change.
    #[arg(long, value_name = "NAME")]
    fixed: Vec<String>,
    /// For how many minutes it is good, 1 to 10080, which is a week.
    #[arg(long, default_value_t = 60)]
    minutes: u32,
}

pub(super) fn run(config: &Config, form: &str, filling: &Filling) -> anyhow::Result<()> {
    let Some(definition) = config.forms.iter().find(|known| known.id == form) else {
        let known: Vec<&str> = config.forms.iter().map(|form| form.id.as_str()).collect();
        bail!("found no form {form:?}, expected one of {}", known.join(", "));
    };
    let life = MINUTE * filling.minutes;
    if life.is_zero() || life > PREFILL_LIFE_MAX {
        let most = PREFILL_LIFE_MAX.as_secs() / MINUTE.as_secs();
        bail!("found --minutes {}, expected 1 to {most}", filling.minutes);
    }
    let values = read_values(definition, &filling.values)?;
    for name in &filling.fixed {
        if values.get(name).is_none() {
            bail!("found --fixed {name:?} without a value, expected the name of a --value");
        }
    }
    let account = config.accounts.iter().find(|account| account.id() == definition.account);
    let account = account.context("the form's account is missing")?;
    let token = sign_prefill(account, form, (values, filling.fixed.clone()), Clock::system().now(), life);
    let token = token.with_context(|| super::no_key(account.id()))?;
    super::say(&format!("{}/f/{form}#prefill={token}", super::origin(config)));
    Ok(())
}

/// The values by name, each a text or a box's state as its field is. What is wrong is told by its name and never repeated.
fn read_values(definition: &FormDefinition, pairs: &[String]) -> anyhow::Result<Values> {
    let mut values = Values::new();
    for pair in pairs {
        let (name, text) = pair.split_once('=').context("found a --value without =, expected NAME=VALUE")?;
        // The fields of a form that is drawn from a partner's schema are known to the running proxy alone.
        let field = definition.fields.iter().find(|field| field.name == name);
        if field.is_none() && !definition.fields.from_partner_schema() {
            let known: Vec<&str> = definition.fields.iter().map(|field| field.name.as_str()).collect();
            bail!("found no field {name:?}, expected one of {}", known.join(", "));
        }
        let value = match (field.is_some_and(|field| field.kind().is_box()), text) {
            (true, "true") => RawValue::Bool(true),
            (true, "false") => RawValue::Bool(false),
            (true, _) => bail!("found another value for the box {name:?}, expected true or false"),
            (false, text) => RawValue::Text(text.to_owned()),
        };
        values.set(name, value);
    }
    Ok(values)
}
