//! `cargo xtask new connector NAME`: a partner that builds, is tested and can be looked at, in five files.
//!
//! Apart from the templates, which lie beside it as files and are whole: a person changes them, and writes none anew.

use crate::sh;
use anyhow::{Context, Result, bail, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

mod trial;

#[cfg(test)]
mod tests;

/// New files: where each goes, and what is in it.
const FILES: [(&str, &str); 3] = [
    ("proxy/src/connectors/__name__.rs", include_str!("new_connector/connector.rs.txt")),
    ("proxy/tests/fixtures/__name__.toml", include_str!("new_connector/fixture.toml.txt")),
    ("crates/partner-sim/src/__name__.rs", include_str!("new_connector/simulator.rs.txt")),
];

/// The registers, and the lines that go into each.
const REGISTERS: [(&str, &[Entry]); 2] = [
    (
        "proxy/src/connectors.rs",
        &[
            Entry { after: "pub mod ", place: Place::Sorted, line: "pub mod __name__;\n" },
            Entry {
                after: "pub const CONNECTORS",
                place: Place::Before("];"),
                line: "    &__name__::__Type__,\n",
            },
        ],
    ),
    (
        "crates/partner-sim/src/lib.rs",
        &[
            Entry { after: "// One line a partner.\n", place: Place::Sorted, line: "pub mod __name__;\n" },
            Entry {
                after: "struct Partners {",
                place: Place::Before("}\n"),
                line: "    __name__: __name__::__Type__,\n",
            },
            Entry {
                after: "Ok(Self {",
                place: Place::Before("        })"),
                line: "            __name__: __name__::__Type__::new(base_url),\n",
            },
            Entry {
                after: "fn register(",
                place: Place::Before("        ]"),
                line: "            (__name__::PARTNER, self.__name__.routes()),\n",
            },
            Entry {
                after: "impl Sim {",
                place: Place::Before("    /// Stops listening"),
                line: "    /// Gives the simulator of __Type__: its address, its key, its ledger, its faults.\n    \
                       pub fn __name__(&self) -> &__name__::__Type__ {\n        &self.partners.__name__\n    }\n\n",
            },
        ],
    ),
];

/// One line of a register.
struct Entry {
    /// Behind the first place where this stands.
    after: &'static str,
    place: Place,
    line: &'static str,
}

/// Where in a register a line goes.
enum Place {
    /// Among the `pub mod` lines, in their order.
    Sorted,
    /// Before the next place where this stands.
    Before(&'static str),
}

/// `cargo xtask new`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    if arguments == ["trial"] {
        return trial::run();
    }
    let [what, name] = arguments else {
        bail!("found {} words after `new`, expected `connector NAME`, or `trial`", arguments.len());
    };
    ensure!(what == "connector", "found `new {what}`, expected `new connector NAME`");
    let written = write(sh::root(), name)?;
    println!("new connector {name}, in {} files:", written.len());
    for file in &written {
        println!("  {}", file.display());
    }
    println!(
        "\nIt builds, and `cargo nextest run -p lead-proxy --test it connectors` is green once it has written \
         docs/connectors.md anew.\nNow write the partner's facts: first the fixture from its document, then the payload, \
         the answers, the simulator."
    );
    Ok(())
}

/// Writes everything below this root, or nothing; the files, relative to it.
fn write(root: &Path, name: &str) -> Result<Vec<PathBuf>> {
    check(name)?;
    let fill = |text: &str| text.replace("__name__", name).replace("__Type__", &type_name(name));
    let mut files = Vec::new();
    for (path, template) in FILES {
        let path = fill(path);
        ensure!(
            !root.join(&path).exists(),
            "found {path} already, expected a name that no connector has: nothing is written"
        );
        files.push((PathBuf::from(path), fill(template)));
    }
    for (path, entries) in REGISTERS {
        let mut text =
            fs::read_to_string(root.join(path)).with_context(|| format!("could not read {path}"))?;
        for entry in entries {
            text = insert(&text, entry, &fill(entry.line))
                .with_context(|| format!("found no place for a new partner in {path}: {:?}", entry.after))?;
        }
        files.push((PathBuf::from(path), text));
    }
    for (path, text) in &files {
        fs::write(root.join(path), text).with_context(|| format!("could not write {}", path.display()))?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// Words that a new name may not be: Rust's own, and the room beside the connectors.
const TAKEN: [&str; 20] = [
    "as", "break", "const", "crate", "dyn", "else", "enum", "for", "impl", "in", "loop", "mod", "move",
    "parts", "pub", "ref", "self", "super", "type", "use",
];

fn check(name: &str) -> Result<()> {
    let letters = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    let begins = name.starts_with(|letter: char| letter.is_ascii_lowercase());
    ensure!(
        letters && begins && name.len() <= 24 && !name.contains("__") && !name.ends_with('_'),
        "found the name {name:?}, expected 1 to 24 small letters, digits and single underscores, a letter first, such as \
         `acme_loans`"
    );
    // `lead` would become a type `Lead`, which the templates know as something else.
    let type_name = type_name(name);
    let mut words = FILES.iter().flat_map(|(_, text)| text.split(|letter: char| !letter.is_alphanumeric()));
    let taken = TAKEN.contains(&name) || words.any(|word| word == type_name);
    ensure!(!taken, "found the name {name:?}, which has a meaning of its own here; expected another");
    Ok(())
}

/// `acme_loans` as the name of a type.
fn type_name(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    name.split('_').map(word).collect()
}

/// The text with the line in its place; none where there is no such place.
fn insert(text: &str, entry: &Entry, line: &str) -> Option<String> {
    let start = text.find(entry.after)?;
    let at = match entry.place {
        Place::Before(next) => {
            let behind = start + entry.after.len();
            behind + text.get(behind..)?.find(next)?
        }
        Place::Sorted => {
            let begin = start + if entry.after.ends_with('\n') { entry.after.len() } else { 0 };
            let modules =
                text.get(begin..)?.split_inclusive('\n').take_while(|line| line.starts_with("pub mod "));
            begin + modules.take_while(|known| *known < line).map(str::len).sum::<usize>()
        }
    };
    let (before, after) = text.split_at_checked(at)?;
    Some([before, line, after].concat())
}
