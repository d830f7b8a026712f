//! The sentences in every language, compiled in.
//!
//! Apart so that a language is one file in `locales/`: nothing else lists them.

use std::collections::BTreeMap;

use lead_model::{FormDefinition, LocalizedText, ProblemCode};
use serde::Deserialize;

mod compiled {
    include!(concat!(env!("OUT_DIR"), "/locales.rs"));
}

mod panel {
    include!(concat!(env!("OUT_DIR"), "/panel_locales.rs"));
}

/// Keys that only pages made by the proxy show; they do not travel with the form.
const PAGE_PREFIX: &str = "page_";

/// Every language.
#[derive(Clone, Debug)]
pub struct Locales(Vec<Locale>);

/// One language.
#[derive(Clone, Debug)]
struct Locale {
    tag: String,
    messages: Vec<(String, String)>,
    page: Vec<(String, String)>,
}

impl Locales {
    /// The languages that this program was built with. A test reads each of their files.
    pub fn compiled() -> Self {
        Self(compiled::COMPILED.iter().map(|(tag, text)| Locale::read(tag, text)).collect())
    }

    /// Their tags.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|locale| locale.tag.as_str())
    }

    /// The sentences that travel with a form.
    pub fn messages(&self, tag: &str) -> &[(String, String)] {
        self.find(tag).map_or(&[], |locale| &locale.messages)
    }

    /// A sentence of a page; its key where the language lacks it.
    pub fn page_text<'a>(&'a self, tag: &str, key: &'a str) -> &'a str {
        let texts = self.find(tag).map_or(&[][..], |locale| &locale.page);
        texts.iter().find(|(known, _)| known == key).map_or(key, |(_, text)| text)
    }

    /// The panel's sentences: its own, and the form's of problems at fields.
    pub(crate) fn panel(&self, tag: &str) -> BTreeMap<String, String> {
        let own = panel::COMPILED.iter().find(|(known, _)| *known == tag).map_or("", |(_, text)| text);
        let mut texts: BTreeMap<String, String> = toml::from_str(own).unwrap_or_default();
        let problems = self.messages(tag).iter().filter(|(key, _)| {
            let code = key.split('.').next().unwrap_or(key);
            ProblemCode::parse(code).is_some()
        });
        for (key, text) in problems {
            texts.entry(key.clone()).or_insert_with(|| text.clone());
        }
        texts
    }

    /// The languages in which a form can be shown: those of ours in which it has words of its own.
    pub(crate) fn of_form<'a>(&'a self, form: &'a FormDefinition) -> impl Iterator<Item = &'a str> {
        self.tags().filter(|tag| speaks(form, tag))
    }

    /// The first wanted language that we speak, else the first of ours.
    pub fn choose_any<'a>(&'a self, wanted: impl Iterator<Item = &'a str>) -> &'a str {
        wanted
            .map(|tag| tag.split('-').next().unwrap_or(tag))
            .find_map(|tag| self.0.iter().find(|locale| locale.tag.eq_ignore_ascii_case(tag)))
            .or_else(|| self.find("en"))
            .map_or("en", |locale| &locale.tag)
    }

    fn find(&self, tag: &str) -> Option<&Locale> {
        self.0.iter().find(|locale| locale.tag == tag)
    }
}

impl Locale {
    fn read(tag: &str, text: &str) -> Self {
        let texts: BTreeMap<String, Sentence> = toml::from_str(text).unwrap_or_default();
        let (page, messages) = texts
            .into_iter()
            .flat_map(|(key, sentence)| sentence.entries(key))
            .partition(|(key, _)| key.starts_with(PAGE_PREFIX));
        Self { tag: tag.to_owned(), messages, page }
    }
}

/// A sentence as its file has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Sentence {
    One(String),
    /// One for each of the language's plural categories; `other` stands in for those that have none.
    ByNumber(BTreeMap<String, String>),
}

impl Sentence {
    /// As they travel: `other` under the key alone, the others under `key.category`.
    fn entries(self, key: String) -> Vec<(String, String)> {
        match self {
            Self::One(text) => vec![(key, text)],
            Self::ByNumber(texts) => {
                let place = |(category, text): (String, String)| match category.as_str() {
                    "other" => (key.clone(), text),
                    _ => (format!("{key}.{category}"), text),
                };
                texts.into_iter().map(place).collect()
            }
        }
    }
}

/// Whether a form has words in a language. A form with one text for all is shown in its default language only, so that
/// no visitor meets German problems under English questions.
fn speaks(form: &FormDefinition, tag: &str) -> bool {
    let has = |text: &LocalizedText| match text {
        LocalizedText::One(_) => false,
        LocalizedText::ByLocale(texts) => texts.iter().any(|(known, _)| known == tag),
    };
    tag == form.default_locale || has(&form.texts.title) || has(&form.texts.submit)
}

