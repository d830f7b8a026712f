//! Requests: byte for byte as the fixtures have them, no credential in them, and the payload's rules held.

use std::collections::{BTreeMap, BTreeSet};

use lead_proxy::connectors::{
    AccountSettings, Call, CallFault, Change, CredentialPlace, DefaultRule, Fault, FieldFault, Lead,
    ListQuery, OperationKind, OwnFields, PartnerField, PartnerFieldKind, PartnerValue, Presence, Seal,
    Setting, SettingKind,
};
use lead_proxy::mapping::Template;
use serde_json::Value;

use super::fixture::{Case, DocumentField, DocumentTable, KINDS, build, for_each, kind_of};

#[test]
fn request_is_byte_for_byte_as_the_fixture_has_it_every_time() {
    for_each(|case| {
        for request in &case.fixture.requests {
            let name = &request.name;
            let account = case.account_with(&request.settings);
            if kind_of(&request.operation) == OperationKind::Create {
                assert_eq!(case.connector.check(&request.lead(&account)), [], "{name}");
            }
            for _ in 0..2 {
                let built = request.build(case.connector, &account);
                assert_eq!(String::from_utf8(built.body).unwrap(), request.body, "{name}");
                assert_eq!(built.method.as_str(), request.method, "{name}");
                assert_eq!(built.url, request.url, "{name}");
                assert_eq!(built.signed_url, request.signed_url, "{name}");
                for (header, value) in &request.headers {
                    let sent = built.headers.get(header).map(|value| value.to_str().unwrap());
                    assert_eq!(sent, Some(value.as_str()), "{name}: header {header}");
                }
            }
        }
    });
}

#[test]
fn operation_that_the_partner_has_is_in_a_fixture_and_one_that_it_has_not_is_refused() {
    let (lead, change) = (Lead::default(), Change::default());
    let query = ListQuery { search: None, page: 1, limit: 1 };
    for_each(|case| {
        for kind in KINDS {
            let shown = case.fixture.requests.iter().any(|request| kind_of(&request.operation) == kind);
            let has = case.connector.descriptor().has(kind);
            assert_eq!(has, shown, "{}: requests of {}", case.slug, kind.as_str());
            let call = match kind {
                OperationKind::Create => Call::Create(&lead),
                OperationKind::List => Call::List(&query),
                OperationKind::Get => Call::Get { id: "1" },
                OperationKind::GetByReference => Call::GetByReference { reference: "1" },
                OperationKind::Update => Call::Update { id: "1", change: &change },
                OperationKind::Schema => Call::Schema,
                OperationKind::PartnerSchema => Call::PartnerSchema { organization: "1" },
            };
            let fault = case.connector.request(&call, case.account.settings()).err();
            let unsupported = fault == Some(CallFault::Unsupported);
            assert_eq!(unsupported, !has, "{}: {} gave {fault:?}", case.slug, kind.as_str());
        }
        let kinds: Vec<_> = case.kinds().collect();
        assert_eq!(BTreeSet::from_iter(&kinds).len(), kinds.len(), "{} has each kind once", case.slug);
        assert!(kinds.contains(&OperationKind::Create), "{} takes leads", case.slug);
    });
}

#[test]
fn fields_are_those_of_the_partners_document_in_its_order_and_spelling() {
    fn read(field: &DocumentField) -> (&str, bool, PartnerFieldKind, bool) {
        let kind = match (field.max, field.boolean, field.number) {
            (Some(length_max), false, false) => PartnerFieldKind::Text { length_max },
            (None, true, false) => PartnerFieldKind::Bool,
            (None, false, true) => PartnerFieldKind::Number,
            _ => panic!("{} has a length, is a boolean, or is a number", field.name),
        };
        (&field.name, field.required, kind, field.own)
    }
    fn expected(tables: &[DocumentTable]) -> Vec<(&str, bool, PartnerFieldKind, bool)> {
        tables.iter().flat_map(|table| &table.fields).map(read).collect()
    }
    fn actual(fields: &[PartnerField]) -> Vec<(&str, bool, PartnerFieldKind, bool)> {
        fields.iter().map(|field| (field.name.as_str(), field.required, field.kind, field.own_cap)).collect()
    }
    for_each(|case| {
        assert_eq!(actual(case.connector.fields()), expected(&case.fixture.document), "{}", case.slug);
        assert_eq!(actual(case.connector.update_fields()), expected(&case.fixture.update), "{}", case.slug);
    });
}

