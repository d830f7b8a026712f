//! Configuration: everything wrong is told at once, with its place and a remedy, and no secret is ever shown.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use lead_proxy::Config;
use lead_proxy::config::{Environment, Finding};
use tempfile::TempDir;

use crate::app::config_text::{API_KEY_VARIABLE, RING_KEY_VARIABLE, partner_secret, partner_variables};
use crate::app::{ConfigText, RING_KEY};

const SECRET: &str = "canary-secret-of-the-config-tests-0";

/// A text that is right, with its forms.
pub fn good() -> String {
    ConfigText::new("http://127.0.0.1:9/insert".to_owned(), "lead-proxy.db".into()).to_toml()
}

fn read(text: &str) -> Result<Config, Vec<Finding>> {
    let env = |name: &str| match name {
        API_KEY_VARIABLE => Some(SECRET.to_owned()),
        RING_KEY_VARIABLE => Some(RING_KEY.to_owned()),
        name => partner_secret(name),
    };
    Config::from_toml(text, Path::new("."), &env).map_err(|error| {
        assert!(!error.to_string().contains("canary") && !format!("{error:?}").contains("canary"), "{error}");
        error.findings().to_vec()
    })
}

/// The findings of a text, one a line.
fn findings(text: &str) -> Vec<String> {
    match read(text) {
        Ok(_) => Vec::new(),
        Err(findings) => findings.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn good_configuration_is_read_and_shows_no_secret() {
    let config = read(&good()).unwrap_or_else(|findings| panic!("{findings:?}"));
    assert_eq!((config.forms.len(), config.accounts.len()), (9, 6));
    let shown = config.to_toml();
    assert!(shown.contains(API_KEY_VARIABLE) && !shown.contains("canary"), "{shown}");
}

#[test]
fn everything_wrong_is_told_at_once_with_place_and_remedy() {
    let text = r#"
[public]
lisen = "127.0.0.1:1"
listen = "localhost"
body_bytes_max = 5
origin = "https://Forms.example/"
inline_wait_ms = "2000"
[pubic]
x = 1
[log]
level = "loud"
[forms]
dir = "no-such-folder"
[assets]
dir = "no-such-folder"
[keys]
active = "on"
ring.one = { env = "NOT_SET" }
[accounts.takepayments]
connecter = "takepayments"
credentials = { api_key = { env = "NOT_SET" } }
"#;
    let found = findings(text);
    let expected = [
        "public.lisen (line 3): found an unknown key \"lisen\", expected a known one; did you mean \"listen\"?",
        "public.listen (line 4): found \"localhost\", expected an address and port such as \"127.0.0.1:8080\"",
        "public.body_bytes_max (line 5): found 5, expected 1024 to 1048576",
        "public.origin (line 6): found \"https://Forms.example/\", expected an origin such as",
        "public.inline_wait_ms (line 7): found a text, expected a whole number",
        "pubic (line 8): found an unknown section \"pubic\", expected a known one; did you mean \"public\"?",
        "log.level (line 11): found \"loud\", expected one of \"error\"",
        "forms.dir (line 13): found a folder",
        "assets.dir (line 15): found a folder ./no-such-folder that can't be read",
        "keys.active (line 17): found \"on\", which names no key of the ring, expected a known one; did you mean \"one\"?",
        "keys.ring.one (line 18): found no variable NOT_SET, expected the environment variable NOT_SET",
        "accounts.takepayments.connecter (line 20): found an unknown key \"connecter\", expected a known one; did you mean \"connector\"?",
        "accounts.takepayments.connector (line 19): found nothing, expected the name of a connector",
    ];
    for line in expected {
        assert!(found.iter().any(|finding| finding.starts_with(line)), "no {line:?} in {found:#?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn rate_of_one_account_is_read_and_held_to_its_bounds() {
    let with = |line: &str| {
        good().replacen("[accounts.takepayments]\n", &format!("[accounts.takepayments]\n{line}\n"), 1)
    };
    let config = read(&with("per_minute = 30")).unwrap_or_else(|findings| panic!("{findings:?}"));
    let rates: Vec<_> = config.accounts.iter().filter_map(|account| account.per_minute()).collect();
    assert_eq!(rates, [30]);
    for (line, expected) in [
        ("per_minute = 60001", "found 60001, expected 0 to 60000"),
        ("per_minute = 100000000", "found 100000000, expected 0 to 60000"),
        ("per_minute = -1", "expected a whole number from 0"),
        ("per_minute = \"30\"", "found a text, expected a whole number from 0"),
    ] {
        let found = findings(&with(line));
        let [finding] = found.as_slice() else { panic!("{line}: {found:#?}") };
        assert!(
            finding.starts_with("accounts.takepayments.per_minute") && finding.ends_with(expected),
            "{finding}"
        );
    }
}

#[test]
fn secret_written_as_text_is_refused_and_never_repeated() {
    let place = format!("{{ env = \"{API_KEY_VARIABLE}\" }}");
    for (from, to, path) in [
        (place.clone(), format!("\"{SECRET}\""), "accounts.takepayments.credentials.api_key"),
        (place.clone(), format!("{{ text = \"{SECRET}\" }}"), "accounts.takepayments.credentials.api_key"),
        (
            place.clone(),
            format!("{{ env = \"X\", file = \"{SECRET}\" }}"),
            "accounts.takepayments.credentials.api_key",
        ),
        (place, format!("[\"{SECRET}\"]"), "accounts.takepayments.credentials.api_key"),
        (format!("{{ env = \"{RING_KEY_VARIABLE}\" }}"), format!("\"{SECRET}\""), "keys.ring.test"),
    ] {
        let found = findings(&good().replace(&from, &to));
        assert!(
            found
                .iter()
                .any(|line| line.starts_with(path) && line.contains("a place, never the secret itself")),
            "{to}: {found:?}"
        );
    }
    for wrong in [
        format!("[accounts.takepayments]\ncredentials = \"{SECRET}\""),
        format!("[accounts]\ntakepayments = \"{SECRET}\""),
        format!("accounts = \"{SECRET}\""),
        format!("[keys]\nring.a = {SECRET}"),
        format!("[keys]\nring.a = \"{SECRET}"),
        format!("[keys]\nring = \"{SECRET}\""),
        format!("[keys.ring.a]\nenv = \"{SECRET}\""),
        format!("[accounts.takepayments.mapping]\nNotes = {{ constnat = \"{SECRET}\" }}"),
    ] {
        // `read` looks for the secret in every finding.
        assert_ne!(findings(&wrong), [""; 0], "{wrong}");
    }
}

/// The findings where the operator's keys are these sections, and their variables hold these texts.
fn key_findings(keys: &str, env: &[(&str, &str)]) -> Vec<String> {
    let whole = good();
    let (before, rest) = whole.split_once("[keys]").unwrap();
    let (_, after) = rest.split_once("[accounts.takepayments]").unwrap();
    let text = format!("{before}{keys}\n[accounts.takepayments]{after}");
    let env = |name: &str| match env.iter().find(|(known, _)| *known == name) {
        Some((_, value)) => Some((*value).to_owned()),
        None if name == API_KEY_VARIABLE => Some(SECRET.to_owned()),
        None => partner_secret(name),
    };
    match Config::from_toml(&text, Path::new("."), &env) {
        Ok(_) => Vec::new(),
        Err(error) => error.findings().iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn keys_that_make_no_ring_are_each_told() {
    let (a, b) = (RING_KEY, RING_KEY.replace("00", "ff"));
    let env = [("A", a), ("B", b.as_str()), ("SHORT", &a[..62]), ("WORDS", "canary of 64 characters")];
    let two = "[keys]\nactive = \"b\"\n[keys.ring]\na = { env = \"A\" }\nb = { env = \"B\" }";
    assert_eq!(key_findings(two, &env), [""; 0]);
    let no_ring = "expected a key: [keys.ring.ID] with env = \"NAME\" or file = \"path\"";
    for (keys, path, parts) in [
        ("", "keys.ring: found nothing", no_ring),
        ("[keys]\nactive = \"a\"", "keys.ring", no_ring),
        ("[keys]\nactive = \"a\"\n[keys.ring]", "keys.ring", no_ring),
        (
            "[keys.ring.a]\nenv = \"A\"",
            "keys.active",
            "found nothing, expected the id of the key that seals everything new: one of a",
        ),
        (
            "[keys]\nactive = \"c\"\n[keys.ring.a]\nenv = \"A\"",
            "keys.active",
            "\"c\", which names no key of the ring",
        ),
        (
            "[keys]\nactive = \"a\"\nring.a = { env = \"SHORT\" }",
            "keys.ring.a",
            "62 characters in { env = \"SHORT\" }",
        ),
        ("[keys]\nactive = \"a\"\nring.a = { env = \"WORDS\" }", "keys.ring.a", "`openssl rand -hex 32`"),
        ("[keys]\nactive = \"a\"\nring.a = { env = \"GONE_AWAY\" }", "keys.ring.a", "no variable GONE_AWAY"),
        ("[keys]\nactive = \"A\"\nring.A = { env = \"A\" }", "keys.ring.A", "1 to 32 of a to z"),
        (
            "[keys]\nactive = \"a\"\nring.a = { env = \"A\" }\nring.b = { env = \"A\" }",
            "keys.ring.b",
            "the same key as in keys.ring.a",
        ),
        (
            "[keys]\nactive = \"a\"\nring.a = { env = \"A\" }\nring.b = { env = \"SHORT\" }",
            "keys.ring.b",
            "62 characters",
        ),
        ("[keys]\nactive = \"a\"\nring = [\"a\"]", "keys.ring", "a section for each key"),
    ] {
        let found = key_findings(keys, &env);
        assert!(
            found.iter().any(|line| line.starts_with(path) && line.contains(parts)),
            "no {path:?} with {parts:?} for {keys}: {found:#?}"
        );
        let shown = found.concat();
        assert!(!shown.contains("canary") && !shown.contains(&a[..62]), "{shown}");
    }
}

#[test]
fn key_file_is_refused_where_its_group_can_read_it() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("key");
    fs::write(&path, format!("{RING_KEY}\n")).unwrap();
    let keys = format!("[keys]\nactive = \"a\"\n[keys.ring.a]\nfile = {path:?}");
    for (mode, fits) in [(0o600, true), (0o400, true), (0o640, false), (0o660, false), (0o644, false)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let found = key_findings(&keys, &[]);
        assert_eq!(found.is_empty(), fits, "{mode:o}: {found:?}");
        assert!(fits || found[0].starts_with("keys.ring.a") && found[0].contains("chmod 600"), "{found:?}");
    }
}

#[test]
fn secret_file_is_read_and_refused_where_everybody_can_read_it() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("api-key");
    fs::write(&path, format!("{SECRET}\n")).unwrap();
    let text =
        good().replace(&format!("{{ env = \"{API_KEY_VARIABLE}\" }}"), &format!("{{ file = {path:?} }}"));
    for (mode, fits) in
        [(0o600, true), (0o400, true), (0o640, true), (0o644, false), (0o604, false), (0o666, false)]
    {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let found = findings(&text);
        assert_eq!(found.is_empty(), fits, "{mode:o}: {found:?}");
        assert!(fits || found[0].contains("chmod 600"), "{found:?}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, "\n").unwrap();
    assert!(findings(&text)[0].contains("an empty secret"));
    fs::remove_file(&path).unwrap();
    assert!(findings(&text)[0].contains("can't be read"));
}

#[test]
fn forms_are_held_against_accounts_and_languages() {
    let dir = TempDir::new().unwrap();
    let form = |change: &dyn Fn(String) -> String| {
        let text =
            fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../forms/callback.toml")).unwrap();
        change(text)
    };
    let write = |name: &str, text: String| fs::write(dir.path().join(name), text).unwrap();
    write("a.toml", form(&|text| text));
    write("b.toml", form(&|text| text.replace("account = \"takepayments\"", "account = \"takepayment\"")));
    write("c.toml", form(&|text| text.replace("id = \"callback\"", "id = \"c\"\nrequierd = 1")));
    write("d.toml", form(&|text| text.replace("id = \"callback\"", "id = \"Not A Slug\"")));
    write(
        "e.toml",
        form(&|text| {
            text.replace("id = \"callback\"", "id = \"e\"")
                .replace("default_locale = \"en\"", "default_locale = \"xx\"")
        }),
    );
    write(
        "f.toml",
        form(&|text| {
            let text = text.replace("id = \"callback\"", "id = \"f\"");
            let (before, behind) = text.split_once("name = \"last_name\"").unwrap();
            let behind = behind.replacen("required = true", "required = false", 1);
            format!("{before}name = \"last_name\"{behind}")
        }),
    );
    let look = "id = \"g\"\npreset = \"sofft\"\ndensity = \"airy\"";
    write("g.toml", form(&|text| text.replace("id = \"callback\"", look)));
    write("notes.txt", "not a form".to_owned());
    let mut text = ConfigText::new("http://127.0.0.1:9/insert".to_owned(), "lead-proxy.db".into());
    text.forms_dir = dir.path().to_owned();
    let found = findings(&text.to_toml());
    let has = |file: &str, part: &str| {
        assert!(
            found.iter().any(|line| line.contains(file) && line.contains(part)),
            "{file} {part}: {found:#?}"
        );
    };
    has("b.toml id", "which ");
    has("b.toml account", "did you mean \"takepayments\"?");
    has("c.toml line 3", "unknown field `requierd`");
    has("d.toml id", "lower-case letters");
    has("e.toml default_locale", "one of the languages ar, de, en, es, fr, it, ja, nl, pl, pt, sv, tr");
    has("f.toml", "LastName");
    has("g.toml preset", "an unknown preset \"sofft\", expected a known one; did you mean \"soft\"?");
    has("g.toml density", "expected one of compact, comfortable, roomy");
    assert!(!found.iter().any(|line| line.contains("a.toml") && !line.contains("b.toml")), "{found:#?}");
}

#[test]
fn misspelt_variable_is_told() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("lead-proxy.toml");
    fs::write(&path, good()).unwrap();
    let load = |name: &str, value: &str| {
        let own = [(API_KEY_VARIABLE, SECRET), (RING_KEY_VARIABLE, RING_KEY), (name, value)];
        let partners: Vec<_> = partner_variables().collect();
        let partners = partners.iter().map(|(name, value)| (*name, value.as_str()));
        let env = Environment::from_pairs(own.into_iter().chain(partners));
        Config::load(&path, &env).map_err(|error| error.to_string())
    };
    assert!(load("LEAD_PROXY__LOG__LEVEL", "debug").is_ok());
    for (name, value, part) in [
        ("LEAD_PROXY__LOG__LEVLE", "debug", "did you mean \"LEAD_PROXY__LOG__LEVEL\"?"),
        (
            "LEAD_PROXY__PUBLIC__INLINE_WAIT_MS",
            "soon",
            "public.inline_wait_ms (LEAD_PROXY__PUBLIC__INLINE_WAIT_MS)",
        ),
        ("LEAD_PROXY__KEYS__ACTIVE", "tset", "keys.active (LEAD_PROXY__KEYS__ACTIVE): found \"tset\""),
    ] {
        let error = load(name, value).err().unwrap();
        assert!(error.contains(part) && !error.contains("canary"), "{error}");
    }
    assert!(load("LEAD_PROXY__KEYS__ACTIVE", "test").is_ok());
}

#[test]
fn public_origin_must_be_told_where_the_listener_is_not_on_loopback() {
    let found = findings(&good().replacen("127.0.0.1:0", "0.0.0.0:8080", 1));
    assert!(found.len() == 1 && found[0].starts_with("public.origin"), "{found:?}");
}

pub fn program(arguments: &[&str], path: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lead-proxy"))
        .args(arguments)
        .arg("--config")
        .arg(path)
        .env_clear()
        .env(API_KEY_VARIABLE, SECRET)
        .env(RING_KEY_VARIABLE, RING_KEY)
        .envs(partner_variables())
        .output()
        .unwrap()
}

#[test]
fn command_line_checks_lists_and_renders_without_a_secret() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("lead-proxy.toml");
    fs::write(&path, good()).unwrap();
    for (arguments, part) in [
        (
            &["check", "--offline"][..],
            "card-machines v1: every required field of account takepayments is covered",
        ),
        (
            &["forms"],
            "callback\t1\ttakepayments\tar,de,en,es,fr,it,ja,nl,pl,pt,sv,tr\thttp://127.0.0.1:8090,http://localhost:8090",
        ),
        (&["render", "callback"], "<title>Ask for a call</title>"),
        (&["render", "callback", "--locale", "de"], "<title>Rückruf anfordern</title>"),
        (&["link", "complete-account", "--reference", "3cc6f482"], "/f/complete-account?link=ey"),
        (
            &["link", "complete-account", "--reference", "3cc6f482", "--days", "90"],
            "/f/complete-account?link=ey",
        ),
        (
            &[
                "prefill",
                "open-account",
                "--value",
                "first_name=Ada",
                "--fixed",
                "first_name",
                "--minutes",
                "10080",
            ],
            "/f/open-account#prefill=ey",
        ),
        (&["snippet", "callback"], "<lead-form form=\"callback\" mode=\"iframe\"></lead-form>"),
        (&["snippet", "callback", "--as", "hosted"], "/f/callback\">Open the form</a>"),
    ] {
        let output = program(arguments, &path);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && out.contains(part), "{arguments:?}: {out}{err}");
        assert!(!out.contains("canary") && !err.contains("canary"));
    }
    // Nobody listens where this configuration has its partners.
    for arguments in [
        &["check"][..],
        &["render", "none"],
        &["link", "callback", "--reference", "3cc6f482"],
        &["link", "complete-account", "--reference", ""],
        &["link", "complete-account", "--reference", "3cc6f482", "--days", "91"],
        &["link", "complete-account", "--reference", "3cc6f482", "--days", "0"],
        &["snippet", "none"],
        // This program has no files for browsers.
        &["snippet", "callback", "--as", "pinned"],
        &["prefill", "none", "--value", "first_name=Ada"],
        &["prefill", "callback", "--value", "first_name=Ada"],
        &["prefill", "open-account", "--value", "nobody=Ada"],
        &["prefill", "open-account", "--value", "first_name"],
        &["prefill", "open-account", "--value", "first_name=Ada", "--fixed", "last_name"],
        &["prefill", "open-account", "--value", "first_name=Ada", "--minutes", "0"],
        &["prefill", "open-account", "--value", "first_name=Ada", "--minutes", "10081"],
    ] {
        assert_eq!(program(arguments, &path).status.code(), Some(1), "{arguments:?}");
    }
    fs::write(&path, "[public]\nlisten = \"x\"\nlisetn = 1\n").unwrap();
    let output = program(&["serve"], &path);
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("public.listen (line 2)") && err.contains("public.lisetn (line 3)"), "{err}");
    assert_eq!(program(&["check"], Path::new("none.toml")).status.code(), Some(2));
}

#[test]
fn store_is_a_file_or_a_database_and_its_address_is_never_shown() {
    let with = |lines: &str, address: &str| {
        let text = good().replace("path = \"lead-proxy.db\"", lines);
        let env = |name: &str| match name {
            "TEST_DATABASE_URL" => Some(address.to_owned()),
            API_KEY_VARIABLE => Some(SECRET.to_owned()),
            RING_KEY_VARIABLE => Some(RING_KEY.to_owned()),
            name => partner_secret(name),
        };
        Config::from_toml(&text, Path::new("."), &env).map_err(|error| error.to_string())
    };
    let url = "url = { env = \"TEST_DATABASE_URL\" }";
    let address = "postgres://role:canary@db.example/leads";
    let shown = with(url, address).unwrap();
    assert!(!shown.to_toml().contains("canary") && !format!("{:?}", shown.store).contains("canary"));
    for (lines, address, told) in [
        (format!("path = \"other.db\"\n{url}"), address, "store.path"),
        ("path = \"\"".to_owned(), address, "a file, or store.url in its place"),
        (url.to_owned(), "mysql://role:canary@db/leads", "an address of another kind"),
        (url.to_owned(), "postgres://role:canary@db.example", "an address without a database"),
        ("url = \"postgres://role:canary@db/leads\"".to_owned(), address, "a place, never the secret itself"),
    ] {
        let error = with(&lines, address).err().unwrap();
        assert!(error.contains(told) && !error.contains("canary"), "{error}");
    }
}
