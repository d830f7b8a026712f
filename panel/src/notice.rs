//! What is said when something does not go as it should, and what can be done: one shape for a whole pane, one for a line.
//!
//! Apart so that each failure has its words in one place: by its code, never by a status.

use crate::app::App;
use crate::client::Fault;
use crate::view::{El, button, el};

/// The words of a fault.
pub(crate) fn words(app: App, fault: &Fault) -> String {
    let key = ["fault_", &fault.code].concat();
    app.t_first(&[&key, "fault_other"])
}

/// A whole pane that says one thing: a title, a sentence, what can be done.
pub(crate) fn pane(kind: &str, title: &str, text: &str, acts: Vec<El>) -> El {
    let mark = el("span", "lfp-state__mark").attr("aria-hidden", "true");
    let has_acts = !acts.is_empty();
    let pane = el("div", "lfp-state")
        .attr("data-kind", kind)
        .child(mark)
        .child(el("h2", "lfp-state__title").text(title))
        .child(el("p", "lfp-state__text").text(text));
    if has_acts { pane.child(el("div", "lfp-state__acts").children(acts)) } else { pane }
}

/// The pane of a fault.
pub(crate) fn fault_pane(app: App, fault: &Fault, again: impl Fn() + 'static) -> El {
    let title = app.t_first(&[&["title_", &fault.code].concat(), "title_other"]);
    let acts = if fault.may_pass() { vec![quiet(&app.t("again"), again)] } else { Vec::new() };
    pane(if fault.may_pass() { "away" } else { "stop" }, &title, &words(app, fault), acts)
}

/// A line above what is shown all the same.
pub(crate) fn line(kind: &str, text: &str, acts: Vec<El>) -> El {
    el("div", "lfp-line").attr("data-kind", kind).child(el("p", "lfp-line__text").text(text)).children(acts)
}

/// A button that does not shout.
pub(crate) fn quiet(label: &str, act: impl Fn() + 'static) -> El {
    button("lf-button lf-button--quiet", label, act)
}

/// A button in a line of text.
pub(crate) fn link(label: &str, act: impl Fn() + 'static) -> El {
    button("lfp-link", label, act)
}

/// A key of the keyboard, for those who see it.
pub(crate) fn key(name: &str) -> El {
    el("kbd", "lfp-key").attr("aria-hidden", "true").text(name)
}
