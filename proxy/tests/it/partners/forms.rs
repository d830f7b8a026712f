//! Forms for the partners, as small as they can be.

use std::fs;
use std::path::Path;

const HEAD: &str = r#"
version = 1
allowed_origins = ["http://127.0.0.1:8090"]
default_locale = "en"
country = "GB"
[texts]
title = "A form"
submit = "Send"
success_title = "Thank you"
success_text = "We will be in touch."
"#;

/// A question of the vocabulary.
pub(super) fn field(name: &str, more: &str) -> String {
    format!("[[fields]]\nname = {name:?}\nlabel = {name:?}\nmax_length = 100\n{more}\n")
}

/// First name, last name and e-mail address, all required.
pub(super) fn person() -> String {
    ["first_name", "last_name", "email"].map(|name| field(name, "required = true")).concat()
}

/// Writes a folder of definitions: account, and what stands behind the head (before the texts where it begins with `^`).
pub(super) fn write(folder: &Path, forms: &[(&str, &str)]) {
    for (account, rest) in forms {
        let id = format!("for-{account}");
        let (top, fields) = match rest.strip_prefix('^') {
            Some(rest) => rest.split_once("^").unwrap_or((rest, "")),
            None => ("", *rest),
        };
        let text = format!("id = {id:?}\naccount = {account:?}\n{top}\n{HEAD}\n{fields}");
        fs::write(folder.join(format!("{id}.toml")), text).unwrap();
    }
}
