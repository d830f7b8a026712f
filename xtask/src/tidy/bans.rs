//! Rules about words: what may not be written where, as one table.
//!
//! The import rules of the house stand here until the compiler can keep them (a crate of its own is the better fence).

use super::{
    Finding,
    tree::{Part, Source},
};

/// How a line is searched.
pub(super) enum Find {
    /// Any of these, not as a piece of a longer name.
    Words(&'static [&'static str]),
    /// Any of these, in any case, also as a piece of a name.
    Pieces(&'static [&'static str]),
    /// Whatever the function finds.
    By(fn(&str) -> Option<&str>),
}

/// One rule: words that a set of files may not contain.
pub(super) struct Ban {
    /// What `tidy-allow(…)` calls it.
    pub(super) name: &'static str,
    /// The files it is about.
    files: &'static [&'static str],
    /// Those among them that may.
    except: &'static [&'static str],
    part: Part,
    find: Find,
    /// Why not, and what to do instead.
    why: &'static str,
    /// A file and a line that break the rule: the test that it can fail.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "beside its rule, where the next editor sees it; read by tests")
    )]
    pub(super) sample: (&'static str, &'static str),
}

const RUST: &[&str] = &["*.rs"];
const CODE: &[&str] = &["*.rs", "*.js", "*.mjs", "*.css"];
/// Files that name the forbidden words in order to forbid them.
const OURSELVES: &[&str] = &["xtask/src/tidy*"];

