//! Writes docs/accessibility.md: the criteria, and what was found of each form.
//!
//! Apart because it looks at no browser.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::Found;
use super::criteria::{CRITERIA, Verdict};

const HEAD: &str = "# Accessibility

What the form does about each criterion of [WCAG 2.2](https://www.w3.org/TR/WCAG22/), levels A and AA, and which tests hold it.
Written by `tests/browser/accessibility.rs` (`cargo xtask test --only browser`), which fails where this page says something else.

The tests are Chromium's, and axe's where they are called so.
No person with a screen reader has gone through the forms for this page, and what embedders write (labels, hints, colors of their own) is theirs.

";

/// Every file with tests of the form.
fn sources() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("tests/browser"), root.join("src")];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    text
}

fn criteria(text: &mut String) {
    let sources = sources();
    let (mut held, mut not_ours) = (0, 0);
    for (number, _, _, verdict, _) in CRITERIA {
        let Verdict::Held(tests) = verdict else {
            not_ours += 1;
            continue;
        };
        held += 1;
        for test in *tests {
            assert!(
                sources.contains(&format!("fn {test}(")),
                "{number} is held by {test}, which is not there"
            );
        }
    }
    let all = CRITERIA.len();
    writeln!(text, "{held} of {all} criteria are met and held by tests; {not_ours} are about nothing that a form has, or about the page around it.\n").unwrap();
    text.push_str("| criterion | level | | how | tests |\n| --- | --- | --- | --- | --- |\n");
    for (number, name, level, verdict, how) in CRITERIA {
        let (word, tests) = match verdict {
            Verdict::Held(tests) => {
                ("met", tests.iter().map(|test| format!("`{test}`")).collect::<Vec<_>>().join(", "))
            }
            Verdict::Host => ("the page's", String::new()),
            Verdict::Nothing => ("nothing of it", String::new()),
        };
        writeln!(text, "| {number} {name} | {level} | {word} | {how} | {tests} |").unwrap();
    }
}

fn forms(text: &mut String, found: &[Found]) {
    text.push_str("\n## Every shipped form\n\nEach was read at 320 pixels, without and with its problems, spaced out, and then filled in with its example and sent by Tab, arrows, Space and Enter alone.\n\n");
    text.push_str("| form | controls read aloud | filled in by keyboard | presses of Tab to its receipt |\n| --- | ---: | ---: | ---: |\n");
    for Found { id, filled, tabs, read } in found {
        writeln!(text, "| `{id}` | {read} | {filled} | {tabs} |").unwrap();
    }
}

/// Holds the page against what was found, and writes it anew where it says something else.
pub(super) fn write(found: &[Found]) {
    let mut text = HEAD.to_owned();
    criteria(&mut text);
    forms(&mut text, found);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/accessibility.md");
    if std::fs::read_to_string(&path).unwrap_or_default() != text {
        std::fs::write(&path, text).unwrap();
        panic!("docs/accessibility.md was stale and has been written anew; look at the change and commit it");
    }
}
