//! What the visitor and the host page hear when our own code fails.
//!
//! Apart because it may rely on nothing: a panic can come in the middle of any change, so no signal is set and nothing
//! is borrowed here that a change could hold. A failed form says so, keeps what was typed, and is never a blank box.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use crate::controls;
use crate::events::Event;
use crate::live::Live;

thread_local! {
    /// The forms on this page.
    static FORMS: RefCell<Vec<Weak<Live>>> = const { RefCell::new(Vec::new()) };
}

/// From now on a panic is told to this form's host page and visitor.
pub(crate) fn watch(live: &Rc<Live>) {
    let first = FORMS.with_borrow_mut(|forms| {
        forms.retain(|form| form.strong_count() > 0);
        forms.push(Rc::downgrade(live));
        forms.len() == 1
    });
    if first {
        std::panic::set_hook(Box::new(|_info| {
            // Development builds say in the console where it came from.
            #[cfg(feature = "panic-hook")]
            console_error_panic_hook::hook(_info);
            tell();
        }));
    }
}

fn tell() {
    let forms = FORMS.with(|forms| forms.try_borrow().map(|forms| forms.clone()).unwrap_or_default());
    for live in forms.iter().filter_map(Weak::upgrade) {
        let status = controls::first(&live.root, ".lf-status");
        // Thanks stay as they are: that lead is safe, whatever failed since.
        let empty = live.root.first_child().is_none().then(|| live.root.clone());
        if let Some(place) = status.or(empty) {
            place.set_text_content(Some(&live.shown.text("honest_error")));
        }
        live.teller.tell(&Event::Failed("panic"));
    }
}
