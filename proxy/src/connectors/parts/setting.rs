//! What an account sets for its connector: which settings there are, what each may hold, and the checked values.
//!
//! Apart from the descriptor, because `account.rs` checks settings and every connector reads them.

use std::collections::BTreeMap;

/// One setting of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key under `[accounts.NAME.settings]`.
    pub name: &'static str,
    /// What it may hold.
    pub kind: SettingKind,
    /// Whether it must be there.
    pub presence: Presence,
    /// What it means.
    pub meaning: &'static str,
}

/// Whether a setting or a credential must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Where left out it is this.
    Default(&'static str),
    /// The proxy does not start without it: no document gives it.
    Required,
    /// It may be left out.
    Optional,
    /// Required where another setting has this value, else refused.
    If {
        /// The other setting.
        setting: &'static str,
        /// Its value.
        is: &'static str,
    },
    /// Required unless another setting has this value. For credentials: those that are not needed may stay.
    Unless {
        /// The other setting.
        setting: &'static str,
        /// Its value.
        is: &'static str,
    },
}

/// What a setting may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// An https address; http on loopback where the operator allows it.
    Url,
    /// The same without query and without a slash at its end: paths are put behind it.
    BaseUrl,
    /// A path from the base address, beginning with a slash; these names in braces stand in it, each once.
    Path(&'static [&'static str]),
    /// The same with names that may also be left out; the connector's review says when each belongs there.
    PathWith {
        /// The names that stand in it, each once.
        required: &'static [&'static str],
        /// The names that may stand in it, each once.
        optional: &'static [&'static str],
    },
    /// Text of so many UTF-16 units at most, not blank.
    Text {
        /// Most UTF-16 units.
        length_max: u32,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// The name of an HTTP header.
    HeaderName,
    /// A whole number within these bounds.
    Number {
        /// The least.
        min: u32,
        /// The most.
        max: u32,
    },
}

/// An account's settings, checked against the descriptor, with the defaults filled in. Never a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountSettings(BTreeMap<&'static str, String>);

impl AccountSettings {
    /// Keeps settings that have been checked.
    pub fn new(settings: BTreeMap<&'static str, String>) -> Self {
        Self(settings)
    }

    /// A setting's value; empty where the descriptor does not know it or it was left out.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A setting's value, where there is one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether a flag is set.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// A number; 0 where there is none.
    pub fn number(&self, name: &str) -> u32 {
        self.text(name).parse().unwrap_or(0)
    }

    /// An address made of a base address and a path template, with each name in braces replaced, percent-encoded.
    pub fn address(&self, base: &str, path: &str, parts: &[(&str, &str)]) -> String {
        let mut path = self.text(path).to_owned();
        for (name, value) in parts {
            path = path.replace(&format!("{{{name}}}"), &encode_segment(value));
        }
        format!("{}{path}", self.text(base))
    }
}

/// A text as one segment of a path: everything but letters, digits, `-`, `_` and `~` is percent-encoded, and so is every
/// dot, since `.` and `..` alone would climb.
pub fn encode_segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// One thing that is wrong between an account's settings, which no single setting shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingFault {
    /// The setting at which it is to be mended.
    pub setting: &'static str,
    /// What was found.
    pub found: String,
    /// What was expected, and what to do.
    pub expected: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segment_can_not_leave_its_place_in_the_path() {
        for (text, encoded) in [
            ("3f2a-b_c~", "3f2a-b_c~"),
            ("..", "%2E%2E"),
            ("a/b?c#d", "a%2Fb%3Fc%23d"),
            ("ä %", "%C3%A4%20%25"),
            ("{leadId}", "%7BleadId%7D"),
        ] {
            assert_eq!(encode_segment(text), encoded);
        }
    }

    #[test]
    fn address_fills_each_name_of_its_template_once() {
        let settings = AccountSettings::new(BTreeMap::from([
            ("base_url", "https://api.example".to_owned()),
            ("lead_path", "/companies/{companyId}/leads/{leadId}".to_owned()),
        ]));
        let address =
            settings.address("base_url", "lead_path", &[("companyId", "{leadId}"), ("leadId", "7/8")]);
        assert_eq!(address, "https://api.example/companies/%7BleadId%7D/leads/7%2F8");
    }
}
