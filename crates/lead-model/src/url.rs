//! Web addresses as people type them, brought to one form.
//!
//! Apart because it is a small rule for one field kind, not a URL parser: it accepts what a lead's website can be and
//! refuses the rest.

use crate::email::is_label;

/// Longest address accepted, in bytes.
const BYTES_MAX: usize = 2_048;

/// The address with its scheme (`https://` where none was typed) and host in lower case, or `None`.
pub(crate) fn normalize_url(text: &str) -> Option<String> {
    let text = text.trim();
    // By the colon and then the slashes, not by "://": the search for a text would cost the browser kilobytes.
    let typed = text.split_once(':').and_then(|(scheme, rest)| Some((scheme, rest.strip_prefix("//")?)));
    let (scheme, rest) = match typed {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        None => ("https".to_owned(), text),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let fits = (scheme == "https" || scheme == "http")
        && host.contains('.')
        && host.split('.').all(is_label)
        && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number > 0))
        && path
            .chars()
            .all(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | '"' | '\\'))
        && text.len() <= BYTES_MAX;
    fits.then(|| [&scheme, "://", &authority.to_ascii_lowercase(), path].concat())
}

#[cfg(test)]
mod tests {
    use super::normalize_url;

    #[test]
    fn scheme_is_added_and_host_lower_cased() {
        for (typed, normal) in [
            ("Example.com", "https://example.com"),
            ("HTTP://Example.com:8080/Shop?a=B#c", "http://example.com:8080/Shop?a=B#c"),
            (" https://xn--bcher-kva.example/ ", "https://xn--bcher-kva.example/"),
        ] {
            assert_eq!(normalize_url(typed).as_deref(), Some(normal), "{typed}");
            assert_eq!(normalize_url(normal).as_deref(), Some(normal), "normal form is stable");
        }
    }

    #[test]
    fn what_is_not_a_web_address_is_refused() {
        for typed in [
            "",
            "example",
            "javascript://example.com/%0aalert(1)",
            "ftp://example.com",
            "https://user:pw@example.com",
            "https://example.com/a b",
            "https://example.com:0",
            "https://example.com:70000",
            "https://.com",
        ] {
            assert_eq!(normalize_url(typed), None, "{typed}");
        }
    }
}
