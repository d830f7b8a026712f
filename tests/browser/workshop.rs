//! A folder in which an embedder's React project is built: our package as `npm install` would lay it there, React beside it.
//!
//! Apart because journeys and snippets both build one. What is installed is what `npm pack` makes, so that a file that the
//! package forgets is missed here.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::kindness::axe_path;

pub(crate) struct Workshop {
    folder: TempDir,
    modules: PathBuf,
}

fn source() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the program says; it must go well.
pub(crate) fn run(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{command:?}\n{said}\n{}", String::from_utf8_lossy(&done.stderr));
    said
}

impl Workshop {
    pub(crate) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Where the pinned tools lie: axe-core is one of them.
        let modules = axe_path().ancestors().nth(2).unwrap().to_owned();
        let here = folder.path().join("node_modules");
        std::fs::create_dir(&here).unwrap();
        for name in ["react", "react-dom", "@types", "csstype"] {
            std::os::unix::fs::symlink(modules.join(name), here.join(name)).unwrap();
        }
        let workshop = Self { folder, modules };
        workshop.install_package(&here.join("lead-form-react"));
        for entry in std::fs::read_dir(source().join("tests/browser/react")).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, workshop.file(path.file_name().unwrap().to_str().unwrap())).unwrap();
        }
        workshop
    }

    /// Packs a copy: packing writes beside what it packs, and two tests may do it at once.
    fn install_package(&self, to: &Path) {
        let copy = self.file("source");
        for file in ["embed/loader.d.ts", "packages/react/package.json", "packages/react/README.md"]
            .into_iter()
            .chain(["packages/react/lead-form.js", "packages/react/lead-form.d.ts"])
        {
            let place = copy.join(file);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::copy(source().join(file), place).unwrap();
        }
        let mut pack = Command::new("npm");
        pack.args(["pack", "--silent", "--offline"]).current_dir(copy.join("packages/react"));
        let name = run(&mut pack);
        std::fs::create_dir(to).unwrap();
        let mut unpack = Command::new("tar");
        unpack.arg("-xzf").arg(copy.join("packages/react").join(name.trim()));
        run(unpack.args(["--strip-components", "1", "-C"]).arg(to));
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.modules.join(".bin").join(name));
        command.current_dir(self.folder.path());
        command
    }

    /// One script of an entry and all that it imports, React as it is while developing: that is strict.
    pub(crate) fn bundle(&self, entry: &str, platform: &str, to: &Path) {
        let mut esbuild = self.tool("esbuild");
        esbuild.args([entry, "--bundle", "--jsx=automatic", "--log-level=error"]);
        esbuild.arg(format!("--platform={platform}")).arg("--define:process.env.NODE_ENV=\"development\"");
        run(esbuild.arg(format!("--outfile={}", to.display())));
    }

    /// Holds TypeScript's view of the page against the package's types.
    pub(crate) fn check_types(&self) {
        let mut tsc = self.tool("tsc");
        tsc.args([
            "--noEmit",
            "--strict",
            "--jsx",
            "react-jsx",
            "--module",
            "esnext",
            "--moduleResolution",
            "bundler",
        ]);
        tsc.args(["--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--types", "react", "page.tsx"]);
        run(&mut tsc);
    }
}
