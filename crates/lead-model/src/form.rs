//! A form as it travels: in one language, without anything that must stay on the proxy.
//!
//! Apart from the definition so that the type itself says what the browser may know: no account, no allowlist.

use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::field::Field;

/// Which way the form's language is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Left to right.
    #[default]
    Ltr,
    /// Right to left.
    Rtl,
}

impl Direction {
    /// The direction of a language tag.
    pub fn of_locale(locale: &str) -> Self {
        match locale.split('-').next() {
            Some("ar" | "fa" | "he" | "ur") => Self::Rtl,
            _ => Self::Ltr,
        }
    }

    /// As HTML's `dir` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

/// One step of a form: some of its questions under a heading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Heading.
    pub title: String,
    /// Nobody gets to it where one of these does not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub visible_when: Vec<Condition>,
}

/// One form in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Its id, as in `<lead-form form="…">`.
    pub id: String,
    /// Raised by the embedder with every change that matters to a stored submission.
    pub version: u32,
    /// Language tag of every text in it.
    pub locale: String,
    /// Which way that language is written.
    #[serde(default)]
    pub direction: Direction,
    /// Heading.
    pub title: String,
    /// A sentence below the heading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intro: Option<String>,
    /// The send button.
    pub submit: String,
    /// Heading when the lead is safe.
    pub success_title: String,
    /// A sentence below it.
    pub success_text: String,
    /// Where the visitor is led when the lead is safe, in place of the thanks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// The questions, in order.
    pub fields: Vec<Field>,
    /// The steps on which they stand, where there is more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// The form's own sentences by code (`required`, `sending`, …), in its language.
    #[serde(default, with = "crate::pairs")]
    pub messages: Vec<(String, String)>,
}

impl Form {
    /// The field of a name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}
