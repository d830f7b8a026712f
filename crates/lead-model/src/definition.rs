//! A form definition: what an embedder writes in `forms/*.toml`, in every language, with what only the proxy may know.
//!
//! Apart from [`Form`], which is what a browser gets of it: one language, no account, no allowlist.

mod duplicates;
mod fields;
mod problems;
mod robots;
mod sentences;
mod steps;

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::field::{ChoiceOption, Field, FieldKind, Rules, Width};
use crate::form::{Direction, Form, Step};
use crate::origin::Origin;
use crate::problem::ProblemCode;
use crate::text::LocalizedText;
use crate::value::Values;
use crate::vocabulary::vocabulary_entry;

pub use duplicates::{DuplicateAction, Duplicates, WINDOW_HOURS_MAX};
pub use fields::{FROM_PARTNER_SCHEMA, Fields};
pub use problems::DefinitionError;
pub use robots::Robots;

/// One form as its embedder wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormDefinition {
    /// Lower-case letters, digits and hyphens; the name in addresses and tags.
    pub id: String,
    /// Raised with every change that matters to a stored submission; from 1.
    pub version: u32,
    /// The partner account that gets the leads.
    pub account: String,
    /// Whether a submission completes a record that the partner has already. Such a form opens by a signed link only.
    #[serde(default)]
    pub completes: bool,
    /// Origins of the host pages that may show and send this form, besides the proxy's own pages.
    #[serde(default)]
    pub allowed_origins: Vec<Origin>,
    /// Language where the visitor's is not offered.
    #[serde(default = "default_locale")]
    pub default_locale: String,
    /// Country (ISO 3166) assumed for phone numbers typed without one.
    #[serde(default)]
    pub country: Option<String>,
    /// Name of the look: a [`Preset`](crate::Preset)'s. The proxy's own pages and a host page's element may choose another.
    #[serde(default)]
    pub preset: Option<String>,
    /// Name of the density: a [`Density`](crate::Density)'s.
    #[serde(default)]
    pub density: Option<String>,
    /// What becomes of a second submission of one person. Known to the proxy alone.
    #[serde(default)]
    pub duplicates: Duplicates,
    /// How a robot's submission is told from a person's. Known to the proxy alone.
    #[serde(default)]
    pub robots: Robots,
    /// Where the visitor is led when the lead is safe, in place of the thanks: a page of one of the allowed origins, which gets
    /// the receipt as the parameter `receipt`.
    #[serde(default)]
    pub redirect: Option<String>,
    /// Headings, button, thanks.
    pub texts: FormTexts,
    /// The questions, in order: `[[fields]]`, or `fields = "from partner schema"`.
    pub fields: Fields,
    /// The steps, in order; each field says on which it stands. None: all questions at once.
    #[serde(default)]
    pub steps: Vec<StepDefinition>,
    /// With fields from the partner's schema: questions of the embedder's own. One of the same name takes the place of the
    /// schema's, the others stand behind them (a consent, a hidden value).
    #[serde(default)]
    pub own_fields: Vec<FieldDefinition>,
    /// With fields from the partner's schema: the partner's id of the partner organisation whose schema it is; the
    /// company's own where left out.
    #[serde(default)]
    pub partner_organization: Option<String>,
    /// Named submissions that tests and the demo send.
    #[serde(default)]
    pub examples: Vec<Example>,
}

fn default_locale() -> String {
    "en".to_owned()
}

/// The form's own texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormTexts {
    /// Heading.
    pub title: LocalizedText,
    /// A sentence below it.
    #[serde(default)]
    pub intro: Option<LocalizedText>,
    /// The send button.
    pub submit: LocalizedText,
    /// Heading when the lead is safe.
    pub success_title: LocalizedText,
    /// A sentence below it.
    pub success_text: LocalizedText,
}

/// One question as its embedder wrote it. What is left out comes from the vocabulary.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldDefinition {
    /// A name of the vocabulary, or an own one.
    pub name: String,
    /// Needed for own names; else the vocabulary's.
    #[serde(default)]
    pub kind: Option<FieldKind>,
    /// The question; not needed for hidden fields.
    #[serde(default)]
    pub label: Option<LocalizedText>,
    /// A line of help below the label.
    #[serde(default)]
    pub hint: Option<LocalizedText>,
    /// An example inside the empty field.
    #[serde(default)]
    pub placeholder: Option<LocalizedText>,
    /// The HTML token; else the vocabulary's.
    #[serde(default)]
    pub autocomplete: Option<String>,
    /// How much of a row it takes.
    #[serde(default)]
    pub width: Width,
    /// Must be filled in, or ticked.
    #[serde(default)]
    pub required: bool,
    /// Fewest characters.
    #[serde(default)]
    pub min_length: Option<u32>,
    /// Most characters.
    #[serde(default)]
    pub max_length: Option<u32>,
    /// Smallest number or earliest date.
    #[serde(default, deserialize_with = "bound")]
    pub min: Option<String>,
    /// Largest number or latest date.
    #[serde(default, deserialize_with = "bound")]
    pub max: Option<String>,
    /// The number must be a whole multiple of this.
    #[serde(default, deserialize_with = "bound")]
    pub step: Option<String>,
    /// The whole value must be of this pattern.
    #[serde(default)]
    pub pattern: Option<String>,
    /// The choices of a select or radio field.
    #[serde(default)]
    pub options: Vec<OptionDefinition>,
    /// What the field holds at first; the value of a hidden field.
    #[serde(default)]
    pub value: Option<String>,
    /// Name of the step on which it stands; that of the field above where left out.
    #[serde(default)]
    pub on_step: Option<String>,
    /// It is asked where all of these hold.
    #[serde(default)]
    pub visible_when: Vec<Condition>,
}

