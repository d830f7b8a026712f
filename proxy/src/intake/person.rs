//! Our own sign that two submissions are of one person, and what becomes of the second.
//!
//! Apart because its exact bytes are a promise to what is stored already: changing them makes everybody look new.

use std::time::Duration;

use lead_model::{DuplicateAction, Duplicates, NormalValues};

use crate::keys::{IndexKey, LeadContent};
use crate::store::{DuplicateRule, Purpose};

/// A keyed hash over account and e-mail address, or phone number where there is none; nothing for what makes no new lead of
/// a form, and for a form that asks neither.
///
/// Of the vocabulary's fields alone: another's address (`referrer_email`) is not the visitor's. In lower case, since no
/// mail provider of weight tells `Ada@` and `ada@` apart. Keyed, because a hash over an address is found by trying.
pub(super) fn person(index: &IndexKey, account: &str, content: &LeadContent) -> Option<[u8; 32]> {
    if content.purpose != Purpose::Lead {
        return None;
    }
    let (kind, value) = sign(&content.values)?;
    Some(index.person(&[account.as_bytes(), kind.as_bytes(), value.as_bytes()]))
}

fn sign(values: &NormalValues) -> Option<(&'static str, String)> {
    let text = |name| values.get(name).and_then(|value| value.as_text()).filter(|text| !text.is_empty());
    let email = text("email").map(|email| ("email", email.to_lowercase()));
    email.or_else(|| text("phone").map(|phone| ("phone", phone.to_owned())))
}

/// The form's setting, as the store takes it.
pub(super) fn rule(duplicates: Duplicates) -> DuplicateRule {
    DuplicateRule {
        window: Duration::from_secs(u64::from(duplicates.window_hours) * 60 * 60),
        merge: duplicates.action == DuplicateAction::Merge,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use lead_model::Source;

    use super::*;

    fn of(account: &str, values: &str, purpose: Purpose) -> Option<[u8; 32]> {
        let values = serde_json::from_str(values).unwrap();
        let content = LeadContent { values, source: Source::default(), purpose, consents: Vec::new() };
        person(&IndexKey::new([7; 32].into()), account, &content)
    }

    fn lead(values: &str) -> Option<[u8; 32]> {
        of("web", values, Purpose::Lead)
    }

    #[test]
    fn person_is_known_by_email_in_any_case_and_else_by_phone() {
        let ada = lead(r#"{"first_name":"Ada","email":"Ada@analytical.example","phone":"+442079460018"}"#);
        assert!(ada.is_some());
        assert_eq!(ada, lead(r#"{"email":"ada@analytical.example"}"#));
        let phone = lead(r#"{"phone":"+442079460018"}"#);
        assert!(phone.is_some());
        for other in [
            phone,
            lead(r#"{"email":"+442079460018"}"#),
            lead(r#"{"email":"eve@analytical.example"}"#),
            of("other", r#"{"email":"ada@analytical.example"}"#, Purpose::Lead),
        ] {
            assert_ne!(ada, other);
            assert!(other.is_some());
        }
    }

    #[test]
    fn nobody_is_known_by_what_tells_of_no_visitor() {
        let email = r#"{"email":"ada@analytical.example"}"#;
        for values in
            [r#"{"first_name":"Ada"}"#, r#"{"referrer_email":"eve@analytical.example"}"#, r#"{"email":true}"#]
        {
            assert_eq!(lead(values), None, "{values}");
        }
        let completion = Purpose::Completion { reference: "7".to_owned() };
        assert_eq!((of("web", email, completion), of("web", email, Purpose::Record)), (None, None));
    }
}
