//! Our leads: beside the record that they became, or all of them. What became of each, in words, and what can be done.
//!
//! Apart from the records because these are ours: the partner is not asked.

use leptos::prelude::{Get as _, GetUntracked as _, RwSignal, Set as _, With as _};

use crate::act;
use crate::act::leads::{load_all, load_of, settle};
use crate::app::{App, Asked, Place};
use crate::client::Fault;
use crate::list::skeleton;
use crate::notice::{fault_pane, line, link, pane, quiet, words};
use crate::page::{moment, value_in};
use crate::view::{El, el};
use crate::wire::Lead;

/// The states that can be asked for: none for all.
const FILTERS: [(&str, &str); 4] = [
    ("", "filter_all"),
    ("waiting,leased", "filter_waiting"),
    ("held,dead_letter", "filter_stuck"),
    ("delivered", "filter_delivered"),
];

/// Beside a record. A proxy that does not know them yet shows nothing.
pub(crate) fn beside(app: App) -> El {
    el("section", "lfp-leads").attr("aria-label", &app.t("leads")).live(move || {
        let Asked { value, fault, .. } = app.leads.get();
        let heading = el("h3", "lfp-leads__title").text(&app.t("leads_here"));
        match (value, fault) {
            (Some(leads), _) if leads.is_empty() => {
                vec![heading, el("p", "lfp-muted").text(&app.t("leads_none_here"))]
            }
            (Some(leads), _) => vec![heading, cards(app, &leads, false)],
            (None, Some(fault)) if fault.code == "not_found" || fault.is_of_token() => Vec::new(),
            (None, Some(fault)) => {
                let again = move || {
                    if let Place::Record(id) = app.place.get_untracked() {
                        load_of(app, &id);
                    }
                };
                vec![heading, line("away", &words(app, &fault), vec![link(&app.t("again"), again)])]
            }
            (None, None) => Vec::new(),
        }
    })
}

/// All of them, in the list's place.
pub(crate) fn all(app: App) -> El {
    let filter = |(state, key): (&'static str, &str)| {
        let choose = move |_| {
            app.lead_filter.set(state);
            load_all(app);
        };
        el("button", "lfp-chip")
            .attr("type", "button")
            .text(&app.t(key))
            .live_attr("aria-pressed", move || Some((app.lead_filter.get() == state).to_string()))
            .on("click", choose)
    };
    let filters = el("div", "lfp-chips").attr("role", "group").attr("aria-label", &app.t("filter"));
    el("section", "lfp-list lfp-list--leads")
        .attr("aria-label", &app.t("leads"))
        .live_attr("aria-busy", move || app.all_leads.with(|leads| leads.loading).then(|| "true".to_owned()))
        .child(filters.children(FILTERS.map(filter)))
        .child(el("div", "lfp-list__body").live(move || {
            let Asked { value, fault, .. } = app.all_leads.get();
            match (value, fault) {
                (Some(leads), _) if leads.is_empty() => {
                    vec![pane("empty", &app.t("leads_none"), &app.t("leads_none_text"), Vec::new())]
                }
                (Some(leads), _) => vec![cards(app, &leads, true)],
                (None, Some(fault)) if !fault.is_of_token() => {
                    vec![fault_pane(app, &fault, move || load_all(app))]
                }
                _ => vec![skeleton(app)],
            }
        }))
}

fn cards(app: App, leads: &[Lead], links: bool) -> El {
    el("ul", "lfp-cards").children(leads.iter().map(|lead| card(app, lead, links)))
}

fn card(app: App, lead: &Lead, links: bool) -> El {
    let state = app.t_first(&[&["lead_", &lead.state].concat(), "lead_other"]);
    let badge = el("span", "lfp-badge").attr("data-state", &lead.state).text(&state);
    let top = el("div", "lfp-card__top").child(badge).child(el("code", "lfp-receipt").text(&lead.receipt));
    let count = lead.attempts.to_string();
    let tries = match lead.attempts {
        0 => app.t("tries_none"),
        1 => app.t("tries_one"),
        _ => app.tw("tries", &[("count", &count)]),
    };
    let mut facts = vec![app.tw("received_at", &[("time", &moment(app, &lead.received_at))]), tries];
    if let Some(due) = &lead.due_at {
        facts.push(app.tw("due_at", &[("time", &moment(app, due))]));
    }
    let text = app.t_first(&[&["lead_text_", &lead.state].concat(), "lead_text_other"]);
    let mut card = el("li", "lfp-card")
        .child(top)
        .child(el("p", "lfp-card__text").text(&text))
        .child(el("p", "lfp-card__facts").text(&facts.join(" · ")));
    if let Some(reason) = lead.reason.as_ref().filter(|_| lead.state != "delivered") {
        card = card.child(
            el("p", "lfp-card__facts").text(&app.t("reason")).text(" ").child(el("code", "").text(reason)),
        );
    }
    if let Some(reference) = lead.reference.clone().filter(|_| links) {
        card = card
            .child(link(&app.t("open_its_record"), move || act::go(app, Place::Record(reference.clone()))));
    }
    if lead.may.is_empty() { card } else { card.child(settling(app, lead)) }
}

/// What somebody with the scope for it can do: a reason first, since it stands in the audit.
fn settling(app: App, lead: &Lead) -> El {
    let chosen: RwSignal<Option<String>> = RwSignal::new(None);
    let why: RwSignal<String> = RwSignal::default();
    let trouble: RwSignal<Option<Fault>> = RwSignal::new(None);
    let lead = lead.clone();
    el("div", "lfp-settle").live(move || {
        let Some(how) = chosen.get() else {
            let offer = |how: &String| {
                let to = how.clone();
                quiet(&app.t(&["settle_", how].concat()), move || chosen.set(Some(to.clone())))
            };
            return lead.may.iter().map(offer).collect();
        };
        let id = ["why-", &lead.receipt].concat();
        let area = el("textarea", "lf-input").attr("rows", "2").attr("maxlength", "500").attr("id", &id);
        let area = area.on("input", move |event| why.set(value_in(&event)));
        let (settled, sent) = (lead.clone(), how.clone());
        let go = move || {
            let text = why.get_untracked().split_whitespace().collect::<Vec<_>>().join(" ");
            if !text.is_empty() {
                settle(app, &settled, &sent, &text, trouble);
            }
        };
        let says = el("div", "").live(move || {
            trouble
                .get()
                .map(|fault| line("stop", &words(app, &fault), Vec::new()).attr("role", "alert"))
                .into_iter()
                .collect()
        });
        vec![
            el("p", "lfp-card__text").text(&app.t(&["settle_text_", &how].concat())),
            el("label", "lf-label").attr("for", &id).text(&app.t("settle_why")),
            area,
            says,
            el("div", "lfp-settle__acts")
                .child(crate::view::button("lf-button", &app.t(&["settle_", &how].concat()), go))
                .child(quiet(&app.t("cancel"), move || chosen.set(None))),
        ]
    })
}
