//! What no fixture can say: settings that contradict one another, calls that are refused, the plan for a token.
//!
//! Apart because the contract suite asks every connector the same, and these questions are for this one alone.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::connectors::{Change, PartnerValue};

fn settings(more: &[(&'static str, &str)]) -> AccountSettings {
    let known = [
        ("base_url", "https://portal.example"),
        ("token_url", "https://login.portal.example/token"),
        ("company_id", "company-42"),
        ("company_id_place", "path"),
        ("leads_path", "/{companyId}/leads"),
        ("lead_path", "/{companyId}/leads/{leadId}"),
        ("object", "lead"),
    ];
    let all = known.into_iter().chain(more.iter().copied());
    AccountSettings::new(all.map(|(name, value)| (name, value.to_owned())).collect())
}

#[test]
fn company_stands_in_every_path_or_in_none_as_its_place_says() {
    let schemas = [("schema_path", "/fields/{object}")];
    let query = [("company_id_place", "query")];
    for (more, wrong) in [
        (&[][..], &[][..]),
        (&schemas, &["schema_path"]),
        (&query, &["leads_path", "lead_path"]),
        (&[("company_id_place", "query"), ("leads_path", "/leads"), ("lead_path", "/leads/{leadId}")], &[]),
    ] {
        let faults = PartnerPortal.review(&settings(more));
        assert_eq!(faults.iter().map(|fault| fault.setting).collect::<Vec<_>>(), wrong, "{more:?}");
    }
}

#[test]
fn schema_can_not_be_asked_for_where_its_path_is_left_out() {
    let settings = settings(&[("schema_path", "/{companyId}/fields/{object}")]);
    let partner = Call::PartnerSchema { organization: "organization-3" };
    let url = PartnerPortal.request(&Call::Schema, &settings).map(|request| request.url);
    assert_eq!(url, Ok("https://portal.example/company-42/fields/lead".to_owned()));
    assert_eq!(PartnerPortal.request(&partner, &settings).err(), Some(CallFault::Unsupported));
}

#[test]
fn list_is_neither_searched_nor_empty_nor_counted_from_nought() {
    let ask = |search: Option<&str>, page, limit| {
        let query = ListQuery { search: search.map(str::to_owned), page, limit };
        PartnerPortal.request(&Call::List(&query), &settings(&[])).err()
    };
    assert_eq!(ask(None, 1, 1), None);
    for fault in [ask(Some("Ada"), 1, 10), ask(None, 0, 10), ask(None, 1, 0)] {
        assert!(matches!(fault, Some(CallFault::Query(_))), "{fault:?}");
    }
}

#[test]
fn empty_id_does_not_become_the_address_of_the_whole_list() {
    let change = Change(json!({ "phaseId": "won" }).as_object().unwrap().clone());
    let missing = |name: &str| {
        Some(CallFault::Fields(vec![FieldFault { partner_field: name.to_owned(), fault: Fault::Missing }]))
    };
    let settings = settings(&[("partner_schema_path", "/{companyId}/{partnerOrganizationId}/{object}")]);
    for (call, name) in [
        (Call::Get { id: "" }, "leadId"),
        (Call::Update { id: " ", change: &change }, "leadId"),
        (Call::PartnerSchema { organization: "" }, "partnerOrganizationId"),
    ] {
        assert_eq!(PartnerPortal.request(&call, &settings).err(), missing(name), "{call:?}");
    }
}

#[test]
fn token_is_asked_for_as_the_settings_say() {
    let plan = |more: &[(&'static str, &str)]| match PartnerPortal.seals(&settings(more)).pop() {
        Some(Seal::Bearer(plan)) => plan,
        other => panic!("{other:?}"),
    };
    let plain = plan(&[]);
    assert_eq!(
        (plain.client_authentication, plain.encoding),
        (ClientAuthentication::Post, TokenEncoding::Form)
    );
    assert_eq!((plain.grant, plain.parameters), (Grant::ClientCredentials, vec![]));
    let other = plan(&[
        ("client_authentication", "basic"),
        ("token_encoding", "json"),
        ("audience", "https://portal.example/api"),
        ("scope", "leads"),
    ]);
    assert_eq!(
        (other.client_authentication, other.encoding),
        (ClientAuthentication::Basic, TokenEncoding::Json)
    );
    let parameters = [("audience", "https://portal.example/api".to_owned()), ("scope", "leads".to_owned())];
    assert_eq!(other.parameters, parameters);
}

#[test]
fn faults_of_named_and_of_custom_fields_come_at_once() {
    let text = |text: &str| PartnerValue::Text(text.to_owned());
    let lead = Lead::new(BTreeMap::from([
        ("lastName".to_owned(), text("Lovelace")),
        ("firstName".to_owned(), text(" ")),
        ("customFields.story".to_owned(), text(&"x".repeat(2_001))),
        ("customFields.".to_owned(), text("x")),
        ("phaseId".to_owned(), text("won")),
    ]));
    let faults = PartnerPortal.check(&lead).into_iter();
    let faults: Vec<_> = faults.map(|fault| (fault.partner_field, fault.fault)).collect();
    let expected = [
        ("platform", Fault::Missing),
        ("firstName", Fault::Missing),
        ("customFields.", Fault::Unknown),
        ("phaseId", Fault::Unknown),
        ("customFields.story", Fault::TooLong { max: 2_000 }),
    ];
    assert_eq!(faults, expected.map(|(name, fault)| (name.to_owned(), fault)));
}
