//! `lead-proxy render FORM`: the hosted page's HTML as a browser would get it, for measuring and looking.
//!
//! Apart because it needs no socket and no store.

use anyhow::Context as _;
use lead_model::Values;

use crate::account::Accounts;
use crate::clock::Clock;
use crate::config::Config;
use crate::forms::Forms;
use crate::keys::IndexKey;
use crate::render::{FormPage, Look, PageMode, Setting, form_page};
use crate::token::Tokens;

pub(super) fn run(config: Config, form: &str, locale: Option<&str>) -> anyhow::Result<()> {
    let known: Vec<&str> = config.forms.iter().map(|form| form.id.as_str()).collect();
    let missing = format!("found no form {form:?}, expected one of {}", known.join(", "));
    let accounts = Accounts::new(config.accounts);
    let forms = Forms::new(config.forms, &accounts, std::sync::Arc::new(config.locales));
    let served = forms.get(form).context(missing)?;
    let text = served.in_language(locale.into_iter()).context("the form has no language")?;
    // Looks like one of a store's own; a running proxy would not take it.
    let page = FormPage {
        setting: Setting {
            mode: PageMode::Hosted,
            parent_origin: None,
            theme: None,
            look: Look::of(&served.definition),
            link: None,
            prefill: None,
        },
        text,
        action: &format!("/f/{form}"),
        token: &Tokens::new(&IndexKey::new(IndexKey::random()), Clock::system()).issue(form),
        values: &Values::new(),
        problems: &[],
        notice: None,
    };
    super::say(form_page(&config.assets, &page).trim_end());
    Ok(())
}
