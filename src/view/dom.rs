//! An element in the browser: building it, and following its signals.
//!
//! Apart from `html` because this half only ever runs where there is a document.

use leptos::prelude::RenderEffect;
use leptos::tachys::renderer::Rndr;
use leptos::tachys::renderer::types;
use leptos::tachys::view::{Mountable, Render};

use super::{Attribute, Child, Element, Parts, Text};

/// An element in the document, with the effects that keep it and everything inside it up to date.
pub(crate) struct Placed {
    node: types::Element,
    effects: Vec<Follow>,
}

/// One type for every effect, so that Leptos's code for it is in the download once. Live children are kept here; the
/// effects of texts and attributes keep nothing.
type Follow = RenderEffect<Vec<Placed>>;

impl Render for Element {
    type State = Placed;

    fn build(self) -> Placed {
        let Parts { tag, attributes, children } = *self.0;
        let node = Rndr::create_element(tag, None);
        let mut effects = Vec::new();
        for (name, value) in attributes {
            match value {
                Attribute::Fixed(value) => Rndr::set_attribute(&node, name, &value),
                Attribute::Live(value) => effects.push(follow_attribute(node.clone(), name, value)),
            }
        }
        for child in children {
            match child {
                Child::Text(text) => Rndr::insert_node(&node, &Rndr::create_text_node(&text), None),
                Child::LiveText(text) => effects.push(follow_text(&node, text)),
                Child::LiveElements(children) => effects.push(follow_children(&node, children)),
                Child::Element(child) => {
                    let mut placed = child.build();
                    placed.mount(&node, None);
                    effects.append(&mut placed.effects);
                }
            }
        }
        Placed { node, effects }
    }

    /// Replaces: no part of the form builds the same element twice in place, so there is nothing to compare.
    fn rebuild(self, state: &mut Placed) {
        let mut new = self.build();
        state.insert_before_this(&mut new);
        state.unmount();
        *state = new;
    }
}

fn follow_attribute(
    node: types::Element,
    name: &'static str,
    value: Box<dyn Fn() -> Option<Text> + Send>,
) -> Follow {
    RenderEffect::new(move |_| {
        match value() {
            Some(value) => Rndr::set_attribute(&node, name, &value),
            None => Rndr::remove_attribute(&node, name),
        }
        Vec::new()
    })
}

fn follow_text(node: &types::Element, text: Box<dyn Fn() -> Text + Send>) -> Follow {
    let place = Rndr::create_text_node("");
    Rndr::insert_node(node, &place, None);
    RenderEffect::new(move |_| {
        Rndr::set_text(&place, &text());
        Vec::new()
    })
}

fn follow_children(
    node: &types::Element,
    mut children: Box<dyn FnMut() -> Option<Vec<Element>> + Send>,
) -> Follow {
    // An empty text keeps the place while there is no child.
    let place = Rndr::create_text_node("");
    Rndr::insert_node(node, &place, None);
    let node = node.clone();
    RenderEffect::new(move |before: Option<Vec<Placed>>| {
        let mut placed = before.unwrap_or_default();
        if let Some(children) = children() {
            for mut before in placed.drain(..) {
                before.unmount();
            }
            for child in children {
                let mut child = child.build();
                child.mount(&node, Some(&place));
                placed.push(child);
            }
        }
        placed
    })
}

impl Mountable for Placed {
    fn unmount(&mut self) {
        Rndr::remove(&self.node);
    }

    fn mount(&mut self, parent: &types::Element, marker: Option<&types::Node>) {
        Rndr::insert_node(parent, &self.node, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.node.insert_before_this(child)
    }

    fn elements(&self) -> Vec<types::Element> {
        vec![self.node.clone()]
    }
}
