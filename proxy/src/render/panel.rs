//! The panel's page: the skeleton that is seen before its Wasm is there, in the person's language, and what that is told.
//!
//! Apart from the forms' pages because nothing of a form is on it. The HTML is kept by hand in `panel.html`.

use std::collections::BTreeMap;

use lead_model::Origin;
use serde::Serialize;

use super::Look;
use super::document::attribute;
use crate::assets::PanelParts;

const TEMPLATE: &str = include_str!("panel.html");

/// What the page is made of.
pub(crate) struct PanelPage<'a> {
    pub(crate) parts: &'a PanelParts,
    /// Exactly the text whose hash stands in the page's policy.
    pub(crate) styles: &'a str,
    pub(crate) account: &'a str,
    pub(crate) locale: &'a str,
    pub(crate) origins: &'a [Origin],
    /// Every sentence in the person's language.
    pub(crate) texts: &'a BTreeMap<String, String>,
    /// `light` or `dark`; the person's own where absent.
    pub(crate) theme: Option<&'a str>,
    pub(crate) look: Look<'a>,
    /// Whether the panel fills its frame, or tells its height.
    pub(crate) fills: bool,
}

/// As the panel reads it.
#[derive(Serialize)]
struct Setting<'a> {
    account: &'a str,
    locale: &'a str,
    origins: Vec<&'a str>,
    texts: &'a BTreeMap<String, String>,
}

/// The page.
pub(crate) fn panel_page(page: &PanelPage<'_>) -> String {
    let setting = Setting {
        account: page.account,
        locale: page.locale,
        origins: page.origins.iter().map(Origin::as_str).collect(),
        texts: page.texts,
    };
    // Every `<` is escaped, so that nothing in it can end the element.
    let setting = serde_json::to_string(&setting).unwrap_or_default().replace('<', "\\u003c");
    let text = |key: &str| {
        let text = page.texts.get(key).map_or(key, String::as_str);
        html_escape::encode_text(text).into_owned()
    };
    let look = [("data-theme", page.theme), ("preset", page.look.preset), ("density", page.look.density)];
    let look: String =
        look.iter().filter_map(|(name, value)| value.map(|value| attribute(name, value))).collect();
    let direction = if page.locale == "ar" { "rtl" } else { "ltr" };
    let values = [
        ("lang", attribute("lang", page.locale)),
        ("dir", attribute("dir", direction)),
        ("title", text("title")),
        ("styles", page.styles.to_owned()),
        ("glue", page.parts.glue.clone()),
        ("wasm", page.parts.wasm.clone()),
        ("boot", page.parts.boot.clone()),
        ("height", attribute("data-height", if page.fills { "fill" } else { "content" })),
        ("look", look),
        ("loading", text("loading")),
        ("failed", text("failed")),
        ("no_script", text("no_script")),
        ("setting", setting),
    ];
    fill(&values)
}

/// One pass over the template, so that a value that has braces itself stays as it is.
fn fill(values: &[(&str, String)]) -> String {
    let mut parts = TEMPLATE.split('{');
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            page.push_str(value);
        }
        page.push_str(rest);
    }
    page
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn page_has_every_value_in_its_place_and_nothing_ends_the_data() {
        let parts = PanelParts { boot: "b.js".into(), glue: "g.js".into(), wasm: "w.wasm".into() };
        let texts = [("title", "Records & <more>"), ("failed", "</script><b>{title}")];
        let texts = texts.map(|(key, text)| (key.to_owned(), text.to_owned())).into();
        let html = panel_page(&PanelPage {
            parts: &parts,
            styles: ".a{b:c}",
            account: "al\"gbra",
            locale: "ar",
            origins: &[Origin::parse("https://crm.example").unwrap()],
            texts: &texts,
            theme: Some("dark"),
            look: Look::default(),
            fills: true,
        });
        assert!(html.contains("<html lang=\"ar\" dir=\"rtl\">"), "{html}");
        assert!(html.contains("<title>Records &amp; &lt;more&gt;</title>"), "{html}");
        assert!(html.contains("<style>.a{b:c}</style>") && html.contains("data-height=\"fill\""), "{html}");
        assert!(html.contains("\\u003c/script>") && html.matches("</script>").count() == 2, "{html}");
        assert!(html.contains("hidden>&lt;/script&gt;&lt;b&gt;{title}</p>"), "{html}");
        assert!(html.contains(r#""origins":["https://crm.example"]"#), "{html}");
    }
}