/// One step as its embedder wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepDefinition {
    /// Lower-case letters, digits and hyphens; by this name fields say where they stand.
    pub name: String,
    /// Heading.
    pub title: LocalizedText,
    /// Nobody gets to it where one of these does not hold.
    #[serde(default)]
    pub visible_when: Vec<Condition>,
}

impl FieldDefinition {
    /// Its kind: as written, else the vocabulary's, else text.
    pub fn kind(&self) -> FieldKind {
        self.kind.or_else(|| vocabulary_entry(&self.name).map(|entry| entry.kind)).unwrap_or(FieldKind::Text)
    }

    fn rules(&self) -> Rules {
        Rules {
            required: self.required,
            min_length: self.min_length,
            max_length: self.max_length,
            min: self.min.clone(),
            max: self.max.clone(),
            step: self.step.clone(),
            pattern: self.pattern.clone(),
        }
    }
}

/// One choice as its embedder wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionDefinition {
    /// What is sent.
    pub value: String,
    /// What is read; the value itself where left out.
    #[serde(default)]
    pub label: Option<LocalizedText>,
}

/// A named submission and what should come of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// The entries.
    pub values: Values,
    /// Field and code of each expected problem; empty where the submission is good.
    #[serde(default, with = "crate::pairs")]
    pub problems: Vec<(String, ProblemCode)>,
}

impl FormDefinition {
    /// The form in the language nearest to `locale`, with the form's sentences in it. Nothing of accounts or origins.
    pub fn localize(&self, locale: &str, messages: &[(String, String)]) -> Form {
        let text = |text: &LocalizedText| text.resolve(locale, &self.default_locale).to_owned();
        Form {
            id: self.id.clone(),
            version: self.version,
            locale: locale.to_owned(),
            direction: Direction::of_locale(locale),
            title: text(&self.texts.title),
            intro: self.texts.intro.as_ref().map(text),
            submit: text(&self.texts.submit),
            success_title: text(&self.texts.success_title),
            success_text: text(&self.texts.success_text),
            redirect: self.redirect.clone(),
            fields: self.localize_fields(locale, messages),
            steps: self
                .steps
                .iter()
                .map(|step| Step { title: text(&step.title), visible_when: step.visible_when.clone() })
                .collect(),
            messages: messages.iter().filter(|(key, _)| !sentences::is_grammar(key)).cloned().collect(),
        }
    }

    fn localize_fields(&self, locale: &str, messages: &[(String, String)]) -> Vec<Field> {
        let mut on_step = 0;
        let mut fields = Vec::with_capacity(self.fields.len());
        for field in self.fields.iter() {
            let named = field.on_step.as_ref();
            on_step = named.and_then(|name| self.step_place(name)).unwrap_or(on_step);
            let field = self.localize_field(field, locale);
            let sentences = sentences::of_field(&field, locale, messages);
            fields.push(Field { on_step, sentences, ..field });
        }
        fields
    }

    /// The place of a step, from 0.
    fn step_place(&self, name: &str) -> Option<u32> {
        let place = self.steps.iter().position(|step| step.name == name)?;
        u32::try_from(place).ok()
    }

    fn localize_field(&self, field: &FieldDefinition, locale: &str) -> Field {
        let text = |text: &LocalizedText| text.resolve(locale, &self.default_locale).to_owned();
        let known = vocabulary_entry(&field.name);
        let kind = field.kind();
        Field {
            name: field.name.clone(),
            kind,
            label: field.label.as_ref().map_or_else(|| field.name.clone(), text),
            hint: field.hint.as_ref().map(text),
            placeholder: field.placeholder.as_ref().map(text),
            autocomplete: field
                .autocomplete
                .clone()
                .or_else(|| known.map(|entry| entry.autocomplete.to_owned())),
            width: field.width,
            rules: field.rules(),
            options: field
                .options
                .iter()
                .map(|option| ChoiceOption {
                    value: option.value.clone(),
                    label: option.label.as_ref().map_or_else(|| option.value.clone(), text),
                })
                .collect(),
            country: self.country.clone().filter(|_| kind == FieldKind::Phone),
            value: field.value.clone(),
            sensitive: known.is_some_and(|entry| entry.sensitive),
            on_step: 0,
            sentences: Vec::new(),
            visible_when: field.visible_when.clone(),
        }
    }
}

/// A bound may be written as a number or, for dates and exact decimals, as text.
fn bound<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct BoundVisitor;
    impl Visitor<'_> for BoundVisitor {
        type Value = Option<String>;

        fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str("a number, or a text such as \"0.5\" or \"1990-12-31\"")
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
            Ok(Some(number.to_string()))
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
            Ok(Some(number.to_string()))
        }

        fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
            Ok(Some(number.to_string()))
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Some(text.to_owned()))
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }
    deserializer.deserialize_any(BoundVisitor)
}
