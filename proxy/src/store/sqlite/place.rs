//! Where the store lies in truth: its folder, the file behind a symbolic link, and no second name.
//!
//! Apart because the lock and the log lie beside the path: one file by two paths would have two of each, and two writers.

use std::path::{Path, PathBuf};

use crate::store::{Refusal, StoreError};

/// Refuses a folder that is not there, and a folder in the file's place.
pub(super) fn check_folder(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (found, remedy) = if !folder.is_dir() {
        (format!("the store's folder {} does not exist", folder.display()), "create it, for this user alone")
    } else if path.is_dir() {
        (format!("the store {} is a folder", path.display()), "name a file in it as store.path")
    } else {
        return Ok(());
    };
    Err(StoreError::Refused(Refusal { found, remedy: remedy.to_owned() }))
}

/// The one path of the file, with every symbolic link followed; the file itself need not be there yet.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, StoreError> {
    let resolved = if path.symlink_metadata().is_ok() {
        path.canonicalize()
    } else {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        folder.canonicalize().map(|folder| folder.join(path.file_name().unwrap_or_default()))
    };
    resolved.map_err(|error| {
        let shown = path.display();
        let (found, remedy) = if path.is_symlink() && error.kind() == std::io::ErrorKind::NotFound {
            (
                format!("the store {shown} is a symbolic link to a file that is missing"),
                "put that file back, or name the file itself as store.path",
            )
        } else {
            (
                format!("the store {shown} can't be found ({})", error.kind()),
                "correct store.path, or let this user read its folder",
            )
        };
        StoreError::Refused(Refusal { found, remedy: remedy.to_owned() })
    })
}

/// Refuses a file with a second name: whoever opens it by that name has another lock and another log.
#[cfg(unix)]
pub(super) fn check_names(path: &Path) -> Result<(), StoreError> {
    let names = path.metadata().map_or(1, |metadata| std::os::unix::fs::MetadataExt::nlink(&metadata));
    if names < 2 {
        return Ok(());
    }
    let found = format!("the store {} has {names} names (hard links)", path.display());
    let remedy = "remove the others, for a second proxy could open it by one of them".to_owned();
    Err(StoreError::Refused(Refusal { found, remedy }))
}

/// Without inodes nobody can tell.
#[cfg(not(unix))]
pub(super) fn check_names(_: &Path) -> Result<(), StoreError> {
    Ok(())
}
