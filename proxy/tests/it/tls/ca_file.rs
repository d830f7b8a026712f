//! The file of `[delivery] ca_file`: read beside the configuration, and told when it is not what it should be.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use lead_proxy::Config;
use tempfile::TempDir;

use super::certificates::Authority;
use super::write;
use crate::app::config_text::{API_KEY_VARIABLE, RING_KEY_VARIABLE, partner_secret};
use crate::app::{API_KEY, ConfigText, RING_KEY};

/// What is said about a file of authorities.
fn findings(dir: &TempDir, file: &str) -> Vec<String> {
    let mut config = ConfigText::new("https://partner.example/insert".to_owned(), "lead-proxy.db".into());
    config.delivery = format!("ca_file = {file:?}");
    let env = |name: &str| match name {
        API_KEY_VARIABLE => Some(API_KEY.to_owned()),
        RING_KEY_VARIABLE => Some(RING_KEY.to_owned()),
        name => partner_secret(name),
    };
    match Config::from_toml(&config.to_toml(), dir.path(), &env) {
        Ok(_) => Vec::new(),
        Err(error) => error.findings().iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn file_of_authorities_is_read_from_beside_the_configuration() {
    let dir = TempDir::new().unwrap();
    let (one, two) = (Authority::new("one").pem(), Authority::new("two").pem());
    write(&dir, "one.pem", &one);
    write(&dir, "two.pem", &format!("One, with a word before it:\n{one}\n# and another\r\n{two}"));
    for file in ["", "one.pem", "two.pem"] {
        assert_eq!(findings(&dir, file), [""; 0], "{file:?}");
    }
}

#[test]
fn file_of_authorities_that_is_none_is_told_with_its_place_and_never_repeated() {
    let dir = TempDir::new().unwrap();
    let authority = Authority::new("of the operator");
    let good = authority.pem();
    let cut = good.split_once("-----END").unwrap().0.to_owned();
    let bad_base64 = good.replacen('M', "!", 1);
    // tidy-allow(secret): the frame of a certificate around a word that is none
    let no_certificate = "-----BEGIN CERTIFICATE-----\nY2FuYXJ5\n-----END CERTIFICATE-----\n";
    fs::create_dir(dir.path().join("folder")).unwrap();
    for (name, text, part) in [
        ("empty.pem", String::new(), "found an empty file"),
        ("words.pem", "canary: no certificate here\n".to_owned(), "found no certificate in PEM in"),
        ("key.pem", authority.key_pem(), "found no certificate in PEM in"),
        ("cut.pem", cut, "found broken PEM in"),
        ("base64.pem", bad_base64, "found broken PEM in"),
        (
            "second.pem",
            format!("{good}{no_certificate}"),
            "found a certificate that can't be read (number 2) in",
        ),
        ("large.pem", "x".repeat(1024 * 1024 + 1), "found more than 1048576 bytes in"),
    ] {
        write(&dir, name, &text);
        let found = findings(&dir, name);
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert!(found[0].starts_with("delivery.ca_file (line "), "{found:?}");
        assert!(found[0].contains(part) && found[0].contains(name), "{name}: {found:?}");
        assert!(found[0].contains("expected a file of certificate authorities in PEM"), "{found:?}");
        for line in text.lines().filter(|line| line.len() > 8 && !line.starts_with('-')).take(3) {
            assert!(!found[0].contains(line), "{found:?}");
        }
    }
    for (name, part) in
        [("none.pem", "that can't be read (entity not found)"), ("folder", "which is no file")]
    {
        let found = findings(&dir, name);
        assert!(found.len() == 1 && found[0].contains(part), "{name}: {found:?}");
    }
    let path = write(&dir, "open.pem", &good);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let found = findings(&dir, "open.pem");
    assert!(found.len() == 1 && found[0].contains("chmod 644"), "{found:?}");
}
