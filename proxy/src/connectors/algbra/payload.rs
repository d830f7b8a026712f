//! What is sent of a prospect: the fields of a create and of an update, their rules, and the JSON that they become.
//!
//! Apart because create, update and the completion of a prospect are three bodies made of one list of fields.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use validator::{Validate, ValidationError};

use crate::connectors::parts::payload::{nest, payload_of};
use crate::connectors::parts::schema::fields_of;
use crate::connectors::parts::text::Text;
use crate::connectors::{Change, Fault, FieldFault, Lead, PartnerField, PartnerValue};

/// The partner's name for our reference, and for that of our account with it.
pub(super) const REFERENCE: &str = "externalReference";
const ACCOUNT_REFERENCE: &str = "externalAccountReference";
const ADDRESS: &str = "address";
const ADDRESS_PREFIX: &str = "address.";
const ADDRESS_TYPE: &str = "address.type";
const PHONE: &str = "phoneNumber";
/// The only variant of an address that is shown anywhere.
const STRUCTURED: &str = "STRUCTURED";
/// The members without which an address says nothing.
const LINES: [&str; 4] = ["address.line1", "address.line2", "address.line3", "address.postcode"];

/// A prospect as it is sent. No document gives a length, so each is ours.
#[derive(Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Prospect {
    /// The receipt as a UUID, the same on every attempt.
    #[validate(length(max = 36), custom(function = "check_uuid"))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    external_reference: Option<Text>,
    /// A reference of ours for the account that the prospect may get, a UUID.
    #[validate(length(max = 36), custom(function = "check_uuid"))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    external_account_reference: Option<Text>,
    /// First name.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<Text>,
    /// Middle name.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    middle_name: Option<Text>,
    /// Last name.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<Text>,
    /// E-mail address.
    #[validate(length(max = 254))]
    #[schemars(required, extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Text>,
    /// The kind of address; goes out only with an address line or a postcode, as does the country.
    #[serde(rename = "address.type", skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 50))]
    #[schemars(extend("x-own-cap" = true))]
    address_type: Option<Text>,
    /// First line of the address.
    #[serde(rename = "address.line1", skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    address_line1: Option<Text>,
    /// Second line of the address.
    #[serde(rename = "address.line2", skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    address_line2: Option<Text>,
    /// Third line of the address; there is no field for the city.
    #[serde(rename = "address.line3", skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    address_line3: Option<Text>,
    /// Postcode.
    #[serde(rename = "address.postcode", skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    address_postcode: Option<Text>,
    /// Country, three capital letters such as GBR.
    #[serde(rename = "address.country", skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 3), custom(function = "check_country"))]
    #[schemars(extend("x-own-cap" = true))]
    address_country: Option<Text>,
    /// Date of birth, such as 1990-12-31. Sensitive: nothing fills it unless the account maps it.
    #[validate(length(max = 10), custom(function = "check_date"))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    date_of_birth: Option<Text>,
    /// Phone number: digits, at most a plus before them; spaces, brackets and hyphens are taken out.
    #[validate(length(max = 32), custom(function = "check_phone"))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<Text>,
    /// A national identification number. Sensitive: nothing fills it unless the account maps it.
    #[validate(length(max = 100))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    identification_number: Option<Text>,
}

/// The fields of a create.
pub(super) static FIELDS: LazyLock<Vec<PartnerField>> = LazyLock::new(fields_of::<Prospect>);

/// The fields of an update: the same without our references, none of them required.
pub(super) static UPDATE_FIELDS: LazyLock<Vec<PartnerField>> = LazyLock::new(|| {
    let fields = FIELDS.iter().filter(|field| ![REFERENCE, ACCOUNT_REFERENCE].contains(&field.name.as_str()));
    fields.map(|field| PartnerField { required: false, ..field.clone() }).collect()
});

/// Every rule of a create that a lead breaks.
pub(super) fn check(lead: &Lead) -> Vec<FieldFault> {
    payload_of::<Prospect>(lead, &FIELDS).err().unwrap_or_default()
}

/// The body of a create, in which our references have the names of the account's generation.
pub(super) fn create(lead: &Lead, reference_name: &str) -> Result<Vec<u8>, Vec<FieldFault>> {
    let flat = write(&payload_of::<Prospect>(lead, &FIELDS)?);
    let renamed = nest(with_address_type(without_empty_address(flat))).into_iter().map(|(name, value)| {
        let name = match name.as_str() {
            REFERENCE if reference_name != REFERENCE => "externalId".to_owned(),
            ACCOUNT_REFERENCE if reference_name != REFERENCE => "externalAccountId".to_owned(),
            _ => name,
        };
        (name, value)
    });
    Ok(to_json(renamed.collect()))
}

/// The body of an update: what the change leaves out stays out, null goes out as null.
pub(super) fn update(change: &Change) -> Result<Vec<u8>, Vec<FieldFault>> {
    let (texts, erased) = sort_out(change)?;
    let written = write(&payload_of::<Prospect>(&texts, &UPDATE_FIELDS)?);
    let members = UPDATE_FIELDS.iter().filter_map(|field| {
        let erase = || erased.contains(&field.name.as_str()).then_some(Value::Null);
        Some((field.name.clone(), written.get(&field.name).cloned().or_else(erase)?))
    });
    let mut members = nest(with_address_type(members.collect()));
    if erased.contains(&ADDRESS) {
        members.insert(ADDRESS.to_owned(), Value::Null);
    }
    Ok(to_json(members))
}

