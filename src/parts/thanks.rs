//! What stands in the form's place once the lead is safe: thanks, the receipt, and how far the lead has come.

use std::sync::Arc;

use leptos::prelude::Get;

use super::actions::quiet_button;
use crate::shown::Shown;
use crate::state::Phase;
use crate::view::{Element, element};

/// The thanks. It takes focus, so that a screen reader reads it and the keyboard goes on from here.
pub(crate) fn thanks_panel(shown: &Arc<Shown>, receipt: String) -> Element {
    let form = &shown.form;
    let number = element("p", "lf-receipt")
        .child(element("span", "lf-receipt__label").text(shown.text("receipt_label")))
        .text(" ")
        .child(element("code", "lf-receipt__number").text(receipt));
    let panel = element("div", "lf-thanks")
        .attribute("tabindex", "-1")
        .child(element("div", "lf-thanks__mark").attribute("aria-hidden", "true"))
        .child(element("h2", "lf-title").text(form.success_title.clone()))
        .child(element("p", "").text(form.success_text.clone()))
        .child(number)
        .child(progress(shown));
    // Without our script there is nothing that would hear the button.
    if shown.plain.is_some() { panel } else { panel.child(quiet_button("another", shown.text("another"))) }
}

/// How far the lead has come; a live region, since it may still move from received to delivered.
fn progress(shown: &Arc<Shown>) -> Element {
    let shown = Arc::clone(shown);
    element("p", "lf-thanks__state").attribute("role", "status").live_text(move || match shown.phase.get() {
        Phase::Delivered { .. } => shown.text("delivered_state"),
        _ => shown.text("received_state"),
    })
}
