//! Fetches secrets from where they lie, and refuses places that are not safe.
//!
//! Apart from `secret.rs`, which only names places, so that the reading of secrets is one short file.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use secrecy::SecretString;

use super::secret::SecretSource;

/// Largest secret, in bytes: an RSA key in PEM fits many times.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// Found and expected, for a finding; never with the secret.
pub(super) type Unreadable = (String, String);

/// Reads secrets from the environment given and from files.
pub(super) struct Vault<'a> {
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
    pub(super) base_dir: &'a Path,
}

impl Vault<'_> {
    /// The secret, without the line end that editors add.
    pub(super) fn fetch(&self, source: &SecretSource) -> Result<SecretString, Unreadable> {
        let text = match source {
            SecretSource::Env(name) => (self.env)(name).ok_or_else(|| {
                (
                    format!("no variable {name}"),
                    format!("the environment variable {name}, holding the secret"),
                )
            })?,
            SecretSource::File(path) => read_file(&self.base_dir.join(path))?,
        };
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err((format!("an empty secret in {source}"), "the secret".to_owned()));
        }
        Ok(SecretString::from(secret))
    }
}

fn read_file(path: &Path) -> Result<String, Unreadable> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| {
        (
            format!("a file {shown} that can't be read ({})", error.kind()),
            "a readable file holding the secret".to_owned(),
        )
    };
    let file = fs::File::open(path).map_err(unreadable)?;
    let found = file.metadata().map_err(unreadable)?;
    if !found.is_file() {
        return Err((format!("{shown}, which is no file"), "a file holding the secret".to_owned()));
    }
    check_mode(path, &found)?;
    let mut text = String::new();
    file.take(SECRET_BYTES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > SECRET_BYTES_MAX {
        return Err((format!("more than {SECRET_BYTES_MAX} bytes in {shown}"), "a secret".to_owned()));
    }
    Ok(text)
}

/// A secret that every user of the machine can read is none.
#[cfg(unix)]
fn check_mode(path: &Path, found: &fs::Metadata) -> Result<(), Unreadable> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = found.permissions().mode() & 0o777;
    if mode & 0o007 == 0 {
        return Ok(());
    }
    let shown = path.display();
    Err((
        format!("{shown} with mode {mode:03o}, open to every user of this machine"),
        format!("a file for its owner alone: chmod 600 {shown}"),
    ))
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &fs::Metadata) -> Result<(), Unreadable> {
    Ok(())
}
