//! The section `[accounts.NAME.panel]`: read, with defaults from what the vocabulary knows, and refused with all findings.

use std::path::Path;

use lead_proxy::Config;
use lead_proxy::account::Panel;
use lead_proxy::config::Finding;

use crate::app::config_text::{API_KEY_VARIABLE, RING_KEY_VARIABLE, partner_secret};
use crate::app::{ConfigText, RING_KEY};

/// The configuration of every partner, none with a panel's section.
fn text() -> String {
    let text = ConfigText::new("http://127.0.0.1:9/insert".to_owned(), "lead-proxy.db".into()).to_toml();
    text.lines().filter(|line| !line.starts_with("panel = ")).map(|line| format!("{line}\n")).collect()
}

fn read_text(text: &str) -> Result<Config, Vec<Finding>> {
    let env = |name: &str| match name {
        API_KEY_VARIABLE => Some("an-api-key-of-the-tests".to_owned()),
        RING_KEY_VARIABLE => Some(RING_KEY.to_owned()),
        name => partner_secret(name),
    };
    Config::from_toml(text, Path::new("."), &env).map_err(|error| error.findings().to_vec())
}

/// The same with lines for Algbra's account, which has panel keys.
fn read(lines: &str) -> Result<Config, Vec<Finding>> {
    read_text(&text().replace("[accounts.algbra]\n", &format!("[accounts.algbra]\n{lines}\n")))
}

fn panel(lines: &str, account: &str) -> Panel {
    let config = read(lines).unwrap_or_else(|findings| panic!("{findings:#?}"));
    config.accounts.iter().find(|known| known.id() == account).unwrap().panel().clone()
}

#[test]
fn account_that_says_nothing_hides_what_the_vocabulary_calls_sensitive() {
    let algbra = panel("", "algbra");
    assert_eq!(algbra.sensitive, ["dateOfBirth", "identificationNumber"]);
    assert_eq!(algbra.columns, ["firstName", "lastName", "email", "phoneNumber"]);
    let portal = panel("", "partnerportal");
    assert_eq!(portal.sensitive, Vec::<String>::new());
    assert_eq!(portal.columns, ["firstName", "lastName", "companyName", "email", "phone"]);
}

#[test]
fn what_an_account_says_stands_in_place_of_the_defaults() {
    let said = panel(
        r#"panel = { origins = ["https://crm.example", "http://127.0.0.1:8093", "https://crm.example"], sensitive = [], columns = ["email", "createdAt"] }"#,
        "algbra",
    );
    let origins: Vec<&str> = said.origins.iter().map(lead_model::Origin::as_str).collect();
    assert_eq!(origins, ["https://crm.example", "http://127.0.0.1:8093"]);
    assert_eq!((said.sensitive.len(), said.columns), (0, vec!["email".to_owned(), "createdAt".to_owned()]));
    let some = panel(r#"panel = { origins = [], sensitive = ["phoneNumber"] }"#, "algbra");
    assert_eq!((some.sensitive, some.columns.len()), (vec!["phoneNumber".to_owned()], 4));
}

#[test]
fn everything_wrong_with_a_panel_is_told_with_a_remedy() {
    for (lines, path, part) in [
        (r#"panel = "on""#, "accounts.algbra.panel", "expected a table"),
        (r#"panel = { origin = [] }"#, "accounts.algbra.panel.origin", "did you mean \"origins\"?"),
        (
            r#"panel = { origins = "https://crm.example" }"#,
            "accounts.algbra.panel.origins",
            "expected a list",
        ),
        (r#"panel = { columns = [1] }"#, "accounts.algbra.panel.columns", "expected a list of texts"),
        (
            r#"panel = { origins = ["https://crm.example/"] }"#,
            "accounts.algbra.panel.origins[0]",
            "no trailing",
        ),
        (
            r#"panel = { origins = ["*"] }"#,
            "accounts.algbra.panel.origins[0]",
            "such as \"https://crm.example\"",
        ),
        (
            r#"panel = { sensitive = ["date_of_birth"] }"#,
            "accounts.algbra.panel.sensitive[0]",
            "\"dateOfBirth\"?",
        ),
        (r#"panel = { columns = ["emial"] }"#, "accounts.algbra.panel.columns[0]", "did you mean \"email\"?"),
        (r#"panel = { columns = ["email", "email"] }"#, "accounts.algbra.panel.columns[1]", "each name once"),
        (r#"panel = { columns = [""] }"#, "accounts.algbra.panel.columns[0]", "1 to 200 bytes"),
    ] {
        let found: Vec<String> =
            read(lines).err().unwrap_or_default().iter().map(ToString::to_string).collect();
        assert!(
            found.iter().any(|line| line.starts_with(path) && line.contains(part)),
            "{lines}: {found:#?}"
        );
        assert_eq!(found.len(), 1, "{lines}: {found:#?}");
    }
    let both = r#"panel = { origins = ["x", "y"], sensitive = ["emial"] }"#;
    assert_eq!(read(both).err().map(|findings| findings.len()), Some(3));
}

#[test]
fn panel_that_nobody_could_sign_in_to_is_refused() {
    let section = "\n[accounts.takepayments.panel]\norigins = [\"https://crm.example\"]\n";
    let found: Vec<String> =
        read_text(&(text() + section)).err().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].contains("accounts.takepayments.panel") && found[0].contains("panel_keys"),
        "{found:#?}"
    );
}
