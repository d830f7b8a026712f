//! What the program prints: `check` and its sisters with every secret in the environment, and secrets that don't fit.
//!
//! Apart because it is a process of its own, and because a secret that is wrong is a secret all the same.

use std::process::Stdio;

use lead_proxy::Config;
use tokio::process::Command;

use super::accounts::COMPLETES;
use super::house::House;

/// Runs each subcommand that ends by itself.
pub(super) async fn says_what_it_finds(house: &mut House) {
    let path = house.app.dir.path().join("lead-proxy.toml");
    std::fs::write(&path, house.app.text().to_toml()).unwrap();
    // The first of two is the test's own.
    let secrets: Vec<_> = house.app.text().secrets.iter().rev().cloned().collect();
    let link = ["link", COMPLETES, "--reference", "reference-1"];
    for arguments in [
        &["check"][..],
        &["check", "--offline"],
        &["forms"],
        &["deliveries", "list", "--json"],
        &link,
        &["render", COMPLETES],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_lead-proxy"))
            .args(arguments)
            .arg("--config")
            .arg(&path)
            .env_clear()
            .envs(secrets.iter().cloned())
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(!said.is_empty(), "{arguments:?} said nothing");
        if arguments == link {
            let (_, link) = said.trim().split_once("?link=").unwrap();
            let link = link.to_owned();
            house.signed.push(link.clone());
            house.note("link", said).allowed = vec![link];
        } else {
            house.note(&format!("{arguments:?}"), said);
        }
    }
    let config = &house.config;
    let shown = format!("{:?} {:#?} {}", config.accounts, config.accounts, config.to_toml());
    house.note("Debug of the accounts, and the configuration as it counts", shown);
}

/// Each secret in a shape that is refused at start: the findings say what is wrong with it, and not what it is.
pub(super) fn refuses_what_does_not_fit(house: &mut House) {
    let text = house.app.text();
    let toml = text.to_toml();
    let mut said = Vec::new();
    let spoils: [fn(&str) -> String; 6] = [
        |secret| format!("{secret}\n{secret}"),
        |secret| format!("{secret}\u{1}"),
        |secret| secret.repeat(200),
        |secret| format!(" {secret}\u{e9}"),
        |secret| secret.replace("-----", "----"),
        |secret| secret.replace(['A', 'a', '='], "*").replace("whsec_", "whsec_*"),
    ];
    for (spoiled, _) in &text.secrets {
        for spoil in spoils {
            let env = |name: &str| {
                let (_, secret) = text.secrets.iter().find(|(known, _)| known == name)?;
                Some(if name == spoiled { spoil(secret) } else { secret.clone() })
            };
            if let Err(error) = Config::from_toml(&toml, std::path::Path::new("."), &env) {
                said.push((spoiled.clone(), format!("{error} {error:?} {:?}", error.findings())));
            }
        }
    }
    // A secret where its place should be named.
    let env =
        |name: &str| text.secrets.iter().find(|(known, _)| known == name).map(|(_, secret)| secret.clone());
    for (name, secret) in &text.secrets {
        for written in [
            format!("{secret:?}"),
            secret.clone(),
            format!("\"{secret}"),
            format!("{{ env = {secret:?} }}"),
            format!("{{ env = {secret} }}"),
            format!("{{ file = {secret:?} }}"),
            format!("{{ file = \"secrets/{}\" }}", secret.escape_default()),
            format!("{{ envv = {secret:?} }}"),
            format!("{{ env = {name:?}, value = {secret:?} }}"),
            format!("[{secret:?}]"),
        ] {
            let toml = toml.replace(&format!("{{ env = {name:?} }}"), &written);
            let error = Config::from_toml(&toml, std::path::Path::new("."), &env).err().unwrap();
            said.push((name.clone(), format!("{error} {error:?}")));
        }
        // In an address, as some write it.
        if name.ends_with("SECRET") {
            let toml =
                toml.replace("http://127.0.0.1", &format!("http://us:{}@127.0.0.1", secret.replace('=', "")));
            let error = Config::from_toml(&toml, std::path::Path::new("."), &env).err().unwrap();
            said.push((name.clone(), format!("{error} {error:?}")));
        }
    }
    assert!(said.len() > 40, "only {} configurations were refused", said.len());
    for (name, text) in said {
        house.note(&format!("a configuration with {name} spoiled"), text);
    }
}
