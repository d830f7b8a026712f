//! Algbra Labs, partner banking, personal prospects: listed, read, changed and made by signed requests.
//!
//! Rules: the partner's page "Managing Prospects"; where that is silent its pages on creating prospects and on payload
//! signing, marked as elsewhere; what no page says is a setting or a cautious reading, marked as ours. Every operation
//! is signed, so a request says which path and query the signature is over.

use http::Method;

use crate::connectors::parts::seal::{SignatureAlgorithm, SignatureEncoding, SignaturePlan, SignedPart};
use crate::connectors::parts::setting::encode_segment;
use crate::connectors::{
    AccountSettings, Answer, Call, CallFault, Change, Connector, CredentialPlace, CredentialSlot,
    DefaultRule, Descriptor, FactSource, FieldFault, InDoubtPolicy, Lead, Limits, ListQuery, Operation,
    OperationKind, Outcome, OwnFields, PartnerField, PartnerRequest, Presence, Reading, ReceiptForm,
    ReceiptSlot, Seal, Setting, SettingFault, SettingKind,
};

mod answers;
mod payload;
mod reading;

/// The path of all operations, below the base address.
const PROSPECTS: &str = "/v1/partner/prospects/personal";
/// Most prospects on a page.
const LIMIT_MAX: u32 = 100;

/// What there is to know of Algbra.
pub static DESCRIPTOR: Descriptor = Descriptor {
    slug: "algbra",
    name: "Algbra Labs Partner Banking",
    summary: "Keeps personal prospects of a bank's partner; a lead becomes a prospect or completes one.",
    operations: &[
        operation(OperationKind::List, "List personal prospects", FactSource::Document),
        operation(OperationKind::Update, "Update personal prospect partially", FactSource::Document),
        operation(OperationKind::Get, "Get personal prospect by id", FactSource::Document),
        operation(OperationKind::GetByReference, "Get personal prospect by externalId", FactSource::Document),
        operation(OperationKind::Create, "Create personal prospect", FactSource::Elsewhere),
    ],
    settings: SETTINGS,
    credentials: &[
        CredentialSlot {
            name: "api_token",
            place: CredentialPlace::Header("authorization"),
            presence: Presence::Required,
            length_max: 4_096,
            meaning: "the API token, decrypted, as Algbra wants it in `authorization`; sent and signed alike, without a \
                      word before it",
        },
        CredentialSlot {
            name: "private_key",
            place: CredentialPlace::Signature,
            presence: Presence::Required,
            length_max: 16_384,
            meaning: "the RSA private key whose public half Algbra has, in PEM; Algbra asks for 4096 bits",
        },
    ],
    receipt: Some(ReceiptSlot { field: payload::REFERENCE, form: ReceiptForm::Uuid }),
    default_mapping: &[
        ("externalAccountReference", DefaultRule::Unmapped),
        ("firstName", DefaultRule::Field("first_name")),
        // The vocabulary has no middle name.
        ("middleName", DefaultRule::Unmapped),
        ("lastName", DefaultRule::Field("last_name")),
        ("email", DefaultRule::Field("email")),
        ("address.type", DefaultRule::Constant("STRUCTURED")),
        ("address.line1", DefaultRule::Field("address_line1")),
        ("address.line2", DefaultRule::Field("address_line2")),
        ("address.line3", DefaultRule::Field("city")),
        ("address.postcode", DefaultRule::Field("postcode")),
        ("address.country", DefaultRule::Setting("country")),
        // Both may name a person beyond doubt: only where the operator asks for them.
        ("dateOfBirth", DefaultRule::Unmapped),
        ("phoneNumber", DefaultRule::Field("phone")),
        ("identificationNumber", DefaultRule::Unmapped),
    ],
    own_fields: OwnFields::Refused,
    // No document promises that the same externalReference makes one prospect, but it can be asked for.
    in_doubt: InDoubtPolicy::AskThenRetry,
    answers: answers::ROWS,
    limits: Limits { page_limit_max: Some(LIMIT_MAX), searches: true, quota_wait: None },
};

const fn operation(kind: OperationKind, name: &'static str, source: FactSource) -> Operation {
    Operation { kind, name, source }
}

const fn word(
    name: &'static str,
    words: &'static [&'static str],
    default: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { name, kind: SettingKind::Word(words), presence: Presence::Default(default), meaning }
}

const SETTINGS: &[Setting] = &[
    Setting {
        name: "base_url",
        kind: SettingKind::BaseUrl,
        presence: Presence::Required,
        meaning: "the address before the paths, as Algbra has told you; public profiles name \
                  https://sandbox.horizon-link.algbralabs.com for tests and https://horizon-link.algbralabs.com",
    },
    word(
        "signature_algorithm",
        &["rsa-pkcs1v15-sha256", "rsa-pkcs1v15-sha512", "rsa-pss-sha256"],
        "rsa-pkcs1v15-sha256",
        "padding and hash of the signature (no document says; our default)",
    ),
    word(
        "signature_encoding",
        &["base64", "base64url", "hex"],
        "base64",
        "how the signature is written (no document says; our default)",
    ),
    word(
        "signature_order",
        &[
            "url,method,headers,body",
            "method,url,headers,body",
            "method,url,body,headers",
            "body,headers,method,url",
        ],
        "url,method,headers,body",
        "the order of the signed members (that in which the page on signing lists them; none is promised)",
    ),
    word(
        "reference_name",
        &[payload::REFERENCE, "externalId"],
        payload::REFERENCE,
        "what a create calls our reference: externalId in an earlier generation, which also says externalAccountId",
    ),
    Setting {
        name: "country",
        kind: SettingKind::Text { length_max: 3 },
        presence: Presence::Optional,
        meaning: "the country of every address, three capital letters such as GBR, unless the account maps \
                  address.country",
    },
];

