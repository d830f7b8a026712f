//! What `initdb` makes, made once a machine and version, and copied for every server.
//!
//! Apart because `initdb` takes half a second, and a copy a twentieth of that.

use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};

use crate::programs::{Programs, run};
use crate::{DATABASE, ROLE, SUPERUSER};

/// Counted up whenever what is made changes, so that no older one is taken for it.
const EDITION: u32 = 2;
/// Our note in the template: how many files it has.
const COUNT: &str = "pg-server-files";

/// Fills an empty folder of the server's user with a new cluster.
pub(crate) fn copy_to(programs: &Programs, folder: &Path) -> Result<()> {
    let template = template(programs)?;
    copy(programs, &template, folder).with_context(|| format!("could not copy {}", template.display()))
}

/// The template of this version, made where it is not there or not whole.
fn template(programs: &Programs) -> Result<PathBuf> {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let version: String = programs.version.chars().map(plain).collect();
    let name = format!("pg-server-{}-{EDITION}-{version}", programs.owner()?);
    let kept = std::env::temp_dir().join(&name);
    let lock = File::create(std::env::temp_dir().join(format!("{name}.lock")))
        .context("could not make the template's lock file")?;
    lock.lock().context("could not lock the template")?;
    if is_whole(&kept) {
        if !programs.is_private(&kept) {
            bail!("found {} in other hands, expected the server's user's: remove it", kept.display());
        }
        return Ok(kept);
    }
    if kept.exists() {
        fs::remove_dir_all(&kept).with_context(|| format!("could not remove {}", kept.display()))?;
    }
    make(programs, &kept)?;
    Ok(kept)
}

/// Whether nothing is missing: systems clean their temporary folders file by file.
fn is_whole(kept: &Path) -> bool {
    let noted = fs::read_to_string(kept.join(COUNT)).ok().and_then(|text| text.trim().parse().ok());
    noted.is_some_and(|noted: usize| count(kept).is_ok_and(|found| found == noted))
}

/// The files of a folder and of those in it, but for our own note.
fn count(folder: &Path) -> Result<usize> {
    let mut files = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        files += if entry.file_type()?.is_dir() {
            count(&entry.path())?
        } else {
            usize::from(entry.file_name() != COUNT)
        };
    }
    Ok(files)
}

fn make(programs: &Programs, kept: &Path) -> Result<()> {
    let parent = kept.parent().context("the template's folder has none above it")?;
    let beside = tempfile::Builder::new().prefix("pg-server-new-").tempdir_in(parent)?;
    programs.hand_over(beside.path())?;
    let cluster = beside.path().join("cluster");
    let mut initdb = programs.command("initdb");
    initdb.arg("--pgdata").arg(&cluster).args(["--username", SUPERUSER, "--auth", "trust"]);
    initdb.args(["--encoding", "UTF8", "--locale", "C"]);
    // Segments of 1 MiB: a new cluster is half as large. Not synced: it can be made anew.
    initdb.args(["--wal-segsize", "1", "--no-sync"]);
    run(&mut initdb)?;
    let mut single = programs.command("postgres");
    single.arg("--single").arg("-D").arg(&cluster).arg("postgres");
    let script = beside.path().join("statements.sql");
    fs::write(&script, statements())?;
    run(single.stdin(Stdio::from(File::open(&script)?)))?;
    fs::write(cluster.join(COUNT), count(&cluster)?.to_string())?;
    fs::rename(&cluster, kept).with_context(|| format!("could not make {}", kept.display()))
}

/// One line a statement, as the server reads them by itself. Two databases are enough, and each is three hundred files
/// that every server would copy: the superuser's own, which later ones are copied from, and one for the caller.
fn statements() -> String {
    format!(
        "CREATE ROLE {ROLE} LOGIN\nCREATE DATABASE {DATABASE} OWNER {ROLE}\n\
         UPDATE pg_database SET datistemplate = false\nDROP DATABASE template0\nDROP DATABASE template1\n"
    )
}

fn copy(programs: &Programs, from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            fs::DirBuilder::new().mode(0o700).create(&target)?;
            copy(programs, &source, &target)?;
        } else {
            fs::copy(&source, &target)?;
            fs::set_permissions(&target, fs::Permissions::from_mode(0o600))?;
        }
        programs.hand_over(&target)?;
    }
    Ok(())
}
