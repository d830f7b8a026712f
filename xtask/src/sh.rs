//! Runs other programs: the one place that makes a `Command`.
//!
//! Apart because every child needs the same care: it must not inherit the environment that `cargo run` made for xtask
//! itself, and when it fails the message must say what was run and what it answered.

use anyhow::{Context, Result, bail};
use std::{
    ffi::{OsStr, OsString},
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

/// The repository's root: the folder that holds `xtask/`.
pub(crate) fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        // Asked at run time, so that a copied or moved checkout works with a binary built elsewhere.
        let here = std::env::var_os("CARGO_MANIFEST_DIR")
            .map(PathBuf::from)
            .or_else(|| std::env::current_dir().ok());
        let here = here.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        let found = here.ancestors().find(|folder| folder.join("xtask/Cargo.toml").is_file());
        found.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR"))).to_path_buf()
    })
}

/// Cargo's target folder. Every child is told it, so that nobody has to guess where a build went.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) if !folder.is_empty() => std::env::current_dir().unwrap_or_default().join(folder),
        _ => root().join("target"),
    }
}

/// A command in the repository's root, without standard input and without what `cargo run` put into our environment.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes a Command")]
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null()).env("CARGO_TARGET_DIR", target());
    if std::env::var_os("CI").is_some() {
        // Nobody builds there twice: not worth the time and space that incremental builds take.
        command.env("CARGO_INCREMENTAL", "0");
    }
    for (name, value) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        if text == "LD_LIBRARY_PATH" {
            command.env(&name, without_cargo_folders(&value));
        } else if must_not_leak(text) {
            command.env_remove(&name);
        }
    }
    command
}

/// Whether a variable would change what a child builds, or how, depending on how xtask was started.
///
/// Kept on purpose: `CARGO_HOME`, `CARGO_BUILD_JOBS`, `CARGO_INCREMENTAL`, `CARGO_TERM_*`,
/// `CARGO_NET_*`, `CARGO_HTTP_*`, `CARGO_REGISTR*`, `RUSTUP_HOME`, `RUSTC_WRAPPER`: they say where and how fast, not what.
fn must_not_leak(name: &str) -> bool {
    const EXACT: &[&str] = &[
        "CARGO",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_ENCODED_RUSTDOCFLAGS",
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_CRATE_NAME",
        // Whether the proxy has the assets inside; set where that is wanted, else every build would flip it.
        "LEAD_FORM_ASSETS_DIR",
        // Trunk takes any value of NO_COLOR but `true` and `false` for a mistake and stops.
        "NO_COLOR",
        "NODE_OPTIONS",
        "NODE_PATH",
        "RUSTDOCFLAGS",
        "RUSTFLAGS",
        // Set by rustup's proxy; rust-toolchain.toml decides again in the child.
        "RUSTUP_TOOLCHAIN",
    ];
    const PREFIXES: &[&str] = &[
        "CARGO_BIN_",
        "CARGO_CFG_",
        "CARGO_FEATURE_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CARGO_PROFILE_",
        "CARGO_TARGET_WASM32_",
        "TRUNK_",
        "WASM_BINDGEN_",
    ];
    EXACT.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// `cargo run` puts the target folder and the toolchain's libraries first; a browser must not find its own there.
fn without_cargo_folders(value: &OsStr) -> OsString {
    let target = target();
    let kept = std::env::split_paths(value).filter(|folder| {
        !folder.starts_with(&target)
            && !folder
                .components()
                .any(|part| part.as_os_str() == "rustlib" || part.as_os_str() == "toolchains")
    });
    std::env::join_paths(kept).unwrap_or_default()
}

/// The program on the PATH, if there is one.
pub(crate) fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Runs with our own output streams; an error names the command and its exit status.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| not_started(command))?;
    if status.success() {
        return Ok(());
    }
    bail!("`{}` ended with {status}; its own words are above", shown(command))
}

/// Runs and returns standard output; an error carries what the program said.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| not_started(command))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let said = gist(&format!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    bail!("`{}` ended with {}:\n{said}", shown(command), output.status)
}

