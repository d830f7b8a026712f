//! What can be wrong with a form definition, found all at once and said so that its embedder can mend it.
//!
//! Apart from the definition so that reading it and judging it stay two jobs.

use core::fmt;

use super::{DuplicateAction, Duplicates, Example, FieldDefinition, FormDefinition, WINDOW_HOURS_MAX};
use crate::check::{check, is_date};
use crate::decimal::Decimal;
use crate::field::FieldKind;
use crate::origin::Origin;
use crate::pattern::Pattern;
use crate::phone::calling_code;
use crate::problem::ProblemCode;
use crate::text::LocalizedText;
use crate::vocabulary::vocabulary_entry;

/// One thing wrong with a definition: where, what was found, what is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionError {
    /// Path into the definition, such as `fields[2] "email".min_length`.
    pub path: String,
    /// What was found there.
    pub found: String,
    /// What is expected and what to do.
    pub expected: String,
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: found {}, expected {}", self.path, self.found, self.expected)
    }
}

impl core::error::Error for DefinitionError {}

/// Gathers everything wrong under one path.
pub(super) struct Report {
    errors: Vec<DefinitionError>,
}

impl Report {
    pub(super) fn wrong(&mut self, path: String, found: impl Into<String>, expected: impl Into<String>) {
        self.errors.push(DefinitionError { path, found: found.into(), expected: expected.into() });
    }

    pub(super) fn text(&mut self, path: String, text: &LocalizedText) {
        if !text.is_readable() {
            self.wrong(path, "an empty text", "something to read in every language");
        }
    }
}

impl FormDefinition {
    /// Everything wrong with this definition; nothing for a good one.
    pub fn problems(&self) -> Vec<DefinitionError> {
        let mut report = Report { errors: Vec::new() };
        if !is_slug(&self.id) {
            report.wrong(
                "id".into(),
                format!("{:?}", self.id),
                "1 to 64 lower-case letters, digits and inner hyphens",
            );
        }
        if self.version == 0 {
            report.wrong("version".into(), "0", "a whole number from 1");
        }
        if self.account.is_empty() {
            report.wrong(
                "account".into(),
                "an empty name",
                "the name of an account in the proxy's configuration",
            );
        }
        if let Some(country) = self.country.as_deref().filter(|country| calling_code(country).is_none()) {
            report.wrong(
                "country".into(),
                format!("{country:?}"),
                "a two-letter ISO 3166 code in upper case, such as \"GB\"",
            );
        }
        self.duplicate_problems(&mut report);
        self.robots.problems(&mut report);
        self.redirect_problems(&mut report);
        self.text_problems(&mut report);
        let from_schema = self.fields.from_partner_schema();
        if self.fields.is_empty() && !from_schema {
            report.wrong("fields".into(), "none", "at least one field");
        }
        if !from_schema && (!self.own_fields.is_empty() || self.partner_organization.is_some()) {
            let expected = "none: they stand beside fields = \"from partner schema\" only";
            report.wrong("own_fields".into(), "own fields or a partner organisation", expected);
        }
        list_problems("fields", &self.fields, &mut report);
        list_problems("own_fields", &self.own_fields, &mut report);
        self.step_problems(&mut report);
        // What the partner's schema asks is not known yet.
        if report.errors.is_empty() && !from_schema {
            self.example_problems(&mut report);
        }
        report.errors
    }

    fn duplicate_problems(&self, report: &mut Report) {
        let Duplicates { window_hours, action } = self.duplicates;
        if window_hours > WINDOW_HOURS_MAX {
            let expected = format!("0 to {WINDOW_HOURS_MAX}");
            report.wrong("duplicates.window_hours".into(), window_hours.to_string(), expected);
        }
        if self.completes && action == DuplicateAction::Merge {
            let expected = "\"flag\": a form that completes a record makes no new lead that could be merged";
            report.wrong("duplicates.action".into(), "\"merge\"", expected);
        }
    }

