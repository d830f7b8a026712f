//! The form as a whole: heading, summary, fields, button, and what stands there instead once the lead is safe.
//!
//! Apart from `fields` and `parts`, which it lays out; the order of things on the page is read here.

use std::sync::Arc;

use leptos::prelude::Get;
use leptos::{IntoView, component};

use crate::fields::field_view;
use crate::parts::actions::{notice, send_button, status};
use crate::parts::error_summary::error_summary;
use crate::parts::header::header;
use crate::parts::steps::{back_button, progress, step_frame};
use crate::parts::thanks::thanks_panel;
use crate::shown::{Plain, Shown};
use crate::view::{Element, element};

/// A lead form. The same view natively, where it is read once, and in the browser, where it follows its signals.
#[component]
pub fn LeadForm(
    /// The form and everything that changes in it.
    shown: Arc<Shown>,
) -> impl IntoView {
    frame(shown)
}

/// The outermost element, which tells CSS and tests the phase.
pub(crate) fn frame(shown: Arc<Shown>) -> Element {
    let frame = element("div", "lf")
        .attribute("dir", shown.form.direction.as_str())
        .attribute("lang", shown.form.locale.clone())
        .child(card(Arc::clone(&shown)));
    frame.live_attribute("data-state", move || Some(shown.phase.get().as_str().into()))
}

/// The form or, when the lead is safe, the thanks in its place. The form, and what is typed into it, stands through
/// every other change of phase.
fn card(shown: Arc<Shown>) -> Element {
    let mut was_safe = None;
    element("div", "lf-card").live_children(move || {
        let phase = shown.phase.get();
        let receipt = phase.receipt();
        if was_safe == Some(receipt.is_some()) {
            return None;
        }
        // A form shown once more, for another lead, starts empty.
        let first = was_safe.replace(receipt.is_some()).is_none();
        Some(match receipt {
            Some(receipt) => vec![thanks_panel(&shown, receipt.to_owned())],
            None => vec![header(&shown), form(&shown, first)],
        })
    })
}

/// The questions of one step.
fn grid(shown: &Arc<Shown>, step: u32, first: bool) -> Element {
    let mut grid = element("div", "lf-grid");
    for field in shown.form.fields.iter().filter(|field| field.on_step == step) {
        if let Some(field) = field_view(shown, field, first) {
            grid = grid.child(field);
        }
    }
    grid
}

fn form(shown: &Arc<Shown>, first: bool) -> Element {
    let mut form =
        element("form", "lf-form").maybe_child(progress(shown)).live_children(error_summary(shown));
    for (step, described) in (0..).zip(&shown.form.steps) {
        form = form.child(step_frame(shown, step, &described.title).child(grid(shown, step, first)));
    }
    if shown.form.steps.is_empty() {
        form = form.child(grid(shown, 0, first));
    }
    let form = form
        .child(element("div", "lf-actions").maybe_child(back_button(shown)).child(send_button(shown)))
        .child(status(shown))
        .live_children(notice(shown));
    match &shown.plain {
        Some(plain) => plain_form(form, plain),
        // Outside a dialog this method does nothing: should our listener ever be gone, no value gets into an address.
        None => form.attribute("method", "dialog").flag("novalidate", true),
    }
}

/// What the form needs that posts itself: where to, our signed token, and a field that only a robot fills. Nobody sees that
/// one, hears of it or gets to it by keys, and it asks no browser to fill it.
#[cfg(feature = "ssr")]
fn plain_form(form: Element, plain: &Plain) -> Element {
    let token = element("input", "")
        .attribute("type", "hidden")
        .attribute("name", "_token")
        .attribute("value", plain.token.clone());
    let trap = element("input", "")
        .attribute("name", crate::TRAP)
        .attribute("autocomplete", "off")
        .attribute("tabindex", "-1")
        .attribute("aria-hidden", "true")
        // Out of sight by the sheet's rule for what only a script shows.
        .flag("data-scripted", true);
    form.attribute("method", "post").attribute("action", plain.action.clone()).child(token).child(trap)
}

/// In the browser no form posts itself.
#[cfg(not(feature = "ssr"))]
fn plain_form(form: Element, _: &Plain) -> Element {
    form
}
