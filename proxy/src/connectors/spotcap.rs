//! Spotcap, Partner API: takes leads whom its people then call, and users whose application for a loan starts at once.
//!
//! Rules: the partner's document "Partner API". It prints stages, the key's header and the errors, and neither a field
//! nor a body: which fields there are is for the account to say, and what a success holds is read leniently.

use http::{HeaderName, Method};
use serde_json::{Map, Value};

use crate::connectors::parts::answers::read_lenient_success;
use crate::connectors::parts::payload::{nest, own_faults};
use crate::connectors::{
    AccountSettings, Answer, AnswerClass, AnswerRow, Call, CallFault, Connector, CredentialPlace,
    CredentialSlot, Descriptor, FactSource, FieldFault, InDoubtPolicy, Lead, Limits, Operation,
    OperationKind, Outcome, OwnFields, PartnerField, PartnerRequest, Presence, Seal, Setting, SettingFault,
    SettingKind, find_row, outcome_of,
};
use crate::mapping::OWN_LENGTH_MAX;

/// The resource whose records are applications.
const USERS: &str = "users";
/// Longest text that is taken for an id. The length is ours.
const REFERENCE_BYTES_MAX: usize = 200;

/// What there is to know of Spotcap.
pub static DESCRIPTOR: Descriptor = Descriptor {
    slug: "spotcap",
    name: "Spotcap",
    summary: "Takes leads for business loans, whom its people then call; a user, if you ask for that, starts an application.",
    operations: &[Operation {
        kind: OperationKind::Create,
        name: "send a lead or a user",
        source: FactSource::Document,
    }],
    settings: SETTINGS,
    credentials: &[CredentialSlot {
        name: "api_key",
        place: CredentialPlace::Header("X-Api-Key"),
        presence: Presence::Required,
        length_max: 500,
        meaning: "the API key that Spotcap gives you",
    }],
    // The document knows no reference of ours; an account that has been told of a field maps "{receipt}" to it.
    receipt: None,
    default_mapping: &[],
    own_fields: OwnFields::Required,
    // Whether the same lead sent twice is one or two is in no document, and nothing can be asked for.
    in_doubt: InDoubtPolicy::Hold,
    answers: ANSWERS,
    limits: Limits { page_limit_max: None, searches: false, quota_wait: None },
};

const SETTINGS: &[Setting] = &[
    Setting {
        name: "base_url",
        kind: SettingKind::BaseUrl,
        presence: Presence::Default("https://partner-api.spotcap.com"),
        meaning: "the address before the stage",
    },
    Setting {
        name: "stage",
        kind: SettingKind::Word(&["v1", "beta"]),
        presence: Presence::Required,
        meaning: "\"v1\" for production or \"beta\" for tests; how it is spelt in the path no document prints",
    },
    Setting {
        name: "resource",
        kind: SettingKind::Word(&["leads", USERS]),
        presence: Presence::Required,
        meaning: "\"leads\" for people who are then called, or \"users\", each of which starts an application; how it is \
                  spelt in the path no document prints",
    },
    Setting {
        name: "start_applications",
        kind: SettingKind::Flag,
        presence: Presence::If { setting: "resource", is: USERS },
        meaning: "true, to say that every lead is meant to start an application",
    },
    Setting {
        name: "path",
        kind: SettingKind::PathWith { required: &[], optional: &["stage", "resource"] },
        presence: Presence::Default("/{stage}/{resource}"),
        meaning: "the path behind base_url; write it out where Spotcap has told you other words than those of stage \
                  and resource",
    },
    Setting {
        name: "reference_pointer",
        kind: SettingKind::Text { length_max: 200 },
        presence: Presence::Optional,
        meaning: "where a success holds Spotcap's id, as a JSON pointer such as \"/id\"; no document says that it holds one",
    },
];

