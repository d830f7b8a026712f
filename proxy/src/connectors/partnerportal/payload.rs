//! The body that creates a lead: twelve named fields and the portal's custom ones.
//!
//! Apart from the update's, which has one field more, requires none and tells null from absent.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use validator::Validate;

use crate::connectors::parts::payload::{own_faults, payload_of};
use crate::connectors::parts::schema::fields_of;
use crate::connectors::parts::text::Text;
use crate::connectors::{FieldFault, Lead, PartnerField};
use crate::mapping::OWN_LENGTH_MAX;

use super::date_time::{self, DateTime};

/// What the names of a portal's custom fields begin with in a mapping.
pub(super) const CUSTOM_FIELDS: &str = "customFields.";

/// The fields of a new lead. The custom ones are not among them: each portal has its own.
pub(super) static FIELDS: LazyLock<Vec<PartnerField>> = LazyLock::new(fields_of::<NewLead>);

/// The body of Create lead, in the document's order and spelling. The document gives no lengths: all are ours.
#[derive(Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewLead {
    /// Last name.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    last_name: Text,
    /// The partner's id of the agent who brings the lead.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<Text>,
    /// Notes; they carry the receipt, by which a lead is found again after a doubt.
    #[validate(length(max = 4000))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<Text>,
    /// The portal's own fields, each under its name. The partner does not show them in its answers.
    #[schemars(skip)]
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    custom_fields: Map<String, Value>,
    /// Company.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    company_name: Option<Text>,
    /// The partner's id of the organisation that refers the lead.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_organization_id: Option<Text>,
    /// The platform; its values are the portal's.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    platform: Text,
    /// When the deal is to be closed: a date and time with offset, or a day.
    #[validate(custom(function = "date_time::check"))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    close_date: Option<DateTime>,
    /// First name.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    first_name: Text,
    /// Phone number.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<Text>,
    /// Website.
    #[validate(length(max = 2000))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    website_url: Option<Text>,
    /// What the deal is worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Number>,
    /// E-mail address.
    #[validate(length(max = 254))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Text>,
}

/// Makes the body of a lead, or says everything that is wrong with it.
pub(super) fn of_lead(lead: &Lead) -> Result<NewLead, Vec<FieldFault>> {
    let (custom, named): (BTreeMap<_, _>, BTreeMap<_, _>) = lead
        .iter()
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .partition(|(name, _)| custom_name(name).is_some());
    let custom = Lead::new(custom);
    let mut faults = own_faults(&custom, OWN_LENGTH_MAX);
    match payload_of::<NewLead>(&Lead::new(named), &FIELDS) {
        Ok(payload) if faults.is_empty() => {
            let members = custom.below(CUSTOM_FIELDS).map(|(name, value)| (name.to_owned(), value.to_json()));
            Ok(NewLead { custom_fields: members.collect(), ..payload })
        }
        Ok(_) => Err(faults),
        Err(mut found) => {
            found.append(&mut faults);
            Err(found)
        }
    }
}

/// The portal's name of a custom field, where this is one.
pub(super) fn custom_name(name: &str) -> Option<&str> {
    name.strip_prefix(CUSTOM_FIELDS).filter(|rest| !rest.is_empty())
}
