//! Webhook: posts a lead to any https address, for partners that no connector knows.
//!
//! Rules: the specification "Standard Webhooks" for id, moment, signature and answers. The body is ours: the receipt, a
//! type and the lead's fields. A bearer token or a header of the receiver's choice may stand in for the signature.

use http::{HeaderName, HeaderValue, Method, header};
use serde_json::{Map, Value, json};

use crate::connectors::parts::payload::nest;
use crate::connectors::{
    AccountSettings, Answer, AnswerClass, AnswerRow, Call, CallFault, Connector, CredentialPlace,
    CredentialSlot, Descriptor, FactSource, Fault, FieldFault, InDoubtPolicy, Lead, Limits, Operation,
    OperationKind, Outcome, OwnFields, PartnerField, PartnerRequest, PartnerValue, Presence, ReceiptForm,
    ReceiptSlot, Seal, Setting, SettingFault, SettingKind, find_row, outcome_of,
};

/// Carries the receipt, by which the receiver tells a repeated send; no form has a field of this name.
const ID: &str = "webhook-id";
/// The headers that the account's own may not be.
const TAKEN_HEADERS: [&str; 5] = [ID, "webhook-timestamp", "webhook-signature", "accept", "connection"];

/// What there is to know of a webhook.
pub static DESCRIPTOR: Descriptor = Descriptor {
    slug: "webhook",
    name: "Webhook",
    summary: "Takes the lead as JSON at any https address, signed as Standard Webhooks has it, or with a secret in a header.",
    operations: &[Operation { kind: OperationKind::Create, name: "lead.created", source: FactSource::Ours }],
    settings: SETTINGS,
    credentials: &[CredentialSlot {
        name: "secret",
        place: CredentialPlace::Header("webhook-signature"),
        presence: Presence::Required,
        length_max: 500,
        meaning: "the secret that you and the receiver share: it signs and stays here (whsec_ and base64, or any text), \
                  or is sent itself where authentication is bearer or header",
    }],
    receipt: Some(ReceiptSlot { field: ID, form: ReceiptForm::Text }),
    default_mapping: &[],
    own_fields: OwnFields::PassThrough,
    // The specification has receivers tell repeated sends by webhook-id, which stays the same.
    in_doubt: InDoubtPolicy::Retry,
    answers: ANSWERS,
    limits: Limits { page_limit_max: None, searches: false, quota_wait: None },
};

const SETTINGS: &[Setting] = &[
    Setting {
        name: "url",
        kind: SettingKind::Url,
        presence: Presence::Required,
        meaning: "the address that takes the leads",
    },
    Setting {
        name: "authentication",
        kind: SettingKind::Word(&["signature", "bearer", "header"]),
        presence: Presence::Default("signature"),
        meaning: "\"signature\" by Standard Webhooks, \"bearer\" for Authorization: Bearer with the secret, or \"header\" \
                  for the secret in a header of its own",
    },
    Setting {
        name: "header",
        kind: SettingKind::HeaderName,
        presence: Presence::If { setting: "authentication", is: "header" },
        meaning: "the name of the header that holds the secret",
    },
];

const ANSWERS: &[AnswerRow] = &[
    AnswerRow::new(200, AnswerClass::Success, FactSource::Document, TAKEN),
    AnswerRow::new(201, AnswerClass::Success, FactSource::Document, TAKEN),
    AnswerRow::new(202, AnswerClass::Success, FactSource::Document, TAKEN),
    AnswerRow::new(204, AnswerClass::Success, FactSource::Document, TAKEN),
    AnswerRow::new(301, AnswerClass::Account, FactSource::Document, MOVED),
    AnswerRow::new(308, AnswerClass::Account, FactSource::Document, MOVED),
    AnswerRow::new(
        400,
        AnswerClass::Rejected,
        FactSource::Ours,
        "The receiver does not take this lead: see its log, then mend the form or the mapping.",
    ),
    AnswerRow::new(
        401,
        AnswerClass::Credential,
        FactSource::Ours,
        "The receiver does not know the secret: compare it and authentication on both sides, and this machine's clock.",
    ),
    AnswerRow::new(
        403,
        AnswerClass::Credential,
        FactSource::Ours,
        "The receiver does not let us in: compare the secret and authentication on both sides.",
    ),
    AnswerRow::new(404, AnswerClass::Account, FactSource::Ours, "Nothing is at this address: check url."),
    AnswerRow::new(405, AnswerClass::Account, FactSource::Ours, "The address takes no POST: check url."),
    AnswerRow::new(
        410,
        AnswerClass::Account,
        FactSource::Document,
        "The receiver wants no more leads here: ask it for another address, then set url.",
    ),
    AnswerRow::new(
        415,
        AnswerClass::Account,
        FactSource::Ours,
        "The address takes no JSON: check url, or ask the receiver to take JSON.",
    ),
    AnswerRow::new(
        422,
        AnswerClass::Rejected,
        FactSource::Ours,
        "The receiver does not take this lead: see its log, then mend the form or the mapping.",
    ),
    AnswerRow::new(429, AnswerClass::Throttled, FactSource::Document, "Nothing to do: sent again later."),
    AnswerRow::new(502, AnswerClass::InDoubt, FactSource::Document, AGAIN),
    AnswerRow::new(
        503,
        AnswerClass::ThrottledIfTold,
        FactSource::Ours,
        "Nothing to do: sent again later, with the same webhook-id.",
    ),
    AnswerRow::new(504, AnswerClass::InDoubt, FactSource::Document, AGAIN),
];

