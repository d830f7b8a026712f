//! Sentences for people: a code's text in the form's language, with the label and the rule's wish put in.
//!
//! Apart so that both sides word a problem alike: the browser beside the field, the proxy on the page without JavaScript.

use std::borrow::Cow;

use crate::form::Form;
use crate::plural::category;
use crate::problem::{Problem, ProblemCode};

/// The sentence of a problem. `{label}` and the problem's params are put in, dates as the language writes them; a missing
/// text falls back to the code, so that nothing is ever blank.
pub fn message(form: &Form, problem: &Problem) -> String {
    let label = form.field(&problem.field).map_or(problem.field.as_str(), |field| field.label.as_str());
    fill(pattern(form, problem), |name| {
        let wanted = problem.params.iter().find(|(known, _)| known == name);
        match wanted {
            Some((_, date)) if matches!(problem.code, ProblemCode::TooEarly | ProblemCode::TooLate) => {
                Some(written_date(form, date).into())
            }
            Some((_, wanted)) => Some(wanted.as_str().into()),
            None => (name == "label").then(|| label.into()),
        }
    })
}

/// The text of a problem's code, in the form that its number takes where the language has several.
fn pattern<'a>(form: &'a Form, problem: &'a Problem) -> &'a str {
    let code = problem.code.as_str();
    let number = problem.params.first().and_then(|(_, wanted)| wanted.parse().ok());
    let numbered =
        number.and_then(|number| find(form, &[code, ".", category(&form.locale, number)].concat()));
    numbered.unwrap_or_else(|| text_for(form, code))
}

/// A date of the calendar (`1990-12-31`) as people write it in the form's language.
fn written_date(form: &Form, date: &str) -> String {
    let mut parts = date.split('-').map(|part| part.trim_start_matches('0'));
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
        return date.to_owned();
    };
    let months = find(form, "months").unwrap_or_default();
    let place = month.parse::<usize>().unwrap_or_default();
    let (Some(pattern), Some(month)) = (find(form, "date"), months.split(' ').nth(place.wrapping_sub(1)))
    else {
        return date.to_owned();
    };
    fill(pattern, |name| match name {
        "day" => Some(day.into()),
        "month" => Some(month.into()),
        "year" => Some(year.into()),
        _ => None,
    })
}

/// A text with its `{names}` filled in; a name that nobody knows stays as it is. One pass over the text, so that a label or
/// a wish that has braces itself stays as it is. Split by characters: the standard library's search for texts would be a few
/// kilobytes of the browser's download.
fn fill<'a>(text: &str, value: impl Fn(&str) -> Option<Cow<'a, str>>) -> String {
    let mut parts = text.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        match value(name) {
            Some(value) => {
                text.push_str(&value);
                text.push_str(rest);
            }
            None => {
                text.push('{');
                text.push_str(part);
            }
        }
    }
    text
}

/// The sentence of a problem for a summary, away from its field: with the field's label before it. A box says in its
/// label what is agreed to, which is too long to stand there.
pub fn summary_line(form: &Form, problem: &Problem) -> String {
    let sentence = message(form, problem);
    let Some(field) = form.field(&problem.field).filter(|field| !field.kind.is_box()) else {
        return sentence;
    };
    // A label that is a question has its own mark. Marks are listed, because to ask whether a character is a letter costs
    // the browser all of Unicode's letters, a kilobyte and a half of its download.
    let asks = field.label.ends_with(['?', '!', '.', ':', '\u{2026}', '\u{61f}', '\u{37e}', '\u{ff1f}']);
    let mark = if asks { " " } else { ": " };
    [&field.label, mark, &sentence].concat()
}

/// The form's text for a key of the locale, with numbers filled in.
pub fn text_with(form: &Form, key: &str, numbers: &[(&str, usize)]) -> String {
    fill(text_for(form, key), |name| {
        numbers.iter().find(|(known, _)| *known == name).map(|(_, number)| number.to_string().into())
    })
}

/// The form's text for a key of the locale; the key itself where the locale lacks it.
pub fn text_for<'a>(form: &'a Form, key: &'a str) -> &'a str {
    find(form, key).unwrap_or(key)
}

fn find<'a>(form: &'a Form, key: &str) -> Option<&'a str> {
    form.messages.iter().find(|(known, _)| known == key).map(|(_, text)| text.as_str())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// A form with these texts.
    fn form(locale: &str, messages: &str) -> Form {
        let head =
            r#""id":"f","version":1,"title":"","submit":"","success_title":"","success_text":"","fields":[]"#;
        serde_json::from_str(&format!(r#"{{{head},"locale":"{locale}","messages":{messages}}}"#)).unwrap()
    }

    #[test]
    fn number_chooses_the_form_of_the_sentence_and_the_plain_one_stands_in() {
        let texts = r#"{"too_short":"at least {min} characters","too_short.one":"at least one character"}"#;
        let said = |min| message(&form("en", texts), &Problem::with("a", ProblemCode::TooShort, "min", min));
        assert_eq!(
            (said("1").as_str(), said("2").as_str()),
            ("at least one character", "at least 2 characters")
        );
        let polish =
            r#"{"too_long":"{max} znaku","too_long.few":"{max} znaki","too_long.many":"{max} znaków"}"#;
        let said = |max| message(&form("pl", polish), &Problem::with("a", ProblemCode::TooLong, "max", max));
        assert_eq!((said("3").as_str(), said("200").as_str()), ("3 znaki", "200 znaków"));
    }

    #[test]
    fn date_is_written_as_the_language_writes_it() {
        let texts = r#"{"too_early":"from {min}","date":"{day}. {month} {year}","months":"a b c d e f g h i j k Dezember"}"#;
        let said = |min| message(&form("de", texts), &Problem::with("a", ProblemCode::TooEarly, "min", min));
        assert_eq!(said("1990-12-01"), "from 1. Dezember 1990");
        assert_eq!(said("1990-13-01"), "from 1990-13-01");
        assert_eq!(said("soon"), "from soon");
        let bare = message(&form("de", "{}"), &Problem::with("a", ProblemCode::TooLate, "max", "1990-12-01"));
        assert_eq!(bare, "too_late");
    }
}
