//! The HTML around a page's body: head, inlined styles, and what the browser should fetch early.
//!
//! Apart from `render.rs` so that what every page shares is written once.

use crate::assets::Assets;

use super::{PageMode, Script};

/// One page.
pub(super) struct Document<'a> {
    pub(super) assets: &'a Assets,
    pub(super) mode: PageMode,
    pub(super) locale: &'a str,
    pub(super) direction: &'a str,
    pub(super) title: &'a str,
    pub(super) body: &'a str,
    /// It shows more than an untouched form: thanks, or problems.
    pub(super) told: bool,
    /// What it asks of the loader.
    pub(super) script: Script,
}

impl Document<'_> {
    pub(super) fn to_html(&self) -> String {
        let frame = match self.mode {
            PageMode::Hosted => "hosted",
            PageMode::Iframe => "iframe",
        };
        [
            "<!doctype html><html",
            &attribute("lang", self.locale),
            &attribute("dir", self.direction),
            "><head><meta charset=\"utf-8\">",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
            "<meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\">",
            // Nothing to fetch: a browser would ask for a picture of ours that is not there.
            "<link rel=\"icon\" href=\"data:,\"><title>",
            &html_escape::encode_text(self.title),
            "</title>",
            &self.styles(),
            &self.later_styles(),
            &self.scripts(),
            "</head><body class=\"lf-page\"",
            &attribute("data-mode", frame),
            "><main>",
            self.body,
            "</main></body></html>\n",
        ]
        .concat()
    }

    /// What no form shows at first: at once where this page shows some of it, or where no script will bring it.
    fn later_styles(&self) -> String {
        let Some(parts) = self.assets.parts() else { return String::new() };
        let href = attribute("href", &format!("/assets/{}", parts.later));
        let link = ["<link rel=\"stylesheet\"", &href, ">"].concat();
        if self.told { link } else { ["<noscript>", &link, "</noscript>"].concat() }
    }

    /// Exactly the text whose hash stands in the page's policy.
    fn styles(&self) -> String {
        match self.assets.styles() {
            "" => String::new(),
            styles => ["<style>", styles, "</style>"].concat(),
        }
    }

    /// The loader, and glue and Wasm asked for before the loader knows that it wants them.
    fn scripts(&self) -> String {
        const LOADER: &str = "<script src=\"/embed.js\" async></script>";
        match (self.assets.parts(), self.script) {
            (None, _) | (_, Script::None) => String::new(),
            (Some(_), Script::Loader) => LOADER.to_owned(),
            (Some(parts), Script::Form) => [
                "<link rel=\"modulepreload\"",
                &attribute("href", &format!("/assets/{}", parts.glue)),
                " crossorigin><link rel=\"preload\" as=\"fetch\"",
                &attribute("href", &format!("/assets/{}", parts.wasm)),
                " crossorigin>",
                LOADER,
            ]
            .concat(),
        }
    }
}

/// ` name="value"`, escaped.
pub(super) fn attribute(name: &str, value: &str) -> String {
    format!(" {name}=\"{}\"", html_escape::encode_double_quoted_attribute(value))
}

/// The form's JSON for the loader. Every `<` is escaped, so that nothing in it can end the element.
pub(super) fn script_data(json: &[u8]) -> String {
    let json = String::from_utf8_lossy(json).replace('<', "\\u003c");
    ["<script type=\"application/json\" class=\"lf-data\">", &json, "</script>"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_data_ends_its_element() {
        let html = script_data(br#"{"title":"</script><script>alert(1)</script><!--"}"#);
        assert_eq!(html.matches('<').count(), 2, "{html}");
        assert!(html.contains("\\u003c/script>"));
    }

    #[test]
    fn attribute_value_stays_inside_its_quotes() {
        assert_eq!(attribute("a", "\"><x"), " a=\"&quot;&gt;&lt;x\"");
    }

    #[test]
    fn page_without_assets_has_no_script_and_no_style() {
        let page = Document {
            assets: &Assets::default(),
            mode: PageMode::Hosted,
            locale: "en",
            direction: "ltr",
            title: "A & B",
            body: "",
            told: false,
            script: Script::Form,
        };
        let html = page.to_html();
        assert!(!html.contains("<script") && !html.contains("<style"), "{html}");
        assert!(html.contains("<title>A &amp; B</title>"));
    }
}
