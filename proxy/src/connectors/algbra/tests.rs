//! What the fixture can't say: calls that are refused, and a lead that completes a prospect.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::connectors::{Fault, PartnerValue};

fn settings() -> AccountSettings {
    AccountSettings::new(BTreeMap::from([("base_url", "https://bank.example".to_owned())]))
}

fn lead(fields: &[(&str, &str)]) -> Lead {
    let fields =
        fields.iter().map(|(name, text)| ((*name).to_owned(), PartnerValue::Text((*text).to_owned())));
    Lead::new(fields.collect())
}

fn change(value: serde_json::Value) -> Change {
    Change(value.as_object().unwrap().clone())
}

fn body_of(change: &Change) -> Result<String, CallFault> {
    let request = Algbra.request(&Call::Update { id: "7", change }, &settings())?;
    Ok(String::from_utf8(request.body).unwrap())
}

#[test]
fn list_outside_the_documents_bounds_is_refused() {
    for (page, limit, fits) in
        [(1, 1, true), (1, 100, true), (u32::MAX, 1, true), (0, 10, false), (1, 0, false), (1, 101, false)]
    {
        let query = ListQuery { search: None, page, limit };
        let request = Algbra.request(&Call::List(&query), &settings());
        assert_eq!(request.is_ok(), fits, "page {page}, limit {limit}");
        assert!(!matches!(request, Err(CallFault::Unsupported | CallFault::Fields(_))));
    }
}

#[test]
fn id_that_would_name_another_resource_is_refused() {
    let none = Change::default();
    for id in ["", ".", ".."] {
        let calls =
            [Call::Get { id }, Call::GetByReference { reference: id }, Call::Update { id, change: &none }];
        for call in calls {
            assert!(matches!(Algbra.request(&call, &settings()), Err(CallFault::Query(_))), "{id:?}");
        }
    }
}

#[test]
fn change_is_refused_with_every_fault_and_without_a_value() {
    let faults = |value| match body_of(&change(value)) {
        Err(CallFault::Fields(faults)) => {
            faults.into_iter().map(|fault| (fault.partner_field, fault.fault)).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let named = |name: &str, fault| vec![(name.to_owned(), fault)];
    assert_eq!(
        faults(json!({ "externalReference": "x", "firstName": 7, "address": "x", "address.city": null })),
        [
            ("externalReference".to_owned(), Fault::Unknown),
            ("firstName".to_owned(), Fault::WrongType),
            ("address".to_owned(), Fault::WrongType),
            ("address.city".to_owned(), Fault::Unknown),
        ]
    );
    assert_eq!(faults(json!({ "address": null, "address.line1": "x" })), named("address", Fault::WrongType));
    assert_eq!(
        faults(json!({ "lastName": "x".repeat(201) })),
        named("lastName", Fault::TooLong { max: 200 })
    );
    for (name, text) in [
        ("dateOfBirth", "1985-02-30"),
        ("dateOfBirth", "10.12.1985"),
        ("dateOfBirth", "1985-1-2"),
        ("phoneNumber", "+44 20 call me"),
        ("phoneNumber", "+"),
        ("phoneNumber", "44+20"),
        ("address.country", "gbr"),
        ("address.country", "GB"),
    ] {
        assert_eq!(faults(json!({ name: text })), named(name, Fault::WrongForm), "{name} {text}");
    }
}

#[test]
fn reference_that_is_no_uuid_is_refused() {
    let lead = lead(&[("externalReference", "7K3F9-0QXJ2-MM8TD-4VYBR"), ("email", "ada@analytical.example")]);
    let fault = FieldFault { partner_field: "externalReference".to_owned(), fault: Fault::WrongForm };
    assert_eq!(Algbra.check(&lead), [fault]);
}

#[test]
fn phone_number_goes_out_as_digits_with_at_most_a_plus_before_them() {
    for (typed, sent) in [
        ("+44 (0)20 7946-0018", "+442079460018"),
        (" +44\u{a0}[20] 7946 0018 ", "+442079460018"),
        ("(020) 7946-0018", "02079460018"),
        ("(0)20 7946", "0207946"),
    ] {
        let expected = json!({ "phoneNumber": sent }).to_string();
        assert_eq!(body_of(&change(json!({ "phoneNumber": typed }))), Ok(expected), "{typed}");
    }
}

#[test]
fn lead_completes_a_prospect_with_its_fields_and_without_our_references() {
    let lead = lead(&[
        ("externalReference", "3cc6f482-fd90-8a94-8000-00469a4df978"),
        ("externalAccountReference", "3cc6f482-fd90-8a94-8000-00469a4df978"),
        ("email", "ada@analytical.example"),
        ("address.postcode", "SW1A 2AB"),
        ("address.country", "GBR"),
        ("phoneNumber", "+44 20 7946 0018"),
    ]);
    let completion = Algbra.completion(&lead).unwrap();
    assert_eq!(
        json!(completion.0),
        json!({
            "email": "ada@analytical.example",
            "address": { "type": "STRUCTURED", "postcode": "SW1A 2AB", "country": "GBR" },
            "phoneNumber": "+442079460018",
        })
    );
    assert_eq!(body_of(&completion), Ok(json!(completion.0).to_string()));
}

#[test]
fn address_of_nothing_but_what_every_lead_has_is_left_out_of_a_completion() {
    let lead = lead(&[("address.type", "STRUCTURED"), ("address.country", "GBR"), ("address.line2", " ")]);
    assert_eq!(Algbra.completion(&lead), Some(Change::default()));
}

#[test]
fn country_that_is_no_code_of_three_letters_is_found_at_start() {
    for (country, fits) in [("GBR", true), ("gbr", false), ("GB", false), ("ÄB", false)] {
        let settings = AccountSettings::new(BTreeMap::from([("country", country.to_owned())]));
        assert_eq!(Algbra.review(&settings).is_empty(), fits, "{country}");
    }
}

#[test]
fn seal_is_as_the_settings_have_it() {
    let plan = |settings: &[(&'static str, &str)]| {
        let settings = settings.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        match Algbra.seals(&AccountSettings::new(settings)).pop() {
            Some(Seal::Signature(plan)) => plan,
            other => panic!("{other:?}"),
        }
    };
    let usual = plan(&[]);
    let orders = SETTINGS.iter().filter_map(|setting| match setting.kind {
        SettingKind::Word(words) if setting.name != "reference_name" => Some((setting.name, words)),
        _ => None,
    });
    for (name, words) in orders {
        for (place, word) in words.iter().enumerate() {
            let other = plan(&[(name, word)]);
            assert_eq!(other == usual, place == 0, "{name} = {word}");
            let order = format!("{:?}", other.order).to_lowercase();
            let parts = word.replace(',', ", ");
            assert!(name != "signature_order" || order.contains(&parts), "{name} = {word}: {order}");
        }
    }
}
