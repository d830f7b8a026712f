//! What brought a visitor: the campaign parameters of the address that they came by.
//!
//! Apart because addresses hold much that is nobody's business: this is the one list of what may be taken out of them.

/// Names of advertisers' click ids beside those that end in `clid`.
const CLICK_IDS: &[&str] = &["msclkid", "gbraid", "wbraid", "li_fat_id", "rdt_cid", "epik"];
/// Longest name, in bytes.
const NAME_MAX: usize = 40;
/// Longest value that is kept, in bytes: click ids are the longest.
const VALUE_MAX: usize = 512;
/// Most parameters that are kept.
const COUNT_MAX: usize = 16;

/// Whether a parameter of this name tells a campaign or an advertiser's click.
pub fn is_campaign_parameter(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit());
    plain
        && name.len() <= NAME_MAX
        && (name.starts_with("utm_") || name.ends_with("clid") || CLICK_IDS.contains(&name))
}

/// The parameters that are kept, each once: what is no campaign's, empty, too long or one too many is left out, for nothing is
/// decided by it and no visitor can mend it.
pub fn campaign_of(parameters: impl IntoIterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::new();
    for (name, value) in parameters {
        let good = is_campaign_parameter(&name)
            && !value.trim().is_empty()
            && value.len() <= VALUE_MAX
            && !value.contains(char::is_control);
        if good && kept.len() < COUNT_MAX && !kept.iter().any(|(known, _)| *known == name) {
            kept.push((name, value));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn campaigns_and_clicks_are_known_and_nothing_else_is() {
        for name in ["utm_source", "utm_id", "gclid", "fbclid", "msclkid", "wbraid", "li_fat_id"] {
            assert!(is_campaign_parameter(name), "{name}");
        }
        let long = format!("utm_{}", "a".repeat(NAME_MAX));
        for name in ["email", "utm", "UTM_SOURCE", "clid=", "utm_é", "token", "", &long] {
            assert!(!is_campaign_parameter(name), "{name}");
        }
    }

    #[test]
    fn what_can_not_be_kept_is_left_out() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let long = "a".repeat(VALUE_MAX + 1);
        let found = campaign_of([
            pair("utm_source", "news"),
            pair("utm_source", "again"),
            pair("email", "ada@analytical.example"),
            pair("utm_term", " "),
            pair("utm_content", "a\0b"),
            pair("gclid", &long),
        ]);
        assert_eq!(found, [pair("utm_source", "news")]);
        let many = (0..40).map(|number| (format!("utm_{number}"), "x".to_owned()));
        assert_eq!(campaign_of(many).len(), COUNT_MAX);
    }
}
