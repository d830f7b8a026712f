//! The form as a whole: heading, summary, fields, button, and what stands there instead once the lead is safe.
//!
//! Apart from `fields` and `parts`, which it lays out; the order of things on the page is read here.

use leptos::prelude::{Get, GetUntracked, Memo};
use leptos::{IntoView, component};

use crate::fields::field_view;
use crate::parts::actions::{notice, send_button, status};
use crate::parts::error_summary::error_summary;
use crate::parts::header::header;
use crate::parts::thanks::thanks_panel;
use crate::shown::Shown;
use crate::view::{Element, element};

/// A lead form. The same view natively, where it is read once, and in the browser, where it follows its signals.
#[component]
pub fn LeadForm(
    /// The form and everything that changes in it.
    shown: Shown,
) -> impl IntoView {
    frame(shown)
}

/// The outermost element, which tells CSS and tests the phase.
fn frame(shown: Shown) -> Element {
    let phase = shown.phase;
    element("div", "lf")
        .live_attribute("data-state", move || Some(phase.get().as_str().into()))
        .attribute("dir", shown.form.direction.as_str())
        .attribute("lang", shown.form.locale.clone())
        .child(card(shown))
}

/// The form or, when the lead is safe, the thanks in its place. The memo keeps the form, and what is typed into it,
/// standing through every other change of phase.
fn card(shown: Shown) -> Element {
    let phase = shown.phase;
    let safe = Memo::new(move |_| phase.get().receipt().is_some());
    let mut first = true;
    let mut shown = shown;
    element("div", "lf-card").live_children(move || {
        if safe.get() {
            let phase = phase.get_untracked();
            return phase
                .receipt()
                .map(|receipt| thanks_panel(&shown, receipt.to_owned()))
                .into_iter()
                .collect();
        }
        // A form shown once more, for another lead, starts empty.
        if !std::mem::take(&mut first) {
            shown.values = Default::default();
        }
        vec![header(&shown), form(&shown)]
    })
}

fn form(shown: &Shown) -> Element {
    let form = element("form", "lf-form")
        .live_child(error_summary(shown))
        .child(
            element("div", "lf-grid")
                .children(shown.form.fields.iter().filter_map(|field| field_view(shown, field))),
        )
        .child(element("div", "lf-actions").child(send_button(shown)))
        .child(status(shown))
        .live_child(notice(shown));
    match &shown.plain {
        Some(plain) => {
            let token = element("input", "")
                .attribute("type", "hidden")
                .attribute("name", "_token")
                .attribute("value", plain.token.clone());
            form.attribute("method", "post").attribute("action", plain.action.clone()).child(token)
        }
        // Outside a dialog this method does nothing: should our listener ever be gone, no value gets into an address.
        None => form.attribute("method", "dialog").flag("novalidate", true),
    }
}
