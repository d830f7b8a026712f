//! WordPress as Debian has it, to try our plugin in: its PHP files alone, unpacked into the cache folder, and PHP to run them.
//!
//! Not installed as a package, which would bring a web server and a database: nothing here serves anything.

use super::{
    Found, Provider,
    apt::{self, Debian},
    cache,
    cargo::remove,
};
use crate::sh;
use anyhow::{Context, Result};
use std::path::PathBuf;

/// PHP on the command line.
const PHP: Debian = apt::PHP;

pub(super) struct Wordpress;

/// The folder that holds `wp-includes`.
pub(super) fn folder() -> Result<PathBuf> {
    Ok(unpacked()?.join("usr/share/wordpress"))
}

fn unpacked() -> Result<PathBuf> {
    Ok(cache()?.join("wordpress"))
}

impl Provider for Wordpress {
    fn label(&self) -> String {
        "WordPress, and PHP".to_owned()
    }

    fn find(&self) -> Result<Found> {
        let php = PHP.find()?;
        let file = folder()?.join("wp-includes/version.php");
        let text = std::fs::read_to_string(&file).with_context(|| format!("found no {}", file.display()))?;
        let version = text.lines().find_map(|line| line.strip_prefix("$wp_version = '")).unwrap_or_default();
        Ok(Found {
            says: format!("WordPress {}, {}", version.trim_end_matches("';"), php.says),
            programs: None,
        })
    }

    fn install(&self) -> Result<()> {
        // Also for its `apt-get update`: without the lists nothing can be downloaded.
        PHP.install()?;
        let home = unpacked()?;
        let partial = home.with_extension("partial");
        remove(&partial)?;
        std::fs::create_dir_all(&partial).with_context(|| format!("could not make {}", partial.display()))?;
        sh::output(sh::command("apt-get").args(["download", "wordpress"]).current_dir(&partial))
            .context("remedy: `apt-get update` as root, then run again")?;
        let mut packages = std::fs::read_dir(&partial).context("nothing was downloaded")?.flatten();
        let package = packages.next().context("apt-get has downloaded no package")?.path();
        sh::output(sh::command("dpkg-deb").arg("-x").arg(package).arg(&partial))?;
        remove(&home)?;
        std::fs::rename(&partial, &home).with_context(|| format!("could not make {}", home.display()))
    }
}