/// The whole table.
pub(super) const BANS: &[Ban] = &[
    Ban {
        name: "sql",
        files: &["proxy/src/*"],
        except: &["proxy/src/store*"],
        part: Part::Product,
        find: Find::Words(&["sqlx", "rusqlite", "SELECT", "INSERT INTO", "DELETE FROM"]),
        why: "SQL lives in proxy/src/store alone; call a function of the store",
        sample: ("proxy/src/intake.rs", "    sqlx::query(\"…\")"),
    },
    Ban {
        name: "client",
        files: &["proxy/src/*"],
        except: &["proxy/src/transport*"],
        part: Part::Product,
        find: Find::Words(&["reqwest", "hyper"]),
        why: "proxy/src/transport alone opens outbound sockets; hand it a request value",
        sample: ("proxy/src/delivery.rs", "use reqwest::Client;"),
    },
    Ban {
        name: "environment",
        files: &["proxy/src/*"],
        except: &["proxy/src/config*", "proxy/src/main.rs", "proxy/src/cli*"],
        part: Part::Product,
        find: Find::Words(&["std::env", "env::var"]),
        why: "proxy/src/config alone reads the environment; take the value as a parameter",
        sample: ("proxy/src/router.rs", "    let port = std::env::var(\"PORT\");"),
    },
    Ban {
        name: "first-paint",
        files: &["proxy/src/*"],
        // WordPress' shortcode has the same name.
        except: &["proxy/src/render*", "proxy/src/snippets/wordpress.txt"],
        part: Part::Product,
        find: Find::Words(&["lead_form", "leptos"]),
        why: "proxy/src/render alone uses the form natively; call a function of render",
        sample: ("proxy/src/routes/embed.rs", "use lead_form::LeadForm;"),
    },
    Ban {
        name: "pure-connectors",
        files: &["proxy/src/connectors/*"],
        except: &[],
        part: Part::Product,
        find: Find::Words(&[
            "reqwest",
            "hyper",
            "axum",
            "tokio",
            "sqlx",
            "async",
            ".await",
            "std::env",
            "std::fs",
            "std::net",
            "Instant",
            "SystemTime",
            "Timestamp::now",
            "crate::clock",
            "crate::config",
            "crate::credentials",
            "crate::delivery",
            "crate::store",
            "crate::transport",
        ]),
        why: "a connector does no I/O and reads no clock: same lead, same bytes; take what it needs as a parameter",
        sample: ("proxy/src/connectors/takepayments.rs", "    let now = std::time::Instant::now();"),
    },
    Ban {
        name: "routes",
        files: &["proxy/src/routes*", "proxy/src/middleware*"],
        // A partner's records and an operator's consent bring no lead, so they are asked for at once.
        except: &["proxy/src/routes/records*", "proxy/src/routes/connect.rs"],
        part: Part::Product,
        find: Find::Words(&[
            "crate::connectors",
            "crate::exchange",
            "crate::transport",
            "crate::credentials",
        ]),
        why: "a route reads HTTP and calls intake, store or render; no lead leaves for a partner from here",
        sample: ("proxy/src/routes/submissions.rs", "use crate::transport::Transport;"),
    },
    Ban {
        name: "record-routes",
        files: &["proxy/src/routes/records*"],
        except: &[],
        part: Part::Product,
        find: Find::Words(&["crate::transport", "crate::credentials", "Call::Create"]),
        why: "records are asked for through crate::exchange, and a new one goes through intake and the outbox",
        sample: ("proxy/src/routes/records/list.rs", "use crate::transport::Transport;"),
    },
    Ban {
        name: "intake",
        files: &["proxy/src/intake*", "proxy/src/mapping*"],
        except: &[],
        part: Part::Product,
        find: Find::Words(&["axum", "crate::transport", "crate::routes"]),
        why: "intake and mapping know leads, not HTTP; translate in the route",
        sample: ("proxy/src/intake.rs", "use axum::Json;"),
    },
    Ban {
        name: "delivery",
        files: &["proxy/src/delivery*"],
        except: &[],
        part: Part::Product,
        find: Find::Words(&["axum", "crate::routes", "crate::render"]),
        why: "delivery serves no HTTP; the route waits for its outcome",
        sample: ("proxy/src/delivery/worker.rs", "use axum::http::StatusCode;"),
    },
    Ban {
        name: "transport",
        files: &["proxy/src/transport*"],
        except: &[],
        part: Part::Product,
        find: Find::Words(&["lead_model", "crate::store", "crate::connectors::"]),
        why: "transport moves bytes and knows no leads; take a request value",
        sample: ("proxy/src/transport.rs", "use lead_model::Lead;"),
    },
    Ban {
        name: "store",
        files: &["proxy/src/store*"],
        except: &[],
        part: Part::Product,
        find: Find::Words(&["axum", "crate::connectors::", "crate::transport", "crate::routes"]),
        why: "the store keeps rows and knows neither HTTP nor partners; take plain values",
        sample: ("proxy/src/store/sqlite.rs", "use crate::transport::Answer;"),
    },
    Ban {
        name: "fetch",
        files: &["src/*"],
        except: &["src/submit*"],
        part: Part::Product,
        find: Find::Words(&["gloo_net", "fetch_with_request", "fetch_with_str", ".fetch(", "XmlHttpRequest"]),
        why: "src/submit alone speaks to the network, with one idempotency key a form; call it",
        sample: ("src/form.rs", "use gloo_net::http::Request;"),
    },
    Ban {
        name: "state",
        files: &["src/state*"],
        except: &[],
        part: Part::Product,
        find: Find::Words(&["web_sys", "js_sys", "wasm_bindgen"]),
        why: "the form's state is plain transitions, tested without a browser; touch the page in the component",
        sample: ("src/state.rs", "use web_sys::Element;"),
    },
    Ban {
        name: "browser-room",
        files: &["src/*"],
        except: &[],
        part: Part::Product,
        find: Find::Words(&[
            "tokio",
            "reqwest",
            "lead_proxy",
            "partner_sim",
            "Instant",
            "SystemTime",
            "std::fs",
            "std::thread",
        ]),
        why: "the form runs in a visitor's browser, without clock, files or threads; use js_sys or a parameter",
        sample: ("src/lib.rs", "use std::time::Instant;"),
    },
    Ban {
        name: "model",
        files: &["crates/lead-model/src/*"],
        except: &[],
        part: Part::Product,
        find: Find::Words(&[
            "web_sys",
            "js_sys",
            "leptos",
            "tokio",
            "axum",
            "rand",
            "getrandom",
            "async",
            "Instant",
            "SystemTime",
            "std::env",
            "std::fs",
            "std::net",
            "std::thread",
        ]),
        why: "lead-model is what both sides believe: no I/O, no clock, no randomness; take it as a parameter",
        sample: ("crates/lead-model/src/submission.rs", "use std::time::SystemTime;"),
    },
    Ban {
        name: "simulator",
        files: &["crates/partner-sim/*"],
        except: &[],
        part: Part::Code,
        find: Find::Words(&[
            "lead_model",
            "lead_proxy",
            "lead_form",
            "lead-model",
            "lead-proxy",
            "lead-form",
        ]),
        why: "a simulator is written from the partner's document alone, else it only proves that we agree with ourselves",
        sample: ("crates/partner-sim/src/takepayments.rs", "use lead_model::Lead;"),
    },
    Ban {
        name: "tasks",
        files: &["xtask/src/*"],
        except: OURSELVES,
        part: Part::Code,
        find: Find::Words(&["lead_model", "lead_proxy", "lead_form", "partner_sim"]),
        why: "xtask builds our crates and links none of them; run the program instead",
        sample: ("xtask/src/demo.rs", "use lead_proxy::config;"),
    },
    Ban {
        name: "glossary",
        files: CODE,
        except: OURSELVES,
        part: Part::Code,
        find: Find::Pieces(&["whitelist", "blacklist", "mock", "widget"]),
        why: "one word for one thing: say allowlist, blocklist, simulator, embed",
        sample: ("src/embed.rs", "struct WidgetOptions;"),
    },
    Ban {
        name: "todo",
        files: &["*.rs", "*.js", "*.mjs", "*.css", "*.html", "*.toml", "*.md", "*run"],
        except: OURSELVES,
        part: Part::Text,
        find: Find::By(nameless_todo),
        why: "a note without a name is nobody's; write `TODO(name): what`, or do it",
        sample: ("src/lib.rs", "// TODO: make it work"),
    },
    Ban {
        name: "secret",
        files: &["*"],
        except: OURSELVES,
        part: Part::Text,
        find: Find::By(secret),
        why: "looks like a real credential; make one up at run time, or read it from the environment",
        sample: ("docs/operations.md", "key = secret_0123456789abcdef0123"),
    },
    Ban {
        name: "machine-path",
        files: &["*"],
        except: OURSELVES,
        part: Part::Text,
        find: Find::By(machine_path),
        why: "a path of one machine is wrong on every other; make it relative or ask the environment",
        sample: ("docs/operations.md", "cd /home/ana/lead-form"),
    },
    Ban {
        name: "ignored-test",
        files: RUST,
        except: OURSELVES,
        part: Part::Code,
        find: Find::By(|line| line.contains("#[ignore").then_some("#[ignore")),
        why: "a test that does not run proves nothing; mend it or delete it",
        sample: ("tests/browser/journey.rs", "#[ignore]"),
    },
    Ban {
        name: "elsewhere",
        files: &["embed/*.js", "style/*.css"],
        except: &[],
        part: Part::Code,
        find: Find::By(foreign_address),
        why: "the form asks nobody but its own proxy: no third-party request; ship the file with us",
        sample: ("style/base.css", "@import url(https://fonts.example/inter.css);"),
    },
];

