//! No key, token or signature of any partner in a log, an error, an answer or a row in clear, and no visitor's word in a
//! log: each made for this run, over a walk past all partners and what they do wrong.
//!
//! Apart from the walk past one partner, which tries every way that a word can come in.

mod accounts;
mod echo;
mod house;
mod leads;
mod panel;
mod program;
mod secrets;
mod tokens;

use std::path::Path;
use std::time::Duration;

use super::canary::{Canary, Hunt, find};
use super::capture;
use house::{House, Seen};
use secrets::{Secrets, name};

/// Fewest tokens and signatures that such a walk is about: with less it went another way.
const TOKENS_MIN: usize = 20;
const SIGNATURES_MIN: usize = 20;

/// Most characters of a leak and of what stands around it that are told.
const LEAK_SHOWN: usize = 600;

#[tokio::test]
async fn no_key_token_or_signature_of_any_partner_is_in_a_log_an_answer_an_error_or_a_row_in_clear() {
    let log = capture::everything();
    let control = Canary::word();
    tracing::trace!(word = control.0, "what is said is heard");
    let mut house = House::open().await;
    tokens::consent(&mut house).await;
    leads::each_is_delivered(&mut house).await;
    leads::each_fault_is_met(&mut house).await;
    tokens::each_is_renewed(&mut house).await;
    tokens::each_fault_is_met(&mut house).await;
    house.app.restart(|_| {}).await;
    panel::reads_makes_and_changes(&mut house).await;
    panel::bad_tokens_are_refused(&mut house).await;
    panel::links_open_their_page(&mut house).await;
    echo::everything_is_repeated(&mut house).await;
    program::says_what_it_finds(&mut house).await;
    program::refuses_what_does_not_fit(&mut house);
    house.forgive().await;
    leads::each_is_delivered(&mut house).await;

    let (secrets, typed) = (everything_secret(&house), everything_typed(&house));
    house.app.stop().await;
    let log = log.text();
    for part in ["TRACE", "sqlx", "reqwest", "hyper", "delivered", "access token", "panel.sub"] {
        assert!(log.contains(part), "everything was listened to, but nothing was heard of {part}");
    }
    assert_ne!(find(log.as_bytes(), [&control].into_iter()), [""; 0], "a word in the log is not found");
    let mut kept = Hunt::default();
    kept.add("the form's id", b"business-loan");
    assert_ne!(in_files(house.app.dir.path(), &kept), [""; 0], "a form's id in the store is not found");
    let mut leaks: Vec<String> =
        house.seen.iter().flat_map(|seen| in_answer(seen, &secrets, &typed)).collect();
    leaks.extend(in_log(&log, &secrets));
    leaks.extend(in_log(&log, &typed));
    leaks.extend(in_files(house.app.dir.path(), &secrets));
    leaks.extend(in_files(house.app.dir.path(), &typed));
    let leaks: Vec<String> = leaks.iter().map(|leak| leak.chars().take(LEAK_SHOWN).collect()).collect();
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}

/// What nobody may find: what was given to the proxy, what partners gave, what the proxy made of it.
fn everything_secret(house: &House) -> Hunt {
    let mut hunt = Hunt::default();
    house.secrets.add_to(&mut hunt);
    let sim = &house.app.sim;
    let given = [sim.partnerportal().oauth().given(), sim.octorate().oauth().given()].concat();
    assert!(given.len() >= TOKENS_MIN, "only {} tokens were given", given.len());
    for token in &given {
        hunt.add(&name("token or code", token), token.as_bytes());
    }
    let signatures = [sim.algbra().signatures(), sim.webhook().signatures()];
    for signature in signatures.iter().flatten() {
        let text = signature.strip_prefix("v1,").unwrap_or(signature);
        hunt.add(&name("signature", text), text.as_bytes());
        hunt.add(&name("bytes of the signature", text), &secrets::decoded(text));
    }
    let few = signatures.iter().any(|signatures| signatures.len() < SIGNATURES_MIN);
    assert!(!few, "only {:?} signatures arrived", signatures.each_ref().map(Vec::len));
    for signed in &house.signed {
        let (claims, signature) = signed.rsplit_once('.').unwrap();
        hunt.add(&name("claims", claims), claims.as_bytes());
        hunt.add(&name("signature of the claims", signature), signature.as_bytes());
    }
    for (what, word) in &house.passing {
        hunt.add(&name(what, word), word.as_bytes());
    }
    hunt
}

/// What no log may have: everything that a visitor has typed, and a person in a panel.
fn everything_typed(house: &House) -> Hunt {
    let mut hunt = Hunt::default();
    for word in &house.typed {
        hunt.add(&name("typed", &word.0), word.0.as_bytes());
    }
    hunt
}

fn in_answer(seen: &Seen, secrets: &Hunt, typed: &Hunt) -> Vec<String> {
    let mut text = seen.text.clone();
    for allowed in &seen.allowed {
        text = text.replace(allowed.as_str(), "");
    }
    let mut found = secrets.find(text.as_bytes());
    if !seen.shows_record {
        found.extend(typed.find(text.as_bytes()));
    }
    found.into_iter().map(|found| format!("{found} in {}: {text}", seen.what)).collect()
}

/// Line by line only where there is something to tell.
fn in_log(log: &str, hunt: &Hunt) -> Vec<String> {
    if hunt.find(log.as_bytes()).is_empty() {
        return Vec::new();
    }
    let found =
        log.lines().flat_map(|line| hunt.find(line.as_bytes()).into_iter().map(move |found| (found, line)));
    found.take(20).map(|(found, line)| format!("{found} in the log: {line}")).collect()
}

/// Of the store and of whatever else lies beside it.
fn in_files(folder: &Path, hunt: &Hunt) -> Vec<String> {
    let paths =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let paths: Vec<_> = paths.collect();
    assert!(paths.iter().any(|path| path.ends_with("lead-proxy.db")), "the store is not in {paths:?}");
    let found = paths.iter().flat_map(|path| {
        hunt.find(&std::fs::read(path).unwrap()).into_iter().map(move |found| (found, path))
    });
    found.map(|(found, path)| format!("{found} in {}", path.display())).collect()
}

/// How long each account's first attempt is waited for.
const INLINE_WAIT: Duration = Duration::from_secs(10);
