//! What a lead becomes for partners of every kind: numbers, constants of settings, the receipt, fields of their own.
//!
//! Apart from the tests of one partner's forms; the accounts are those of the connectors' fixtures.

use lead_model::{FormDefinition, NormalValues, Problem, ProblemCode};
use lead_proxy::account::Account;
use lead_proxy::config::Finding;
use lead_proxy::connectors::Lead;
use lead_proxy::ids::Receipt;
use lead_proxy::mapping::{check_cover, check_payload, compose, unmapped_fields};
use serde_json::{Value, json};

use crate::connectors::fixture::{Fixture, RECEIPT, build};

/// The fixture's account with these rules for a mapping.
fn built(slug: &str, mapping: &str) -> Result<Account, Vec<Finding>> {
    build(slug, &Fixture::read(slug).account, |draft| draft.mapping = toml::from_str(mapping).unwrap())
}

fn account(slug: &str, mapping: &str) -> Account {
    built(slug, mapping).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

fn lead(account: &Account, values: &str) -> Lead {
    let values: NormalValues = toml::from_str(values).unwrap();
    compose(account, &Receipt::parse(RECEIPT).unwrap(), &values)
}

fn field(lead: &Lead, name: &str) -> Option<Value> {
    lead.get(name).map(|value| value.to_json())
}

/// What an account with this mapping is told, by path, found and expected.
fn findings(slug: &str, mapping: &str) -> Vec<(String, String, String)> {
    let findings = built(slug, mapping).err().unwrap_or_default().into_iter();
    findings.map(|finding| (finding.path, finding.found, finding.expected)).collect()
}

/// A form with these fields besides those that PartnerPortal.io requires.
fn form(fields: &str) -> FormDefinition {
    let text = format!(
        r#"
        id = "deal"
        version = 1
        account = "partnerportal"
        [texts]
        title = "T"
        submit = "S"
        success_title = "T"
        success_text = "T"
        [[fields]]
        name = "first_name"
        required = true
        max_length = 200
        [[fields]]
        name = "last_name"
        required = true
        max_length = 200
        {fields}
        "#
    );
    toml::from_str(&text).unwrap()
}

#[test]
fn decimal_becomes_a_number_and_a_text_that_is_none_stays_one_and_is_told() {
    let account = account("partnerportal", "value = \"deal_value\"");
    for (typed, said) in [
        ("1250", json!(1250)),
        ("-0.5", json!(-0.5)),
        ("1250.5", json!(1250.5)),
        ("0", json!(0)),
        ("9007199254740993", json!(9_007_199_254_740_993_u64)),
        ("a lot", json!("a lot")),
        ("1,5", json!("1,5")),
        ("true", json!("true")),
        ("[1]", json!("[1]")),
        ("1e999", json!("1e999")),
    ] {
        let lead = lead(&account, &format!("last_name = \"L\"\nfirst_name = \"A\"\ndeal_value = {typed:?}"));
        assert_eq!(field(&lead, "value"), Some(said.clone()), "{typed}");
        let faults = account.connector().check(&lead);
        assert_eq!(faults.is_empty(), said.is_number(), "{typed}: {faults:?}");
    }

    let form = form("[[fields]]\nname = \"deal_value\"\nlabel = \"Worth\"").localize("en", &[]);
    let values: NormalValues =
        toml::from_str("first_name = \"A\"\nlast_name = \"L\"\ndeal_value = \"a lot\"").unwrap();
    let problems = check_payload(&form, &account, &Receipt::new(), (&values).into()).unwrap_err();
    assert_eq!(problems, [Problem::new("deal_value", ProblemCode::WrongType)]);
}

#[test]
fn field_of_a_form_that_is_no_number_is_named_where_the_partner_wants_one() {
    let account = account("partnerportal", "value = \"deal_value\"");
    let found = |kind: &str| {
        let form = form(&format!("[[fields]]\nname = \"deal_value\"\nlabel = \"Worth\"\nkind = {kind:?}"));
        check_cover(&form, &account).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(found("number"), [""; 0]);
    assert_eq!(
        found("text"),
        [
            "forms/deal for accounts.partnerportal, partner field value: found form field \"deal_value\" of kind \
          text, expected a field of kind number, or a constant: the partner wants a number (or set \
          accounts.partnerportal.mapping.value)"
        ]
    );
}

#[test]
fn constant_is_of_the_kind_that_the_partner_wants_or_is_refused() {
    for (rule, said) in [("5", json!(5)), ("-1.25", json!(-1.25)), ("0", json!(0))] {
        let account = account("partnerportal", &format!("value = {{ constant = {rule} }}"));
        let lead = lead(&account, "");
        assert_eq!(field(&lead, "value").and_then(|value| value.as_f64()), said.as_f64(), "{rule}");
        assert_eq!(field(&lead, "value").map(|value| value.is_f64()), Some(said.is_f64()), "{rule}");
    }
    let path = |name: &str| format!("accounts.partnerportal.mapping.{name}");
    for (name, rule, found, expected) in [
        ("value", "{ constant = \"5\" }", "a text", "a number"),
        ("value", "{ constant = true }", "true or false", "a number"),
        ("value", "{ constant = nan }", "another number", "a number that JSON can say"),
        ("value", "{ constant = inf }", "another number", "a number that JSON can say"),
        (
            "value",
            "{ template = \"{deal_value}\" }",
            "a template",
            "a number field or a constant: the partner wants a number",
        ),
        ("email", "{ constant = 5 }", "a number", "a text"),
        ("email", "{ constant = false }", "true or false", "a text"),
    ] {
        let told = findings("partnerportal", &format!("{name} = {rule}"));
        assert_eq!(told, [(path(name), found.to_owned(), expected.to_owned())], "{name} = {rule}");
    }
}

#[test]
fn partner_field_that_a_setting_fills_follows_it_until_the_account_maps_it() {
    let fixture = Fixture::read("partnerportal");
    let with = |platform: &str, mapping: &str| {
        let built = build("partnerportal", &fixture.account, |draft| {
            draft.settings.insert("platform".to_owned(), platform.into());
            draft.mapping = toml::from_str(mapping).unwrap();
        });
        field(&lead(&built.unwrap(), "platform_word = \"kiosk\""), "platform")
    };
    assert_eq!(with("website", ""), Some(json!("website")));
    assert_eq!(with("app", ""), Some(json!("app")));
    assert_eq!(with("website", "platform = { constant = \"own\" }"), Some(json!("own")));
    assert_eq!(with("website", "platform = \"platform_word\""), Some(json!("kiosk")));
}

#[test]
fn receipt_stands_in_templates_as_the_visitor_sees_it_and_needs_no_form_field() {
    let account = account("partnerportal", "agentId = { template = \"web/{receipt}\" }");
    let composed = lead(&account, "notes = \"Two tills.\"");
    assert_eq!(field(&composed, "notes"), Some(json!(format!("Two tills.\nReference: {RECEIPT}"))));
    assert_eq!(field(&composed, "agentId"), Some(json!(format!("web/{RECEIPT}"))));
    // Without notes their line is left out and the receipt stays.
    assert_eq!(field(&lead(&account, ""), "notes"), Some(json!(format!("Reference: {RECEIPT}"))));
    assert_eq!(check_cover(&form(""), &account), []);
}

#[test]
fn receipt_is_written_as_the_partner_wants_it_and_no_rule_takes_its_place() {
    let receipt = Receipt::parse(RECEIPT).unwrap();
    let algbra = account("algbra", "");
    let written = field(&lead(&algbra, ""), "externalReference");
    assert_eq!(written, Some(json!(receipt.to_uuid().to_string())));
    let takepayments = account("takepayments", "");
    assert_eq!(field(&lead(&takepayments, ""), "ID"), Some(json!(RECEIPT)));

    let told = findings("algbra", "externalReference = { constant = \"mine\" }");
    let path = "accounts.algbra.mapping.externalReference".to_owned();
    let expected = "none: this field always carries the receipt".to_owned();
    assert_eq!(told, [(path, "a rule".to_owned(), expected)]);
}

#[test]
fn form_field_goes_out_under_its_own_name_only_where_the_account_maps_nothing() {
    let values = "first_name = \"Ada\"\nconsent = true\nmarketing = false\ndevices = \"3\"";
    let plain = account("webhook", "");
    let composed = lead(&plain, values);
    let said = |lead: &Lead| {
        let mut fields = serde_json::Map::new();
        fields.extend(lead.iter().map(|(name, value)| (name.to_owned(), value.to_json())));
        fields.remove("webhook-id");
        Value::Object(fields)
    };
    assert_eq!(
        said(&composed),
        json!({ "consent": true, "devices": "3", "first_name": "Ada", "marketing": false })
    );
    let form = form("[[fields]]\nname = \"cups\"\nkind = \"number\"\nlabel = \"Cups\"");
    assert_eq!(unmapped_fields(&form, &plain), [""; 0]);

    let mapped = account("webhook", "\"person.given\" = \"first_name\"\nsource = { constant = 7 }");
    assert_eq!(said(&lead(&mapped, values)), json!({ "person.given": "Ada", "source": 7 }));
    assert_eq!(unmapped_fields(&form, &mapped), ["last_name", "cups"]);
}

#[test]
fn partner_field_of_the_accounts_own_holds_what_its_rule_gives() {
    let mapping = "\"customFields.tills\" = \"tills\"\n\"customFields.hot\" = \"hot_transfer\"\n\
                   \"customFields.rank\" = { constant = 3 }\n\"customFields.web\" = { constant = true }";
    let account = account("partnerportal", mapping);
    let composed = lead(&account, "tills = \"4\"\nhot_transfer = false");
    for (name, said) in
        [("tills", json!("4")), ("hot", json!(false)), ("rank", json!(3)), ("web", json!(true))]
    {
        assert_eq!(field(&composed, &format!("customFields.{name}")), Some(said), "{name}");
    }
}

#[test]
fn partner_field_that_the_account_may_not_name_is_refused() {
    for (slug, name) in
        [("partnerportal", "custom.tills"), ("partnerportal", "customFields."), ("takepayments", "Tills")]
    {
        let told = findings(slug, &format!("{name:?} = \"tills\""));
        assert_eq!(told.len(), 1, "{slug} {name}: {told:?}");
        let (path, found, expected) = &told[0];
        assert_eq!(*path, format!("accounts.{slug}.mapping.{name}"));
        assert_eq!(found, "an unknown partner field");
        assert!(expected.starts_with("one of ") && !expected.contains(name), "{expected}");
    }
}

#[test]
fn account_whose_partner_names_no_fields_does_not_start_without_a_mapping() {
    let told = findings("spotcap", "");
    assert_eq!(told.len(), 1, "{told:?}");
    let (path, found, expected) = &told[0];
    assert_eq!((path.as_str(), found.as_str()), ("accounts.spotcap.mapping", "nothing"));
    for part in ["no document prints them", "partner_name = \"email\"", "[accounts.spotcap.mapping]"] {
        assert!(expected.contains(part), "{expected}");
    }
    let account = account("spotcap", "mail = \"email\"");
    assert_eq!(
        field(&lead(&account, "email = \"ada@analytical.example\""), "mail"),
        Some(json!("ada@analytical.example"))
    );
}
