//! The small e-mail rule that browser and proxy share.
//!
//! Apart because it is deliberately not the whole grammar: it is the rule of the HTML standard's `type=email`, plus one
//! dot in the domain, since a lead with `ada@localhost` can't be answered. The proxy holds it against a full library's
//! rule in a test; that library would cost the browser 200 KB.

/// Longest address that mail systems carry, in bytes.
const BYTES_MAX: usize = 254;

/// The address with its domain in lower case, or `None` where it is not an address.
pub(crate) fn normalize_email(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@')?;
    let local_fits = !local.is_empty()
        && local.len() <= 64
        && local.bytes().all(|b| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b));
    // No dot at either end, and no two side by side.
    let dots_fit = local.split('.').all(|part| !part.is_empty());
    let domain_fits = domain.contains('.') && domain.split('.').all(is_label);
    let top = domain.rsplit('.').next().unwrap_or_default();
    let top_fits = top.bytes().any(|b| b.is_ascii_alphabetic());
    if !(local_fits && dots_fit && domain_fits && top_fits && text.len() <= BYTES_MAX) {
        return None;
    }
    let mut address = text.to_owned();
    if let Some(domain) = address.get_mut(local.len()..) {
        domain.make_ascii_lowercase();
    }
    Some(address)
}

/// A host name's part: letters, digits and inner hyphens, at most 63.
pub(crate) fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::normalize_email;

    #[test]
    fn domain_is_lower_cased_and_the_local_part_is_left_alone() {
        assert_eq!(
            normalize_email("  Ada.Lovelace@Example.CO.UK ").as_deref(),
            Some("Ada.Lovelace@example.co.uk")
        );
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for typed in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.com",
            "ada@localhost",
            "ada@exa mple.com",
            "ada@-example.com",
            "ada@example..com",
            "a..da@example.com",
            ".ada@example.com",
            "ada@example.123",
            "ada@@example.com",
            "ada <ada@example.com>",
            "ada@example.com,bob@example.com",
        ] {
            assert_eq!(normalize_email(typed), None, "{typed}");
        }
    }
}