const ANSWERS: &[AnswerRow] = &[
    AnswerRow::new(200, AnswerClass::Success, FactSource::Ours, TAKEN),
    AnswerRow::new(201, AnswerClass::Success, FactSource::Ours, TAKEN),
    AnswerRow::new(202, AnswerClass::Success, FactSource::Ours, TAKEN),
    AnswerRow::new(204, AnswerClass::Success, FactSource::Ours, TAKEN),
    AnswerRow::new(
        301,
        AnswerClass::Account,
        FactSource::Document,
        "Plain http was used, and the redirect is never followed: set base_url to the https address and restart.",
    ),
    AnswerRow::new(
        400,
        AnswerClass::Rejected,
        FactSource::Document,
        "The body does not please: hold the account's mapping against the fields that Spotcap has told you.",
    ),
    AnswerRow::new(
        401,
        AnswerClass::Credential,
        FactSource::Document,
        "The API key is wrong: ask Spotcap for the right one and restart.",
    ),
    AnswerRow::new(
        403,
        AnswerClass::Account,
        FactSource::Document,
        "The resource is for administrators only; a wrong API key may end here, too: check api_key, stage and resource.",
    ),
    AnswerRow::new(
        404,
        AnswerClass::Account,
        FactSource::Document,
        "There is no such resource: check base_url, stage, resource and path.",
    ),
    AnswerRow::new(
        405,
        AnswerClass::Account,
        FactSource::Document,
        "The resource takes no POST: check resource and path.",
    ),
    AnswerRow::new(
        406,
        AnswerClass::Account,
        FactSource::Document,
        "Something other than JSON was asked for, which is never done: check what base_url leads to.",
    ),
    AnswerRow::new(
        410,
        AnswerClass::Account,
        FactSource::Document,
        "The resource has been removed: ask Spotcap which stage is in use, then set stage or path.",
    ),
    AnswerRow::new(429, AnswerClass::Throttled, FactSource::Document, "Nothing to do: sent again later."),
    AnswerRow::new(
        500,
        AnswerClass::InDoubt,
        FactSource::Document,
        "Spotcap had a problem. Whether it took the lead nobody knows: ask, then decide on the lead in doubt.",
    ),
    AnswerRow::new(
        503,
        AnswerClass::Throttled,
        FactSource::Document,
        "Spotcap is offline for maintenance. Nothing to do: sent again later.",
    ),
];

const TAKEN: &str =
    "Taken, where the body is empty or JSON that speaks of no error; anything else is `in_doubt`.";

/// The connector.
pub struct Spotcap;

impl Connector for Spotcap {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn fields(&self) -> &'static [PartnerField] {
        &[]
    }

    fn review(&self, settings: &AccountSettings) -> Vec<SettingFault> {
        let mut faults = Vec::new();
        let users = settings.text("resource") == USERS;
        if users && !settings.flag("start_applications") {
            faults.push(SettingFault {
                setting: "start_applications",
                found: "false".to_owned(),
                expected: "true: each lead to users starts an application; set start_applications = true if that is \
                           meant, else resource = \"leads\""
                    .to_owned(),
            });
        }
        let mut segments = settings.text("path").split('/');
        if !users && segments.any(|segment| segment.eq_ignore_ascii_case(USERS)) {
            faults.push(SettingFault {
                setting: "path",
                found: "a path to users beside resource = \"leads\"".to_owned(),
                expected:
                    "a path to leads; or resource = \"users\" and start_applications = true, if each lead is \
                           meant to start an application"
                        .to_owned(),
            });
        }
        if settings.get("reference_pointer").is_some_and(|pointer| !is_pointer(pointer)) {
            faults.push(SettingFault {
                setting: "reference_pointer",
                found: "no JSON pointer".to_owned(),
                expected: "a slash before each name, and in a name ~0 for ~ and ~1 for a slash: \"/id\" or \"/data/id\""
                    .to_owned(),
            });
        }
        faults
    }

    fn seals(&self, _settings: &AccountSettings) -> Vec<Seal> {
        vec![Seal::Header { slot: "api_key", name: HeaderName::from_static("x-api-key"), prefix: "" }]
    }

    fn check(&self, lead: &Lead) -> Vec<FieldFault> {
        own_faults(lead, OWN_LENGTH_MAX)
    }

    fn request(&self, call: &Call<'_>, settings: &AccountSettings) -> Result<PartnerRequest, CallFault> {
        let Call::Create(lead) = call else { return Err(CallFault::Unsupported) };
        let faults = self.check(lead);
        if !faults.is_empty() {
            return Err(CallFault::Fields(faults));
        }
        let flat: Map<String, Value> =
            lead.iter().map(|(name, value)| (name.to_owned(), value.to_json())).collect();
        let url = settings.address(
            "base_url",
            "path",
            &[("stage", settings.text("stage")), ("resource", settings.text("resource"))],
        );
        Ok(PartnerRequest::json(Method::POST, url, Value::Object(nest(flat)).to_string().into_bytes()))
    }

    fn outcome(&self, kind: OperationKind, answer: &Answer, settings: &AccountSettings) -> Outcome {
        let row = find_row(DESCRIPTOR.answers, kind, answer.status, None);
        let reference = || read_reference(answer, settings.get("reference_pointer")?);
        // No document says that a refusal names a field, nor how.
        outcome_of(row, answer, None, Vec::new, || read_lenient_success(answer, reference))
    }
}

