//! Text that an embedder wrote, in one language or several.
//!
//! Apart because the same choice of language is made for every label, hint, option and title.

use serde::{Deserialize, Serialize};

/// One text for all languages, or one per language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LocalizedText {
    /// The same text whatever the language.
    One(String),
    /// Texts by language tag (`en`, `de`, `pt-BR`).
    ByLocale(#[serde(with = "crate::pairs")] Vec<(String, String)>),
}

impl LocalizedText {
    /// The text in the wanted language: exact tag, then its language alone, then the fallback's, then the first.
    pub fn resolve(&self, locale: &str, fallback: &str) -> &str {
        match self {
            Self::One(text) => text,
            Self::ByLocale(texts) => best(texts, locale, fallback).unwrap_or_default(),
        }
    }

    /// Whether every text has something to read.
    pub fn is_readable(&self) -> bool {
        match self {
            Self::One(text) => !text.trim().is_empty(),
            Self::ByLocale(texts) => {
                !texts.is_empty() && texts.iter().all(|(_, text)| !text.trim().is_empty())
            }
        }
    }
}

fn best<'a>(texts: &'a [(String, String)], locale: &str, fallback: &str) -> Option<&'a str> {
    let find = |wanted: &str| texts.iter().find(|(tag, _)| tag.eq_ignore_ascii_case(wanted));
    let language = locale.split('-').next().unwrap_or(locale);
    find(locale)
        .or_else(|| find(language))
        .or_else(|| find(fallback))
        .or_else(|| texts.first())
        .map(|(_, text)| text.as_str())
}

#[cfg(test)]
mod tests {
    use super::LocalizedText;

    #[test]
    fn nearest_language_is_chosen() {
        let pair = |tag: &str| (tag.to_owned(), tag.to_owned());
        let text = LocalizedText::ByLocale(vec![pair("en"), pair("de"), pair("pt-BR")]);
        for (wanted, got) in [("de-AT", "de"), ("pt-br", "pt-BR"), ("fr", "en"), ("de", "de")] {
            assert_eq!(text.resolve(wanted, "en"), got);
        }
    }
}