/// Whether a body has a member of this dotted name, at its top or inside an envelope.
fn holds(body: &Value, name: &str) -> bool {
    let pointer = format!("/{}", name.replace('.', "/"));
    body.pointer(&pointer).is_some()
        || body.as_object().is_some_and(|members| members.values().any(|inner| holds(inner, name)))
}

#[test]
fn every_field_is_described_filled_by_default_or_on_purpose_not_and_sent_by_some_fixture() {
    for_each(|case| {
        let (slug, descriptor) = (case.slug, case.connector.descriptor());
        let sent = |wanted: OperationKind| -> Vec<Value> {
            let requests = case.fixture.requests.iter();
            let requests = requests.filter(|request| kind_of(&request.operation) == wanted);
            requests.filter_map(|request| serde_json::from_str(&request.body).ok()).collect()
        };
        let (created, updated) = (sent(OperationKind::Create), sent(OperationKind::Update));
        for field in case.connector.fields() {
            let name = field.name.as_str();
            assert!(!field.meaning.is_empty(), "{slug}: {name} needs its meaning");
            let rules = descriptor.default_mapping.iter().filter(|(field, _)| *field == name).count();
            let is_receipt = descriptor.receipt.is_some_and(|slot| slot.field == name);
            assert_eq!(rules, usize::from(!is_receipt), "{slug}: {name} has a rule or carries the receipt");
            assert!(created.iter().any(|body| holds(body, name)), "{slug}: no fixture sends {name}");
        }
        for field in case.connector.update_fields() {
            assert!(!field.meaning.is_empty(), "{slug}: {} needs its meaning", field.name);
            assert!(updated.iter().any(|body| holds(body, &field.name)), "{slug}: none sends {}", field.name);
        }
    });
}

#[test]
fn default_mapping_names_fields_words_of_the_vocabulary_and_settings_that_there_are() {
    for_each(|case| {
        let descriptor = case.connector.descriptor();
        for (name, rule) in descriptor.default_mapping {
            let at = format!("{}: {name}", case.slug);
            assert!(case.connector.fields().iter().any(|field| field.name == *name), "{at} is no field");
            let known = |word: &str| word == "receipt" || lead_model::vocabulary_entry(word).is_some();
            match rule {
                DefaultRule::Field(word) => assert!(known(word), "{at}: {word:?} is not in the vocabulary"),
                DefaultRule::Template(text) => {
                    let template = Template::parse(text).unwrap_or_else(|why| panic!("{at}: {why}"));
                    let unknown: Vec<_> = template.fields().into_iter().filter(|word| !known(word)).collect();
                    assert!(unknown.is_empty(), "{at}: {unknown:?} are not in the vocabulary");
                }
                DefaultRule::Setting(wanted) => assert!(
                    descriptor.settings.iter().any(|setting| setting.name == *wanted),
                    "{at}: {wanted:?} is no setting"
                ),
                DefaultRule::Constant(text) => assert!(!text.trim().is_empty(), "{at} is blank"),
                DefaultRule::Unmapped => {}
            }
        }
    });
}