/// Whether a text is a JSON pointer (RFC 6901) to something below the whole body.
fn is_pointer(text: &str) -> bool {
    let escaped = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    text.starts_with('/') && escaped
}

/// The partner's id, where the account has been told that there is one: a short text or a whole number.
fn read_reference(answer: &Answer, pointer: &str) -> Option<String> {
    match answer.json()?.pointer(pointer)? {
        Value::String(id) => {
            Some(id.trim().to_owned()).filter(|id| (1..=REFERENCE_BYTES_MAX).contains(&id.len()))
        }
        Value::Number(id) if !id.is_f64() => Some(id.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn settings(changes: &[(&'static str, &str)]) -> AccountSettings {
        let defaults = [
            ("base_url", "https://partner-api.spotcap.com"),
            ("stage", "v1"),
            ("resource", "leads"),
            ("path", "/{stage}/{resource}"),
        ];
        let all = defaults.iter().chain(changes).map(|(name, value)| (*name, (*value).to_owned()));
        AccountSettings::new(all.collect::<BTreeMap<_, _>>())
    }

    fn named(changes: &[(&'static str, &str)]) -> Vec<&'static str> {
        Spotcap.review(&settings(changes)).into_iter().map(|fault| fault.setting).collect()
    }

    #[test]
    fn users_need_a_word_that_applications_are_meant() {
        assert_eq!(named(&[]), [""; 0]);
        assert_eq!(named(&[("resource", "users"), ("start_applications", "true")]), [""; 0]);
        assert_eq!(named(&[("resource", "users"), ("start_applications", "false")]), ["start_applications"]);
        assert_eq!(named(&[("path", "/v1/Users")]), ["path"]);
    }

    #[test]
    fn pointer_is_held_against_its_grammar() {
        for pointer in ["id", "", "/a~2b", "/a~"] {
            assert_eq!(named(&[("reference_pointer", pointer)]), ["reference_pointer"], "{pointer}");
        }
        for pointer in ["/id", "/data/0/id", "/a~1b~0c", "/"] {
            assert_eq!(named(&[("reference_pointer", pointer)]), [""; 0], "{pointer}");
        }
    }

    #[test]
    fn reference_is_a_text_or_a_whole_number_and_else_none() {
        for (body, reference) in [
            (r#"{"data":{"id":"sc-7"}}"#, Some("sc-7")),
            (r#"{"data":{"id":42}}"#, Some("42")),
            (r#"{"data":{"id":4.2}}"#, None),
            (r#"{"data":{"id":" "}}"#, None),
            (r#"{"data":{"id":null}}"#, None),
            (r#"{"id":"sc-7"}"#, None),
            ("", None),
        ] {
            let answer = Answer { status: 200, headers: http::HeaderMap::new(), body: body.into() };
            let outcome = Spotcap.outcome(
                OperationKind::Create,
                &answer,
                &settings(&[("reference_pointer", "/data/id")]),
            );
            assert_eq!(outcome, Outcome::Delivered { reference: reference.map(str::to_owned) }, "{body}");
        }
    }

    #[test]
    fn path_that_is_written_out_is_taken_as_it_is() {
        let lead = Lead::default();
        let url = |path| {
            Spotcap.request(&Call::Create(&lead), &settings(&[("path", path)])).map(|request| request.url)
        };
        assert_eq!(url("/{stage}/{resource}").unwrap(), "https://partner-api.spotcap.com/v1/leads");
        assert_eq!(url("/Production/Leads").unwrap(), "https://partner-api.spotcap.com/Production/Leads");
    }
}
