//! The one function that both sides ask whether a submission is good, and its form for a single field.
//!
//! Apart from the single rules (`email`, `phone`, `url`, …) so that the order of the questions is read in one place:
//! type, presence, kind, length, pattern.

use std::borrow::Cow;

use crate::decimal::Decimal;
use crate::email::normalize_email;
use crate::field::{Field, FieldKind};
use crate::form::Form;
use crate::normal::{Normal, NormalValues};
use crate::pattern::Pattern;
use crate::phone::normalize_phone;
use crate::problem::{Problem, ProblemCode};
use crate::url::normalize_url;
use crate::value::{RawValue, Values};

/// Most characters, in UTF-16 units, of a field whose rules set no maximum.
const DEFAULT_LENGTH_MAX: u32 = 2_000;

/// Checks every field and normalizes every value. Either all problems, in the form's order, or the checked values.
pub fn check(form: &Form, values: &Values) -> Result<NormalValues, Vec<Problem>> {
    let mut normal = NormalValues::default();
    let mut problems = Vec::new();
    for (field, asked) in form.fields.iter().zip(form.asked(values)) {
        // An answer to what is not asked any more is dropped without a word: the visitor does not see it.
        if !asked {
            continue;
        }
        match check_field(field, values.get(&field.name)) {
            Ok(Some(value)) => normal.push(&field.name, value),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    for (name, _) in values.iter() {
        if form.field(name).is_none() {
            // The name came from outside: it is cut so that an answer stays short.
            let name: String = name.chars().take(64).collect();
            problems.push(Problem::new(&name, ProblemCode::UnknownField));
        }
    }
    if problems.is_empty() { Ok(normal) } else { Err(problems) }
}

/// Checks one field: its first problem, its normal value, or nothing where it was rightly left empty.
pub fn check_field(field: &Field, raw: Option<&RawValue>) -> Result<Option<Normal>, Problem> {
    if field.kind.is_box() {
        return check_box(field, raw);
    }
    // A hidden field's value is the definition's; what a page sends in its place counts only where there is none.
    let fixed = (field.kind == FieldKind::Hidden).then_some(field.value.as_deref()).flatten();
    let typed = match (fixed, raw) {
        (Some(value), _) => value,
        (None, Some(RawValue::Text(text))) => text.as_str(),
        (None, Some(RawValue::Bool(_))) => return Err(Problem::new(&field.name, ProblemCode::WrongType)),
        (None, None) => "",
    };
    let text = clean(typed, field.kind);
    if text.is_empty() {
        return match (field.rules.required, field.kind.has_options()) {
            (true, true) => Err(Problem::new(&field.name, ProblemCode::ChoiceRequired)),
            (true, false) => Err(Problem::new(&field.name, ProblemCode::Required)),
            (false, _) => Ok(None),
        };
    }
    let value = normalize(field, &text)?;
    check_length(field, &value)?;
    check_pattern(field, &value)?;
    Ok(Some(Normal::Text(value)))
}

fn check_box(field: &Field, raw: Option<&RawValue>) -> Result<Option<Normal>, Problem> {
    let ticked = match raw {
        Some(RawValue::Bool(ticked)) => *ticked,
        None => false,
        Some(RawValue::Text(_)) => return Err(Problem::new(&field.name, ProblemCode::WrongType)),
    };
    if field.rules.required && !ticked {
        return Err(Problem::new(&field.name, ProblemCode::ConsentRequired));
    }
    Ok(Some(Normal::Bool(ticked)))
}

/// Trimmed, without control characters and marks that turn the reading direction; line ends are `\n` and stay only where
/// the kind has lines. Text of which nothing can be seen is empty.
fn clean(text: &str, kind: FieldKind) -> Cow<'_, str> {
    let lines = kind == FieldKind::Textarea;
    // Nearly every text is of letters and marks that nobody has to look at twice.
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') || (lines && matches!(byte, b'\n' | b'\t'));
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text.trim());
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\n' | '\u{2028}' | '\u{2029}' => out.push(if lines { '\n' } else { ' ' }),
            '\t' => out.push(if lines { '\t' } else { ' ' }),
            c if c.is_control() || turns_direction(c) || is_nothing(c) => {}
            c => out.push(c),
        }
    }
    let seen = out.chars().any(|c| !c.is_whitespace() && !is_invisible(c));
    Cow::Owned(if seen { out.trim().to_owned() } else { String::new() })
}

