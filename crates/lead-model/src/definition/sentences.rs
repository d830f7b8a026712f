//! Sentences that a language words by their number or date: made once, on the proxy.
//!
//! Apart because grammar and calendars would be a kilobyte of every visitor's download, and the numbers of a form's rules
//! are known when its definition is: what differs from the plain sentence travels with the field.

use crate::field::{Field, FieldKind};
use crate::messages::{fill, sentence_key};
use crate::plural::category;
use crate::problem::ProblemCode;

/// Keys that only make sentences: they do not travel.
pub(super) fn is_grammar(key: &str) -> bool {
    key.contains('.') || matches!(key, "date" | "months")
}

/// The sentences of a field's own.
pub(super) fn of_field(field: &Field, locale: &str, messages: &[(String, String)]) -> Vec<(String, String)> {
    let language = Language { locale, messages };
    let said = |(code, name, wanted): (ProblemCode, &str, String)| {
        let code = code.as_str();
        let plain = fill(language.find(code)?, |param| (param == name).then(|| wanted.as_str().into()));
        let own = language.word(code, name, &wanted, field.kind == FieldKind::Date)?;
        (own != plain).then(|| (sentence_key(code, &wanted), own))
    };
    wishes(field).into_iter().filter_map(said).collect()
}

/// What a field's rules wish, as the checks tell it.
fn wishes(field: &Field) -> Vec<(ProblemCode, &'static str, String)> {
    let rules = &field.rules;
    let (below, above) = match field.kind {
        FieldKind::Date => (ProblemCode::TooEarly, ProblemCode::TooLate),
        _ => (ProblemCode::TooSmall, ProblemCode::TooLarge),
    };
    let number = |length: Option<u32>| length.map(|length| length.to_string());
    let wishes = [
        (ProblemCode::TooShort, "min", number(rules.min_length)),
        (ProblemCode::TooLong, "max", number(rules.max_length)),
        (below, "min", rules.min.clone()),
        (above, "max", rules.max.clone()),
    ];
    wishes.into_iter().filter_map(|(code, name, wanted)| Some((code, name, wanted?))).collect()
}

struct Language<'a> {
    locale: &'a str,
    messages: &'a [(String, String)],
}

impl Language<'_> {
    fn find(&self, key: &str) -> Option<&str> {
        self.messages.iter().find(|(known, _)| known == key).map(|(_, text)| text.as_str())
    }

    /// A code's sentence as the language words it for this wish.
    fn word(&self, code: &str, name: &str, wanted: &str, is_date: bool) -> Option<String> {
        let (sentence, wanted) = if is_date {
            (self.find(code)?, self.written_date(wanted)?)
        } else {
            let number = wanted.parse().ok()?;
            (self.find(&[code, ".", category(self.locale, number)].concat())?, wanted.to_owned())
        };
        Some(fill(sentence, |param| (param == name).then(|| wanted.as_str().into())))
    }

    /// A date of the calendar (`1990-12-31`) as people write it.
    fn written_date(&self, date: &str) -> Option<String> {
        let mut parts = date.split('-').map(|part| part.trim_start_matches('0'));
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let month = self.find("months")?.split(' ').nth(month.parse::<usize>().ok()?.checked_sub(1)?)?;
        Some(fill(self.find("date")?, |name| match name {
            "day" => Some(day.into()),
            "month" => Some(month.into()),
            "year" => Some(year.into()),
            _ => None,
        }))
    }
}
