//! TakePayments, Partner Leads API: takes leads for card machines into a dialler, where a person calls them.
//!
//! Rules: the partner's document "Partner Leads API" (one operation, Insert). What it leaves open is decided here and
//! said at the place: the body of a 200, the shape of a 400's note, statuses other than 200, 400 and 401.

use std::sync::LazyLock;

use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::connectors::parts::answers::read_lenient_success;
use crate::connectors::parts::payload::payload_of;
use crate::connectors::parts::schema::fields_of;
use crate::connectors::parts::text::Text;
use crate::connectors::{
    AccountSettings, Answer, AnswerClass, AnswerRow, Call, CallFault, Connector, CredentialPlace,
    CredentialSlot, DefaultRule, Descriptor, FactSource, FieldFault, InDoubtPolicy, Lead, Limits, Operation,
    OperationKind, Outcome, OwnFields, PartnerField, PartnerRequest, Presence, ReceiptForm, ReceiptSlot,
    Seal, Setting, SettingKind, find_row, outcome_of,
};

/// The member of the body that holds the credential.
const API_KEY: &str = "ApiKey";

/// What there is to know of TakePayments.
pub static DESCRIPTOR: Descriptor = Descriptor {
    slug: "takepayments",
    name: "TakePayments",
    summary: "Takes leads for card machines into its dialler; a sales person calls each.",
    operations: &[Operation { kind: OperationKind::Create, name: "Insert", source: FactSource::Document }],
    settings: &[Setting {
        name: "url",
        kind: SettingKind::Url,
        presence: Presence::Default("https://partner.takepayments.com/umbraco/api/PartnerLeadsApi/Insert"),
        meaning: "the address of Insert",
    }],
    credentials: &[CredentialSlot {
        name: "api_key",
        place: CredentialPlace::BodyField(API_KEY),
        presence: Presence::Required,
        length_max: 200,
        meaning: "the API key that TakePayments gives before you integrate",
    }],
    receipt: Some(ReceiptSlot { field: "ID", form: ReceiptForm::Text }),
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
    own_fields: OwnFields::Refused,
    answers: &[
        AnswerRow::new(
            200,
            AnswerClass::Success,
            FactSource::Document,
            "Taken, where the body is empty or JSON that speaks of no error; a web page or anything else is `in_doubt`.",
        ),
        AnswerRow::new(
            400,
            AnswerClass::Rejected,
            FactSource::Document,
            "Something is missing or invalid. A visitor who still waits hears which fields.",
        ),
        AnswerRow::new(
            401,
            AnswerClass::Credential,
            FactSource::Document,
            "The ApiKey is absent or unknown: ask TakePayments for the right one and restart.",
        ),
        AnswerRow::new(429, AnswerClass::Throttled, FactSource::Ours, "Nothing to do: sent again later."),
        // With a word on when to come back it is the server's own refusal; without one it may be a gateway's, which
        // can't tell whether the server had taken the lead.
        AnswerRow::new(
            503,
            AnswerClass::ThrottledIfTold,
            FactSource::Ours,
            "With Retry-After nothing to do; without, see a lead in doubt.",
        ),
    ],
    limits: Limits { page_limit_max: None, searches: false, quota_wait: None },
};

/// The body of Insert, in the document's order and spelling. `ApiKey` is put in at the last moment and is no part of it.
#[derive(Serialize, Deserialize, Validate, JsonSchema)]
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

/// The connector.
pub struct TakePayments;

impl Connector for TakePayments {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn fields(&self) -> &'static [PartnerField] {
        &FIELDS
    }

    fn seals(&self, _settings: &AccountSettings) -> Vec<Seal> {
        vec![Seal::BodyField { slot: "api_key", member: API_KEY }]
    }

    fn check(&self, lead: &Lead) -> Vec<FieldFault> {
        payload_of::<Payload>(lead, &FIELDS).err().unwrap_or_default()
    }

    fn request(&self, call: &Call<'_>, settings: &AccountSettings) -> Result<PartnerRequest, CallFault> {
        let Call::Create(lead) = call else { return Err(CallFault::Unsupported) };
        let payload: Payload = payload_of(lead, &FIELDS).map_err(CallFault::Fields)?;
        let body = serde_json::to_vec(&payload)
            .expect("texts and booleans under fixed names always have a JSON form");
        Ok(PartnerRequest::json(Method::POST, settings.text("url").to_owned(), body))
    }

    fn outcome(&self, kind: OperationKind, answer: &Answer, _settings: &AccountSettings) -> Outcome {
        let row = find_row(DESCRIPTOR.answers, kind, answer.status, None);
        let named = || answer.names_in_note(FIELDS.iter().map(|field| field.name.as_str()));
        outcome_of(row, answer, None, named, || read_lenient_success(answer, || None))
    }
}
