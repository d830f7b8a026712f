//! Reads the file of `[delivery] ca_file`: the operator's own certificate authorities.
//!
//! Apart from the vault, which guards what nobody else may read: a certificate may be read by all, but whoever can
//! write here can stand between us and a partner.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use super::Finding;
use crate::transport::Authorities;

/// Largest file, in bytes: the whole set that a system trusts fits four times.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
const KEY: &str = "delivery.ca_file";

/// The authorities in the file; none where no file is named.
pub(super) fn read(file: &Path, base_dir: &Path) -> Result<Authorities, Finding> {
    if file.as_os_str().is_empty() {
        return Ok(Authorities::default());
    }
    let path = base_dir.join(file);
    let shown = path.display();
    let wrong = |found: String| {
        let expected = "a file of certificate authorities in PEM, or \"\" for the system's alone";
        Finding::new(KEY, found, expected)
    };
    let unreadable =
        |error: io::Error| wrong(format!("a file {shown} that can't be read ({})", error.kind()));
    // Before it is opened: a pipe would hold the start up.
    let found = fs::metadata(&path).map_err(unreadable)?;
    if !found.is_file() {
        return Err(wrong(format!("{shown}, which is no file")));
    }
    check_mode(&path, &found)?;
    let mut pem = Vec::new();
    let file = fs::File::open(&path).map_err(unreadable)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut pem).map_err(unreadable)?;
    if pem.is_empty() {
        return Err(wrong(format!("an empty file {shown}")));
    }
    if pem.len() as u64 > FILE_BYTES_MAX {
        return Err(wrong(format!("more than {FILE_BYTES_MAX} bytes in {shown}")));
    }
    Authorities::from_pem(&pem).map_err(|fault| wrong(format!("{fault} in {shown}")))
}

#[cfg(unix)]
fn check_mode(path: &Path, found: &fs::Metadata) -> Result<(), Finding> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = found.permissions().mode() & 0o777;
    if mode & 0o002 == 0 {
        return Ok(());
    }
    let shown = path.display();
    Err(Finding::new(
        KEY,
        format!("{shown} with mode {mode:03o}, which every user of this machine can change"),
        format!("a file that only its owner can change: chmod 644 {shown}"),
    ))
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &fs::Metadata) -> Result<(), Finding> {
    Ok(())
}
