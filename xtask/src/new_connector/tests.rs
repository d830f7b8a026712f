//! A new connector in a copy of what it touches. That it builds is for `cargo xtask new trial`.

use super::*;

/// A folder of this test alone, with the registers of the repository.
fn copy(name: &str) -> PathBuf {
    let folder = sh::target().join("tmp").join(format!("new-connector-{name}-{}", std::process::id()));
    trial::copy(&folder, &registers()).unwrap();
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
    let folder = copy("five");
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
    let folder = copy("names");
    for name in [
        "",
        "Acme",
        "9lives",
        "acme-loans",
        "acme__x",
        "acme_",
        "../acme",
        "parts",
        "type",
        "lead",
        "verdict",
        "ä",
    ] {
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
