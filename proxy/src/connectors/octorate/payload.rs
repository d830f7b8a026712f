//! The body of Octorate's sign-up of a property, in the order and spelling of the partner's tutorial of 2019.
//!
//! Apart because its rules are data. The tutorial gives an example and no table: that the coordinates are required is
//! known from an answer that it shows; that name and e-mail address are, and every length, is ours.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::connectors::parts::schema::fields_of;
use crate::connectors::parts::text::Text;
use crate::connectors::{DefaultRule, PartnerField};

/// A property that signs up.
#[derive(Serialize, Deserialize, Validate, JsonSchema)]
pub(super) struct Payload {
    /// Address of the property's website.
    #[validate(length(max = 2000))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    website: Option<Text>,
    /// Postcode.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(rename = "zipCode", skip_serializing_if = "Option::is_none")]
    zip_code: Option<Text>,
    /// City.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<Text>,
    /// First name of the person who signs it up.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<Text>,
    /// Last name of the person who signs it up.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<Text>,
    /// Name of the property. Required by us: Octorate's own list of required fields is not public.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    name: Text,
    /// Degrees north of the equator.
    #[validate(range(min = -90.0, max = 90.0))]
    latitude: f64,
    /// Degrees east of Greenwich.
    #[validate(range(min = -180.0, max = 180.0))]
    longitude: f64,
    /// E-mail address. Required by us: Octorate's own list of required fields is not public.
    #[validate(length(max = 254))]
    #[schemars(extend("x-own-cap" = true))]
    email: Text,
    /// Phone number.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<Text>,
    /// Street and number.
    #[validate(length(max = 2000))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Text>,
    /// The country's ISO code of two letters, such as IT.
    #[validate(length(max = 2))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(rename = "isoCountry", skip_serializing_if = "Option::is_none")]
    iso_country: Option<Text>,
    /// The currency's ISO code of three letters, such as EUR.
    #[validate(length(max = 3))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(rename = "isoCurrency", skip_serializing_if = "Option::is_none")]
    iso_currency: Option<Text>,
}

/// Its fields.
pub(super) static FIELDS: LazyLock<Vec<PartnerField>> = LazyLock::new(fields_of::<Payload>);

/// How each is filled unless the account's mapping says otherwise.
pub(super) const DEFAULT_MAPPING: &[(&str, DefaultRule)] = &[
    ("website", DefaultRule::Field("website")),
    ("zipCode", DefaultRule::Field("postcode")),
    ("city", DefaultRule::Field("city")),
    ("given_name", DefaultRule::Field("first_name")),
    ("family_name", DefaultRule::Field("last_name")),
    ("name", DefaultRule::Field("company")),
    // No visitor knows these by heart: the account names number fields of its form, or gives constants.
    ("latitude", DefaultRule::Unmapped),
    ("longitude", DefaultRule::Unmapped),
    ("email", DefaultRule::Field("email")),
    ("phone", DefaultRule::Field("phone")),
    ("address", DefaultRule::Template("{address_line1}\n{address_line2}")),
    ("isoCountry", DefaultRule::Field("country")),
    ("isoCurrency", DefaultRule::Setting("currency")),
];
