//! The start-up check of forms against accounts, and the check of a payload before it is accepted.

mod partners;

use std::collections::BTreeMap;

use lead_model::{FormDefinition, NormalValues, Problem, RawValue, Values, check};
use lead_proxy::account::{Account, AccountConfig, AccountLimits};
use lead_proxy::ids::Receipt;
use lead_proxy::mapping::{check_cover, check_payload, refused_fields, unmapped_fields};
use secrecy::SecretString;

use crate::app::{ConfigText, RING_KEY, read_config};

const CALLBACK: &str = include_str!("../../../forms/callback.toml");

fn account(mapping: &str) -> Account {
    let section = format!("connector = \"takepayments\"\n[mapping]\n{mapping}");
    let section: AccountConfig = toml::from_str(&section).unwrap();
    let secrets = BTreeMap::from([("api_key".to_owned(), SecretString::from("canary"))]);
    Account::build("web", &section, secrets, AccountLimits { allow_loopback: false }).unwrap()
}

/// The findings on the callback form after a change of its text.
fn findings(mapping: &str, old: &str, new: &str) -> Vec<String> {
    assert!(CALLBACK.contains(old), "the form has no {old:?}");
    let definition: FormDefinition = toml::from_str(&CALLBACK.replacen(old, new, 1)).unwrap();
    check_cover(&definition, &account(mapping)).iter().map(ToString::to_string).collect()
}

#[test]
fn every_form_of_the_repository_is_covered_and_reaches_its_partner_whole() {
    let text = ConfigText::new("http://127.0.0.1:9/insert".to_owned(), "lead-proxy.db".into()).to_toml();
    let config = read_config(&text, "canary", RING_KEY).unwrap_or_else(|error| panic!("{error}"));
    for form in &config.forms {
        let account = config.accounts.iter().find(|account| account.id() == form.account).unwrap();
        assert_eq!(check_cover(form, account), [], "{}", form.id);
        assert_eq!(unmapped_fields(form, account), [""; 0], "{}", form.id);
    }
    for account in &config.accounts {
        assert!(config.forms.iter().any(|form| form.account == account.id()), "{account:?} has a form");
    }
}

#[test]
fn field_that_no_partner_field_carries_is_named_and_one_that_is_mapped_is_not() {
    let field = "[[fields]]\nname = \"cups\"\nkind = \"number\"\nlabel = \"Cups\"\n\n[[examples]]";
    let definition: FormDefinition = toml::from_str(&CALLBACK.replacen("[[examples]]", field, 1)).unwrap();
    assert_eq!(unmapped_fields(&definition, &account("")), ["cups"]);
    let carried = account("Notes = { template = \"Phone: {phone}\\nCups: {cups}\" }");
    assert_eq!(unmapped_fields(&definition, &carried), [""; 0]);
}

/// A finding on the callback form, as an operator reads it.
fn finding(partner_field: &str, found: &str, expected: &str) -> Vec<String> {
    let path = format!("forms/callback for accounts.web, partner field {partner_field}");
    vec![format!("{path}: found {found}, expected {expected} (or set accounts.web.mapping.{partner_field})")]
}

#[test]
fn mapping_of_a_consent_is_held_against_form_and_partner() {
    let mapped = |mapping: &str, required: bool| {
        let consent = format!(
            "[[fields]]\nname = \"consent\"\nlabel = \"I agree.\"\nrequired = {required}\n\n[[examples]]"
        );
        findings(mapping, "[[examples]]", &consent)
    };
    for part in ["text", "sha256", "locale", "version", "at"] {
        assert_eq!(mapped(&format!("Notes = \"consent-{part}\""), false), [""; 0], "{part}");
    }
    assert_eq!(mapped("Notes = { template = \"{notes} {consent-text}\" }", false), [""; 0]);
    let told = mapped("FirstName = \"consent-text\"", false);
    assert!(told[0].contains("\"consent-text\", which not everybody gives"), "{told:?}");
    assert_eq!(mapped("FirstName = \"consent-text\"", true), [""; 0]);
    let told = mapped("Notes = { template = \"{first_name-text} {consent-ip}\" }", true);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("\"consent-ip\", which neither the form nor the vocabulary knows"), "{told:?}");
}

#[test]
fn form_that_does_not_give_what_the_partner_requires_is_named_with_the_remedy() {
    let (name, required) = ("name = \"first_name\"", "required = true");
    for (old, new, expected) in [
        (
            name,
            "name = \"given\"",
            finding(
                "FirstName",
                "no form field \"first_name\"",
                "a required form field \"first_name\", or another rule for it",
            ),
        ),
        (
            required,
            "required = false",
            finding(
                "FirstName",
                "form field \"first_name\", which may be left empty",
                "required = true on form field \"first_name\"",
            ),
        ),
        (
            "name = \"first_name\"",
            "name = \"vip\"\nkind = \"checkbox\"\nlabel = \"VIP\"\n\n[[fields]]\nname = \"first_name\"\n\
             visible_when = [{ field = \"vip\", is = true }]",
            finding(
                "FirstName",
                "form field \"first_name\", which is not asked of everybody",
                "no condition (nor on its step) on form field \"first_name\"",
            ),
        ),
        (
            "max_length = 200",
            "max_length = 201",
            finding(
                "FirstName",
                "form field \"first_name\" of up to 201 characters",
                "max_length = 200 or less on form field \"first_name\"",
            ),
        ),
        (
            "max_length = 200",
            "",
            finding(
                "FirstName",
                "form field \"first_name\" of up to 2000 characters",
                "max_length = 200 or less on form field \"first_name\"",
            ),
        ),
    ] {
        assert_eq!(findings("", old, new), expected, "{new}");
    }
}

