//! What is around list and record: the bar with search and tabs, what is to be said of the session, and the question whether
//! changes may be lost.
//!
//! Apart because it stands as long as the page; everything inside it comes and goes.

use leptos::prelude::{Get as _, GetUntracked as _, Set as _, With as _};
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

use crate::act::{self, save};
use crate::app::{App, Place, Session, Tab};
use crate::notice::{fault_pane, key, line, pane, quiet};
use crate::page::{find, value_in};
use crate::view::{El, button, el};
use crate::{leads, list, messages, record};

/// The whole panel.
pub(crate) fn view(app: App) -> El {
    el("main", "lfp-shell")
        .live_attr("data-place", move || {
            Some(if app.place.get() == Place::Nothing { "list" } else { "record" }.to_owned())
        })
        .live_attr("data-only", move || app.holder.with(|holder| holder.record.is_some()).then(String::new))
        .child(el("h1", "lfp-hidden").text(&app.t("title")))
        .live_of(
            move || flags(&[app.session.with(|session| matches!(session, Session::Refused(_))), waits(app)]),
            move || match app.session.get() {
                Session::Refused(_) | Session::Waiting => vec![nothing_else(app)],
                _ => whole(app),
            },
        )
        .child(said(app))
        .child(guard(app))
}

/// What so many answers are, as a key.
pub(crate) fn flags(all: &[bool]) -> String {
    all.iter().map(|on| if *on { '1' } else { '0' }).collect()
}

/// No token has come, and none has been.
fn waits(app: App) -> bool {
    app.session.get() == Session::Waiting
}

fn nothing_else(app: App) -> El {
    match app.session.get_untracked() {
        Session::Refused(fault) => fault_pane(app, &fault, move || {
            let token = leptos::prelude::GetValue::get_value(&app.token);
            act::take_token(app, &token);
        }),
        _ => pane("door", &app.t("waiting"), &app.t("waiting_text"), Vec::new()),
    }
}

fn whole(app: App) -> Vec<El> {
    let panes = el("div", "lfp-panes")
        .live_of(
            move || flags(&[app.tab.get() == Tab::Leads, app.holder.with(|holder| holder.record.is_some())]),
            move || match (app.tab.get(), app.holder.with(|holder| holder.record.is_some())) {
                (_, true) => Vec::new(),
                (Tab::Records, _) => vec![list::view(app)],
                (Tab::Leads, _) => vec![leads::all(app)],
            },
        )
        .live_of(
            move || flags(&[is_open(app)]),
            move || if is_open(app) { vec![record::view(app)] } else { Vec::new() },
        );
    vec![bar(app), el("div", "lfp-lines").live(move || session_lines(app)), panes]
}

fn is_open(app: App) -> bool {
    app.place.with(|place| *place != Place::Nothing)
}

fn session_lines(app: App) -> Vec<El> {
    match app.session.get() {
        Session::Expired => vec![
            line(
                "door",
                &app.t("expired"),
                vec![quiet(&app.t("expired_ask"), move || messages::token_needed(app))],
            )
            .attr("role", "alert"),
        ],
        _ => Vec::new(),
    }
}

fn bar(app: App) -> El {
    el("header", "lfp-bar").live_of(
        move || {
            let tab = app.tab.get() == Tab::Leads;
            let starting = app.session.with(|session| *session == Session::Starting);
            app.holder.with(|holder| {
                let can = &holder.operations;
                let only = holder.record.is_some();
                flags(&[
                    tab,
                    starting,
                    only,
                    holder.leads,
                    holder.writes(),
                    can.search,
                    can.get_by_reference,
                    can.create,
                ])
            })
        },
        move || {
            let (holder, tab) = (app.holder.get(), app.tab.get());
            let starting = app.session.with(|session| *session == Session::Starting);
            if holder.record.is_some() {
                return Vec::new();
            }
            let mut parts = Vec::new();
            if holder.leads {
                let to = |to: Tab, key: &str| {
                    button("lfp-tab", &app.t(key), move || act::choose_tab(app, to)).attr_if(
                        to == tab,
                        "aria-current",
                        "page",
                    )
                };
                let tabs = [to(Tab::Records, "records"), to(Tab::Leads, "leads")];
                parts.push(el("nav", "lfp-tabs").attr("aria-label", &app.t("title")).children(tabs));
            }
            let finds = starting || holder.operations.search || holder.operations.get_by_reference;
            if tab == Tab::Records && finds {
                parts.push(search(
                    app,
                    holder.operations.search || starting,
                    holder.operations.get_by_reference,
                ));
            }
            if holder.writes() && holder.operations.create {
                let new = el("button", "lf-button lfp-new").attr("type", "button");
                let new = new.text(&app.t("new")).child(key("N")).attr("aria-keyshortcuts", "n");
                parts.push(new.on("click", move |_| {
                    app.tab.set(Tab::Records);
                    act::go(app, Place::New);
                }));
            } else if !starting && !holder.writes() {
                parts.push(el("p", "lfp-tag").text(&app.t("read_only")));
            }
            parts
        },
    )
}