    /// Nobody but the form's own pages is told that somebody has sent it.
    fn redirect_problems(&self, report: &mut Report) {
        let Some(redirect) = &self.redirect else { return };
        let origin_ends = redirect.match_indices('/').nth(2).map_or(redirect.len(), |(place, _)| place);
        let (origin, path) = redirect.split_at_checked(origin_ends).unwrap_or_default();
        let allowed = Origin::parse(origin).is_some_and(|origin| self.allowed_origins.contains(&origin));
        if !allowed || path.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
            let expected =
                "an address such as \"https://shop.example/thanks\", whose origin is one of allowed_origins";
            report.wrong("redirect".into(), format!("{redirect:?}"), expected);
        }
    }

    fn text_problems(&self, report: &mut Report) {
        let texts = &self.texts;
        report.text("texts.title".into(), &texts.title);
        report.text("texts.submit".into(), &texts.submit);
        report.text("texts.success_title".into(), &texts.success_title);
        report.text("texts.success_text".into(), &texts.success_text);
        if let Some(intro) = &texts.intro {
            report.text("texts.intro".into(), intro);
        }
    }

    /// An example must do what it says; asked only of a definition that is otherwise sound.
    fn example_problems(&self, report: &mut Report) {
        let form = self.localize(&self.default_locale, &[]);
        for Example { name, values, problems } in &self.examples {
            let found: Vec<(String, ProblemCode)> = match check(&form, values) {
                Ok(_) => Vec::new(),
                Err(found) => found.into_iter().map(|problem| (problem.field, problem.code)).collect(),
            };
            // A definition's tables have no order of their own, so none is compared.
            let told =
                found.len() == problems.len() && found.iter().all(|problem| problems.contains(problem));
            if !told {
                report.wrong(
                    format!("examples {name:?}"),
                    format!("{found:?}"),
                    format!("{problems:?}, as the example says"),
                );
            }
        }
    }
}

fn list_problems(list: &str, fields: &[FieldDefinition], report: &mut Report) {
    for (index, field) in fields.iter().enumerate() {
        let path = format!("{list}[{index}] {:?}", field.name);
        if fields.iter().take(index).any(|other| other.name == field.name) {
            report.wrong(path.clone(), "a name that stands above already", "each name once");
        }
        field_problems(field, &path, report);
    }
}

fn field_problems(field: &FieldDefinition, path: &str, report: &mut Report) {
    let kind = field.kind();
    let at = |key: &str| format!("{path}.{key}");
    let name_fits = field.name.starts_with(|c: char| c.is_ascii_lowercase())
        && field.name.len() <= 64
        && field.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !name_fits {
        report.wrong(
            at("name"),
            format!("{:?}", field.name),
            "1 to 64 lower-case letters, digits and underscores, a letter first",
        );
    }
    if field.kind.is_none() && vocabulary_entry(&field.name).is_none() {
        report.wrong(at("kind"), "nothing", "a kind, since this name is not in the vocabulary");
    }
    match &field.label {
        None if kind != FieldKind::Hidden => {
            report.wrong(at("label"), "nothing", "a label: what the visitor is asked")
        }
        Some(label) => report.text(at("label"), label),
        None => {}
    }
    option_problems(field, kind, path, report);
    bound_problems(field, kind, path, report);
    if let (Some(min), Some(max)) = (field.min_length, field.max_length)
        && min > max
    {
        report.wrong(at("min_length"), min.to_string(), format!("at most max_length, which is {max}"));
    }
    if let Some(Err(error)) = field.pattern.as_deref().map(Pattern::parse) {
        report.wrong(
            at("pattern"),
            format!("a pattern that can't be read, {error}"),
            "the subset that docs/forms.md lists",
        );
    }
}

fn option_problems(field: &FieldDefinition, kind: FieldKind, path: &str, report: &mut Report) {
    let at = format!("{path}.options");
    if kind.has_options() && field.options.is_empty() {
        report.wrong(at, "none", format!("at least one option, since the kind is {}", kind.as_str()));
        return;
    }
    if !kind.has_options() && !field.options.is_empty() {
        report.wrong(
            at,
            "options",
            format!("none, since the kind is {}; use select or radio", kind.as_str()),
        );
        return;
    }
    for (index, option) in field.options.iter().enumerate() {
        if option.value.is_empty()
            || field.options.iter().take(index).any(|other| other.value == option.value)
        {
            report.wrong(
                format!("{at}[{index}].value"),
                format!("{:?}", option.value),
                "a value that is not empty and stands once",
            );
        }
    }
}

fn bound_problems(field: &FieldDefinition, kind: FieldKind, path: &str, report: &mut Report) {
    for (key, value) in [("min", &field.min), ("max", &field.max), ("step", &field.step)] {
        let Some(value) = value else { continue };
        let (fits, expected) = match kind {
            FieldKind::Number => (Decimal::parse(value).is_some(), "a number"),
            FieldKind::Date if key != "step" => (is_date(value), "a date written YYYY-MM-DD"),
            _ => (
                false,
                "nothing: only number and date fields have bounds; for text use min_length and max_length",
            ),
        };
        if !fits {
            report.wrong(format!("{path}.{key}"), format!("{value:?}"), expected);
        }
    }
    let reversed = match (kind, field.min.as_deref(), field.max.as_deref()) {
        (FieldKind::Number, Some(min), Some(max)) => Decimal::parse(min) > Decimal::parse(max),
        (FieldKind::Date, Some(min), Some(max)) => min > max,
        _ => false,
    };
    if reversed {
        report.wrong(format!("{path}.min"), "a bound above max", "min at most max");
    }
}

/// Lower-case letters, digits and inner hyphens.
pub(super) fn is_slug(text: &str) -> bool {
    text.len() <= 64
        && crate::email::is_label(text)
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