/// Every rule of the table over one file.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ban in BANS.iter().filter(|ban| source.matches(ban.files) && !source.matches(ban.except)) {
        for (line, text) in source.lines(ban.part) {
            if let Some(found) = ban.find.first(text) {
                let text = format!("found `{found}`: {}", ban.why);
                findings.push(Finding { file: source.path.clone(), line, rule: ban.name, text });
            }
        }
    }
    findings
}

impl Find {
    /// The first forbidden thing on the line.
    fn first<'a>(&self, line: &'a str) -> Option<&'a str> {
        match self {
            Find::Words(words) => words.iter().find_map(|word| whole_word(line, word)),
            Find::Pieces(pieces) => {
                let lower = line.to_ascii_lowercase();
                pieces
                    .iter()
                    .find_map(|piece| lower.find(piece).and_then(|at| line.get(at..at + piece.len())))
            }
            Find::By(find) => find(line),
        }
    }
}

fn in_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The word where it stands alone: `rand` is not found in `brand` nor in `rand_core`.
fn whole_word<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let alone = |at: usize| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        let starts = !(word.starts_with(in_name) && before.is_some_and(in_name));
        let ends = !(word.ends_with(in_name) && after.is_some_and(in_name));
        starts && ends
    };
    line.match_indices(word).find(|(at, _)| alone(*at)).map(|(_, found)| found)
}

/// A note for later that names nobody.
fn nameless_todo(line: &str) -> Option<&str> {
    if let Some(found) = ["FIXME", "XXX"].iter().find_map(|word| whole_word(line, word)) {
        return Some(found);
    }
    let found = whole_word(line, "TODO")?;
    let after = line.split_once("TODO")?.1;
    let named = after
        .strip_prefix('(')
        .and_then(|rest| rest.split_once("):"))
        .is_some_and(|(name, _)| !name.trim().is_empty());
    // The rule itself may be quoted: `TODO(name): …`.
    (!named).then_some(found)
}

/// A private key, or a partner's key by its shape: `secret_` or `public_` and twenty hexadecimal digits.
fn secret(line: &str) -> Option<&str> {
    const PRIVATE_KEY: &str = "-----BEGIN";
    if line.contains(PRIVATE_KEY) {
        return line
            .get(line.find(PRIVATE_KEY)?..)
            .map(|found| found.get(..PRIVATE_KEY.len()).unwrap_or(found));
    }
    ["secret_", "public_"].iter().find_map(|mark| {
        line.match_indices(mark).find_map(|(at, _)| {
            let rest = line.get(at + mark.len()..)?;
            let digits = rest.chars().take_while(char::is_ascii_hexdigit).count();
            // Enough to find it, not enough to use it.
            (digits >= 20).then(|| line.get(at..at + mark.len() + 4)).flatten()
        })
    })
}

/// A path below somebody's home, or in a workshop.
fn machine_path(line: &str) -> Option<&str> {
    let starts = |at: usize| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|letter| in_name(letter) || matches!(letter, '.' | '-' | '/' | '}' | '~' | '*'))
    };
    ["/home/", "/root/", "/work/"]
        .iter()
        .find_map(|path| line.match_indices(path).find(|(at, _)| starts(*at)).map(|(_, found)| found))
}

/// An address of another host, other than the names of XML dialects.
fn foreign_address(line: &str) -> Option<&str> {
    ["http://", "https://"].iter().find_map(|scheme| {
        let (_, rest) = line.split_once(scheme)?;
        (!rest.starts_with("www.w3.org/")).then_some(*scheme)
    })
}
