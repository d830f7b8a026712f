//! Where PostgreSQL's programs lie, and as whom they run.
//!
//! Apart because both are the machine's to decide: Debian keeps the server's programs off the PATH, and PostgreSQL does
//! not start as root.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Below it Debian keeps one folder a major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The oldest major version that the project's store takes.
const OLDEST: u32 = 13;

/// The folder of one version's programs, and who runs them.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    pub(crate) folder: PathBuf,
    /// The version in full, as `postgres --version` tells it.
    pub(crate) version: String,
    /// User and group, where we are root and they must not be.
    runs_as: Option<(u32, u32)>,
}

impl Programs {
    /// Finds the newest version on this machine.
    pub(crate) fn find() -> Result<Self> {
        let Some(folder) = newest_of_debian(Path::new(DEBIAN)).or_else(on_path) else {
            bail!(
                "found no `postgres` below {DEBIAN} or on the PATH: install PostgreSQL 13 or newer (Debian: `apt-get install postgresql`)"
            )
        };
        let programs = Self { folder, version: String::new(), runs_as: runs_as()? };
        let says = run(programs.command("postgres").arg("--version"))?.trim().to_owned();
        if major(&says) < Some(OLDEST) {
            bail!("found {says} in {}, expected {OLDEST} or newer", programs.folder.display());
        }
        Ok(Self { version: says, ..programs })
    }

    /// A command that knows nothing of our environment and speaks English.
    pub(crate) fn command(&self, program: &str) -> Command {
        #[expect(clippy::disallowed_methods, reason = "the one place that makes a Command")]
        let mut command = Command::new(self.folder.join(program));
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").env("TZ", "UTC");
        command.current_dir("/").stdin(Stdio::null());
        if let Some((user, group)) = self.runs_as {
            command.uid(user).gid(group);
        }
        command
    }

    /// A shell's script, as the same user.
    pub(crate) fn shell(&self, script: &str) -> Command {
        let mut command = self.command("/bin/sh");
        command.args(["-c", script]);
        command
    }

    /// Gives a file or folder to the user who runs the server.
    pub(crate) fn hand_over(&self, path: &Path) -> Result<()> {
        let Some((user, group)) = self.runs_as else { return Ok(()) };
        chown(path, Some(user), Some(group))
            .with_context(|| format!("could not give {} to the server's user", path.display()))
    }

    /// Whether a folder belongs to us and is closed to everybody else.
    pub(crate) fn is_private(&self, folder: &Path) -> bool {
        let Ok(found) = std::fs::symlink_metadata(folder) else { return false };
        found.is_dir() && self.owner().is_ok_and(|owner| found.uid() == owner) && found.mode() & 0o077 == 0
    }

    /// The user who runs the server.
    pub(crate) fn owner(&self) -> Result<u32> {
        self.runs_as.map_or_else(our_user, |(user, _)| Ok(user))
    }
}

/// Runs to the end; what it wrote to standard output.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("could not start {shown}"))?;
    if !output.status.success() {
        bail!("{shown} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The major version in `postgres (PostgreSQL) 15.18 (Debian …)`.
fn major(says: &str) -> Option<u32> {
    let version =
        says.split_whitespace().find(|word| word.starts_with(|letter: char| letter.is_ascii_digit()))?;
    version.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// The programs of the highest major version.
fn newest_of_debian(below: &Path) -> Option<PathBuf> {
    let versions = std::fs::read_dir(below).ok()?.filter_map(|entry| {
        let path = entry.ok()?.path();
        let major: u32 = path.file_name()?.to_str()?.parse().ok()?;
        let programs = path.join("bin");
        has_server(&programs).then_some((major, programs))
    });
    versions.max().map(|(_, programs)| programs)
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    // Followed where it is a link: the others lie beside what it points to.
    let folders = std::env::split_paths(&path).filter_map(|folder| {
        let program = folder.join("postgres").canonicalize().ok()?;
        program.parent().map(Path::to_path_buf)
    });
    folders.into_iter().find(|folder| has_server(folder))
}

fn has_server(folder: &Path) -> bool {
    ["postgres", "initdb", "psql"].iter().all(|program| folder.join(program).is_file())
}

/// Another user where we are root.
fn runs_as() -> Result<Option<(u32, u32)>> {
    if our_user()? != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd").context("could not read the system's users")?;
    let found = ["postgres", "nobody"].iter().find_map(|name| user(&users, name));
    found
        .map(Some)
        .context("found no user `postgres` or `nobody`, expected one: PostgreSQL does not run as root")
}

/// User and group of a line of `/etc/passwd`.
fn user(users: &str, name: &str) -> Option<(u32, u32)> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then_some(())?;
        let (user, group) = (fields.nth(1)?, fields.next()?);
        Some((user.parse().ok()?, group.parse().ok()?))
    })
}

/// Who we are, as the owner of a file that we have just made: asking the system itself would be unsafe code.
fn our_user() -> Result<u32> {
    let file = tempfile::tempfile().context("could not make a temporary file")?;
    Ok(file.metadata().context("could not look at a temporary file")?.uid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_version_is_taken_by_its_number() {
        let dir = tempfile::tempdir().unwrap();
        for version in ["9", "13", "15", "common"] {
            let programs = dir.path().join(version).join("bin");
            std::fs::create_dir_all(&programs).unwrap();
            // The newest one has its client alone.
            let installed: &[&str] =
                if version == "15" { &["psql"] } else { &["postgres", "initdb", "psql"] };
            for program in installed {
                std::fs::write(programs.join(program), "").unwrap();
            }
        }
        assert_eq!(newest_of_debian(dir.path()).unwrap(), dir.path().join("13/bin"));
        assert_eq!(newest_of_debian(&dir.path().join("missing")), None);
    }

    #[test]
    fn major_version_is_read_of_releases_and_of_those_to_come() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19devel"), Some(19));
        assert_eq!(major("postgres"), None);
    }

    #[test]
    fn user_is_read_with_its_group() {
        let users = "root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n";
        assert_eq!(user(users, "postgres"), Some((101, 104)));
        assert_eq!(user(users, "nobody"), None);
    }

    #[test]
    fn failed_program_is_told_with_its_words() {
        let programs = Programs { folder: "/usr/bin".into(), version: String::new(), runs_as: None };
        let error = run(&mut programs.shell("echo no such luck >&2; exit 3")).unwrap_err().to_string();
        assert!(error.contains("/bin/sh") && error.contains("no such luck"), "{error}");
    }
}
