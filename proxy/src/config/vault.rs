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

/// Said of a name or a path that leads nowhere and does not look like one.
const MAY_BE_SECRET: &str = "which is not shown, since it may be the secret itself";

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
        self.fetch_from(source, check_mode)
    }

    /// The same for a secret that nobody but its owner may read.
    pub(super) fn fetch_own(&self, source: &SecretSource) -> Result<SecretString, Unreadable> {
        self.fetch_from(source, |path, found| {
            check_mode(path, found)?;
            check_owner(path, found)
        })
    }

    fn fetch_from(
        &self,
        source: &SecretSource,
        check: impl Fn(&Path, &fs::Metadata) -> Result<(), Unreadable>,
    ) -> Result<SecretString, Unreadable> {
        let text = match source {
            SecretSource::Env(name) => (self.env)(name).ok_or_else(|| no_variable(name))?,
            SecretSource::File(path) => self.read_file(path, check)?,
        };
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err((format!("an empty secret in {source}"), "the secret".to_owned()));
        }
        Ok(SecretString::from(secret))
    }

    fn read_file(
        &self,
        named: &Path,
        check: impl Fn(&Path, &fs::Metadata) -> Result<(), Unreadable>,
    ) -> Result<String, Unreadable> {
        let path = &self.base_dir.join(named);
        let shown = path.display();
        let unreadable = |error: std::io::Error| match self.is_place(named) {
            true => (
                format!("a file {shown} that can't be read ({})", error.kind()),
                "a readable file holding the secret".to_owned(),
            ),
            false => (
                format!("a path to no file ({}), {MAY_BE_SECRET}", error.kind()),
                "the path of a readable file that holds the secret".to_owned(),
            ),
        };
        let file = fs::File::open(path).map_err(unreadable)?;
        let found = file.metadata().map_err(unreadable)?;
        if !found.is_file() {
            return Err((format!("{shown}, which is no file"), "a file holding the secret".to_owned()));
        }
        check(path, &found)?;
        let mut text = String::new();
        file.take(SECRET_BYTES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
        if text.len() as u64 > SECRET_BYTES_MAX {
            return Err((format!("more than {SECRET_BYTES_MAX} bytes in {shown}"), "a secret".to_owned()));
        }
        Ok(text)
    }

    /// Whether something is there, or one of the folders that the path itself names.
    fn is_place(&self, named: &Path) -> bool {
        let folders = named.ancestors().skip(1).filter(|folder| folder.file_name().is_some());
        let mut folders = folders.map(|folder| self.base_dir.join(folder));
        fs::symlink_metadata(self.base_dir.join(named)).is_ok() || folders.any(|folder| folder.is_dir())
    }
}

fn no_variable(name: &str) -> Unreadable {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if name.contains('_') && name.bytes().all(fits) {
        let expected = format!("the environment variable {name}, holding the secret");
        return (format!("no variable {name}"), expected);
    }
    let found = format!("no variable of this name, {MAY_BE_SECRET}");
    (found, "the name of an environment variable that holds the secret".to_owned())
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

/// Our own file needs no group. One of another's, read by our group, is how systemd and Kubernetes hand secrets over.
#[cfg(unix)]
fn check_owner(path: &Path, found: &fs::Metadata) -> Result<(), Unreadable> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    let mode = found.permissions().mode() & 0o777;
    let is_handed_over = fs::metadata("/proc/self").is_ok_and(|process| process.uid() != found.uid());
    if mode & 0o070 == 0 || is_handed_over {
        return Ok(());
    }
    let shown = path.display();
    Err((
        format!("{shown} with mode {mode:03o}, open to its whole group"),
        format!("a file for its owner alone: chmod 600 {shown}"),
    ))
}

#[cfg(not(unix))]
fn check_owner(_: &Path, _: &fs::Metadata) -> Result<(), Unreadable> {
    Ok(())
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &fs::Metadata) -> Result<(), Unreadable> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(source: &SecretSource) -> String {
        let vault = Vault { env: &|_| None, base_dir: Path::new("/") };
        let (found, expected) = vault.fetch(source).unwrap_err();
        format!("{found}, expected {expected}")
    }

    #[test]
    fn name_or_path_of_nothing_is_told_where_it_looks_like_one() {
        for name in ["API_KEY", "SPOTCAP_KEY_2"] {
            assert!(fault(&SecretSource::Env(name.to_owned())).contains(name), "{name}");
        }
        for path in ["/tmp/no-such-file", "tmp/no-such-file"] {
            assert!(fault(&SecretSource::File(path.into())).contains("/tmp/no-such-file"), "{path}");
        }
        let pem = format!("{}BEGIN C4N4RY\nAA", "-".repeat(5));
        for secret in ["c4n4ry", "C4N4RY", "c4n4ry_key", "/c4n4ry", "c4n4ry/c4n4ry==", &pem] {
            for source in [SecretSource::Env(secret.to_owned()), SecretSource::File(secret.into())] {
                let told = fault(&source);
                assert!(told.contains(MAY_BE_SECRET), "{told}");
                assert!(!told.to_lowercase().contains("c4n4ry"), "{told}");
            }
        }
    }
}
