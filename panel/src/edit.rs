//! The form of a record that is being changed, or of a new one: its fields, what went wrong, and the bar that saves.
//!
//! Apart from its fields because it is made once for each record, and they follow the draft.

use leptos::prelude::{Get as _, GetUntracked as _, With as _};

use crate::act::{record, save};
use crate::app::{App, Place, Saving, Session};
use crate::client::Fault;
use crate::control;
use crate::notice::{key, line, link, quiet, words};
use crate::view::{El, el};

/// The whole form.
pub(crate) fn view(app: App) -> El {
    let creates = app.place.get_untracked() == Place::New;
    let draft = app.draft.get_untracked();
    let fields = draft.slots.iter().map(|slot| control::view(app, slot, creates));
    let intro = if creates { "new_intro" } else { "edit_intro" };
    el("form", "lfp-edit")
        .attr("novalidate", "")
        .attr("aria-labelledby", "lfp-record-title")
        .child(el("p", "lfp-intro").text(&app.t(intro)))
        .child(el("div", "lf-grid").children(fields))
        .child(foot(app, creates))
        .on("submit", move |event| {
            event.prevent_default();
            save::save(app);
        })
}

/// Why it is not saved, above the button that saves.
fn troubles(app: App) -> Vec<El> {
    match app.saving.get() {
        Saving::Idle | Saving::Busy => Vec::new(),
        Saving::Conflict => vec![line("stop", &app.t("conflict"), Vec::new())],
        Saving::Reused => {
            let send = link(&app.t("send_as_new"), move || save::save_as_new(app));
            vec![line("stop", &app.t("reused_text"), vec![send])]
        }
        Saving::Problems(homeless) if homeless.is_empty() => {
            vec![line("stop", &app.t("check_fields"), Vec::new())]
        }
        Saving::Problems(homeless) => {
            let sentence = |problem: &lead_model::Problem| {
                [&crate::values::label_of(&problem.field), ": ", &control::sentence(app, problem)].concat()
            };
            homeless.iter().map(|problem| line("stop", &sentence(problem), Vec::new())).collect()
        }
        Saving::Failed(fault) => vec![failed(app, &fault)],
    }
}

fn failed(app: App, fault: &Fault) -> El {
    let changes = app.place.get_untracked() != Place::New;
    let unclear = changes
        && matches!(fault.code.as_str(), "partner_unclear" | "partner_timeout" | "offline" | "unreadable");
    let kept = app.t("kept");
    if fault.is_of_token() {
        return line("door", &[app.t("expired_saving"), kept].join(" "), Vec::new());
    }
    if unclear {
        let acts = vec![link(&app.t("read_again"), move || record::reload(app))];
        return line("stop", &[app.t("save_unclear"), kept].join(" "), acts);
    }
    let acts =
        if fault.may_pass() { vec![link(&app.t("save_again"), move || save::save(app))] } else { Vec::new() };
    line(if fault.may_pass() { "away" } else { "stop" }, &[words(app, fault), kept].join(" "), acts)
}

fn foot(app: App, creates: bool) -> El {
    let busy = move || app.saving.with(|saving| *saving == Saving::Busy);
    let changes = move || match (creates, save::count(app)) {
        (true, _) => String::new(),
        (false, 0) => app.t("no_changes"),
        (false, 1) => app.t("one_change"),
        (false, count) => app.tw("changes", &[("count", &count.to_string())]),
    };
    let label = app.t(if creates { "create" } else { "save" });
    let saving = app.t("saving");
    let send = el("button", "lf-button")
        .attr("type", "submit")
        .attr("aria-keyshortcuts", "Control+S Meta+S")
        .live_attr("aria-disabled", move || {
            (busy() || app.session.get() == Session::Expired).then(|| "true".to_owned())
        })
        .live_attr("data-busy", move || busy().then(String::new))
        .live_text(move || if busy() { saving.clone() } else { label.clone() })
        .child(key("Ctrl S"));
    el("div", "lfp-foot")
        .child(
            el("div", "lfp-saving").attr("tabindex", "-1").attr("role", "alert").live(move || troubles(app)),
        )
        .child(el("p", "lfp-count").attr("role", "status").live_text(changes))
        .child(quiet(&app.t("cancel"), move || record::cancel(app)))
        .child(send)
}