/// The tags of an `Accept-Language` header, the most wanted first; `*` and what is refused (`q=0`) are left out.
pub(crate) fn accepted(header: &str) -> Vec<&str> {
    const TAGS_MAX: usize = 20;
    let mut tags: Vec<(&str, f32)> = header
        .split(',')
        .take(TAGS_MAX)
        .filter_map(|part| {
            let (tag, rest) = part.split_once(';').unwrap_or((part, ""));
            let quality = rest.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.trim().parse().ok())?;
            let tag = tag.trim();
            (tag != "*" && !tag.is_empty() && quality > 0.0).then_some((tag, quality))
        })
        .collect();
    // The sort is stable: of two wanted alike the first named comes first.
    tags.sort_by(|a, b| b.1.total_cmp(&a.1));
    tags.into_iter().map(|(tag, _)| tag).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use std::collections::BTreeSet;

    use super::*;

    /// The languages that every part of the form speaks.
    const SPOKEN: [&str; 12] = ["ar", "de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "sv", "tr"];

    /// Without the plural categories, which differ.
    fn keys(locale: &Locale) -> BTreeSet<&str> {
        let all = locale.messages.iter().chain(&locale.page);
        all.map(|(key, _)| key.split('.').next().unwrap_or_default()).collect()
    }

    #[test]
    fn every_language_has_every_sentence() {
        let locales = Locales::compiled();
        let all = keys(&locales.0[0]);
        assert!(all.contains("sending"));
        assert_eq!(locales.tags().collect::<Vec<_>>(), SPOKEN);
        for locale in &locales.0 {
            assert_eq!(keys(locale), all, "{}", locale.tag);
            assert!(locale.messages.iter().chain(&locale.page).all(|(_, text)| !text.trim().is_empty()));
            for code in ProblemCode::ALL {
                assert!(all.contains(code.as_str()), "{} lacks {}", locale.tag, code.as_str());
            }
        }
    }

    #[test]
    fn languages_use_the_same_params_in_a_sentence() {
        let params = |text: &str| {
            let names = text
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once('}').map(|(name, _)| name.to_owned()));
            names.filter(|name| name != "label").collect::<BTreeSet<_>>()
        };
        let locales = Locales::compiled();
        for (key, text) in &locales.0[0].messages {
            let key = key.split('.').next().unwrap();
            for locale in &locales.0 {
                let is_same = |known: &str| known.split('.').next() == Some(key);
                let others: Vec<_> = locale.messages.iter().filter(|(known, _)| is_same(known)).collect();
                assert!(!others.is_empty(), "{key} in {}", locale.tag);
                for (_, other) in others {
                    assert_eq!(params(text), params(other), "{key} in {}", locale.tag);
                }
            }
        }
    }

    #[test]
    fn panel_speaks_every_language_whole_and_with_the_same_params() {
        let params = |text: &str| {
            let names = text
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once('}').map(|(name, _)| name.to_owned()));
            names.collect::<BTreeSet<_>>()
        };
        let locales = Locales::compiled();
        let english = locales.panel("en");
        assert!(english.contains_key("search") && english.contains_key("too_long"));
        assert_eq!(panel::COMPILED.iter().map(|(tag, _)| *tag).collect::<Vec<_>>(), SPOKEN);
        for tag in SPOKEN {
            let texts = locales.panel(tag);
            let keys = |texts: &BTreeMap<String, String>| {
                texts.keys().filter(|key| !key.contains('.')).cloned().collect::<BTreeSet<_>>()
            };
            assert_eq!(keys(&texts), keys(&english), "{tag}");
            for (key, text) in &english {
                let other = texts.get(key).map(String::as_str).unwrap_or(text);
                assert!(!other.trim().is_empty(), "{key} in {tag}");
                assert_eq!(params(other), params(text), "{key} in {tag}");
            }
        }
    }

    /// What Unicode's plural rules (CLDR) tell apart among whole numbers that a rule may hold.
    #[test]
    fn language_has_a_sentence_for_each_of_its_plural_categories() {
        for (tag, wanted) in [
            ("en", "one"),
            ("de", ""),
            ("pl", "few many one"),
            ("ar", "few many one two zero"),
            ("fr", "one"),
            ("ja", ""),
        ] {
            for key in ["too_short", "too_long"] {
                let prefix = format!("{key}.");
                let locales = Locales::compiled();
                let found: Vec<&str> = locales
                    .messages(tag)
                    .iter()
                    .filter_map(|(known, _)| known.strip_prefix(&prefix))
                    .collect();
                assert_eq!(found.join(" "), wanted, "{key} in {tag}");
            }
        }
    }

    #[test]
    fn every_language_names_twelve_months_and_writes_a_date() {
        let locales = Locales::compiled();
        for locale in &locales.0 {
            let text = |key| locale.messages.iter().find(|(known, _)| known == key).unwrap().1.as_str();
            let months: BTreeSet<&str> = text("months").split(' ').collect();
            assert_eq!(months.len(), 12, "{}", locale.tag);
            for part in ["{day}", "{month}", "{year}"] {
                assert!(text("date").contains(part), "{} has no {part}", locale.tag);
            }
        }
    }

    #[test]
    fn most_wanted_language_comes_first() {
        assert_eq!(accepted("fr;q=0.5, de-AT, en;q=0.8, *;q=0.1, it;q=0"), ["de-AT", "en", "fr"]);
        assert_eq!(accepted(""), [""; 0]);
        assert_eq!(accepted("en;q=high"), [""; 0]);
    }
}
