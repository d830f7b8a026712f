//! Our leads: those of one record, all of them, and settling one.
//!
//! Apart because they are ours, not the partner's: they come from the proxy's own store and say what became of each.

use std::sync::Arc;

use gloo_net::http::Method;
use leptos::prelude::{GetUntracked as _, RwSignal, Set as _, Update as _};
use serde_json::json;

use super::{mark_loading, put, say, spawn};
use crate::app::{App, Asked, Place};
use crate::client::{Ask, Fault, ask, encoded};
use crate::wire::{Lead, Leads};

/// Asks for the leads of a record.
pub(crate) fn load_of(app: App, id: &str) {
    load(app, app.leads, ["/leads?record=", &encoded(id)].concat());
}

/// Asks for all leads of the state that is chosen.
pub(crate) fn load_all(app: App) {
    let state = app.lead_filter.get_untracked();
    let filter = if state.is_empty() { String::new() } else { ["&state=", state].concat() };
    load(app, app.all_leads, ["/leads?limit=50", &filter].concat());
}

fn load(app: App, place: RwSignal<Asked<Vec<Lead>>>, path: String) {
    mark_loading(place);
    spawn(async move {
        let answer = ask::<Leads>(app, Ask::get(path)).await;
        put(app, place, answer.map(|leads| leads.leads));
    });
}

/// Settles a lead: it is there, or it is sent again. `trouble` hears why not.
pub(crate) fn settle(app: App, lead: &Lead, how: &str, why: &str, trouble: RwSignal<Option<Fault>>) {
    let body = json!({ "as": how, "why": why, "version": lead.version }).to_string();
    let path = ["/leads/", &encoded(&lead.receipt), "/resolve"].concat();
    let receipt = lead.receipt.clone();
    trouble.set(None);
    spawn(async move {
        match ask::<Lead>(app, Ask::with_body(Method::POST, path, body)).await {
            Ok(settled) => {
                for place in [app.leads, app.all_leads] {
                    swap(place, &settled);
                }
                say(app, app.tw("lead_settled", &[("receipt", &receipt)]));
            }
            Err(fault) => {
                if fault.is_of_token() {
                    super::expire(app);
                }
                // Somebody was quicker: what is shown is old.
                if fault.code == "delivery_conflict" {
                    say(app, app.t("lead_conflict"));
                    if let Place::Record(id) = app.place.get_untracked() {
                        load_of(app, &id);
                    }
                    load_all(app);
                }
                trouble.set(Some(fault));
            }
        }
    });
}

fn swap(place: RwSignal<Asked<Vec<Lead>>>, settled: &Lead) {
    place.update(|asked| {
        if let Some(leads) = &asked.value {
            let swapped =
                leads.iter().map(|lead| if lead.receipt == settled.receipt { settled } else { lead });
            asked.value = Some(Arc::new(swapped.cloned().collect()));
        }
    });
}
