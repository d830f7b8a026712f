//! One Leptos view type for every element of the form.
//!
//! Apart from Leptos's own typed elements because those cost the visitor a type, and so a copy of the code, for each
//! combination of tag, attributes and children. This one type is built in the browser by `dom`, written as HTML by `html`
//! and as JSON by `tree`; what it measured is in `docs/decisions/0001-own-view-of-an-element.md`.

mod dom;
mod html;
#[cfg(feature = "ssr")]
mod tree;

use std::borrow::Cow;

#[cfg(feature = "csr")]
pub(crate) use dom::build_over;

/// Text that is fixed, or made on the way.
pub(crate) type Text = Cow<'static, str>;

/// One element with its attributes and children, of which some may follow signals. Boxed, because it is handed on at
/// every step of its making, and a pointer is fewer bytes of code to hand on than the whole.
pub(crate) struct Element(Box<Parts>);

struct Parts {
    tag: &'static str,
    attributes: Vec<(&'static str, Attribute)>,
    children: Vec<Child>,
}

/// An attribute's value.
enum Attribute {
    Fixed(Text),
    /// Follows the signals that it reads; `None` takes the attribute away.
    Live(Box<dyn Fn() -> Option<Text> + Send>),
}

/// Something inside an element.
enum Child {
    Element(Element),
    Text(Text),
    LiveText(Box<dyn Fn() -> Text + Send>),
    /// Elements by the signals that they read: asked whenever one of those changes, and `None` leaves what is there.
    LiveElements(Box<dyn FnMut() -> Option<Vec<Element>> + Send>),
}

/// An element of this tag and this class; an empty class is left out.
pub(crate) fn element(tag: &'static str, class: &'static str) -> Element {
    let element = Element(Box::new(Parts { tag, attributes: Vec::new(), children: Vec::new() }));
    if class.is_empty() { element } else { element.attribute("class", class) }
}

impl Element {
    /// With an attribute.
    pub(crate) fn attribute(mut self, name: &'static str, value: impl Into<Text>) -> Self {
        self.0.attributes.push((name, Attribute::Fixed(value.into())));
        self
    }

    /// With an attribute where there is a value for it.
    pub(crate) fn maybe(self, name: &'static str, value: Option<&String>) -> Self {
        match value {
            Some(value) => self.attribute(name, value.clone()),
            None => self,
        }
    }

    /// With an attribute that says yes by being there.
    pub(crate) fn flag(self, name: &'static str, on: bool) -> Self {
        if on { self.attribute(name, "") } else { self }
    }

    /// With an attribute that follows the signals it reads.
    pub(crate) fn live_attribute(
        mut self,
        name: &'static str,
        value: impl Fn() -> Option<Text> + Send + 'static,
    ) -> Self {
        self.0.attributes.push((name, Attribute::Live(Box::new(value))));
        self
    }

    /// With a child.
    pub(crate) fn child(mut self, child: Element) -> Self {
        self.0.children.push(Child::Element(child));
        self
    }

    /// With a child where there is one.
    pub(crate) fn maybe_child(self, child: Option<Element>) -> Self {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    /// With text.
    pub(crate) fn text(mut self, text: impl Into<Text>) -> Self {
        self.0.children.push(Child::Text(text.into()));
        self
    }

    /// With text that follows the signals it reads.
    pub(crate) fn live_text(mut self, text: impl Fn() -> Text + Send + 'static) -> Self {
        self.0.children.push(Child::LiveText(Box::new(text)));
        self
    }

    /// With children that follow the signals they read; `None` leaves what is there.
    pub(crate) fn live_children(
        mut self,
        children: impl FnMut() -> Option<Vec<Element>> + Send + 'static,
    ) -> Self {
        self.0.children.push(Child::LiveElements(Box::new(children)));
        self
    }
}
