//! TakePayments, Partner Leads API: takes leads for card machines into a dialler, where a person calls them.
//!
//! Rules: the partner's document "Partner Leads API" (one operation, Insert). What it leaves open is decided here and
//! said at the place: the body of a 200, the shape of a 400's note, statuses other than 200, 400 and 401.

use std::sync::LazyLock;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use schemars::JsonSchema;
use serde::Serialize;
use validator::Validate;

use crate::connectors::parts::descriptor::DefaultRule;
use crate::connectors::parts::schema::{faults_of, fields_of};
use crate::connectors::parts::text::Text;
use crate::connectors::{
    AccountSettings, Answer, Connector, CredentialPlace, CredentialSlot, Descriptor, Fault, FieldFault,
    InDoubtPolicy, Lead, Outcome, PartnerField, PartnerFieldKind, PartnerRequest, PartnerValue, Setting,
    SettingKind, Why,
};

/// What there is to know of TakePayments.
pub static DESCRIPTOR: Descriptor = Descriptor {
    slug: "takepayments",
    name: "TakePayments",
    summary: "Takes leads for card machines into its dialler; a sales person calls each.",
    operations: &["insert"],
    settings: &[Setting {
        name: "url",
        kind: SettingKind::Url,
        default: Some("https://partner.takepayments.com/umbraco/api/PartnerLeadsApi/Insert"),
        meaning: "the address of Insert",
    }],
    credentials: &[CredentialSlot {
        name: "api_key",
        place: CredentialPlace::BodyField("ApiKey"),
        length_max: 200,
        meaning: "the API key that TakePayments gives before you integrate",
    }],
    receipt_field: Some("ID"),
    default_mapping: &[
        ("FirstName", DefaultRule::Field("first_name")),
        ("LastName", DefaultRule::Field("last_name")),
        ("Email", DefaultRule::Field("email")),
        // The partner has no field for the phone number that its sales person is to call.
        ("Notes", DefaultRule::Template("Phone: {phone}\n{notes}")),
        ("Postcode", DefaultRule::Field("postcode")),
        ("Company", DefaultRule::Field("company")),
        ("Address", DefaultRule::Template("{address_line1}\n{address_line2}\n{city}")),
        ("Referrer", DefaultRule::Field("referrer_name")),
        ("ReferrerEmail", DefaultRule::Field("referrer_email")),
        ("Devices", DefaultRule::Field("devices")),
        ("Locations", DefaultRule::Field("locations")),
        ("Industry", DefaultRule::Field("industry")),
        ("CustomerType", DefaultRule::Field("customer_type")),
        // A person is called at once: only where the operator asks for it.
        ("HotTransfer", DefaultRule::Unmapped),
        ("ExternalLeadType", DefaultRule::Field("lead_type")),
        ("ExistigCustomerReferenceNumber", DefaultRule::Field("existing_customer_reference")),
    ],
    // Whether the same ID sent twice makes one lead or two is in no document, so one more try is the most.
    in_doubt: InDoubtPolicy::RetryOnceThenHold,
    answers: &[
        ("200 with an empty or JSON body", "delivered"),
        ("200 with a web page, another body, or JSON that says false or speaks of an error", "in_doubt"),
        ("400", "rejected"),
        ("401", "credential"),
        ("429; 503 with Retry-After", "throttled"),
        ("anything else", "in_doubt"),
    ],
};

/// The body of Insert, in the document's order and spelling. `ApiKey` is put in at the last moment and is no part of it.
#[derive(Serialize, Validate, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct Payload {
    /// First name.
    #[validate(length(max = 200))]
    first_name: Text,
    /// Last name.
    #[validate(length(max = 200))]
    last_name: Text,
    /// E-mail address.
    #[validate(length(max = 200))]
    email: Text,
    /// The receipt: a unique ID from our system, the same on every attempt.
    #[serde(rename = "ID")]
    #[validate(length(max = 200))]
    id: Text,
    /// Supporting notes about the lead; carries the phone number, for which there is no field.
    #[validate(length(max = 2000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<Text>,
    /// Postcode.
    #[validate(length(max = 200))]
    #[serde(skip_serializing_if = "Option::is_none")]
    postcode: Option<Text>,
    /// Company.
    #[validate(length(max = 200))]
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<Text>,
    /// Address.
    #[validate(length(max = 2000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Text>,
    /// Name of the person who refers the lead.
    #[validate(length(max = 200))]
    #[serde(skip_serializing_if = "Option::is_none")]
    referrer: Option<Text>,
    /// E-mail address of the person who refers the lead.
    #[validate(length(max = 200))]
    #[serde(skip_serializing_if = "Option::is_none")]
    referrer_email: Option<Text>,
    /// Devices associated with the lead, such as A920.
    #[validate(length(max = 2000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    devices: Option<Text>,
    /// Locations associated with the lead.
    #[validate(length(max = 2000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    locations: Option<Text>,
    /// Industry.
    #[validate(length(max = 200))]
    #[serde(skip_serializing_if = "Option::is_none")]
    industry: Option<Text>,
    /// Customer type.
    #[validate(length(max = 200))]
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_type: Option<Text>,
    /// Whether this is a hot transfer lead; the partner takes it for false where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    hot_transfer: Option<bool>,
    /// A lead type of ours, such as Warm Lead.
    #[validate(length(max = 200))]
    #[serde(skip_serializing_if = "Option::is_none")]
    external_lead_type: Option<Text>,
    /// The reference number of an existing customer, such as TPM1234. (The spelling is the partner's.)
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    existig_customer_reference_number: Option<Text>,
}

