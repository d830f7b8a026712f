//! The send button, the line that says what is going on, and the notice when sending did not work.
//!
//! One file because the three speak in turn about the same submission.

use std::sync::Arc;

use leptos::prelude::Get;

use super::steps::send_label;
use crate::shown::Shown;
use crate::state::{Phase, Refusal};
use crate::view::{Element, Text, element};

/// The button that sends. Never `disabled`: the button keeps focus while sending, and pressing it then does nothing.
pub(crate) fn send_button(shown: &Arc<Shown>) -> Element {
    let labels = send_label(shown);
    let (shown, also) = (Arc::clone(shown), Arc::clone(shown));
    let button = element("button", "lf-button")
        .attribute("type", "submit")
        .live_attribute("aria-disabled", move || match shown.phase.get() {
            Phase::Sending => Some("true".into()),
            _ => None,
        })
        .live_children(move || {
            let spinner = || element("span", "lf-spinner").attribute("aria-hidden", "true");
            Some(if also.phase.get() == Phase::Sending { vec![spinner()] } else { Vec::new() })
        });
    labels.into_iter().fold(button, Element::child)
}

/// The line that says what is going on. Always present, because a live region must be there before its text comes.
pub(crate) fn status(shown: &Arc<Shown>) -> Element {
    let shown = Arc::clone(shown);
    element("p", "lf-status").attribute("role", "status").attribute("aria-live", "polite").live_text(
        move || match shown.phase.get() {
            Phase::Sending => shown.text("sending"),
            Phase::Offline { asked: true } => shown.text("offline_retrying"),
            _ => "".into(),
        },
    )
}

/// A function that gives the notice of the present phase. It reads the same through every silent try, so that a screen
/// reader says it once.
pub(crate) fn notice(shown: &Arc<Shown>) -> impl FnMut() -> Option<Vec<Element>> + Send + 'static {
    let shown = Arc::clone(shown);
    let mut before = None;
    move || {
        if let Some(text) = shown.plain.as_ref().and_then(|plain| plain.notice.clone()) {
            return Some(vec![notice_box("refused", text.into())]);
        }
        let notice = notice_of(&shown.phase.get());
        if before.replace(notice) == Some(notice) {
            return None;
        }
        let Some(Notice { kind, text, button }) = notice else {
            return Some(Vec::new());
        };
        let button = button.map(|(action, label)| quiet_button(action, shown.text(label)));
        Some(vec![notice_box(kind, shown.text(text)).maybe_child(button)])
    }
}

/// What a notice says, by keys of the locale.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Notice {
    kind: &'static str,
    text: &'static str,
    /// What its button does, and its label.
    button: Option<(&'static str, &'static str)>,
}

fn notice_of(phase: &Phase) -> Option<Notice> {
    let (kind, text, button) = match phase {
        Phase::Offline { .. } => ("offline", "offline_text", Some(("retry", "retry_now"))),
        Phase::Refused(Refusal::Reused) => ("refused", "reused_text", Some(("as-new", "send_as_new"))),
        Phase::Refused(Refusal::NotTaken) => ("refused", "refused_text", None),
        Phase::Refused(Refusal::NotUnderstood) => ("refused", "honest_error", None),
        _ => return None,
    };
    Some(Notice { kind, text, button })
}

fn notice_box(kind: &'static str, text: Text) -> Element {
    element("div", "lf-notice")
        .attribute("data-kind", kind)
        .attribute("role", "alert")
        .child(element("p", "lf-notice__text").text(text))
}

/// A button beside the main one; `live` listens for its action.
pub(crate) fn quiet_button(action: &'static str, label: Text) -> Element {
    element("button", "lf-button lf-button--quiet")
        .attribute("type", "button")
        .attribute("data-action", action)
        .child(element("span", "lf-button__label").text(label))
}
