//! `lead-proxy snippet FORM`: what an embedder copies into a page.
//!
//! Apart because it needs no socket and no store.

use anyhow::{Context as _, bail};

use crate::config::Config;
use crate::snippets::{Place, Way};

pub(super) fn run(config: &Config, form: &str, way: Option<Way>) -> anyhow::Result<()> {
    if !config.forms.iter().any(|known| known.id == form) {
        let known: Vec<&str> = config.forms.iter().map(|form| form.id.as_str()).collect();
        bail!("found no form {form:?}, expected one of {}", known.join(", "));
    }
    let (origin, loader) = (super::origin(config), config.assets.pinned_loader());
    let place = Place { origin: &origin, form, loader: loader.as_ref() };
    if let Some(way) = way {
        let missing =
            "found no files for browsers in this program, expected [assets] dir or a program built with them";
        super::say(&way.snippet(&place).context(missing)?);
        return Ok(());
    }
    let all =
        Way::ALL.iter().filter_map(|way| Some(format!("# {}\n\n{}", way.title(), way.snippet(&place)?)));
    super::say(&all.collect::<Vec<_>>().join("\n\n"));
    Ok(())
}
