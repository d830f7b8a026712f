//! The contract suite: the same questions to every registered connector, with no list to edit. No socket, no clock.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};
use lead_model::NormalValues;
use lead_proxy::account::{Account, AccountConfig, AccountLimits};
use lead_proxy::connectors::{
    Answer, CONNECTORS, Connector, CredentialPlace, Lead, Outcome, PartnerFieldKind, PartnerValue, RetryAfter,
};
use lead_proxy::ids::Receipt;
use lead_proxy::mapping::compose;
use secrecy::SecretString;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    account: AccountFixture,
    document: Vec<DocumentTable>,
    requests: Vec<RequestFixture>,
    answers: Vec<AnswerFixture>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFixture {
    settings: toml::Table,
    credentials: BTreeMap<String, String>,
    mapping: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentTable {
    fields: Vec<DocumentField>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentField {
    name: String,
    #[serde(default)]
    required: bool,
    max: Option<u32>,
    #[serde(default)]
    boolean: bool,
    #[serde(default)]
    own: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFixture {
    name: String,
    receipt: String,
    body: String,
    values: NormalValues,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerFixture {
    name: String,
    status: u16,
    content_type: Option<String>,
    retry_after: Option<String>,
    #[serde(default)]
    body: String,
    outcome: String,
    why: Option<String>,
    #[serde(default)]
    fields: Vec<String>,
    retry_after_ms: Option<u64>,
}

fn folder(inside: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(inside)
}

/// Runs a check for every connector with its fixture and an account made of it.
fn for_each(check: impl Fn(&dyn Connector, &Fixture, &Account)) {
    for connector in CONNECTORS {
        let slug = connector.descriptor().slug;
        let path = folder("tests/fixtures").join(format!("{slug}.toml"));
        let text = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{slug} needs {}: {error}", path.display()));
        let fixture: Fixture =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let account = account_of(slug, &fixture.account);
        check(*connector, &fixture, &account);
    }
}

fn account_of(slug: &str, fixture: &AccountFixture) -> Account {
    let mut section = toml::Table::new();
    section.insert("connector".to_owned(), slug.into());
    section.insert("settings".to_owned(), fixture.settings.clone().into());
    section.insert("mapping".to_owned(), fixture.mapping.clone().into());
    let config: AccountConfig = section.try_into().unwrap();
    let secrets =
        fixture.credentials.iter().map(|(name, text)| (name.clone(), SecretString::from(text.as_str())));
    Account::build(slug, &config, secrets.collect(), AccountLimits { allow_loopback: false })
        .unwrap_or_else(|findings| panic!("{findings:?}"))
}

fn lead_of(account: &Account, request: &RequestFixture) -> Lead {
    compose(account, &Receipt::parse(&request.receipt).unwrap(), &request.values)
}

fn answer_of(fixture: &AnswerFixture) -> Answer {
    let mut headers = HeaderMap::new();
    for (name, value) in [(CONTENT_TYPE, &fixture.content_type), (RETRY_AFTER, &fixture.retry_after)] {
        if let Some(value) = value {
            headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
    }
    Answer { status: fixture.status, headers, body: fixture.body.clone().into_bytes() }
}

/// The class, the code of why, the fields named and the wait asked for.
fn read(outcome: &Outcome) -> (&'static str, Option<String>, Vec<String>, Option<u64>) {
    let why = |why: &lead_proxy::connectors::Why| Some(why.to_string());
    match outcome {
        Outcome::Delivered { .. } => ("delivered", None, Vec::new(), None),
        Outcome::NotSent { why: w } => ("not_sent", why(w), Vec::new(), None),
        Outcome::Throttled { retry_after, why: w } => {
            let wait = match retry_after {
                Some(RetryAfter::Wait(wait)) => Some(u64::try_from(wait.as_millis()).unwrap()),
                Some(RetryAfter::At(_)) | None => None,
            };
            ("throttled", why(w), Vec::new(), wait)
        }
        Outcome::Rejected { fields, why: w } => ("rejected", why(w), fields.clone(), None),
        Outcome::Credential { why: w } => ("credential", why(w), Vec::new(), None),
        Outcome::InDoubt { why: w } => ("in_doubt", why(w), Vec::new(), None),
    }
}

#[test]
fn request_is_byte_for_byte_as_the_fixture_has_it_every_time() {
    for_each(|connector, fixture, account| {
        for request in &fixture.requests {
            let lead = lead_of(account, request);
            assert_eq!(connector.check(&lead), [], "{}", request.name);
            for _ in 0..2 {
                let built = connector.request(&lead, account.settings()).unwrap();
                assert_eq!(String::from_utf8(built.body).unwrap(), request.body, "{}", request.name);
                assert_eq!(built.url, fixture.account.settings["url"].as_str().unwrap());
            }
        }
    });
}

#[test]
fn fields_are_those_of_the_partners_document_in_its_order_and_spelling() {
    for_each(|connector, fixture, _| {
        let expected = fixture.document.iter().flat_map(|table| &table.fields).map(|field| {
            let kind = match field.max {
                Some(length_max) => PartnerFieldKind::Text { length_max },
                None => PartnerFieldKind::Bool,
            };
            assert_eq!(field.boolean, field.max.is_none(), "{} has a length or is a boolean", field.name);
            (field.name.as_str(), field.required, kind, field.own)
        });
        let fields = connector.fields().iter();
        let actual = fields.map(|field| (field.name.as_str(), field.required, field.kind, field.own_cap));
        assert_eq!(actual.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    });
}

#[test]
fn every_field_is_described_filled_by_default_or_on_purpose_not_and_sent_by_some_fixture() {
    for_each(|connector, fixture, _| {
        let descriptor = connector.descriptor();
        let sent: Vec<serde_json::Value> =
            fixture.requests.iter().map(|request| serde_json::from_str(&request.body).unwrap()).collect();
        for field in connector.fields() {
            assert!(!field.meaning.is_empty(), "{} needs its meaning", field.name);
            let has_rule = descriptor.default_mapping.iter().any(|(name, _)| *name == field.name);
            let is_receipt = descriptor.receipt_field == Some(&field.name);
            assert!(has_rule != is_receipt, "{} has a default rule or carries the receipt", field.name);
            assert!(
                sent.iter().any(|body| body.get(&field.name).is_some()),
                "no fixture sends {}",
                field.name
            );
        }
        for (name, _) in descriptor.default_mapping {
            assert!(connector.fields().iter().any(|field| field.name == *name), "{name} is no field");
        }
    });
}

#[test]
fn request_never_holds_a_credential_before_it_is_sealed() {
    for_each(|connector, fixture, account| {
        for request in &fixture.requests {
            let built = connector.request(&lead_of(account, request), account.settings()).unwrap();
            let shown =
                format!("{:?} {} {:?}", built.headers, built.url, String::from_utf8(built.body).unwrap());
            for slot in connector.descriptor().credentials {
                let secret = &fixture.account.credentials[slot.name];
                assert!(!shown.contains(secret.as_str()), "{} holds {}", request.name, slot.name);
                let CredentialPlace::BodyField(member) = slot.place;
                assert!(!shown.contains(member), "{} already has {member}", request.name);
            }
        }
        let shown = format!("{account:?}");
        assert!(
            fixture.account.credentials.values().all(|secret| !shown.contains(secret.as_str())),
            "{shown}"
        );
    });
}

#[test]
fn text_at_its_limit_fits_and_one_unit_more_is_named() {
    for_each(|connector, fixture, account| {
        let full: BTreeMap<String, PartnerValue> = {
            let lead = lead_of(account, &fixture.requests[0]);
            lead.names().map(|name| (name.to_owned(), lead.get(name).unwrap().clone())).collect()
        };
        for field in connector.fields() {
            let PartnerFieldKind::Text { length_max } = field.kind else { continue };
            // An emoji is two units on the partner's side.
            let fitting = "\u{1F600}".repeat(usize::try_from(length_max / 2).unwrap());
            for (text, fault) in [(fitting.clone(), None), (format!("{fitting}x"), Some(field.name.as_str()))]
            {
                let mut lead = full.clone();
                lead.insert(field.name.clone(), PartnerValue::Text(text));
                let faults = connector.check(&Lead::new(lead));
                let named: Vec<_> = faults.iter().map(|fault| fault.partner_field.as_str()).collect();
                assert_eq!(named, Vec::from_iter(fault), "{}", field.name);
            }
        }
    });
}

#[test]
fn everything_missing_and_everything_of_the_wrong_type_is_told_at_once() {
    for_each(|connector, _, _| {
        let required =
            connector.fields().iter().filter(|field| field.required).map(|field| field.name.clone());
        let missing = connector.check(&Lead::default());
        let named: Vec<_> = missing.into_iter().map(|fault| fault.partner_field).collect();
        assert_eq!(named, required.collect::<Vec<_>>());

        let swapped = connector.fields().iter().map(|field| {
            let value = match field.kind {
                PartnerFieldKind::Text { .. } => PartnerValue::Bool(true),
                PartnerFieldKind::Bool => PartnerValue::Text("true".to_owned()),
            };
            (field.name.clone(), value)
        });
        let faults = connector.check(&Lead::new(swapped.collect()));
        assert_eq!(faults.len(), connector.fields().len(), "{faults:?}");
    });
}

#[test]
fn each_answer_has_the_outcome_that_the_fixture_declares() {
    for_each(|connector, fixture, _| {
        for answer in &fixture.answers {
            let (class, why, fields, wait) = read(&connector.outcome(&answer_of(answer)));
            assert_eq!(class, answer.outcome, "{}", answer.name);
            assert_eq!(why, answer.why, "{}", answer.name);
            assert_eq!(fields, answer.fields, "{}", answer.name);
            assert_eq!(wait, answer.retry_after_ms, "{}", answer.name);
        }
        for (arrives, class) in connector.descriptor().answers {
            assert!(
                fixture.answers.iter().any(|answer| answer.outcome == *class),
                "no fixture for: {arrives}"
            );
        }
    });
}

#[test]
fn status_that_nobody_documented_is_in_doubt() {
    for_each(|connector, fixture, _| {
        let known: Vec<u16> = fixture.answers.iter().map(|answer| answer.status).collect();
        for status in (100..1000).filter(|status| !known.contains(status)) {
            let answer = Answer { status, headers: HeaderMap::new(), body: Vec::new() };
            assert_eq!(read(&connector.outcome(&answer)).0, "in_doubt", "{status}");
        }
    });
}

#[test]
fn no_body_panics_and_no_outcome_quotes_one() {
    let canary = "canary@analytical.example";
    let deep = "[".repeat(100_000);
    let huge = format!("{{\"Message\":\"{}\"}}", canary.repeat(2_000));
    let bodies: [&[u8]; 9] = [
        b"",
        b"\xff\xfe\x00",
        b"null",
        b"{",
        b"{\"Message\":{\"a\":[1,null,true,{\"Email\":1e400}]}}",
        b"<",
        b"\"\\ud800\"",
        deep.as_bytes(),
        huge.as_bytes(),
    ];
    for_each(|connector, _, _| {
        for status in [100, 200, 204, 299, 301, 400, 401, 403, 404, 422, 429, 500, 503, 550, 999] {
            for content_type in ["", "application/json", "text/html"] {
                for body in bodies {
                    let headers =
                        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap())]);
                    let answer = Answer { status, headers, body: body.to_vec() };
                    let outcome = format!("{:?} {answer:?}", connector.outcome(&answer));
                    assert!(!outcome.contains("canary"), "{status} {content_type}: {outcome}");
                }
            }
        }
    });
}

#[test]
fn account_names_everything_that_is_wrong_with_it_at_once() {
    let config: AccountConfig = toml::from_str(
        r#"
        connector = "takepayments"
        [settings]
        url = "http://partner.example/"
        stage = "beta"
        [mapping]
        ID = "email"
        ApiKey = { constant = "k" }
        Notes = { template = "Phone: {phone" }
        HotTransfer = { constant = "yes" }
        Company = { constant = "" }
        "#,
    )
    .unwrap();
    let secrets = BTreeMap::from([("token".to_owned(), SecretString::from("canary-token"))]);
    let findings =
        Account::build("web", &config, secrets, AccountLimits { allow_loopback: true }).err().unwrap();
    let mut paths: Vec<&str> = findings.iter().map(|finding| finding.path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "accounts.web.credentials.api_key",
            "accounts.web.credentials.token",
            "accounts.web.mapping.ApiKey",
            "accounts.web.mapping.Company",
            "accounts.web.mapping.HotTransfer",
            "accounts.web.mapping.ID",
            "accounts.web.mapping.Notes",
            "accounts.web.settings.stage",
            "accounts.web.settings.url",
        ]
    );
    let shown: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
    assert!(!shown.contains("canary") && !shown.contains("partner.example"), "{shown}");
}

#[test]
fn connector_that_there_is_not_is_refused_with_those_that_there_are() {
    let config: AccountConfig = toml::from_str(r#"connector = "takepayment""#).unwrap();
    let findings = Account::build("web", &config, BTreeMap::new(), AccountLimits { allow_loopback: false })
        .err()
        .unwrap();
    assert_eq!(
        findings[0].to_string(),
        "accounts.web.connector: found \"takepayment\", expected one of takepayments"
    );
}

#[test]
fn docs_list_every_connector_as_it_is() {
    let path = folder("../docs/connectors.md");
    let written = fs::read_to_string(&path).unwrap_or_default();
    let page = write_page();
    if written != page {
        fs::write(&path, &page).unwrap();
        panic!("docs/connectors.md was stale and has been written anew: read the change and commit it");
    }
}

fn write_page() -> String {
    let mut page = String::from(
        "# Connectors\n\n\
         <!-- Written by the test `docs_list_every_connector_as_it_is` from the connectors themselves. Do not edit. -->\n\n\
         One section a partner: what an account sets, how each of the partner's fields is filled, how answers are read.\n\
         An account is a section `[accounts.NAME]` of the configuration; its `mapping` overrides the default of a partner field:\n\n\
         ```toml\n[accounts.NAME.mapping]\nCompany = \"company\"                                   # a form field\n\
         ExternalLeadType = { constant = \"Web\" }               # the same for every lead\n\
         Notes = { template = \"Phone: {phone}\\n{notes}\" }      # several; a line whose fields are all absent is left out\n```\n",
    );
    for connector in CONNECTORS {
        write_connector(&mut page, *connector);
    }
    page
}

fn write_connector(page: &mut String, connector: &dyn Connector) {
    use lead_proxy::connectors::parts::descriptor::DefaultRule;
    let descriptor = connector.descriptor();
    let operations = descriptor.operations.join(", ");
    writeln!(
        page,
        "\n## {} (`{}`)\n\n{}\n\nOperations: {operations}.",
        descriptor.name, descriptor.slug, descriptor.summary
    )
    .unwrap();
    writeln!(page, "After an attempt in doubt: {}.", descriptor.in_doubt.describe()).unwrap();
    page.push_str("\n### Settings\n\n| key | meaning | default |\n|---|---|---|\n");
    for setting in descriptor.settings {
        let default =
            setting.default.map_or("none: it must be set".to_owned(), |default| format!("`{default}`"));
        writeln!(page, "| `settings.{}` | {} | {default} |", setting.name, setting.meaning).unwrap();
    }
    page.push_str("\n### Credentials\n\n| key | meaning | put into | most characters |\n|---|---|---|---|\n");
    for slot in descriptor.credentials {
        let CredentialPlace::BodyField(member) = slot.place;
        let place = format!("the body's field `{member}`, at the last moment");
        writeln!(page, "| `credentials.{}` | {} | {place} | {} |", slot.name, slot.meaning, slot.length_max)
            .unwrap();
    }
    page.push_str(
        "\n### Fields\n\nLengths are in UTF-16 units. A length marked * is ours: the partner's document gives none.\n\n\
         | partner field | required | holds | filled by default from | meaning |\n|---|---|---|---|---|\n",
    );
    for field in connector.fields() {
        let holds = match field.kind {
            PartnerFieldKind::Bool => "true or false".to_owned(),
            PartnerFieldKind::Text { length_max } => {
                format!("text, up to {length_max}{}", if field.own_cap { "*" } else { "" })
            }
        };
        let rule =
            descriptor.default_mapping.iter().find(|(name, _)| *name == field.name).map(|(_, rule)| *rule);
        let filled = match rule {
            Some(DefaultRule::Field(name)) => format!("`{name}`"),
            Some(DefaultRule::Template(text)) => format!("template `{}`", text.replace('\n', "\\n")),
            Some(DefaultRule::Unmapped) => "nothing, unless the account maps it".to_owned(),
            None => "the receipt".to_owned(),
        };
        let required = if field.required { "yes" } else { "no" };
        writeln!(page, "| `{}` | {required} | {holds} | {filled} | {} |", field.name, field.meaning).unwrap();
    }
    page.push_str("\n### Answers\n\n| answer | class |\n|---|---|\n");
    for (arrives, class) in descriptor.answers {
        writeln!(page, "| {arrives} | `{class}` |").unwrap();
    }
}
