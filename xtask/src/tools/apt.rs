//! Tools that only the system can install: browsers, strace, PostgreSQL, nginx and wrk, as Debian packages.
//!
//! Not pinned: a browser must be the patched one of today. What must agree is Chromium and its driver.

use super::{Found, Provider, cargo::answer};
use crate::sh;
use anyhow::{Context, Result, bail, ensure};
use std::{path::Path, time::Instant};

/// Chromium with the program that drives it.
pub(super) const BROWSER: Debian = Debian {
    label: "Chromium with its driver",
    programs: &["chromium", "chromedriver"],
    packages: &["chromium", "chromium-driver"],
    same_major: true,
};

/// Firefox, the release that Debian keeps; its driver is built (`cargo xtask tools` knows how).
pub(super) const FIREFOX: Debian = Debian {
    label: "Firefox ESR",
    programs: &["firefox-esr"],
    packages: &["firefox-esr"],
    same_major: false,
};

/// WebKitGTK's driver, which brings the library and its MiniBrowser; that one knows no headless mode, hence the display.
pub(super) const WEBKIT: Quiet = Quiet(Debian {
    label: "WebKitGTK with its driver, and a display",
    programs: &["WebKitWebDriver", "Xvfb"],
    packages: &["webkit2gtk-driver", "xvfb"],
    same_major: false,
});

/// Shows system calls; `cargo xtask trace` needs it.
pub(super) const STRACE: Debian =
    Debian { label: "strace", programs: &["strace"], packages: &["strace"], same_major: false };

/// Another program that has the store open; `cargo xtask disk` needs it.
pub(super) const SQLITE: Debian =
    Debian { label: "sqlite3", programs: &["sqlite3"], packages: &["sqlite3"], same_major: false };

/// Runs what WordPress runs; the plugin's tests need it.
pub(super) const PHP: Debian =
    Debian { label: "PHP", programs: &["php"], packages: &["php-cli"], same_major: false };

/// A database server, for the tests that start one of their own. Debian starts one beside, as a service; it is left alone.
pub(super) const POSTGRES: Postgres = Postgres(Debian {
    label: "PostgreSQL",
    programs: &["postgres"],
    packages: &["postgresql"],
    same_major: false,
});

/// Debian keeps a server's programs off the PATH, one folder a version: who starts them knows where they are.
pub(super) struct Postgres(Debian);

impl Provider for Postgres {
    fn label(&self) -> String {
        self.0.label()
    }

    fn find(&self) -> Result<Found> {
        let (says, folder) = pg_server::installed()?;
        Ok(Found { says, programs: Some(folder) })
    }

    fn install(&self) -> Result<()> {
        self.0.install()
    }
}

/// A web server to be measured against, and the load. Debian starts the server as a service too; it is left alone.
pub(super) const BENCH: Quiet = Quiet(Debian {
    label: "nginx and wrk",
    programs: &["nginx", "wrk"],
    packages: &["nginx-light", "wrk"],
    same_major: false,
});

/// Programs that do not tell their version when asked as others are: that they are there has to do.
pub(super) struct Quiet(Debian);

impl Provider for Quiet {
    fn label(&self) -> String {
        self.0.label()
    }

    fn find(&self) -> Result<Found> {
        // Servers lie where only root's PATH leads.
        let system = Path::new("/usr/sbin");
        for program in self.0.programs {
            let found = sh::which(program).is_some() || system.join(program).is_file();
            ensure!(found, "found no `{program}` on the PATH or in {}", system.display());
        }
        Ok(Found { says: self.0.programs.join(", "), programs: Some(system.to_path_buf()) })
    }

    fn install(&self) -> Result<()> {
        self.0.install()
    }
}

/// Programs and the Debian packages that bring them.
pub(super) struct Debian {
    label: &'static str,
    programs: &'static [&'static str],
    packages: &'static [&'static str],
    /// The programs must have the same major version to understand each other.
    same_major: bool,
}

impl Debian {
    fn apt(&self, arguments: &[&str]) -> Result<()> {
        let root = sh::output(sh::command("id").arg("-u"))?.trim() == "0";
        let mut command = if root {
            sh::command("apt-get")
        } else {
            let sudo = sh::which("sudo")
                .with_context(|| format!("found neither root's rights nor sudo: {}", self.by_hand()))?;
            let mut command = sh::command(sudo);
            // sudo may ask for a password.
            command
                .stdin(std::process::Stdio::inherit())
                .arg("DEBIAN_FRONTEND=noninteractive")
                .arg("apt-get");
            command
        };
        sh::output(
            command
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(["-o", "DPkg::Lock::Timeout=300"])
                .args(arguments),
        )
        .with_context(|| self.by_hand())?;
        Ok(())
    }

    fn by_hand(&self) -> String {
        format!(
            "remedy: `apt-get update && apt-get install {}` as root, then run again",
            self.packages.join(" ")
        )
    }
}

impl Provider for Debian {
    fn label(&self) -> String {
        self.label.to_owned()
    }

    fn find(&self) -> Result<Found> {
        let mut says = Vec::new();
        let mut majors = Vec::new();
        for program in self.programs {
            let file = sh::which(program).with_context(|| format!("found no `{program}` on the PATH"))?;
            let answered = answer(&file)?;
            let version = answered
                .split_whitespace()
                .find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
            let version = version
                .with_context(|| format!("`{program} --version` says `{answered}`, expected a version"))?;
            majors.push(version.split('.').next().unwrap_or_default().to_owned());
            says.push(format!("{program} {version}"));
        }
        majors.dedup();
        let agree = !self.same_major || majors.len() == 1;
        ensure!(agree, "found {}, expected the same major version", says.join(" and "));
        Ok(Found { says: says.join(", "), programs: None })
    }

    fn install(&self) -> Result<()> {
        if sh::which("apt-get").is_none() {
            bail!(
                "found no `apt-get` on this system, expected it to install {}: put {} on the PATH by your system's own means",
                self.packages.join(" and "),
                self.programs.join(" and ")
            );
        }
        println!("{}: installing by apt-get, about a minute", self.label);
        let started = Instant::now();
        self.apt(&["update"])?;
        let mut install = vec!["install", "--yes", "--no-install-recommends"];
        install.extend(self.packages);
        self.apt(&install)?;
        println!("{}: installed in {}", self.label, sh::time(started.elapsed()));
        Ok(())
    }
}
