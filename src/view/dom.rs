//! An element in the browser: building it, following its signals, and taking over a first paint.
//!
//! Apart from `html` because this half only ever runs where there is a document. Over a first paint nothing new is made
//! where the node is there already: what the visitor has typed, focus, caret, undo and an input method's composition live
//! in the node, and so they stay.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::RenderEffect;
use leptos::tachys::renderer::Rndr;
use leptos::tachys::renderer::types;
use leptos::tachys::view::{Mountable, Render};
use leptos::wasm_bindgen::JsCast;

use super::{Attribute, Child, Element, Parts, Text};

/// An element in the document, with the effects that keep it and everything inside it up to date.
pub(crate) struct Placed {
    node: types::Element,
    effects: Vec<Follow>,
}

/// One type for every effect, so that Leptos's code for it is in the download once. Live children are kept here; the
/// effects of texts and attributes keep nothing.
type Follow = RenderEffect<Vec<Placed>>;

/// The first of what stands inside an element and is not taken over yet; nothing in a new element.
#[derive(Clone, Default)]
pub(crate) struct Old(Rc<Cell<Option<types::Node>>>);

impl Old {
    /// Everything inside an element.
    pub(crate) fn inside(node: &types::Element) -> Self {
        Self(Rc::new(Cell::new(node.first_child())))
    }

    fn next(&self) -> Option<types::Node> {
        let next = self.0.take();
        self.0.set(next.clone());
        next
    }

    /// The next element that is this one, by tag, class and name. What stands before it belongs to nothing and goes.
    fn take_element(&self, tag: &str, class: Option<&str>, name: Option<&str>) -> Option<types::Element> {
        let mut next = self.next();
        while let Some(node) = next {
            next = node.next_sibling();
            let Some(element) = node.dyn_ref::<types::Element>() else { continue };
            let is_it =
                |attribute: &str, wanted: Option<&str>| element.get_attribute(attribute).as_deref() == wanted;
            if element.local_name() == tag && is_it("class", class) && is_it("name", name) {
                self.clear_to(Some(&node));
                self.0.set(next);
                return Some(element.clone());
            }
        }
        None
    }

    /// The text that stands next, or a new one.
    fn text(&self, parent: &types::Element) -> types::Text {
        let old = self.next();
        if let Some(text) = old.as_ref().and_then(JsCast::dyn_ref::<types::Text>) {
            self.0.set(text.next_sibling());
            return text.clone();
        }
        let new = Rndr::create_text_node("");
        self.insert(parent, &new);
        new
    }

    /// Puts a new node before all that is not taken over.
    fn insert(&self, parent: &types::Element, node: &types::Node) {
        Rndr::insert_node(parent, node, self.next().as_ref());
    }

    /// An element in its place: over the one that is there, or a new one.
    fn place(&self, parent: &types::Element, element: Element) -> Placed {
        let old = self.take_element(element.0.tag, element.fixed("class"), element.fixed("name"));
        let is_new = old.is_none();
        let placed = element.build_over(old);
        if is_new {
            self.insert(parent, &placed.node);
        }
        placed
    }

    /// What nothing has taken goes, up to this one.
    fn clear_to(&self, end: Option<&types::Node>) {
        let mut next = self.0.take();
        while let Some(node) = next.filter(|node| Some(node) != end) {
            next = node.next_sibling();
            Rndr::remove(&node);
        }
    }
}

thread_local! {
    /// What the next element that is built is built over.
    static OVER: Cell<Option<Old>> = const { Cell::new(None) };
}

/// The next element that is built takes over the one like it inside `parent`; all else inside `parent` goes.
#[cfg(feature = "csr")]
pub(crate) fn build_over(parent: &types::Element) {
    OVER.set(Some(Old::inside(parent)));
}

impl Element {
    /// The value of an attribute that follows nothing.
    fn fixed(&self, wanted: &str) -> Option<&str> {
        self.0.attributes.iter().find_map(|(name, value)| match value {
            Attribute::Fixed(value) if *name == wanted => Some(value.as_ref()),
            _ => None,
        })
    }

