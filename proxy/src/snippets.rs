//! What an embedder copies: the same form as HTML that follows updates, as HTML that is pinned, in an iframe, as a link, in React
//! and in WordPress.
//!
//! Apart and pure so that whoever hands out snippets (the command line, a page) hands out the same text, which tests try.

/// The ways into a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Way {
    /// In the page; the script follows updates.
    Alias,
    /// In the page; the script is this version's, checked by the browser.
    Pinned,
    /// In an iframe.
    Iframe,
    /// A link to the form's own page.
    Hosted,
    /// A component for React.
    React,
    /// A shortcode for WordPress.
    Wordpress,
}

/// This version's loader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loader {
    /// The name of its file, with its hash.
    pub file: String,
    /// Its hash as HTML's `integrity` has it.
    pub integrity: String,
}

/// Which form of which proxy.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The origin under which browsers know the proxy.
    pub origin: &'a str,
    /// The form's id.
    pub form: &'a str,
    /// None where the proxy has no files for browsers.
    pub loader: Option<&'a Loader>,
}

impl Way {
    /// Every way, the usual one first.
    pub const ALL: &'static [Self] =
        &[Self::Alias, Self::Pinned, Self::Iframe, Self::Hosted, Self::React, Self::Wordpress];

    /// A line on what it is for.
    pub fn title(self) -> &'static str {
        match self {
            Self::Alias => "In the page; follows updates of the proxy",
            Self::Pinned => {
                "In the page, pinned to this version; change it with each update of the proxy, or keep an archive"
            }
            Self::Iframe => "In an iframe; follows updates of the proxy",
            Self::Hosted => "A link to the form's own page, which works without JavaScript",
            Self::React => "React, with the package of packages/react",
            Self::Wordpress => {
                "WordPress, with the plugin of packages/wordpress: the first line in wp-config.php, the second in a page"
            }
        }
    }

    /// What is copied; nothing where the proxy has no files for browsers to pin.
    pub fn snippet(self, place: &Place<'_>) -> Option<String> {
        let Place { origin, form, loader } = *place;
        let script = format!("<script src=\"{origin}/embed.js\" async></script>");
        Some(match self {
            // The tag names its form, which then comes with the script.
            Self::Alias => format!(
                "<script src=\"{origin}/embed.js?form={form}\" async></script>\n<lead-form form=\"{form}\"></lead-form>"
            ),
            Self::Pinned => {
                let Loader { file, integrity } = loader?;
                format!(
                    "<script src=\"{origin}/assets/{file}\" integrity=\"{integrity}\" crossorigin=\"anonymous\" async></script>\n\
                     <lead-form form=\"{form}\"></lead-form>"
                )
            }
            Self::Iframe => format!("{script}\n<lead-form form=\"{form}\" mode=\"iframe\"></lead-form>"),
            Self::Hosted => format!("<a href=\"{origin}/f/{form}\">Open the form</a>"),
            Self::React => fill(REACT, place),
            Self::Wordpress => fill(WORDPRESS, place),
        })
    }
}

fn fill(text: &str, place: &Place<'_>) -> String {
    text.trim().replace("@origin", place.origin).replace("@form", place.form)
}

/// With the package of `packages/react`.
const REACT: &str = r#"
import { LeadForm } from "lead-form-react";

export const Form = () => <LeadForm proxy="@origin" form="@form" />;
"#;

/// With the plugin of `packages/wordpress`: a line for the settings, and one for a page.
const WORDPRESS: &str = include_str!("snippets/wordpress.txt");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn every_way_names_proxy_and_form_and_only_the_pinned_one_a_version() {
        let loader = Loader { file: "loader.0123456789abcdef.js".into(), integrity: "sha384-AAAA".into() };
        let place = Place { origin: "https://forms.example", form: "callback", loader: Some(&loader) };
        for way in Way::ALL {
            let snippet = way.snippet(&place).unwrap();
            assert!(snippet.contains("https://forms.example") && snippet.contains("callback"), "{snippet}");
            assert_eq!(snippet.contains(&loader.file), *way == Way::Pinned, "{snippet}");
            let is_checked = snippet.contains("integrity=\"sha384-AAAA\" crossorigin=\"anonymous\"");
            assert_eq!(is_checked, *way == Way::Pinned, "{snippet}");
            assert!(!snippet.contains('@'), "{snippet}");
        }
        assert_eq!(Way::Pinned.snippet(&Place { loader: None, ..place }), None);
    }
}
