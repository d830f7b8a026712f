//! The panel's sentences, in the person's language.
//!
//! Apart because they come with the page as data (`locales/panel`), and every part asks for them by key.

/// Key to sentence.
#[derive(Clone, Debug, Default)]
pub struct Texts(Vec<(String, String)>);

impl Texts {
    /// These sentences.
    pub fn new(texts: Vec<(String, String)>) -> Self {
        Self(texts)
    }

    /// The sentence of a key; the key itself where it is missing, so that nothing is ever blank.
    pub fn get(&self, key: &str) -> String {
        self.find(key).unwrap_or(key).to_owned()
    }

    /// The sentence of the first key that there is.
    pub fn first(&self, keys: &[&str]) -> String {
        let found = keys.iter().find_map(|key| self.find(key));
        found.or(keys.last().copied()).unwrap_or_default().to_owned()
    }

    fn find(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, text)| text.as_str())
    }

    /// The sentence with its `{names}` filled in.
    pub fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        fill(&self.get(key), values)
    }
}

/// One pass, so that a value that has braces itself stays as it is.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut parts = text.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        match value {
            Some(value) => filled.push_str(value),
            None => filled.extend(["{", name, "}"]),
        }
        filled.push_str(rest);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentence_is_filled_once_and_a_missing_one_shows_its_key() {
        let texts = Texts::new(vec![("page".to_owned(), "{from} of {total}, {other}".to_owned())]);
        assert_eq!(texts.with("page", &[("from", "{total}"), ("total", "9")]), "{total} of 9, {other}");
        assert_eq!(texts.get("nothing"), "nothing");
        assert_eq!(texts.first(&["x", "page"]), "{from} of {total}, {other}");
    }
}