#[test]
fn rule_of_an_account_that_does_not_fit_the_form_is_named_with_the_remedy() {
    let unknown = "which neither the form nor the vocabulary knows";
    for (mapping, expected) in [
        (
            "Company = \"compnay\"",
            finding("Company", &format!("field \"compnay\", {unknown}"), "the name of a form field"),
        ),
        (
            "Notes = { template = \"{phone} {fax}\" }",
            finding("Notes", &format!("field \"fax\", {unknown}"), "the name of a form field"),
        ),
        (
            "FirstName = { template = \"{notes}\" }",
            finding("FirstName", "a template that can come out empty", "a required form field in it"),
        ),
        (
            "HotTransfer = \"phone\"",
            finding(
                "HotTransfer",
                "form field \"phone\" of kind phone",
                "a field of kind checkbox, or a constant: the partner wants true or false",
            ),
        ),
        ("FirstName = { template = \"Dear {phone}\" }", vec![]),
        ("HotTransfer = { constant = false }", vec![]),
    ] {
        assert_eq!(findings(mapping, "en", "en"), expected, "{mapping}");
    }
}

#[test]
fn rule_of_an_account_covers_what_the_form_does_not_have() {
    for mapping in ["FirstName = \"given\"", "FirstName = { constant = \"Web\" }"] {
        let found = findings(mapping, "name = \"first_name\"", "name = \"given\"");
        assert_eq!(found, Vec::<String>::new(), "{mapping}");
    }
}

#[test]
fn all_findings_of_a_form_come_at_once() {
    let definition: FormDefinition = toml::from_str(
        r#"
        id = "empty"
        version = 1
        account = "web"
        fields = []
        [texts]
        title = "T"
        submit = "S"
        success_title = "T"
        success_text = "T"
        "#,
    )
    .unwrap();
    let findings = check_cover(&definition, &account(""));
    let named: Vec<_> = findings.iter().map(|finding| finding.path.rsplit(' ').next().unwrap()).collect();
    assert_eq!(named, ["FirstName", "LastName", "Email"]);
}

/// The callback form with a notes field of any length, and values for it.
fn with_notes(notes: &str) -> (lead_model::Form, NormalValues) {
    let field = "[[fields]]\nname = \"notes\"\nlabel = \"Notes\"\nmax_length = 5000\n\n[[examples]]";
    let definition: FormDefinition = toml::from_str(&CALLBACK.replacen("[[examples]]", field, 1)).unwrap();
    let form = definition.localize("en", &[]);
    let mut values = definition.examples[0].values.clone();
    values.set("notes", RawValue::Text(notes.to_owned()));
    let normal = check(&form, &values).unwrap();
    (form, normal)
}

#[test]
fn composed_text_that_is_too_long_is_a_problem_of_its_longest_part_with_what_is_left() {
    // "Phone: +441908640404\n" takes 21 of the 2000.
    for (length, problems) in [
        (1_979, vec![]),
        (1_980, vec![Problem::with("notes", lead_model::ProblemCode::TooLong, "max", "1979")]),
        (5_000, vec![Problem::with("notes", lead_model::ProblemCode::TooLong, "max", "1979")]),
    ] {
        let (form, values) = with_notes(&"x".repeat(length));
        let checked = check_payload(&form, &account(""), &Receipt::new(), (&values).into());
        assert_eq!(checked.err().unwrap_or_default(), problems, "{length}");
    }
}

#[test]
fn characters_outside_the_first_plane_count_twice_as_the_partner_counts_them() {
    let (form, values) = with_notes(&"\u{1F600}".repeat(1_000));
    let checked = check_payload(&form, &account(""), &Receipt::new(), (&values).into());
    assert_eq!(checked.unwrap_err()[0].field, "notes");
}

#[test]
fn field_that_is_too_long_for_its_partner_field_is_a_problem_of_that_field() {
    let definition: FormDefinition =
        toml::from_str(&CALLBACK.replacen("max_length = 200", "max_length = 300", 1)).unwrap();
    let form = definition.localize("en", &[]);
    let mut values: Values = definition.examples[0].values.clone();
    values.set("first_name", RawValue::Text("x".repeat(201)));
    let normal = check(&form, &values).unwrap();
    let problems = check_payload(&form, &account(""), &Receipt::new(), (&normal).into()).unwrap_err();
    assert_eq!(problems, [Problem::with("first_name", lead_model::ProblemCode::TooLong, "max", "200")]);
}

#[test]
fn refusal_of_partner_fields_is_told_of_the_form_fields_that_filled_them() {
    let (_, values) = with_notes("Two tills.");
    let refused = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let problems = refused_fields(account("Company = { constant = \"Web\" }").mapping(), &names, &values);
        problems.into_iter().map(|problem| problem.field).collect::<Vec<_>>()
    };
    assert_eq!(refused(&["Email", "Notes"]), ["email", "phone"]);
    assert_eq!(refused(&["ID", "Company", "Industry", "Nothing"]), Vec::<String>::new());
}
