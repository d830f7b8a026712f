//! A field as it travels to the browser: one question, in one language, with its rules.
//!
//! Apart from the definition (`definition`), which holds every language and what must not leave the proxy.

use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::names::named;

named! {
    /// What kind of question a field asks.
    pub enum FieldKind {
        /// One line of text.
        Text = "text",
        /// An e-mail address.
        Email = "email",
        /// A phone number, normalized to E.164.
        Phone = "phone",
        /// A web address.
        Url = "url",
        /// Several lines of text.
        Textarea = "textarea",
        /// A decimal number.
        Number = "number",
        /// A date of the calendar.
        Date = "date",
        /// One of several options, in a list that opens.
        Select = "select",
        /// One of several options, all in sight.
        Radio = "radio",
        /// Yes or no.
        Checkbox = "checkbox",
        /// An agreement that must be given in so many words.
        Consent = "consent",
        /// Not shown; its value comes with the definition or from the page.
        Hidden = "hidden",
    }
}

impl FieldKind {
    /// Whether the field offers options to choose from.
    pub fn has_options(self) -> bool {
        matches!(self, Self::Select | Self::Radio)
    }

    /// Whether the field is a box to tick.
    pub fn is_box(self) -> bool {
        matches!(self, Self::Checkbox | Self::Consent)
    }
}

/// How much of a row a field takes where there is room for two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Width {
    /// The whole row.
    #[default]
    Full,
    /// Half of it.
    Half,
}

/// One choice of a select or radio field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceOption {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
}

/// The conditions that a value must meet. Absent means: no such condition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Must be filled in; of a box: must be ticked.
    #[serde(default)]
    pub required: bool,
    /// Fewest characters, in UTF-16 units, as the browser's `minlength` counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// Most characters, in UTF-16 units, as the browser's `maxlength` counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// Smallest number, or earliest date (`YYYY-MM-DD`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<String>,
    /// Largest number, or latest date (`YYYY-MM-DD`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
    /// The number must be a whole multiple of this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The whole value must be of this pattern; see [`crate::Pattern`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

/// One question of a form, ready to be shown in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name, unique in the form.
    pub name: String,
    /// What kind of question it asks.
    pub kind: FieldKind,
    /// The question.
    pub label: String,
    /// A line of help below the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// An example inside the empty field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// The HTML `autocomplete` token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autocomplete: Option<String>,
    /// How much of a row it takes.
    #[serde(default)]
    pub width: Width,
    /// The conditions that its value must meet.
    #[serde(default)]
    pub rules: Rules,
    /// The choices of a select or radio field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<ChoiceOption>,
    /// Country (ISO 3166) assumed for a phone number typed without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// What the field holds at first; the value of a hidden field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Never kept in browser storage.
    #[serde(default)]
    pub sensitive: bool,
    /// Sentences of its own by `code:wish`, where its language words this number or date in another way than others.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::pairs")]
    pub sentences: Vec<(String, String)>,
    /// The step on which it stands, from 0; of no matter in a form without steps.
    #[serde(default, skip_serializing_if = "is_first")]
    pub on_step: u32,
    /// It is asked where all of these hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub visible_when: Vec<Condition>,
}

fn is_first(step: &u32) -> bool {
    *step == 0
}
