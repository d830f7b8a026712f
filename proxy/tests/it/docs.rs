//! The lists in `docs/`, written from the code: each test rewrites its page and fails if it had to.

use std::fs;
use std::path::{Path, PathBuf};

use lead_model::{Density, Preset, ProblemCode};
use lead_proxy::alerts::Cause;
use lead_proxy::crash::{Brought, POINTS};
use lead_proxy::problem::ApiReason;

const REFERENCE: &str = include_str!("../../lead-proxy.default.toml");

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

/// Puts the list between its marks, and fails if something else stood there.
fn check(name: &str, list: &str, written: &str) {
    let path = page(name);
    let text = fs::read_to_string(&path).unwrap();
    let (start, end) = (format!("<!-- {list}: written by a test -->\n"), format!("<!-- {list}: end -->"));
    let (before, rest) = text.split_once(&start).unwrap_or_else(|| panic!("{name} has no {start:?}"));
    let (old, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{name} has no {end:?}"));
    if old != written {
        fs::write(&path, [before, &start, written, &end, after].concat()).unwrap();
        panic!("docs/{name} was stale and has been written anew; look at the change and commit it");
    }
}

#[test]
fn api_page_lists_every_problem_and_what_the_visitor_reads_of_it() {
    let mut table = "| code | status | meaning |\n|---|---|---|\n".to_owned();
    for reason in ApiReason::ALL {
        table += &format!("| `{}` | {} | {} |\n", reason.code(), reason.status().as_u16(), reason.meaning());
    }
    check("api.md", "problems", &table);

    let texts: std::collections::BTreeMap<String, toml::Value> =
        toml::from_str(include_str!("../../../locales/en.toml")).unwrap();
    // Of a sentence by number, the one for most numbers.
    let plain = |text: &toml::Value| text.get("other").unwrap_or(text).as_str().unwrap().to_owned();
    let mut table = "| code | what the visitor reads |\n|---|---|\n".to_owned();
    for code in ProblemCode::ALL {
        table += &format!("| `{}` | {} |\n", code.as_str(), plain(&texts[code.as_str()]));
    }
    check("api.md", "field problems", &table);
}

#[test]
fn operations_page_lists_every_alert() {
    let mut table = "| `alert`, `cause` | what it says |\n|---|---|\n".to_owned();
    for cause in Cause::ALL {
        table += &format!("| `{}` | {} |\n", cause.as_str(), cause.sentence());
    }
    check("operations.md", "alerts", &table);
}

#[test]
fn config_page_lists_every_key() {
    let (mut page, mut comment, mut begun) = (String::new(), Vec::new(), false);
    for line in REFERENCE.lines() {
        if let Some(text) = line.strip_prefix("# ") {
            comment.push(text);
        } else if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            assert!(!comment.is_empty(), "[{section}] has no sentence");
            page += &format!(
                "{}### `[{section}]`\n\n{}\n\n| key | default | meaning |\n|---|---|---|\n",
                if begun { "\n" } else { "" },
                comment.join(" ")
            );
            begun = true;
            comment.clear();
        } else if let Some((key, value)) = line.split_once(" = ") {
            assert!(!comment.is_empty(), "{key} has no sentence");
            page += &format!("| `{key}` | `{value}` | {} |\n", comment.join(" "));
            comment.clear();
        } else {
            comment.clear();
        }
    }
    check("config.md", "keys", &page);
}

#[test]
fn campaigns_page_lists_every_crash_point() {
    let mut table =
        "| point | what brings the proxy there | store | what has been done by then |\n|---|---|---|---|\n"
            .to_owned();
    for point in POINTS {
        let by = match point.by {
            Brought::FirstStart => "a start without a store",
            Brought::Token => "a lead without a good access token",
            Brought::Lead => "a lead",
            Brought::AnswerBody => "a partner that answers with a body",
            Brought::Recovery => "a start after a crash",
            Brought::Renewal => "a slow partner",
            Brought::Rotation => "a start under another active key",
            Brought::TokenRotation => "the same, with an access token in the store",
            Brought::Stop => "SIGTERM",
        };
        let store = if point.store.is_empty() { "both" } else { point.store };
        table += &format!("| `{}` | {by} | {store} | {} |\n", point.name, point.when);
    }
    check("campaigns.md", "crash points", &table);
}

#[test]
fn style_sheet_and_page_know_every_preset_and_density_and_no_other() {
    let sheet = include_str!("../../../style/presets.css");
    let page = fs::read_to_string(page("presets.md")).unwrap();
    // Those without tokens of their own, which is what all others start from.
    for (key, usual, names) in [
        ("preset", "classic", Preset::ALL.iter().map(|preset| preset.as_str()).collect::<Vec<_>>()),
        ("density", "comfortable", Density::ALL.iter().map(|density| density.as_str()).collect()),
    ] {
        let mut drawn: Vec<&str> = sheet
            .split(&format!(":host([{key}=\""))
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        drawn.insert(names.iter().position(|name| *name == usual).unwrap(), usual);
        assert_eq!(drawn, names, "{key}, in style/presets.css");
        for name in names {
            assert!(page.contains(&format!("`{name}`")), "docs/presets.md lacks {key} {name}");
        }
    }
}

#[test]
fn react_package_types_every_token_of_the_page_about_embedding() {
    let text = fs::read_to_string(page("embedding.md")).unwrap();
    let told: Vec<&str> =
        text.split("\n| `--lf-").skip(1).filter_map(|rest| Some(rest.split_once('`')?.0)).collect();
    let types = fs::read_to_string(page("../packages/react/lead-form.d.ts")).unwrap();
    let (_, rest) = types.split_once("export type LeadFormToken =").unwrap();
    let (list, _) = rest.split_once(';').unwrap();
    let typed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    assert_eq!(typed, told);
}
