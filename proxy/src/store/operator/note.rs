//! What an operator writes: a name, a reason, a partner's reference. Short, and without control characters.
//!
//! Apart so that nothing else of what a person has typed gets into the audit, from where it is printed on terminals.

/// Longest name of an operator, in bytes.
const NAME_MAX: usize = 64;
/// Longest reason, in characters.
const WHY_MAX: usize = 500;
/// Longest reference, in characters.
const REFERENCE_MAX: usize = 200;

/// Who acts, as he calls himself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorName(String);

impl OperatorName {
    /// Reads a name: 1 to 64 visible ASCII characters.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=NAME_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// A person in a CRM's panel, as its token calls him. No operator has a name with a space in it, so nobody is taken for
    /// the other.
    pub fn of_panel(sub: &str) -> Self {
        Self(format!("panel {}", visible(sub)))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// AuditWhy he does so, in his words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditWhy(String);

impl AuditWhy {
    /// Most characters.
    pub const LENGTH_MAX: usize = WHY_MAX;

    /// Reads a reason: 1 to 500 characters, none of them a control character.
    pub fn parse(text: &str) -> Option<Self> {
        plain(text, WHY_MAX).map(Self)
    }

    /// The reason as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A partner's own id for a lead, as an operator has read it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerReference(String);

impl PartnerReference {
    /// Most characters.
    pub const LENGTH_MAX: usize = REFERENCE_MAX;

    /// Reads a reference: 1 to 200 characters, none of them a control character.
    pub fn parse(text: &str) -> Option<Self> {
        plain(text, REFERENCE_MAX).map(Self)
    }

    /// The id of a record, as it was asked for.
    pub fn of_record(id: &str) -> Self {
        Self(visible(id))
    }

    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who acts and why; with the moment and the deed it is an audit row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditNote {
    /// Who.
    pub operator: OperatorName,
    /// AuditWhy.
    pub why: AuditWhy,
}

/// The text with everything but visible ASCII written as `%20` is.
fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && byte != b'%' {
            visible.push(char::from(byte));
        } else {
            visible.push_str(&format!("%{byte:02X}"));
        }
    }
    visible
}

fn plain(text: &str, length_max: usize) -> Option<String> {
    let text = text.trim();
    let is_plain = |letter: char| !letter.is_control() && !is_invisible(letter);
    ((1..=length_max).contains(&text.chars().count()) && text.chars().all(is_plain)).then(|| text.to_owned())
}

/// Line and paragraph ends, and what turns the direction of a line: a row of the audit could look like another.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_an_operator_are_short_and_show_all_that_they_are() {
        assert_eq!(
            AuditWhy::parse(" asked the partner ").map(|why| why.0).as_deref(),
            Some("asked the partner")
        );
        assert!(AuditWhy::parse(&"ö".repeat(500)).is_some());
        for bad in ["", "  ", "a\nb", "a\u{1b}[2J", "a\u{0}", "a\u{202e}b", "a\u{2028}b", &"ö".repeat(501)] {
            assert_eq!(AuditWhy::parse(bad), None, "{bad:?}");
        }
        assert!(PartnerReference::parse(&"7".repeat(200)).is_some());
        assert_eq!(PartnerReference::parse(&"7".repeat(201)), None);
        assert_eq!(OperatorName::of_panel("user-7").as_str(), "panel user-7");
        assert_eq!(OperatorName::of_panel("a b%\u{202e}").as_str(), "panel a%20b%25%E2%80%AE");
        assert_eq!(OperatorName::parse(OperatorName::of_panel("user-7").as_str()), None);
        assert_eq!(PartnerReference::of_record("8b1d-7").as_str(), "8b1d-7");
        assert!(OperatorName::parse("ana@ops").is_some());
        for bad in ["", "ana ops", "änna", "a\tb", &"a".repeat(65)] {
            assert_eq!(OperatorName::parse(bad), None, "{bad:?}");
        }
    }
}