static FIELDS: LazyLock<Vec<PartnerField>> = LazyLock::new(fields_of::<Payload>);

impl Payload {
    fn of(lead: &Lead) -> Result<Self, Vec<FieldFault>> {
        let mut faults = find_wrong_types(lead);
        let required = |name: &str| lead.text(name).filter(|text| !text.is_blank());
        let (Some(first_name), Some(last_name), Some(email), Some(id)) =
            (required("FirstName"), required("LastName"), required("Email"), required("ID"))
        else {
            let missing = FIELDS.iter().filter(|field| field.required && required(&field.name).is_none());
            let told: Vec<String> = faults.iter().map(|fault| fault.partner_field.clone()).collect();
            let missing = missing.filter(|field| !told.contains(&field.name));
            faults.extend(
                missing.map(|field| FieldFault { partner_field: field.name.clone(), fault: Fault::Missing }),
            );
            return Err(faults);
        };
        if !faults.is_empty() {
            return Err(faults);
        }
        let payload = Self {
            first_name,
            last_name,
            email,
            id,
            notes: lead.text("Notes"),
            postcode: lead.text("Postcode"),
            company: lead.text("Company"),
            address: lead.text("Address"),
            referrer: lead.text("Referrer"),
            referrer_email: lead.text("ReferrerEmail"),
            devices: lead.text("Devices"),
            locations: lead.text("Locations"),
            industry: lead.text("Industry"),
            customer_type: lead.text("CustomerType"),
            hot_transfer: lead.bool("HotTransfer"),
            external_lead_type: lead.text("ExternalLeadType"),
            existig_customer_reference_number: lead.text("ExistigCustomerReferenceNumber"),
        };
        payload.validate().map_err(|errors| faults_of(&errors, &FIELDS))?;
        Ok(payload)
    }
}

/// The connector.
pub struct TakePayments;

impl Connector for TakePayments {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn fields(&self) -> &'static [PartnerField] {
        &FIELDS
    }

    fn check(&self, lead: &Lead) -> Vec<FieldFault> {
        Payload::of(lead).err().unwrap_or_default()
    }

    fn request(&self, lead: &Lead, settings: &AccountSettings) -> Result<PartnerRequest, Vec<FieldFault>> {
        let payload = Payload::of(lead)?;
        let body = serde_json::to_vec(&payload)
            .expect("texts and booleans under fixed names always have a JSON form");
        let json = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, json.clone()), (ACCEPT, json)]);
        Ok(PartnerRequest { method: Method::POST, url: settings.text("url").to_owned(), headers, body })
    }

    fn outcome(&self, answer: &Answer) -> Outcome {
        let why = Why::Status(answer.status);
        match answer.status {
            200 => read_success(answer),
            400 => Outcome::Rejected {
                fields: answer.names_in_note(FIELDS.iter().map(|field| field.name.as_str())),
                why,
            },
            401 => Outcome::Credential { why },
            429 => Outcome::Throttled { retry_after: answer.retry_after(), why },
            // With a word on when to come back it is the server's own refusal; without one it may be a gateway's,
            // which can't tell whether the server had taken the lead.
            503 if answer.retry_after().is_some() => {
                Outcome::Throttled { retry_after: answer.retry_after(), why }
            }
            _ => Outcome::InDoubt { why },
        }
    }
}

/// Reads a 200. The document promises no body, so an empty one is as good as any JSON; a page, noise or a word of
/// failure in JSON is somebody else speaking (a log-in, a gateway) and proves nothing.
fn read_success(answer: &Answer) -> Outcome {
    let why = if answer.is_empty() {
        None
    } else if answer.is_html() {
        Some(Why::HtmlBody)
    } else if answer.json().is_none() {
        Some(Why::UnreadableBody)
    } else {
        answer.speaks_of_error().then_some(Why::ErrorInBody)
    };
    why.map_or(Outcome::Delivered { reference: None }, |why| Outcome::InDoubt { why })
}

fn find_wrong_types(lead: &Lead) -> Vec<FieldFault> {
    let wrong = FIELDS.iter().filter(|field| match (lead.get(&field.name), field.kind) {
        (Some(PartnerValue::Text(_)), kind) => kind == PartnerFieldKind::Bool,
        (Some(PartnerValue::Bool(_)), kind) => kind != PartnerFieldKind::Bool,
        (None, _) => false,
    });
    wrong.map(|field| FieldFault { partner_field: field.name.clone(), fault: Fault::WrongType }).collect()
}
