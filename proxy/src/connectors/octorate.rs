//! Octorate, Integration Central: signs properties up, since it has no operation for a lead.
//!
//! Rules: the partner's document for the errors and the ways of authentication, its page on authentication for the
//! tokens, its tutorial of 2019 for the sign-up. What these leave open is a setting, or a doubt.

mod answers;
mod payload;
mod settings;

use http::Method;

use crate::connectors::octorate::payload::{FIELDS, Payload};
use crate::connectors::parts::payload::payload_of;
use crate::connectors::{
    AccountSettings, Answer, Call, CallFault, Connector, Descriptor, FactSource, FieldFault, InDoubtPolicy,
    Lead, Limits, Operation, OperationKind, Outcome, OwnFields, PartnerField, PartnerRequest, Seal,
    SettingFault,
};

/// What there is to know of Octorate.
pub static DESCRIPTOR: Descriptor = Descriptor {
    slug: "octorate",
    name: "Octorate",
    summary: "Signs a property up for its channel manager with each lead, if you say that this is meant.",
    operations: &[Operation {
        kind: OperationKind::Create,
        name: "create accommodation",
        source: FactSource::Elsewhere,
    }],
    settings: settings::SETTINGS,
    credentials: settings::CREDENTIALS,
    // The sign-up has no field for a reference of ours.
    receipt: None,
    default_mapping: payload::DEFAULT_MAPPING,
    own_fields: OwnFields::Refused,
    // The tutorial says that a property that exists is answered with its id, and not what makes two the same.
    in_doubt: InDoubtPolicy::Hold,
    answers: answers::ANSWERS,
    limits: Limits { page_limit_max: None, searches: false, quota_wait: Some(answers::QUOTA_WAIT) },
};

/// The connector.
pub struct Octorate;

impl Connector for Octorate {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn fields(&self) -> &'static [PartnerField] {
        &FIELDS
    }

    fn review(&self, settings: &AccountSettings) -> Vec<SettingFault> {
        settings::review(settings)
    }

    fn seals(&self, settings: &AccountSettings) -> Vec<Seal> {
        settings::seals(settings)
    }

    fn check(&self, lead: &Lead) -> Vec<FieldFault> {
        payload_of::<Payload>(lead, &FIELDS).err().unwrap_or_default()
    }

    fn request(&self, call: &Call<'_>, settings: &AccountSettings) -> Result<PartnerRequest, CallFault> {
        let Call::Create(lead) = call else { return Err(CallFault::Unsupported) };
        let payload: Payload = payload_of(lead, &FIELDS).map_err(CallFault::Fields)?;
        let body = serde_json::to_vec(&payload)
            .expect("texts and numbers in their range under fixed names always have a JSON form");
        Ok(PartnerRequest::json(Method::POST, settings::address(settings, "sign_up_path"), body))
    }

    fn outcome(&self, kind: OperationKind, answer: &Answer, settings: &AccountSettings) -> Outcome {
        answers::read(kind, answer, settings)
    }
}