const TAKEN: &str = "Taken, whatever the body.";
const MOVED: &str = "The address has moved, and a redirect is never followed: set url to the new address.";
const AGAIN: &str =
    "The receiver is overloaded or away. Nothing to do: sent again later, with the same webhook-id.";

/// The connector.
pub struct Webhook;

impl Connector for Webhook {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn fields(&self) -> &'static [PartnerField] {
        &[]
    }

    fn review(&self, settings: &AccountSettings) -> Vec<SettingFault> {
        let taken = |name: &&str| TAKEN_HEADERS.iter().any(|taken| name.eq_ignore_ascii_case(taken));
        let header = settings.get("header").filter(taken);
        let fault = header.map(|_| SettingFault {
            setting: "header",
            found: "the name of a header that is set otherwise".to_owned(),
            expected: format!("another one than {}", TAKEN_HEADERS.join(", ")),
        });
        fault.into_iter().collect()
    }

    fn seals(&self, settings: &AccountSettings) -> Vec<Seal> {
        let slot = "secret";
        vec![match settings.text("authentication") {
            "bearer" => Seal::Header { slot, name: header::AUTHORIZATION, prefix: "Bearer " },
            "header" => {
                // The name was checked at start; with another one the receiver would refuse us, which is the safe way.
                let name = HeaderName::from_bytes(settings.text("header").as_bytes());
                Seal::Header { slot, name: name.unwrap_or(header::AUTHORIZATION), prefix: "" }
            }
            _ => Seal::Webhook { slot },
        }]
    }

    /// What the form takes a webhook takes: no document sets a bound. The receipt is always there.
    fn check(&self, _lead: &Lead) -> Vec<FieldFault> {
        Vec::new()
    }

    fn request(&self, call: &Call<'_>, settings: &AccountSettings) -> Result<PartnerRequest, CallFault> {
        let Call::Create(lead) = call else { return Err(CallFault::Unsupported) };
        let receipt = read_receipt(lead).map_err(|fault| CallFault::Fields(vec![fault]))?;
        let fields = lead.iter().filter(|(name, _)| *name != ID);
        let flat: Map<String, Value> =
            fields.map(|(name, value)| (name.to_owned(), value.to_json())).collect();
        let body = json!({ "id": receipt.1, "type": "lead.created", "data": nest(flat) });
        let url = settings.text("url").to_owned();
        let mut request = PartnerRequest::json(Method::POST, url, body.to_string().into_bytes());
        request.headers.insert(HeaderName::from_static(ID), receipt.0);
        Ok(request)
    }

    fn outcome(&self, kind: OperationKind, answer: &Answer, _settings: &AccountSettings) -> Outcome {
        let row = find_row(DESCRIPTOR.answers, kind, answer.status, None);
        outcome_of(row, answer, None, Vec::new, || Outcome::Delivered { reference: None })
    }
}

/// The receipt as a header and as text.
fn read_receipt(lead: &Lead) -> Result<(HeaderValue, &str), FieldFault> {
    let fault = |fault| FieldFault { partner_field: ID.to_owned(), fault };
    match lead.get(ID) {
        Some(PartnerValue::Text(text)) => HeaderValue::from_str(text)
            .map(|value| (value, text.as_str()))
            .map_err(|_| fault(Fault::WrongForm)),
        Some(_) => Err(fault(Fault::WrongType)),
        None => Err(fault(Fault::Missing)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn settings(authentication: &str, header: &str) -> AccountSettings {
        let all = [
            ("url", "https://partner.example/leads"),
            ("authentication", authentication),
            ("header", header),
        ];
        let all = all.iter().filter(|(_, value)| !value.is_empty());
        AccountSettings::new(
            all.map(|(name, value)| (*name, (*value).to_owned())).collect::<BTreeMap<_, _>>(),
        )
    }

    #[test]
    fn secret_goes_where_the_account_says() {
        let slot = "secret";
        let own = HeaderName::from_static("x-partner-key");
        for (authentication, name, seal) in [
            ("signature", "", Seal::Webhook { slot }),
            ("bearer", "", Seal::Header { slot, name: header::AUTHORIZATION, prefix: "Bearer " }),
            ("header", "X-Partner-Key", Seal::Header { slot, name: own, prefix: "" }),
        ] {
            assert_eq!(Webhook.seals(&settings(authentication, name)), [seal]);
        }
    }

    #[test]
    fn header_that_is_set_otherwise_is_refused() {
        for name in ["Webhook-Id", "webhook-signature", "Accept"] {
            let faults = Webhook.review(&settings("header", name));
            assert_eq!(faults.first().map(|fault| fault.setting), Some("header"), "{name}");
        }
        assert_eq!(Webhook.review(&settings("header", "authorization")), []);
        assert_eq!(Webhook.review(&settings("signature", "")), []);
    }

    #[test]
    fn lead_without_a_receipt_is_not_sent() {
        let lead = Lead::default();
        let fault = Webhook.request(&Call::Create(&lead), &settings("signature", "")).err();
        let missing = FieldFault { partner_field: ID.to_owned(), fault: Fault::Missing };
        assert_eq!(fault, Some(CallFault::Fields(vec![missing])));
    }
}