/// Marks that make what follows read in another direction than it is written: no name needs them, and they can make a
/// line say something else to the person who reads it.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// No characters at all: the byte order mark, and code points that Unicode keeps free for ever.
fn is_nothing(c: char) -> bool {
    c == '\u{feff}' || matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe
}

/// Characters that take no ink. Within text some are needed (joiners in Persian and in emoji); alone they say nothing.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2065}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}'
        | '\u{e0000}'..='\u{e0fff}')
}

fn normalize(field: &Field, text: &str) -> Result<String, Problem> {
    let problem = |code| Problem::new(&field.name, code);
    match field.kind {
        FieldKind::Email => normalize_email(text).ok_or_else(|| problem(ProblemCode::InvalidEmail)),
        FieldKind::Phone => normalize_phone(text, field.country.as_deref()).map_err(problem),
        FieldKind::Url => normalize_url(text).ok_or_else(|| problem(ProblemCode::InvalidUrl)),
        FieldKind::Number => check_number(field, text),
        FieldKind::Date => check_date(field, text),
        FieldKind::Select | FieldKind::Radio => {
            let known = field.options.iter().any(|option| option.value == text);
            known.then(|| text.to_owned()).ok_or_else(|| problem(ProblemCode::NotAnOption))
        }
        FieldKind::Text
        | FieldKind::Textarea
        | FieldKind::Hidden
        | FieldKind::Checkbox
        | FieldKind::Consent => Ok(text.to_owned()),
    }
}

fn check_number(field: &Field, text: &str) -> Result<String, Problem> {
    let Some(number) = Decimal::parse(text) else {
        return Err(Problem::new(&field.name, ProblemCode::InvalidNumber));
    };
    let bound = |rule: &Option<String>| rule.as_deref().and_then(Decimal::parse);
    let broken = |code, param: &str, rule: &Option<String>| {
        Err(Problem::with(&field.name, code, param, rule.as_deref().unwrap_or_default()))
    };
    let rules = &field.rules;
    if bound(&rules.min).is_some_and(|min| number < min) {
        return broken(ProblemCode::TooSmall, "min", &rules.min);
    }
    if bound(&rules.max).is_some_and(|max| number > max) {
        return broken(ProblemCode::TooLarge, "max", &rules.max);
    }
    if bound(&rules.step).is_some_and(|step| !number.is_multiple_of(step)) {
        return broken(ProblemCode::NotAMultiple, "step", &rules.step);
    }
    Ok(number.to_string())
}

fn check_date(field: &Field, text: &str) -> Result<String, Problem> {
    if !is_date(text) {
        return Err(Problem::new(&field.name, ProblemCode::InvalidDate));
    }
    // Both sides are YYYY-MM-DD, so the order of the texts is the order of the days.
    if let Some(min) = field.rules.min.as_deref().filter(|min| text < *min) {
        return Err(Problem::with(&field.name, ProblemCode::TooEarly, "min", min));
    }
    if let Some(max) = field.rules.max.as_deref().filter(|max| text > *max) {
        return Err(Problem::with(&field.name, ProblemCode::TooLate, "max", max));
    }
    Ok(text.to_owned())
}

/// Whether the text is `YYYY-MM-DD` and a day of the calendar.
pub(crate) fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut part = |len: usize| -> Option<u32> {
        parts
            .next()
            .filter(|part| part.len() == len && part.bytes().all(|b| b.is_ascii_digit()))?
            .parse()
            .ok()
    };
    let (Some(year), Some(month), Some(day)) = (part(4), part(2), part(2)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    parts.next().is_none() && year > 0 && (1..=days).contains(&day)
}

fn check_length(field: &Field, value: &str) -> Result<(), Problem> {
    let length = if value.is_ascii() { value.len() } else { value.encode_utf16().count() };
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let max = field.rules.max_length.unwrap_or(DEFAULT_LENGTH_MAX);
    if length > max {
        return Err(Problem::with(&field.name, ProblemCode::TooLong, "max", &max.to_string()));
    }
    match field.rules.min_length {
        Some(min) if length < min => {
            Err(Problem::with(&field.name, ProblemCode::TooShort, "min", &min.to_string()))
        }
        _ => Ok(()),
    }
}

/// A pattern that can't be read was refused when the definition was loaded; here it holds nobody up.
fn check_pattern(field: &Field, value: &str) -> Result<(), Problem> {
    let pattern = field.rules.pattern.as_deref().and_then(|pattern| Pattern::parse(pattern).ok());
    match pattern {
        Some(pattern) if !pattern.matches(value) => {
            Err(Problem::new(&field.name, ProblemCode::PatternMismatch))
        }
        _ => Ok(()),
    }
}
