//! The snippets of docs/panel.md that sign a token: each is run by its own language, and the proxy takes what it prints.
//!
//! Rust's stands in this file, and the page must show the same; a language that this machine lacks is named in the output.

#![expect(clippy::disallowed_methods, reason = "the snippet is for servers that have no clock of ours")]

use std::path::Path;
use std::process::Command;

use reqwest::{Method, StatusCode};

use crate::app::partners::PANEL_KEY;
use crate::records::panel::Panel;

// snippet
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{EncodingKey, Header, encode};

fn panel_token(key: &str, account: &str, scope: &str, user: &str) -> Option<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let claims = serde_json::json!({
        "aud": "lead-proxy/panel", "account": account, "scope": scope, "sub": user, "iat": now, "exp": now + 600
    });
    encode(&Header::default(), &claims, &EncodingKey::from_secret(key.as_bytes())).ok()
}
// end of snippet

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/panel.md")).unwrap()
}

/// The only block of a language that signs.
fn block(language: &str) -> String {
    let (page, fence) = (page(), format!("```{language}\n"));
    let mut blocks = page.split(&fence).skip(1).map(|rest| rest.split_once("```").unwrap().0.to_owned());
    let block = blocks.next().unwrap_or_else(|| panic!("docs/panel.md has no block of {language}"));
    assert_eq!(blocks.next(), None, "{language}");
    block
}

/// What a program prints that signs a token for a person who may write; none where there is no such program.
fn printed(program: &str, option: &str, code: &str) -> Option<String> {
    let output = Command::new(program).arg(option).arg(code).output();
    let Ok(output) = output else {
        println!("there is no {program} on this machine: its snippet was not run");
        return None;
    };
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

#[tokio::test]
async fn snippet_of_each_language_signs_what_the_proxy_takes() {
    let own = include_str!("minting.rs").split_once("// snippet\n").unwrap().1;
    let own = own.split_once("// end of snippet").unwrap().0;
    assert_eq!(block("rust"), own, "docs/panel.md shows another snippet than is tried here");
    let words = format!("'{PANEL_KEY}', 'algbra', 'write', 'user-7'");
    let node = format!("{}\nconsole.log(panelToken({words}));", block("javascript"));
    let python = format!("{}\nprint(panel_token({words}))", block("python"));
    let php = format!("{}\necho panel_token({words});", block("php"));
    let tokens = [
        ("rust", panel_token(PANEL_KEY, "algbra", "write", "user-7")),
        ("node", printed("node", "-e", &node)),
        ("python", printed("python3", "-c", &python)),
        ("php", printed("php", "-r", &php)),
    ];
    let panel = Panel::start().await;
    for (language, token) in tokens {
        let Some(token) = token else { continue };
        let header = format!("Bearer {token}");
        let answer = panel.send(Method::GET, "algbra", "/panel", None, Some(&header), "").await;
        let told = (answer.status, answer.json()["scope"].clone());
        assert_eq!(told, (StatusCode::OK, "write".into()), "{language}: {}", answer.text);
    }
}