#[test]
fn request_never_holds_a_credential_before_it_is_sealed() {
    for_each(|case| {
        for request in &case.fixture.requests {
            let account = case.account_with(&request.settings);
            let built = request.build(case.connector, &account);
            let shown =
                format!("{:?} {} {:?}", built.headers, built.url, String::from_utf8_lossy(&built.body));
            for slot in case.connector.descriptor().credentials {
                if let Some(secret) = case.fixture.account.credentials.get(slot.name) {
                    assert!(!shown.contains(secret.as_str()), "{} holds {}", request.name, slot.name);
                }
                match slot.place {
                    CredentialPlace::BodyField(member) => {
                        assert!(!shown.contains(member), "{} already has {member}", request.name);
                    }
                    CredentialPlace::Header(name) => {
                        assert!(!built.headers.contains_key(name), "{} already has {name}", request.name);
                    }
                    CredentialPlace::TokenRequest | CredentialPlace::Signature => {
                        assert!(!built.headers.contains_key("authorization"), "{}", request.name);
                    }
                }
            }
        }
        let shown = format!("{:?}", case.account);
        for secret in case.fixture.account.credentials.values() {
            assert!(!shown.contains(secret.as_str()), "{shown}");
        }
        let canary = "canary-of-every-slot";
        for slot in case.connector.descriptor().credentials {
            let given = case.fixture.account.credentials.contains_key(slot.name);
            assert!(given, "{}: the fixture gives no credential {}", case.slug, slot.name);
            let long = canary.repeat(slot.length_max);
            let findings = build(case.slug, &case.fixture.account, |draft| {
                draft.credentials.insert(slot.name.to_owned(), long);
            });
            let shown = format!("{:?}", findings.expect_err("a secret that is too long"));
            assert!(shown.contains(slot.name) && !shown.contains(canary), "{shown}");
        }
    });
}

/// Every way in which an account's words and flags can be set; the rest as the fixture has it, or something that fits.
fn ways(case: &Case) -> Vec<AccountSettings> {
    let mut ways = vec![BTreeMap::new()];
    for setting in case.connector.descriptor().settings {
        let Setting { name, kind, .. } = *setting;
        let own = case.account.settings().get(name);
        let values: Vec<String> = match kind {
            SettingKind::Word(words) => words.iter().map(|word| (*word).to_owned()).collect(),
            SettingKind::Flag => vec!["true".to_owned(), "false".to_owned()],
            _ => vec![own.map_or_else(|| super::settings::sample(kind), str::to_owned)],
        };
        let with = |way: &BTreeMap<_, _>, value: &String| {
            let mut way = way.clone();
            way.insert(name, value.clone());
            way
        };
        ways = ways.iter().flat_map(|way| values.iter().map(move |value| with(way, value))).collect();
    }
    ways.into_iter().map(AccountSettings::new).collect()
}

#[test]
fn every_seal_uses_a_credential_that_there_is_and_every_credential_is_used_by_some_seal() {
    for_each(|case| {
        let slots = case.connector.descriptor().credentials;
        let mut used = BTreeSet::new();
        for settings in ways(case) {
            for seal in case.connector.seals(&settings) {
                let named: Vec<&str> = match &seal {
                    Seal::BodyField { slot, member } => {
                        let place = slots.iter().find(|known| known.name == *slot).map(|slot| slot.place);
                        assert_eq!(place, Some(CredentialPlace::BodyField(member)), "{}", case.slug);
                        vec![slot]
                    }
                    Seal::Header { slot, .. } | Seal::Webhook { slot } => vec![slot],
                    Seal::Bearer(plan) => vec![plan.client_id, plan.client_secret],
                    Seal::Signature(plan) => vec![plan.token, plan.private_key],
                };
                for name in named {
                    let known = slots.iter().any(|slot| slot.name == name);
                    assert!(known, "{}: {seal:?} uses {name:?}, which is no credential", case.slug);
                    used.insert(name);
                }
            }
        }
        let named: BTreeSet<_> = slots.iter().map(|slot| slot.name).collect();
        assert_eq!(used, named, "{}: credentials used and credentials there are", case.slug);
    });
}

/// A lead with one value more, or another.
fn with(lead: &Lead, name: &str, value: PartnerValue) -> Lead {
    let mut fields: BTreeMap<_, _> =
        lead.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    fields.insert(name.to_owned(), value);
    Lead::new(fields)
}

