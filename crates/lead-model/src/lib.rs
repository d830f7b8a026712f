//! What browser and proxy both believe about a lead form.
//!
//! Apart from both so that a rule exists once: the form calls these functions for kindness, the proxy calls the same
//! ones for truth. Nothing here does I/O, reads a clock or draws a random number, and the crate stays small because it
//! is part of every visitor's download.
//!
//! The road through it: a [`FormDefinition`] is read from TOML, checked, and turned into a [`Form`] in one language,
//! which travels as JSON; a visitor's [`Values`] are held against it by [`check`], which gives either every
//! [`Problem`] or the [`NormalValues`] that become the lead.

mod campaign;
mod check;
mod condition;
mod decimal;
mod definition;
mod email;
mod field;
mod form;
mod look;
mod messages;
mod names;
mod normal;
mod origin;
pub mod pairs;
mod pattern;
mod phone;
mod plural;
mod problem;
mod text;
mod url;
mod value;
mod vocabulary;
mod wire;

pub use campaign::{campaign_of, is_campaign_parameter};
pub use check::{check, check_field};
pub use condition::Condition;
pub use decimal::Decimal;
pub use definition::{
    DefinitionError, DuplicateAction, Duplicates, Example, FROM_PARTNER_SCHEMA, FieldDefinition, Fields,
    FormDefinition, FormTexts, OptionDefinition, Robots, StepDefinition, WINDOW_HOURS_MAX,
};
pub use field::{ChoiceOption, Field, FieldKind, Rules, Width};
pub use form::{Direction, Form, Step};
pub use look::{Density, Preset};
pub use messages::{message, summary_line, text_for, text_with};
pub use normal::{Normal, NormalValues};
pub use origin::Origin;
pub use pattern::{Pattern, PatternError};
pub use phone::{calling_code, normalize_phone};
pub use problem::{Problem, ProblemCode};
pub use text::LocalizedText;
pub use value::{RawValue, Values};
pub use vocabulary::{VOCABULARY, VocabularyEntry, vocabulary_entry};
pub use wire::{Mode, ReceiptAnswer, Source, SubmissionAnswer, SubmissionBody, SubmissionState};