/// Runs something slow with its words kept in `log`, and says once in a while how far it is.
///
/// `unit` is what to count in the log as progress: lines that contain it.
pub(crate) fn run_logged(command: &mut Command, log: &Path, what: &str, unit: &str) -> Result<()> {
    let file = File::create(log).with_context(|| format!("could not write the log {}", log.display()))?;
    let started = Instant::now();
    let mut child = command
        .stdout(file.try_clone().context("could not share the log")?)
        .stderr(file)
        .spawn()
        .with_context(|| not_started(command))?;
    let mut told = started;
    let status = loop {
        if let Some(status) = child.try_wait().context("could not wait for the child")? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(100));
        if told.elapsed() >= Duration::from_secs(30) {
            told = Instant::now();
            let done = read(log).lines().filter(|line| line.contains(unit)).count();
            println!("  {what}: {} so far, {done} lines of `{}`", time(started.elapsed()), unit.trim());
        }
    };
    if status.success() {
        return Ok(());
    }
    bail!(
        "`{}` ended with {status}; from its words (all in {}):\n{}",
        shown(command),
        log.display(),
        gist(&read(log))
    )
}

/// The file's text, or nothing: for logs that are only shown.
fn read(file: &Path) -> String {
    std::fs::read(file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// What a person needs of a failed program's words: from its first error on, else the end.
fn gist(text: &str) -> String {
    const LINES_MAX: usize = 60;
    let lines: Vec<&str> = text.lines().collect();
    let first_error = lines.iter().position(|line| line.starts_with("error"));
    let from = first_error.unwrap_or_else(|| lines.len().saturating_sub(LINES_MAX));
    let shown: Vec<String> =
        lines.into_iter().skip(from).take(LINES_MAX).map(|line| format!("  | {line}")).collect();
    shown.join("\n")
}

fn not_started(command: &Command) -> String {
    format!(
        "could not start `{}`: is {} installed and on the PATH?",
        shown(command),
        command.get_program().to_string_lossy()
    )
}

/// The command as a person would type it.
fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy().into_owned()));
    words.join(" ")
}

/// A duration for people: `0.4 s`, `38 s`, `3 min 05 s`.
pub(crate) fn time(duration: Duration) -> String {
    match duration.as_secs() {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        seconds @ 10..60 => format!("{seconds} s"),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_environment_of_xtask_stays_out_of_children() {
        for name in
            ["RUSTFLAGS", "CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "RUSTUP_TOOLCHAIN", "TRUNK_BUILD_RELEASE"]
        {
            assert!(must_not_leak(name), "{name} would reach the child");
        }
        for name in ["PATH", "CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_TERM_COLOR", "RUSTUP_HOME", "HOME"] {
            assert!(!must_not_leak(name), "{name} is the user's and must stay");
        }
    }

    #[test]
    fn library_path_loses_only_the_folders_cargo_added() {
        let mixed = format!("{}/debug/deps:/opt/lib:/x/toolchains/y/lib:/x/rustlib/lib", target().display());
        assert_eq!(without_cargo_folders(OsStr::new(&mixed)), OsString::from("/opt/lib"));
    }

    #[test]
    fn failed_command_names_itself_and_what_it_said() {
        let error =
            output(command("sh").args(["-c", "echo no such luck >&2; exit 3"])).unwrap_err().to_string();
        assert!(error.contains("sh -c") && error.contains("no such luck") && error.contains('3'), "{error}");
    }

    #[test]
    fn gist_of_a_failure_starts_at_its_first_error() {
        let noise = "Compiling a\n".repeat(200);
        let shown = gist(&format!("{noise}error: no such field\n{noise}"));
        assert!(shown.starts_with("  | error: no such field\n") && shown.lines().count() == 60, "{shown}");
        assert!(gist(&format!("{noise}the end")).ends_with("  | the end"));
    }

    #[test]
    fn times_read_as_people_say_them() {
        let shown = [400, 38_000, 185_000].map(|millis| time(Duration::from_millis(millis)));
        assert_eq!(shown, ["0.4 s", "38 s", "3 min 05 s"]);
    }
}