    fn build_over(self, old: Option<types::Element>) -> Placed {
        let Parts { tag, attributes, children } = *self.0;
        let (node, inside) = match old {
            Some(node) => {
                remove_foreign(&node, &attributes);
                let inside = Old::inside(&node);
                (node, inside)
            }
            None => (Rndr::create_element(tag, None), Old::default()),
        };
        let mut effects = Vec::new();
        for (name, value) in attributes {
            match value {
                Attribute::Fixed(value) => set_attribute(&node, name, &value),
                Attribute::Live(value) => effects.push(follow_attribute(node.clone(), name, value)),
            }
        }
        for child in children {
            match child {
                Child::Text(text) => set_text(&inside.text(&node), &text),
                Child::LiveText(text) => effects.push(follow_text(&node, &inside, text)),
                Child::LiveElements(children) => effects.push(follow_children(&node, &inside, children)),
                Child::Element(child) => effects.append(&mut inside.place(&node, child).effects),
            }
        }
        inside.clear_to(None);
        Placed { node, effects }
    }
}

/// Takes away what the first paint has for a browser without our script.
fn remove_foreign(node: &types::Element, attributes: &[(&'static str, Attribute)]) {
    for name in node.get_attribute_names() {
        let name = name.as_string().unwrap_or_default();
        if !attributes.iter().any(|(known, _)| *known == name) {
            Rndr::remove_attribute(node, &name);
        }
    }
}

/// Only what differs: an attribute that is set to what it was can still move what a control holds.
fn set_attribute(node: &types::Element, name: &str, value: &str) {
    if node.get_attribute(name).as_deref() != Some(value) {
        Rndr::set_attribute(node, name, value);
    }
}

/// A text that is set to what it was loses the visitor's selection.
fn set_text(place: &types::Text, text: &str) {
    if place.node_value().as_deref() != Some(text) {
        Rndr::set_text(place, text);
    }
}

impl Render for Element {
    type State = Placed;

    fn build(self) -> Placed {
        let Some(old) = OVER.take() else { return self.build_over(None) };
        let node = old.take_element(self.0.tag, self.fixed("class"), None);
        old.clear_to(None);
        self.build_over(node)
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
            Some(value) => set_attribute(&node, name, &value),
            None => Rndr::remove_attribute(&node, name),
        }
        Vec::new()
    })
}

fn follow_text(node: &types::Element, inside: &Old, text: Box<dyn Fn() -> Text + Send>) -> Follow {
    let place = inside.text(node);
    RenderEffect::new(move |_| {
        set_text(&place, &text());
        Vec::new()
    })
}

fn follow_children(
    node: &types::Element,
    inside: &Old,
    mut children: Box<dyn FnMut() -> Option<Vec<Element>> + Send>,
) -> Follow {
    // An empty text keeps the place while there is no child.
    let place = Rndr::create_text_node("");
    let mut first = Some(inside.clone());
    let (parent, marker) = (node.clone(), place.clone());
    let follow = RenderEffect::new(move |before: Option<Vec<Placed>>| {
        let mut placed = before.unwrap_or_default();
        let inside = first.take();
        if let Some(children) = children() {
            for mut before in placed.drain(..) {
                before.unmount();
            }
            for child in children {
                placed.push(match &inside {
                    Some(inside) => inside.place(&parent, child),
                    None => {
                        let mut child = child.build();
                        child.mount(&parent, Some(&marker));
                        child
                    }
                });
            }
        }
        placed
    });
    inside.insert(node, &place);
    follow
}

impl Mountable for Placed {
    fn unmount(&mut self) {
        Rndr::remove(&self.node);
    }

    /// What was taken over stands there already; a node that is put where it is would lose focus.
    fn mount(&mut self, parent: &types::Element, marker: Option<&types::Node>) {
        if self.node.parent_node().as_ref() != Some(parent) {
            Rndr::insert_node(parent, &self.node, marker);
        }
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.node.insert_before_this(child)
    }

    fn elements(&self) -> Vec<types::Element> {
        vec![self.node.clone()]
    }
}
