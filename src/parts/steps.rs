//! A form in steps: the frame around each, how far the visitor has come, and the way back.
//!
//! Apart because most forms have none of it. Without our script every step is in sight, one below the other: a plain form
//! has nobody who would go from one to the next.

use std::sync::Arc;

use lead_model::text_with;
use leptos::prelude::Get;

use super::actions::quiet_button;
use crate::shown::Shown;
use crate::view::{Element, Text, element};

/// The frame and heading of a step; its questions come inside.
pub(crate) fn step_frame(shown: &Arc<Shown>, step: u32, title: &str) -> Element {
    let title = element("legend", "lf-step__title").attribute("tabindex", "-1").text(title.to_owned());
    let frame = element("fieldset", "lf-step").child(title);
    if shown.plain.is_some() {
        // Out of sight where our script is about to come.
        return frame.flag("data-later", step > 0);
    }
    let shown = Arc::clone(shown);
    frame.live_attribute("hidden", move || (shown.sight.get().step != step).then(Text::default))
}

/// "Step 2 of 3", and the same as a bar for the eye.
pub(crate) fn progress(shown: &Arc<Shown>) -> Option<Element> {
    if shown.form.steps.is_empty() {
        return None;
    }
    let (said, value, max) = (Arc::clone(shown), Arc::clone(shown), Arc::clone(shown));
    let said = element("span", "lf-progress__text").live_text(move || {
        let (place, count) = said.progress();
        text_with(&said.form, "step_of", &[("step", place), ("count", count)]).into()
    });
    let bar = element("progress", "lf-progress__bar")
        .attribute("aria-hidden", "true")
        .live_attribute("value", move || Some(value.progress().0.to_string().into()))
        .live_attribute("max", move || Some(max.progress().1.to_string().into()));
    Some(element("div", "lf-progress").flag("data-scripted", shown.plain.is_some()).child(said).child(bar))
}

/// The button that goes back.
pub(crate) fn back_button(shown: &Arc<Shown>) -> Option<Element> {
    if shown.form.steps.is_empty() || shown.plain.is_some() {
        return None;
    }
    let button = quiet_button("back", shown.text("back"));
    let shown = Arc::clone(shown);
    Some(button.live_attribute("hidden", move || (shown.progress().0 == 1).then(Text::default)))
}

/// What the send button says: that it goes on, up to the last step.
pub(crate) fn send_label(shown: &Arc<Shown>) -> Vec<Element> {
    let label = || element("span", "lf-button__label");
    let submit = shown.form.submit.clone();
    if shown.form.steps.is_empty() {
        return vec![label().text(submit)];
    }
    if shown.plain.is_some() {
        // One of the two is in sight: all steps and one button to send them, or our script is about to come.
        let next = label().flag("data-scripted", true).text(shown.text("next"));
        return vec![label().flag("data-later", true).text(submit), next];
    }
    let shown = Arc::clone(shown);
    vec![label().live_text(move || {
        let (place, count) = shown.progress();
        if place < count { shown.text("next") } else { submit.clone().into() }
    })]
}
