//! What there is to know of PartnerPortal.io before the first lead: settings, credentials, mapping.
//!
//! Apart as data. No document names an address, so every one is the operator's to give.

use crate::connectors::{
    CredentialPlace, CredentialSlot, DefaultRule, Descriptor, FactSource, InDoubtPolicy, Limits, Operation,
    OperationKind, OwnFields, Presence, Setting, SettingKind,
};

use super::answers::ANSWERS;
use super::payload::CUSTOM_FIELDS;

/// What there is to know of PartnerPortal.io.
pub static DESCRIPTOR: Descriptor = Descriptor {
    slug: "partnerportal",
    name: "PartnerPortal.io",
    summary: "Keeps the leads that partners refer to a company, from the first word to the commission.",
    operations: OPERATIONS,
    settings: SETTINGS,
    credentials: &[
        CredentialSlot {
            name: "client_id",
            place: CredentialPlace::TokenRequest,
            presence: Presence::Required,
            length_max: 500,
            meaning: "the Client ID of the portal's API key",
        },
        CredentialSlot {
            name: "client_secret",
            place: CredentialPlace::TokenRequest,
            presence: Presence::Required,
            length_max: 500,
            meaning: "the Client Secret of the portal's API key, which the portal shows once",
        },
    ],
    // No field is documented for a reference of ours: the notes carry the receipt, and a mapping may put it into a
    // custom field too.
    receipt: None,
    default_mapping: &[
        ("lastName", DefaultRule::Field("last_name")),
        ("agentId", DefaultRule::Unmapped),
        // The notes come back in the list, custom fields do not: only here can the receipt be found after a doubt.
        ("notes", DefaultRule::Template("{notes}\nReference: {receipt}")),
        ("companyName", DefaultRule::Field("company")),
        ("partnerOrganizationId", DefaultRule::Unmapped),
        ("platform", DefaultRule::Setting("platform")),
        ("closeDate", DefaultRule::Unmapped),
        ("firstName", DefaultRule::Field("first_name")),
        ("phone", DefaultRule::Field("phone")),
        ("websiteUrl", DefaultRule::Field("website")),
        ("value", DefaultRule::Unmapped),
        ("email", DefaultRule::Field("email")),
    ],
    own_fields: OwnFields::Below(CUSTOM_FIELDS),
    // There is no idempotency key: what was perhaps taken is never sent again by itself.
    in_doubt: InDoubtPolicy::AskThenHold,
    answers: ANSWERS,
    limits: Limits { page_limit_max: None, searches: false, quota_wait: None },
};

// The document's titles are lost; its six sets of parameters and bodies say what each operation does.
const OPERATIONS: &[Operation] = &[
    operation(OperationKind::List, "List leads"),
    operation(OperationKind::Create, "Create lead"),
    operation(OperationKind::Get, "Get lead"),
    operation(OperationKind::Update, "Update lead"),
    operation(OperationKind::PartnerSchema, "Schema for a partner organisation"),
    operation(OperationKind::Schema, "Schema for the company"),
];

const fn operation(kind: OperationKind, name: &'static str) -> Operation {
    Operation { kind, name, source: FactSource::Document }
}

/// Longest id, name or word in a setting.
const TEXT: SettingKind = SettingKind::Text { length_max: 200 };

const fn setting(
    name: &'static str,
    kind: SettingKind,
    presence: Presence,
    meaning: &'static str,
) -> Setting {
    Setting { name, kind, presence, meaning }
}

const fn path(required: &'static [&'static str]) -> SettingKind {
    SettingKind::PathWith { required, optional: &["companyId"] }
}

const SETTINGS: &[Setting] = &[
    setting(
        "base_url",
        SettingKind::BaseUrl,
        Presence::Required,
        "the address of the API, before every path, as PartnerPortal.io's API guide has it; no document here names it",
    ),
    setting(
        "token_url",
        SettingKind::Url,
        Presence::Required,
        "where access tokens are fetched, as PartnerPortal.io's API guide has it; no document here names it",
    ),
    setting("company_id", TEXT, Presence::Required, "the Company ID of the portal, shown with its API key"),
    setting(
        "platform",
        TEXT,
        Presence::Required,
        "the platform of every lead, which the partner requires; no document names its values, so ask the portal's admin",
    ),
    setting(
        "audience",
        SettingKind::Text { length_max: 500 },
        Presence::Optional,
        "the Audience shown with the API key, sent with the request for a token",
    ),
    setting(
        "scope",
        SettingKind::Text { length_max: 500 },
        Presence::Optional,
        "the scope asked for with the request for a token",
    ),
    setting(
        "client_authentication",
        SettingKind::Word(&["post", "basic"]),
        Presence::Default("post"),
        "whether Client ID and Client Secret go in the token request's body or in Authorization: Basic; no document \
         says, the default is ours",
    ),
    setting(
        "token_encoding",
        SettingKind::Word(&["form", "json"]),
        Presence::Default("form"),
        "how the token request's body is written; no document says, the default is ours",
    ),
    setting(
        "company_id_place",
        SettingKind::Word(&["path", "query"]),
        Presence::Default("path"),
        "whether companyId, which every operation takes, stands in the path or in the query; no document says, the \
         default is ours",
    ),
    setting(
        "leads_path",
        path(&[]),
        Presence::Required,
        "the path that lists and creates leads, as PartnerPortal.io's API guide has it, of a shape such as \
         \"/companies/{companyId}/leads\" (an example and not the real one)",
    ),
    setting(
        "lead_path",
        path(&["leadId"]),
        Presence::Required,
        "the path that reads and changes one lead, as PartnerPortal.io's API guide has it, of a shape such as \
         \"/companies/{companyId}/leads/{leadId}\" (an example and not the real one)",
    ),
    setting(
        "schema_path",
        path(&["object"]),
        Presence::Optional,
        "the path that describes the company's fields, of a shape such as \"/companies/{companyId}/schemas/{object}\" \
         (an example and not the real one); where left out the schema can't be asked for",
    ),
    setting(
        "partner_schema_path",
        path(&["partnerOrganizationId", "object"]),
        Presence::Optional,
        "the path that describes the fields for one partner organisation, of a shape such as \
         \"/companies/{companyId}/partners/{partnerOrganizationId}/schemas/{object}\" (an example and not the real \
         one); where left out that schema can't be asked for",
    ),
    setting(
        "object",
        TEXT,
        Presence::Default("lead"),
        "the object whose schema is asked for; no document names its values, the default is ours",
    ),
];
