//! A new connector in a copy of what it touches; and, when asked for, in a copy of the whole tree that is built.

use super::*;

/// A folder of this test alone, with these files of the repository.
fn copy(name: &str, files: &[&str]) -> PathBuf {
    let folder = sh::target().join("tmp").join(format!("new-connector-{name}-{}", std::process::id()));
    crate::house::clear(&folder).unwrap();
    for file in files {
        let place = folder.join(file);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(sh::root().join(file), place).unwrap();
    }
    for (file, _) in FILES {
        fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
    }
    folder
}

fn registers() -> [&'static str; 2] {
    REGISTERS.map(|(file, _)| file)
}

#[test]
fn new_connector_is_five_files_and_a_line_a_register_entry() {
    let folder = copy("five", &registers());
    let written = write(&folder, "acme_loans").unwrap();
    assert_eq!(written.len(), 5, "{written:?}");
    assert!(written.iter().all(|file| folder.join(file).is_file()), "{written:?}");
    for file in &written {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        assert!(!text.contains("__name__") && !text.contains("__Type__"), "{}", file.display());
    }
    for (file, entries) in REGISTERS {
        let (old, new) = (
            fs::read_to_string(sh::root().join(file)).unwrap(),
            fs::read_to_string(folder.join(file)).unwrap(),
        );
        let added: usize = entries.iter().map(|entry| entry.line.lines().count()).sum();
        assert_eq!(new.lines().count(), old.lines().count() + added, "{file}");
        let modules: Vec<&str> = new.lines().filter(|line| line.starts_with("pub mod ")).collect();
        assert!(modules.contains(&"pub mod acme_loans;"), "{file}: {modules:?}");
    }
    let error = write(&folder, "acme_loans").unwrap_err().to_string();
    assert!(error.contains("already"), "{error}");
    crate::house::clear(&folder).unwrap();
}

#[test]
fn name_that_can_not_be_is_refused_and_nothing_is_written() {
    let folder = copy("names", &registers());
    for name in ["", "Acme", "9lives", "acme-loans", "acme__x", "acme_", "../acme", "parts", "type", "ä"] {
        assert!(write(&folder, name).is_err(), "{name:?}");
    }
    for file in registers() {
        let (old, new) = (fs::read(sh::root().join(file)).unwrap(), fs::read(folder.join(file)).unwrap());
        assert!(old == new, "{file} was changed");
    }
    crate::house::clear(&folder).unwrap();
}

#[test]
fn name_becomes_a_type() {
    for (name, expected) in [("acme", "Acme"), ("acme_loans", "AcmeLoans"), ("n26_x", "N26X")] {
        assert_eq!(type_name(name), expected);
    }
}

/// Takes minutes, since it builds the proxy and the simulators: `cargo test -p xtask -- --ignored new_connector`.
#[test]
#[ignore = "builds a copy of the whole tree"]
fn new_connector_builds_without_a_warning_and_passes_the_contract_suite() {
    let tracked = sh::output(sh::command("git").args(["ls-files"])).unwrap();
    let folder = copy("whole", &tracked.lines().collect::<Vec<_>>());
    write(&folder, "acme_loans").unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let mut command = sh::command(program);
        command.args(arguments).current_dir(&folder).env("CARGO_TARGET_DIR", sh::target());
        command.output().unwrap()
    };
    let told = |output: &std::process::Output| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!("{}\n{}", text(&output.stdout), text(&output.stderr))
    };
    let formatted = run("cargo", &["fmt", "--check", "--package", "lead-proxy", "--package", "partner-sim"]);
    assert!(formatted.status.success(), "{}", told(&formatted));
    let packages = ["--locked", "--package", "lead-proxy", "--package", "partner-sim"];
    let lints = run("cargo", &[&["clippy"][..], &packages, &["--", "--deny", "warnings"]].concat());
    assert!(lints.status.success(), "{}", told(&lints));
    // The first run writes docs/connectors.md anew and says so.
    let suite = ["test", "--locked", "--package", "lead-proxy", "--test", "it", "connectors"];
    run("cargo", &suite);
    let second = run("cargo", &suite);
    assert!(second.status.success(), "{}", told(&second));
    let docs = fs::read_to_string(folder.join("docs/connectors.md")).unwrap();
    assert!(docs.contains("acme_loans"), "the docs have a section of its own");
    crate::house::clear(&folder).unwrap();
}
