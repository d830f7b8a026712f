//! One view type for every element of the panel, written into the document as it is made.
//!
//! Apart from Leptos's typed elements for the reason that the form has one type, too (docs/decisions/0001): a type for each
//! combination of tag, attributes and children is a copy of the code for each. Unlike the form's, this one has listeners and
//! is never rendered natively. Whatever follows signals ends with the owner under which it was made.

use leptos::prelude::{Owner, RenderEffect, StoredValue, untrack};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, Event, Node};

/// An element that is being made.
#[derive(Clone)]
pub(crate) struct El(pub(crate) Element);

/// The page.
pub(crate) fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// A new element of this tag and class.
pub(crate) fn el(tag: &str, class: &str) -> El {
    let made = document().and_then(|document| document.create_element(tag).ok());
    // A tag of ours is always one; the detour keeps a panic out of it.
    let element = El(made.unwrap_or_else(|| JsValue::NULL.unchecked_into()));
    if class.is_empty() { element } else { element.attr("class", class) }
}

/// A button that does something.
pub(crate) fn button(class: &str, label: &str, act: impl Fn() + 'static) -> El {
    el("button", class).attr("type", "button").text(label).on("click", move |_| act())
}

impl El {
    /// With an attribute.
    pub(crate) fn attr(self, name: &str, value: &str) -> Self {
        self.0.set_attribute(name, value).unwrap_or_default();
        self
    }

    /// With an attribute where this is so.
    pub(crate) fn attr_if(self, on: bool, name: &str, value: &str) -> Self {
        if on { self.attr(name, value) } else { self }
    }

    /// With text.
    pub(crate) fn text(self, text: &str) -> Self {
        if let Some(document) = document() {
            self.append(&document.create_text_node(text));
        }
        self
    }

    /// With a child.
    pub(crate) fn child(self, child: El) -> Self {
        self.append(&child.0);
        self
    }

    /// With children.
    pub(crate) fn children(self, children: impl IntoIterator<Item = El>) -> Self {
        for child in children {
            self.append(&child.0);
        }
        self
    }

    fn append(&self, node: &Node) {
        self.0.append_child(node).map(drop).unwrap_or_default();
    }

    /// With a listener, which ends with the owner.
    pub(crate) fn on(self, name: &str, hear: impl FnMut(Event) + 'static) -> Self {
        self.listen(name, Box::new(hear))
    }

    fn listen(self, name: &str, hear: Box<dyn FnMut(Event)>) -> Self {
        let closure = Closure::wrap(hear);
        self.0.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref()).unwrap_or_default();
        StoredValue::new_local(closure);
        self
    }

    /// With an attribute that follows the signals it reads; `None` takes it away.
    pub(crate) fn live_attr(self, name: &'static str, value: impl Fn() -> Option<String> + 'static) -> Self {
        self.follow_attr(name, Box::new(value))
    }

    fn follow_attr(self, name: &'static str, value: Box<dyn Fn() -> Option<String>>) -> Self {
        let node = self.0.clone();
        follow(Box::new(move || match value() {
            Some(value) if node.get_attribute(name).as_ref() == Some(&value) => {}
            Some(value) => node.set_attribute(name, &value).unwrap_or_default(),
            None => node.remove_attribute(name).unwrap_or_default(),
        }));
        self
    }

    /// With text that follows the signals it reads.
    pub(crate) fn live_text(self, text: impl Fn() -> String + 'static) -> Self {
        self.follow_text(Box::new(text))
    }

    fn follow_text(self, text: Box<dyn Fn() -> String>) -> Self {
        let Some(node) = document().map(|document| document.create_text_node("")) else { return self };
        self.append(&node);
        follow(Box::new(move || {
            let now = text();
            if node.data() != now {
                node.set_data(&now);
            }
        }));
        self
    }

    /// With children that follow the signals they read, made anew whenever one of those changes.
    pub(crate) fn live(self, children: impl Fn() -> Vec<El> + 'static) -> Self {
        self.follow_children(Box::new(move || Some(children())))
    }

    /// The same, made anew only when the key is another: whoever types inside is not disturbed by anything else.
    pub(crate) fn live_of(
        self,
        key: impl Fn() -> String + 'static,
        children: impl Fn() -> Vec<El> + 'static,
    ) -> Self {
        self.follow_key(Box::new(key), Box::new(children))
    }

    fn follow_key(self, key: Box<dyn Fn() -> String>, children: Box<dyn Fn() -> Vec<El>>) -> Self {
        // What is made belongs to whoever made this element: the run that only looks at the key must not end it.
        let outer = Owner::current().unwrap_or_default();
        let mut before: Option<(String, Owner)> = None;
        self.follow_children(Box::new(move || {
            let key = key();
            if before.as_ref().is_some_and(|(before, _)| *before == key) {
                return None;
            }
            if let Some((_, old)) = before.take() {
                old.cleanup();
            }
            let owner = outer.child();
            let made = untrack(|| owner.with(&children));
            before = Some((key, owner));
            Some(made)
        }))
    }

    fn follow_children(self, mut children: Box<dyn FnMut() -> Option<Vec<El>>>) -> Self {
        let Some(place) = document().map(|document| document.create_text_node("")) else { return self };
        self.append(&place);
        let parent = self.0.clone();
        let mut shown: Vec<El> = Vec::new();
        follow(Box::new(move || {
            let Some(new) = children() else { return };
            for old in &shown {
                old.0.remove();
            }
            for child in &new {
                parent.insert_before(&child.0, Some(&place)).map(drop).unwrap_or_default();
            }
            shown = new;
        }));
        self
    }
}

/// Runs now and whenever a signal that was read changes, as long as the owner is there. One type for all, so that Leptos's
/// code for it is in the download once.
fn follow(mut run: Box<dyn FnMut()>) {
    StoredValue::new_local(RenderEffect::new(move |_: Option<()>| run()));
}
