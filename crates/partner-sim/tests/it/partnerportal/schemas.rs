//! The two schema operations, and what a schema asks of a lead.

use partner_sim::partnerportal::PartnerPortal;
use serde_json::{Value, json};

use super::caller::{Caller, lead, lead_with};

const COMPANY: &str = "schemas/lead";
const PARTNER: &str = "partner-organizations/organization-1/schemas/lead";

#[tokio::test]
async fn schema_has_the_documents_shape() {
    let caller = Caller::new().await;
    for path in [COMPANY, PARTNER] {
        let answer = caller.ask("GET", path, None).await;
        assert_eq!(answer.status, 200, "{path}");
        let schema = &answer.body["data"]["schema"];
        let members: Vec<_> = schema.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["unifiedFields", "standardFields", "customFields", "type", "object"]);
        let fields = schema["unifiedFields"].as_array().unwrap();
        for (order, field) in fields.iter().enumerate() {
            let members: Vec<_> = field.as_object().unwrap().keys().map(String::as_str).collect();
            let expected =
                ["displayType", "isStandardField", "flags", "label", "type", "required", "order", "fieldId"];
            assert_eq!(members, expected);
            assert_eq!(field["order"], order);
            assert!(field["flags"]["creatable"].is_boolean() && field["flags"]["updateable"].is_boolean());
        }
        assert!(
            [true, false].iter().all(|kind| fields.iter().any(|field| field["isStandardField"] == *kind))
        );
    }
    let operations: Vec<_> =
        caller.portal().ledger().requests.into_iter().map(|request| request.operation).collect();
    assert_eq!(operations, ["schema", "partner_schema"]);
}

#[tokio::test]
async fn object_or_organization_that_is_none_is_not_found() {
    let caller = Caller::new().await;
    for path in ["schemas/deal", "schemas/Lead", "partner-organizations/organization-2/schemas/lead"] {
        assert_eq!(caller.ask("GET", path, None).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn each_schema_can_be_set_to_anything() {
    let caller = Caller::new().await;
    caller.portal().set_schema(json!(["anything"]));
    let schema = async |path: &str| caller.ask("GET", path, None).await.body["data"]["schema"].clone();
    assert_eq!(schema(COMPANY).await, json!(["anything"]));
    assert_eq!(schema(PARTNER).await, PartnerPortal::standard_schema());
    caller.portal().set_partner_schema(Value::Null);
    assert_eq!(schema(PARTNER).await, Value::Null);
}

#[tokio::test]
async fn custom_field_that_the_schema_requires_is_required() {
    let caller = Caller::new().await;
    let mut schema = PartnerPortal::standard_schema();
    let fields = schema["unifiedFields"].as_array_mut().unwrap();
    let field = fields.iter_mut().find(|field| field["fieldId"] == "cf_interest").unwrap();
    field["required"] = json!(true);
    caller.portal().set_schema(schema);
    let refused = caller.ask("POST", "leads", Some(lead())).await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["field"]),
        (400, &json!("customFields.cf_interest"))
    );
    let sent = lead_with(json!({ "customFields": { "cf_interest": "card machines" } }));
    assert_eq!(caller.ask("POST", "leads", Some(sent)).await.status, 201);
}