#[test]
fn text_at_its_limit_fits_and_one_unit_more_is_named() {
    for_each(|case| {
        let full = case.some_lead();
        for field in case.connector.fields() {
            let PartnerFieldKind::Text { length_max } = field.kind else { continue };
            // An emoji is two units on the partner's side.
            let pairs = "\u{1F600}".repeat(usize::try_from(length_max / 2).unwrap());
            let fitting = if length_max % 2 == 0 { pairs } else { format!("x{pairs}") };
            let faults =
                |text: String| case.connector.check(&with(&full, &field.name, PartnerValue::Text(text)));
            let at = format!("{}: {}", case.slug, field.name);

            let fits = faults(fitting.clone());
            // A field that wants more than a length, such as a date, may refuse the form, never the length.
            let form = FieldFault { partner_field: field.name.clone(), fault: Fault::WrongForm };
            assert!(fits.is_empty() || fits == [form], "{at}: {fits:?}");

            let long = faults(format!("{fitting}x"));
            let named: Vec<_> = long.iter().map(|fault| fault.partner_field.as_str()).collect();
            assert_eq!(named, [field.name.as_str()], "{at}");
            if fits.is_empty() {
                assert_eq!(long[0].fault, Fault::TooLong { max: length_max }, "{at}");
            }
        }
    });
}

#[test]
fn everything_missing_and_everything_of_the_wrong_type_is_told_at_once() {
    for_each(|case| {
        let fields = case.connector.fields();
        let required = fields.iter().filter(|field| field.required);
        let required = required.map(|field| (field.name.clone(), Fault::Missing));
        let missing = case.connector.check(&Lead::default()).into_iter();
        let missing: Vec<_> = missing.map(|fault| (fault.partner_field, fault.fault)).collect();
        assert_eq!(missing, required.collect::<Vec<_>>(), "{}", case.slug);

        let swapped = fields.iter().map(|field| {
            let value = match field.kind {
                PartnerFieldKind::Text { .. } => PartnerValue::Bool(true),
                PartnerFieldKind::Bool | PartnerFieldKind::Number => PartnerValue::Text("true".to_owned()),
                PartnerFieldKind::Any { .. } => panic!("{}: a document names {}", case.slug, field.name),
            };
            (field.name.clone(), value)
        });
        let lead = Lead::new(swapped.collect());
        let faults: BTreeSet<_> =
            case.connector.check(&lead).into_iter().map(|fault| fault.partner_field).collect();
        let named: BTreeSet<_> = fields.iter().map(|field| field.name.clone()).collect();
        assert_eq!(faults, named, "{}", case.slug);
    });
}

#[test]
fn field_that_neither_the_document_nor_the_account_may_name_is_refused() {
    for_each(|case| {
        let own_fields = case.connector.descriptor().own_fields;
        let text = || PartnerValue::Text("x".to_owned());
        if let OwnFields::Below(prefix) = own_fields {
            let own = with(&case.some_lead(), &format!("{prefix}cups"), text());
            assert_eq!(case.connector.check(&own), [], "{}", case.slug);
        }
        if matches!(own_fields, OwnFields::Refused | OwnFields::Below(_)) {
            let faults = case.connector.check(&with(&case.some_lead(), "NoSuchField", text()));
            let unknown = FieldFault { partner_field: "NoSuchField".to_owned(), fault: Fault::Unknown };
            assert_eq!(faults, [unknown], "{}", case.slug);
        }
    });
}

#[test]
fn credential_that_is_required_and_left_out_is_named() {
    for_each(|case| {
        for slot in case.connector.descriptor().credentials {
            let needed = match slot.presence {
                Presence::Required => true,
                Presence::If { setting, is } => case.account.settings().text(setting) == is,
                Presence::Unless { setting, is } => case.account.settings().text(setting) != is,
                Presence::Optional => false,
                Presence::Default(_) => panic!("{}: {} has a default", case.slug, slot.name),
            };
            let built = build(case.slug, &case.fixture.account, |draft| {
                draft.credentials.remove(slot.name);
            });
            let found: Vec<_> = built.err().into_iter().flatten().map(|finding| finding.path).collect();
            let named = format!("accounts.{0}.credentials.{1}", case.slug, slot.name);
            assert_eq!(found, Vec::from_iter(needed.then_some(named)), "{}", case.slug);
        }
    });
}
