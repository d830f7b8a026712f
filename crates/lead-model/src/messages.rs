//! Sentences for people: a code's text in the form's language, with the label and the rule's wish put in.
//!
//! Apart so that both sides word a problem alike: the browser beside the field, the proxy on the page without JavaScript.

use std::borrow::Cow;

use crate::form::Form;
use crate::problem::Problem;

/// The sentence of a problem: the field's own, where its language words this very wish in another way than others, else
/// that of the code with `{label}` and the params put in. A missing text falls back to the code, so that nothing is ever
/// blank.
pub fn message(form: &Form, problem: &Problem) -> String {
    let (field, code) = (form.field(&problem.field), problem.code.as_str());
    if let (Some(field), [(_, wanted), ..]) = (field, problem.params.as_slice())
        && let Some((_, sentence)) =
            field.sentences.iter().find(|(key, _)| *key == sentence_key(code, wanted))
    {
        return sentence.clone();
    }
    let label = field.map_or(problem.field.as_str(), |field| field.label.as_str());
    fill(text_for(form, code), |name| {
        let wanted = problem.params.iter().find(|(known, _)| known == name);
        wanted.map(|(_, wanted)| wanted.as_str()).or((name == "label").then_some(label)).map(Into::into)
    })
}

/// Under which name a field has a sentence of its own.
pub(crate) fn sentence_key(code: &str, wanted: &str) -> String {
    [code, ":", wanted].concat()
}

/// A text with its `{names}` filled in; a name that nobody knows stays as it is. One pass over the text, so that a label or
/// a wish that has braces itself stays as it is. Split by characters: the standard library's search for texts would be a few
/// kilobytes of the browser's download.
pub(crate) fn fill<'a>(text: &str, value: impl Fn(&str) -> Option<Cow<'a, str>>) -> String {
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
pub fn text_with(form: &Form, key: &str, numbers: &[(&str, u32)]) -> String {
    fill(text_for(form, key), |name| {
        numbers.iter().find(|(known, _)| *known == name).map(|(_, number)| number.to_string().into())
    })
}

/// The form's text for a key of the locale; the key itself where the locale lacks it.
pub fn text_for<'a>(form: &'a Form, key: &'a str) -> &'a str {
    form.messages.iter().find(|(known, _)| known == key).map_or(key, |(_, text)| text.as_str())
}