/// The connector.
pub struct Algbra;

impl Connector for Algbra {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn fields(&self) -> &'static [PartnerField] {
        &payload::FIELDS
    }

    fn update_fields(&self) -> &'static [PartnerField] {
        &payload::UPDATE_FIELDS
    }

    fn review(&self, settings: &AccountSettings) -> Vec<SettingFault> {
        let wrong = settings.get("country").filter(|country| !payload::is_country(country));
        let fault = wrong.map(|_| SettingFault {
            setting: "country",
            found: "another text".to_owned(),
            expected: "three capital letters, such as GBR".to_owned(),
        });
        fault.into_iter().collect()
    }

    fn seals(&self, settings: &AccountSettings) -> Vec<Seal> {
        vec![Seal::Signature(SignaturePlan {
            token: "api_token",
            private_key: "private_key",
            algorithm: match settings.text("signature_algorithm") {
                "rsa-pkcs1v15-sha512" => SignatureAlgorithm::RsaPkcs1Sha512,
                "rsa-pss-sha256" => SignatureAlgorithm::RsaPssSha256,
                _ => SignatureAlgorithm::RsaPkcs1Sha256,
            },
            encoding: match settings.text("signature_encoding") {
                "base64url" => SignatureEncoding::Base64Url,
                "hex" => SignatureEncoding::Hex,
                _ => SignatureEncoding::Base64,
            },
            order: order_of(settings.text("signature_order")),
        })]
    }

    fn check(&self, lead: &Lead) -> Vec<FieldFault> {
        payload::check(lead)
    }

    fn request(&self, call: &Call<'_>, settings: &AccountSettings) -> Result<PartnerRequest, CallFault> {
        let send = |method, path: &str, body| signed(method, settings, path.to_owned(), Some(body));
        Ok(match call {
            Call::Create(lead) => {
                let body = payload::create(lead, settings.text("reference_name"));
                send(Method::POST, PROSPECTS, body.map_err(CallFault::Fields)?)
            }
            Call::Update { id, change } => {
                let body = payload::update(change).map_err(CallFault::Fields)?;
                send(Method::PATCH, &format!("{PROSPECTS}/{}", segment(id)?), body)
            }
            Call::List(query) => get(settings, list_path(query)?),
            Call::Get { id } => get(settings, format!("{PROSPECTS}/{}", segment(id)?)),
            Call::GetByReference { reference } => {
                get(settings, format!("{PROSPECTS}/externalReference/{}", segment(reference)?))
            }
            Call::Schema | Call::PartnerSchema { .. } => return Err(CallFault::Unsupported),
        })
    }

    fn outcome(&self, kind: OperationKind, answer: &Answer, _settings: &AccountSettings) -> Outcome {
        answers::outcome(kind, answer)
    }

    fn reading(&self, kind: OperationKind, answer: &Answer) -> Option<Reading> {
        reading::read(kind, answer)
    }

    fn completion(&self, lead: &Lead) -> Option<Change> {
        Some(payload::completion(lead))
    }
}

fn get(settings: &AccountSettings, path: String) -> PartnerRequest {
    signed(Method::GET, settings, path, None)
}

/// A request to a path below the base address, which is signed as it is sent.
fn signed(method: Method, settings: &AccountSettings, path: String, body: Option<Vec<u8>>) -> PartnerRequest {
    let url = format!("{}{path}", settings.text("base_url"));
    let request = match body {
        Some(body) => PartnerRequest::json(method, url, body),
        None => PartnerRequest::get(url),
    };
    PartnerRequest { signed_url: Some(path), ..request }
}

/// An id or a reference as a segment of the path. Empty or made of dots it would name another resource, also encoded:
/// whoever reads the address takes such segments away.
fn segment(text: &str) -> Result<String, CallFault> {
    if matches!(text, "" | "." | "..") {
        return Err(CallFault::Query("an id or a reference that names one prospect"));
    }
    Ok(encode_segment(text))
}

/// Page and limit always go out: the document has defaults for both and requires them all the same.
fn list_path(query: &ListQuery) -> Result<String, CallFault> {
    if query.page == 0 {
        return Err(CallFault::Query("pages count from 1"));
    }
    if !(1..=LIMIT_MAX).contains(&query.limit) {
        return Err(CallFault::Query("the limit is 1 to 100"));
    }
    let search = query.search.as_deref().filter(|search| !search.trim().is_empty());
    let search = search.map(|search| format!("searchKeyword={}&", encode_segment(search)));
    Ok(format!("{PROSPECTS}?{}page={}&limit={}", search.unwrap_or_default(), query.page, query.limit))
}

fn order_of(text: &str) -> [SignedPart; 4] {
    use SignedPart::{Body, Headers, Method, Url};

    match text {
        "method,url,headers,body" => [Method, Url, Headers, Body],
        "method,url,body,headers" => [Method, Url, Body, Headers],
        "body,headers,method,url" => [Body, Headers, Method, Url],
        _ => [Url, Method, Headers, Body],
    }
}

#[cfg(test)]
mod tests;
