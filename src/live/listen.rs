//! What the visitor does, heard by one listener for the whole form.
//!
//! Apart so that the rules of kindness are read in one place:
//! - A problem is shown when the visitor leaves a field that they changed, not one that they only passed through: who
//!   tabs over a required field has done nothing wrong yet. Emptying a field is a change, so then "required" is said.
//! - While a problem is shown, every change asks the rules again, so that it goes away as soon as it is mended.
//! - While a pointer is down, a field that is left waits with its problem: the line of text would move what is pressed
//!   from under the pointer, and the click would be lost. Who leaves it by the keyboard is told at once.

use std::rc::{Rc, Weak};

use leptos::prelude::{GetUntracked, window};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, EventTarget, FocusEvent};

use super::Live;
use crate::events::Event;

/// Events that are heard on the form's element. All of them bubble.
const HEARD: &[&str] = &["submit", "input", "focusout", "click"];

/// Events that are heard on the window, before the host page can stop them: a pointer goes down and up where it likes. With
/// a finger it is the `mousedown` that moves focus, which the browser makes up after the `pointerup`. A key says that the
/// pointer is done with: some ends of a press, such as a menu that opens, are never told.
const HEARD_ON_WINDOW: &[&str] =
    &["online", "pointerdown", "mousedown", "pointerup", "pointercancel", "mouseup", "keydown"];

/// The listener; it stops listening when it is dropped.
pub(crate) struct Listening {
    root: EventTarget,
    /// Not `FnMut`: moving focus while an event is handled is an event too, heard before the first one is done.
    listener: Closure<dyn Fn(web_sys::Event)>,
}

impl Listening {
    /// Starts to listen.
    pub(crate) fn start(live: &Rc<Live>) -> Self {
        let weak: Weak<Live> = Rc::downgrade(live);
        let listener = Closure::new(move |event: web_sys::Event| {
            if let Some(live) = weak.upgrade() {
                live.heard(&event);
            }
        });
        let listening = Self { root: live.root.clone().into(), listener };
        let function = listening.listener.as_ref().unchecked_ref();
        for (target, capture, name) in listening.places() {
            target.add_event_listener_with_callback_and_bool(name, function, capture).unwrap_or_default();
        }
        listening
    }

    /// What is heard: where, whether before what is inside hears it, and which event.
    fn places(&self) -> impl Iterator<Item = (EventTarget, bool, &'static str)> {
        let on_root = HEARD.iter().map(|name| (self.root.clone(), false, *name));
        on_root.chain(HEARD_ON_WINDOW.iter().map(|name| (window().into(), true, *name)))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let function = self.listener.as_ref().unchecked_ref();
        for (target, capture, name) in self.places() {
            target.remove_event_listener_with_callback_and_bool(name, function, capture).unwrap_or_default();
        }
    }
}

impl Live {
    fn heard(self: &Rc<Self>, event: &web_sys::Event) {
        let name = event.type_();
        match name.as_str() {
            "online" => return self.retry(),
            "pointerdown" | "mousedown" => return self.pressing.set(true),
            "pointerup" | "pointercancel" | "mouseup" | "keydown" => return self.let_go(),
            _ => {}
        }
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return;
        };
        match name.as_str() {
            "submit" => {
                event.prevent_default();
                if !self.step_on() {
                    self.submit(false);
                }
            }
            "input" => self.changed(&target),
            "focusout" => self.left(&target, event),
            _ => self.clicked(&target, event),
        }
    }

    fn changed(&self, control: &Element) {
        if !self.started.replace(true) {
            self.teller.tell(&Event::Started);
        }
        let name = name_of(control);
        for (field, changed) in self.shown.form.fields.iter().zip(self.changed.borrow_mut().iter_mut()) {
            *changed |= field.name == name;
        }
        if self.shown.problems_of(&name).is_some_and(|problems| !problems.get_untracked().is_empty()) {
            self.check_one(&name);
        }
        self.ask_anew();
    }

    fn left(&self, control: &Element, event: &web_sys::Event) {
        let name = name_of(control);
        let next = event.unchecked_ref::<FocusEvent>().related_target();
        // From one radio button to the next of the same group nothing is left.
        let stays =
            next.and_then(|next| next.dyn_into::<Element>().ok()).is_some_and(|next| name_of(&next) == name);
        let changed = self.shown.form.fields.iter().position(|field| field.name == name);
        let changed = changed.and_then(|index| self.changed.borrow().get(index).cloned()).unwrap_or(false);
        if changed && !stays {
            if self.pressing.get() {
                self.waiting.set(Some(name));
            } else {
                self.check_one(&name);
            }
        }
    }

    /// No pointer is down any more: the field that was left by pressing elsewhere has its turn.
    fn let_go(&self) {
        self.pressing.set(false);
        if let Some(name) = self.waiting.take() {
            self.check_one(&name);
        }
    }

    fn clicked(self: &Rc<Self>, target: &Element, event: &web_sys::Event) {
        if let Some(link) = closest(target, "[data-field]") {
            event.prevent_default();
            let field = link.get_attribute("data-field").unwrap_or_default();
            self.go_to_field(&field);
        } else if let Some(button) = closest(target, "[data-action]") {
            match button.get_attribute("data-action").as_deref() {
                Some("retry") => self.submit(false),
                Some("as-new") => self.submit(true),
                Some("back") => self.step_back(),
                _ => self.start_over(),
            }
        }
    }
}

fn closest(element: &Element, selector: &str) -> Option<Element> {
    element.closest(selector).ok().flatten()
}

fn name_of(control: &Element) -> String {
    control.get_attribute("name").unwrap_or_default()
}
