//! `lead-proxy forms`: the forms, one a line.
//!
//! Apart because its lines are read by scripts: id, version, account, languages, origins, separated by tabs.

use lead_model::FormDefinition;

use super::table;
use crate::config::Config;

pub(super) fn run(config: &Config) -> anyhow::Result<()> {
    let row = |form: &FormDefinition| {
        let languages: Vec<&str> = config.locales.of_form(form).collect();
        let origins: Vec<&str> = form.allowed_origins.iter().map(lead_model::Origin::as_str).collect();
        let version = form.version.to_string();
        let columns = [&form.id, &version, &form.account, &languages.join(","), &origins.join(",")];
        columns.into_iter().cloned().collect()
    };
    let rows: Vec<_> = config.forms.iter().map(row).collect();
    table::print(&["form", "version", "account", "languages", "origins"], &rows);
    Ok(())
}