/// One field for both: the list by what is typed, or one record by our reference.
fn search(app: App, searches: bool, by_reference: bool) -> El {
    let label = app.t(if searches { "search" } else { "find_reference" });
    let input = el("input", "lf-input lfp-search__input")
        .attr("type", "search")
        .attr("id", "lfp-search")
        .attr("maxlength", "200")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .attr("aria-keyshortcuts", "/")
        .attr("placeholder", &label)
        .attr("value", &app.query.get_untracked().search)
        .on("input", move |event| {
            if searches {
                act::search(app, value_in(&event));
            }
        });
    let typed = input.clone();
    let go = move || {
        let wanted = typed.0.unchecked_ref::<web_sys::HtmlInputElement>().value().trim().to_owned();
        if !wanted.is_empty() {
            act::go(app, Place::Reference(wanted));
        }
    };
    let enter = go.clone();
    let form = el("form", "lfp-search")
        .attr("role", "search")
        .child(el("label", "lfp-hidden").attr("for", "lfp-search").text(&label))
        .child(input)
        .child(key("/"))
        .on("submit", move |event| {
            event.prevent_default();
            if !searches {
                enter();
            }
        });
    if by_reference {
        let find =
            el("button", "lfp-search__reference").attr("type", if searches { "button" } else { "submit" });
        let find = find
            .attr("aria-label", &app.t("find_reference"))
            .attr("title", &app.t("find_reference"))
            .text("#");
        return form.child(if searches { find.on("click", move |_| go()) } else { find });
    }
    form
}

/// What was just done: heard, and seen for as long as nothing else is done.
fn said(app: App) -> El {
    el("p", "lfp-said").attr("role", "status").live_text(move || app.said.get())
}

/// Asks before changes are lost. The browser's own dialog: focus stays inside, Escape keeps the changes.
fn guard(app: App) -> El {
    let stay = move || app.guarded.set(None);
    let discard = move || {
        if let Some(to) = app.guarded.get_untracked() {
            act::leave(app, to);
        }
    };
    let keep = move || {
        stay();
        save::save(app);
    };
    let acts = el("div", "lfp-dialog__acts")
        .child(button("lf-button", &app.t("guard_save"), keep))
        .child(quiet(&app.t("guard_stay"), stay))
        .child(button("lfp-link lfp-link--danger", &app.t("guard_discard"), discard));
    let dialog = el("dialog", "lfp-dialog")
        .attr("aria-labelledby", "lfp-guard")
        .child(el("h2", "lfp-dialog__title").attr("id", "lfp-guard").text(&app.t("guard")))
        .child(el("p", "lfp-dialog__text").text(&app.t("guard_text")))
        .child(acts)
        .on("cancel", move |_| stay());
    let node = dialog.0.clone();
    dialog.live(move || {
        let dialog: &HtmlDialogElement = node.unchecked_ref();
        let asked = app.guarded.with(Option::is_some);
        if asked && !dialog.open() {
            dialog.show_modal().unwrap_or_default();
        } else if !asked && dialog.open() {
            dialog.close();
            if let Some(title) = find(".lfp-record__title") {
                crate::page::take_focus(&title);
            }
        }
        Vec::new()
    })
}
