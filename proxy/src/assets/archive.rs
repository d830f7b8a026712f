//! The bundles of older versions: a page that has pinned one by its hash goes on working after an upgrade.
//!
//! Apart because it is the only place where the proxy writes files that it serves. Names are made of contents, so a file is
//! never written over, several replicas may share a folder, and what does not fit its name is not served.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;

use super::{Asset, read_dir};
use crate::config::Finding;
use crate::hex::hex;

/// How many characters of a content's hash stand in a file's name.
const HASH_LENGTH: usize = 16;

/// What is kept in a folder; nothing where it is not there yet.
pub(super) fn read(dir: &Path) -> Result<BTreeMap<String, Bytes>, Finding> {
    if !dir.exists() {
        return Ok(BTreeMap::new());
    }
    let mut files = read_dir(dir, "assets.archive")?;
    files.retain(|name, _| plain_name(name).is_some());
    let changed = files.iter().find(|(name, bytes)| plain_name(name) == Some(name) && !fits(name, bytes));
    if let Some((name, _)) = changed {
        let expected = "what its name says: take it away, or put the file of that version there";
        return Err(Finding::new("assets.archive", format!("{name:?} with other bytes"), expected));
    }
    Ok(files)
}

/// Puts these files beside those that are kept already.
pub(super) fn add(dir: &Path, files: &BTreeMap<String, Asset>) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    for (name, asset) in files {
        let siblings =
            [("", Some(&asset.plain)), (".br", asset.brotli.as_ref()), (".gz", asset.gzip.as_ref())];
        for (suffix, bytes) in siblings {
            let path = dir.join(format!("{name}{suffix}"));
            if let Some(bytes) = bytes.filter(|_| !path.exists()) {
                // Whole or not at all; another replica's half is never taken for ours.
                let partial = dir.join(format!(".{name}{suffix}.{}", std::process::id()));
                fs::write(&partial, bytes)?;
                fs::rename(&partial, &path)?;
            }
        }
    }
    Ok(())
}

/// The name without its compression's suffix, where it is one of a hashed file.
fn plain_name(name: &str) -> Option<&str> {
    let plain = name.strip_suffix(".br").or(name.strip_suffix(".gz")).unwrap_or(name);
    let is_hash = hash_of(plain)?.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then_some(plain)
}

fn hash_of(name: &str) -> Option<&str> {
    let (start, _) = name.rsplit_once('.')?;
    start.rsplit_once('.').map(|(_, hash)| hash).filter(|hash| hash.len() == HASH_LENGTH)
}

fn fits(name: &str, bytes: &Bytes) -> bool {
    let hash = hex(digest(&SHA256, bytes).as_ref());
    hash_of(name).is_some_and(|start| hash.starts_with(start))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::assets::pair_up;

    /// A file under the name that its bytes give it.
    fn named(text: &'static str) -> (String, Bytes) {
        let hash = hex(digest(&SHA256, text.as_bytes()).as_ref());
        (format!("loader.{}.js", hash.get(..HASH_LENGTH).unwrap()), Bytes::from(text))
    }

    #[test]
    fn what_was_added_is_read_again_beside_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let archive = dir.path().join("archive");
        assert!(read(&archive).unwrap().is_empty(), "not there yet");
        let ((one, first), (two, second)) = (named("1"), named("2"));
        let packed = [(one.clone(), first.clone()), (format!("{one}.br"), Bytes::from("packed"))];
        add(&archive, &pair_up(packed.into())).unwrap();
        add(&archive, &pair_up([(two.clone(), second)].into())).unwrap();
        add(&archive, &pair_up([(two.clone(), Bytes::from("never written over"))].into())).unwrap();
        let kept = read(&archive).unwrap();
        assert_eq!(kept.keys().collect::<Vec<_>>().len(), 3, "{:?}", kept.keys());
        assert_eq!((&kept[&one], &kept[&format!("{one}.br")][..]), (&first, &b"packed"[..]));
    }

    #[test]
    fn file_that_does_not_fit_its_name_is_refused_and_a_strange_one_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("notes.txt"), "x").unwrap();
        fs::write(dir.path().join("evil.js"), "x").unwrap();
        assert!(read(dir.path()).unwrap().is_empty());
        fs::write(dir.path().join(named("1").0), "2").unwrap();
        assert!(read(dir.path()).unwrap_err().found.contains("other bytes"));
    }
}
