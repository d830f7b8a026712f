//! Problems: which field broke which rule, as a code that every language has a sentence for.
//!
//! Apart from the sentences (`messages`) so that code branches on codes and people read text, never the other way round.

use serde::{Deserialize, Serialize};

use crate::names::named;

named! {
    /// Which rule was broken. The snake_case name is stable: it stands in answers, locales and events.
    pub enum ProblemCode {
        /// A required field was left empty.
        Required = "required",
        /// None of the options of a required field was chosen.
        ChoiceRequired = "choice_required",
        /// A consent or a box that must be ticked was not.
        ConsentRequired = "consent_required",
        /// Fewer characters than `min`.
        TooShort = "too_short",
        /// More characters than `max`.
        TooLong = "too_long",
        /// A number below `min`.
        TooSmall = "too_small",
        /// A number above `max`.
        TooLarge = "too_large",
        /// A number that is not a whole multiple of `step`.
        NotAMultiple = "not_a_multiple",
        /// A date before `min`.
        TooEarly = "too_early",
        /// A date after `max`.
        TooLate = "too_late",
        /// Not an e-mail address.
        InvalidEmail = "invalid_email",
        /// Not a phone number.
        InvalidPhone = "invalid_phone",
        /// A phone number without country code, where the form has no country to assume.
        PhoneNeedsCountry = "phone_needs_country",
        /// Not a web address.
        InvalidUrl = "invalid_url",
        /// Not a number.
        InvalidNumber = "invalid_number",
        /// Not a date of the calendar.
        InvalidDate = "invalid_date",
        /// Not of the pattern that the form asks for.
        PatternMismatch = "pattern_mismatch",
        /// Not among the options.
        NotAnOption = "not_an_option",
        /// Text where a box's state was expected, or the other way round.
        WrongType = "wrong_type",
        /// A field that the form does not have.
        UnknownField = "unknown_field",
        /// The partner refused this field's value.
        RefusedByPartner = "refused_by_partner",
        /// Another value than the signed one, in a field that a prefill token fixes.
        PrefillFixed = "prefill_fixed",
        /// The prefill token that came along is not valid, or its time is over. Of no field.
        PrefillOver = "prefill_over",
    }
}

/// One broken rule of one field. Carries no text and never the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Name of the field.
    pub field: String,
    /// Which rule was broken.
    pub code: ProblemCode,
    /// What the rule wanted (`min`, `max`, `step`), for the sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::pairs")]
    pub params: Vec<(String, String)>,
}

impl Problem {
    /// A problem whose sentence needs nothing more.
    pub fn new(field: &str, code: ProblemCode) -> Self {
        Self { field: field.to_owned(), code, params: Vec::new() }
    }

    /// A problem with one thing that the rule wanted.
    pub fn with(field: &str, code: ProblemCode, param: &str, wanted: &str) -> Self {
        Self { field: field.to_owned(), code, params: vec![(param.to_owned(), wanted.to_owned())] }
    }
}