/// What a lead says of a prospect that is there already: its fields without our references.
pub(super) fn completion(lead: &Lead) -> Change {
    let filled = UPDATE_FIELDS.iter().filter_map(|field| {
        let value = lead.get(&field.name)?.to_json();
        Some((field.name.clone(), value))
    });
    let mut flat = filled.collect();
    tidy_phone(&mut flat);
    Change(nest(with_address_type(without_empty_address(flat))))
}

/// A change's texts and the names that it erases, the members of an address under names with dots; or every fault.
fn sort_out(change: &Change) -> Result<(Lead, Vec<&str>), Vec<FieldFault>> {
    let (mut texts, mut erased, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for (name, value) in flatten(change) {
        let known = UPDATE_FIELDS.iter().find(|field| field.name == name);
        match (known, value) {
            (Some(field), Value::Null) => erased.push(field.name.as_str()),
            (None, Value::Null) if name == ADDRESS => erased.push(ADDRESS),
            (Some(_), Value::String(text)) => texts.push((name, PartnerValue::Text(text.clone()))),
            (Some(_), _) => faults.push(FieldFault { partner_field: name, fault: Fault::WrongType }),
            (None, _) if name == ADDRESS => {
                faults.push(FieldFault { partner_field: name, fault: Fault::WrongType });
            }
            (None, _) => faults.push(FieldFault { partner_field: name, fault: Fault::Unknown }),
        }
    }
    let in_address = |name: &str| name.starts_with(ADDRESS_PREFIX);
    // An address can't both go and get new lines.
    if erased.contains(&ADDRESS)
        && (erased.iter().any(|name| in_address(name)) || texts.iter().any(|(name, _)| in_address(name)))
    {
        faults.push(FieldFault { partner_field: ADDRESS.to_owned(), fault: Fault::WrongType });
    }
    if faults.is_empty() { Ok((Lead::new(texts.into_iter().collect()), erased)) } else { Err(faults) }
}

fn flatten(change: &Change) -> Vec<(String, &Value)> {
    let mut flat = Vec::new();
    for (name, value) in &change.0 {
        match value {
            Value::Object(members) if name == ADDRESS => {
                flat.extend(members.iter().map(|(inner, value)| (format!("{ADDRESS}.{inner}"), value)));
            }
            value => flat.push((name.clone(), value)),
        }
    }
    flat
}

/// A prospect's fields under their flat names.
fn write(prospect: &Prospect) -> Map<String, Value> {
    let value = serde_json::to_value(prospect).expect("texts under fixed names always have a JSON form");
    let Value::Object(mut flat) = value else { return Map::new() };
    tidy_phone(&mut flat);
    flat
}

/// Leaves out an address of nothing but what every lead of the account has.
fn without_empty_address(mut flat: Map<String, Value>) -> Map<String, Value> {
    let mut texts = LINES.iter().filter_map(|line| flat.get(*line).and_then(Value::as_str));
    if texts.all(|text| text.trim().is_empty()) {
        flat.retain(|name, _| !name.starts_with(ADDRESS_PREFIX));
    }
    flat
}

/// Puts the kind of address before its other members, where there are any.
fn with_address_type(flat: Map<String, Value>) -> Map<String, Value> {
    let kind = flat.get(ADDRESS_TYPE).cloned().unwrap_or_else(|| STRUCTURED.into());
    let mut typed = Map::new();
    for (name, value) in flat {
        if name.starts_with(ADDRESS_PREFIX) {
            typed.entry(ADDRESS_TYPE).or_insert_with(|| kind.clone());
        }
        typed.insert(name, value);
    }
    typed
}

fn tidy_phone(flat: &mut Map<String, Value>) {
    if let Some(Value::String(phone)) = flat.get_mut(PHONE) {
        *phone = strip_phone(phone);
    }
}

/// A phone number without spaces, brackets and hyphens; `(0)` behind a plus is not dialled and goes as well.
fn strip_phone(text: &str) -> String {
    let text = text.trim();
    let text = if text.starts_with('+') { text.replacen("(0)", "", 1) } else { text.to_owned() };
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '[' | ']' | '-')).collect()
}

fn to_json(members: Map<String, Value>) -> Vec<u8> {
    Value::Object(members).to_string().into_bytes()
}

/// Whether this is a country as the partner writes it.
pub(super) fn is_country(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn check_uuid(text: &Text) -> Result<(), ValidationError> {
    fits(uuid::Uuid::try_parse(text.as_str()).is_ok())
}

fn check_country(text: &Text) -> Result<(), ValidationError> {
    fits(is_country(text.as_str()))
}

/// A day that there is, in the one form: jiff alone would take a time behind it as well.
fn check_date(text: &Text) -> Result<(), ValidationError> {
    let date = text.as_str().parse::<jiff::civil::Date>();
    fits(date.is_ok_and(|date| date.to_string() == text.as_str()))
}

fn check_phone(text: &Text) -> Result<(), ValidationError> {
    let stripped = strip_phone(text.as_str());
    let digits = stripped.strip_prefix('+').unwrap_or(&stripped);
    fits(!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn fits(fits: bool) -> Result<(), ValidationError> {
    if fits { Ok(()) } else { Err(ValidationError::new("form")) }
}
