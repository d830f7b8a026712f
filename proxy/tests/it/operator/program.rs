//! The command line beside a running proxy, and beside one that has stopped.

use std::process::Output;

use partner_sim::Fault;

use super::house::{start, submit, until};
use crate::app::config_text::{API_KEY_VARIABLE, RING_KEY_VARIABLE, partner_variables};
use crate::app::{API_KEY, RING_KEY, TestApp};

/// The configuration of a running proxy, with the port that its operator listener has got.
fn write_config(app: &TestApp) -> std::path::PathBuf {
    let operator = app.operator_url("");
    let address = operator.strip_prefix("http://").unwrap();
    let (before, after) =
        app.text().to_toml().split_once("[operator]").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let text = format!("{before}[operator]{}", after.replacen("127.0.0.1:0", address, 1));
    let path = app.dir.path().join("lead-proxy.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// Runs the program as Ana; its status, and what it said.
async fn run(path: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String) {
    run_by(Some("ana"), path, arguments).await
}

/// The same by this operator, or by one who says no name.
async fn run_by(name: Option<&str>, path: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = tokio::process::Command::new(env!("CARGO_BIN_EXE_lead-proxy"))
        .args(arguments)
        .arg("--config")
        .arg(path)
        .env_clear()
        .env(API_KEY_VARIABLE, API_KEY)
        .env(RING_KEY_VARIABLE, RING_KEY)
        .envs(name.map(|name| ("LEAD_PROXY_OPERATOR", name)))
        .envs(partner_variables())
        .output()
        .await
        .unwrap();
    (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

#[tokio::test]
async fn operator_sees_and_settles_everything_from_the_command_line() {
    let mut app = start().await;
    let path = write_config(&app);
    let held = submit(&app, "held", Fault::AcceptsThenResets, "held").await;
    let dead = submit(&app, "dead", Fault::BadRequest, "dead_letter").await;
    let other = submit(&app, "other", Fault::BadRequest, "dead_letter").await;
    let good = async |arguments: &[&str]| {
        let (status, said) = run(&path, arguments).await;
        assert_eq!(status, Some(0), "{arguments:?}: {said}");
        assert!(!said.contains("Ada") && !said.contains("analytical"), "{said}");
        said
    };
    let listed = good(&["deliveries", "list"]).await;
    assert!(listed.contains(&format!("{held}\tcard-machines\ttakepayments\theld\t2\tbroken")), "{listed}");
    let listed = good(&["deliveries", "list", "--state", "dead_letter", "--account", "takepayments"]).await;
    assert!(!listed.contains(&held) && listed.lines().count() == 2, "{listed}");
    let shown = good(&["deliveries", "show", &held]).await;
    assert!(shown.contains("state\theld") && shown.contains("attempt\t2\tin_doubt\tbroken"), "{shown}");

    let said = good(&[
        "deliveries",
        "resolve",
        &held,
        "--as",
        "delivered",
        "--why",
        "they have it",
        "--reference",
        "CRM-7",
    ])
    .await;
    assert_eq!(said.trim(), format!("{held} was held and is delivered"));
    let said = good(&["deliveries", "resolve", &other, "--as", "drop", "--why", "spam"]).await;
    assert_eq!(said.trim(), format!("{other} was dead_letter and is dropped"));
    let said = good(&[
        "deliveries",
        "replay",
        "--state",
        "dead_letter",
        "--account",
        "takepayments",
        "--why",
        "mended",
    ])
    .await;
    assert!(said.starts_with("1 sent again; in the audit as "), "{said}");
    until(&app, &dead, "delivered").await;

    assert_eq!(
        good(&["accounts", "stop", "takepayments", "--why", "moving"]).await.trim(),
        "takepayments is stopped"
    );
    let accounts = good(&["accounts", "list"]).await;
    assert!(accounts.contains("takepayments\tstopped\t0\t0\t0\t0\t0\t0\tby_hand"), "{accounts}");
    assert_eq!(
        good(&["accounts", "resume", "takepayments", "--why", "moved"]).await.trim(),
        "takepayments is open"
    );
    let audit = good(&["audit"]).await;
    let actions: Vec<&str> = audit.lines().filter_map(|line| line.split('\t').nth(2)).collect();
    assert_eq!(actions, ["resume_account", "stop_account", "send_again", "drop", "delivered"]);
    assert!(audit.lines().all(|line| line.split('\t').nth(1) == Some("ana")), "{audit}");
    let audit = good(&["audit", "--receipt", &held, "--json"]).await;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&audit).unwrap()[0]["reference"], "CRM-7");
    app.stop().await;
}

#[tokio::test]
async fn command_that_can_not_be_done_says_why_and_what_to_do() {
    let mut app = start().await;
    let path = write_config(&app);
    let held = submit(&app, "held", Fault::AcceptsThenResets, "held").await;
    let sent = submit(&app, "sent", Fault::None, "delivered").await;
    let resolve = |receipt: &str| {
        vec!["deliveries", "resolve", receipt, "--as", "drop", "--why", "x"]
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let bad = async |arguments: &[String], part: &str| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (status, said) = run(&path, &arguments).await;
        assert!(status == Some(1) && said.contains(part), "{arguments:?}: {status:?} {said}");
    };
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    bad(&resolve(&sent), "(delivery_conflict): it is delivered").await;
    bad(&resolve("7K3F9-0QXJ2-MM8TD-4VYBR"), "(receipt_not_found)").await;
    bad(&resolve("../../readyz"), "(receipt_not_found)").await;
    bad(&words("accounts stop nobody --why x"), "(account_not_found)").await;
    bad(&words("deliveries replay --why x --limit 0"), "state required; limit too_small (min 1)").await;
    bad(&words("deliveries list --state lost"), "--state takes waiting, leased, held").await;
    bad(&[resolve(&held), words("--operator Ana\u{a0}Lovelace")].concat(), "give --operator NAME").await;
    for looks in ["accounts list", "audit", &format!("deliveries show {held}")] {
        let words: Vec<&str> = looks.split(' ').collect();
        let (status, said) = run_by(None, &path, &words).await;
        assert!(status == Some(0), "who only looks needs no name: {looks}: {said}");
    }
    let stop = ["accounts", "stop", "takepayments", "--why", "x"];
    let (status, said) = run_by(None, &path, &stop).await;
    assert!(status == Some(1) && said.contains("nobody says who acts: give --operator NAME"), "{said}");

    app.stop().await;
    bad(&resolve(&held), "no proxy runs at http://127.0.0.1:").await;
    bad(&resolve(&held), "start it with `lead-proxy serve`").await;
    let (status, listed) = run(&path, &["deliveries", "list"]).await;
    assert!(status == Some(0) && listed.contains(&held), "what only looks needs no running proxy: {listed}");
}
