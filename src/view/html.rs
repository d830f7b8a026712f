//! An element as HTML, for the first paint.
//!
//! Apart from `dom` because here nothing follows anything: every live part is asked once. The HTML holds no markers of
//! ours or of Leptos, so that it is a plain form to a browser without scripts.

use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::renderer::Rndr;
use leptos::tachys::view::{Mountable, Position, PositionState, Render, RenderHtml};

use super::{Attribute, Child, Element, Parts};

leptos::tachys::no_attrs!(Element);

impl RenderHtml for Element {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(
        self,
        html: &mut String,
        _position: &mut Position,
        _escape: bool,
        _mark_branches: bool,
        _extra: Vec<AnyAttribute>,
    ) {
        self.write(html);
    }

    /// Replaces the element that was there. No road of ours comes here: the form is taken over by `dom`, which looks for
    /// each node, so that a first paint of another version or one changed by the host page does no harm.
    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, _position: &PositionState) -> Self::State {
        let before = cursor.current();
        let mut placed = self.build();
        before.insert_before_this(&mut placed);
        Rndr::remove(&before);
        if let Some(element) = placed.elements().pop() {
            cursor.set(element.into());
        }
        placed
    }

    fn into_owned(self) -> Self {
        self
    }
}

impl Element {
    /// Writes this element and everything inside it.
    fn write(self, html: &mut String) {
        let Parts { tag, attributes, children } = *self.0;
        html.push('<');
        html.push_str(tag);
        for (name, value) in attributes {
            let value = match value {
                Attribute::Fixed(value) => Some(value),
                Attribute::Live(value) => value(),
            };
            if let Some(value) = value {
                write_attribute(name, &value, html);
            }
        }
        html.push('>');
        // A void element: it has no inside and no end.
        if tag == "input" {
            return;
        }
        // An HTML parser drops one line end at the start of a text area: it drops this one, not the visitor's.
        if tag == "textarea" {
            html.push('\n');
        }
        for child in children {
            match child {
                Child::Element(child) => child.write(html),
                Child::Text(text) => write_text(&text, html),
                Child::LiveText(text) => write_text(&text(), html),
                Child::LiveElements(mut children) => {
                    for child in children().unwrap_or_default() {
                        child.write(html);
                    }
                }
            }
        }
        html.push_str("</");
        html.push_str(tag);
        html.push('>');
    }
}

fn write_attribute(name: &str, value: &str, html: &mut String) {
    html.push(' ');
    html.push_str(name);
    if !value.is_empty() {
        html.push_str("=\"");
        write_text(value, html);
        html.push('"');
    }
}

/// Text in which no character can be taken for markup, inside an element or a quoted attribute.
fn write_text(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use leptos::prelude::RenderHtml;

    use crate::view::element;

    #[test]
    fn no_text_can_leave_its_place() {
        let html =
            element("p", "a\"b").attribute("title", "\"><script>&").text("</p><script>&amp;").to_html();
        assert_eq!(
            html,
            "<p class=\"a&quot;b\" title=\"&quot;&gt;&lt;script&gt;&amp;\">&lt;/p&gt;&lt;script&gt;&amp;amp;</p>"
        );
    }

    #[test]
    fn void_element_has_no_end_and_flag_no_value() {
        assert_eq!(
            element("input", "").attribute("name", "a").flag("required", true).to_html(),
            "<input name=\"a\" required>"
        );
    }

    #[test]
    fn text_area_keeps_a_leading_line_end() {
        assert_eq!(element("textarea", "").text("\nsecond").to_html(), "<textarea>\n\nsecond</textarea>");
    }

    #[test]
    fn live_parts_are_asked_once() {
        let html = element("p", "")
            .live_attribute("data-on", || Some("yes".into()))
            .live_attribute("data-off", || None)
            .live_children(|| Some(vec![element("b", "").live_text(|| "bold".into())]))
            .live_children(|| None)
            .to_html();
        assert_eq!(html, "<p data-on=\"yes\"><b>bold</b></p>");
    }
}
