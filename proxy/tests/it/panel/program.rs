//! `lead-proxy token` and `lead-proxy connect`: what they print, and what they refuse.

use std::fs;

use tempfile::TempDir;

use crate::config::{good, program};

#[test]
fn token_is_printed_alone_and_in_the_panels_address() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("lead-proxy.toml");
    fs::write(&path, good()).unwrap();
    let words = ["--scope", "write", "--record", "8b1d/7", "--sub", "ana", "--minutes", "15"];
    let output = program(&[&["token", "algbra"], &words[..]].concat(), &path);
    let out = String::from_utf8(output.stdout).unwrap();
    let [token, address] = out.lines().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(token.split('.').count(), 3, "{out}");
    assert!(address.ends_with(&format!("/panel/algbra#token={token}&record=8b1d%2F7")), "{out}");
    let plain = program(&["token", "algbra"], &path);
    let out = String::from_utf8(plain.stdout).unwrap();
    assert!(out.contains("/panel/algbra#token=ey") && !out.contains("record="), "{out}");
    for arguments in [
        &["token", "none"][..],
        &["token", "spotcap"],
        &["token", "algbra", "--minutes", "0"],
        &["token", "algbra", "--minutes", "16"],
        &["token", "algbra", "--sub", ""],
        &["token", "algbra", "--record", "a\nb"],
        &["connect", "algbra"],
        &["connect", "none"],
    ] {
        let output = program(arguments, &path);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("found"), "{arguments:?}");
    }
}

#[test]
fn address_of_a_consent_is_on_the_operators_listener() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("lead-proxy.toml");
    let consent = "[accounts.octorate.settings]\nauthentication = \"consent\"\nauthorize_url = \"https://partner.example/oauth\"\n\
                   redirect_uri = \"https://forms.example/connect/octorate/callback\"\n";
    let text = good().replace("[accounts.octorate.settings]\n", consent);
    fs::write(&path, text).unwrap();
    let output = program(&["connect", "octorate"], &path);
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(out.starts_with("http://127.0.0.1:") && out.ends_with("/connect/octorate\n"), "{output:?}");
}
