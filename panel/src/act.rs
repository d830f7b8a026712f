//! What the panel does: asks the proxy, and writes what comes into the signals.
//!
//! Apart from the views, which only show and call. Each thing that is asked for has a number; an answer that is not to the
//! last question is not heard.

pub(crate) mod leads;
pub(crate) mod record;
pub(crate) mod save;

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::{
    GetUntracked as _, RwSignal, Set as _, SetValue as _, Update as _, WithUntracked as _, set_timeout,
};
use web_sys::AbortController;

use crate::app::{App, Asked, Place, Query, Session, Tab};
use crate::client::{Ask, Fault, ask, encoded};
use crate::page::{focus_soon, now_ms};
use crate::wire::{Holder, Page, Schema};
use crate::{messages, values};

/// After so long a person is told that the partner takes its time.
const SLOW: Duration = Duration::from_secs(2);
/// How long the list waits for the next letter.
const PAUSE: Duration = Duration::from_millis(250);
/// Records on a page.
const LIMIT: u32 = 25;

thread_local! {
    /// Ends the question that the list waits for.
    static LIST: RefCell<Option<AbortController>> = const { RefCell::new(None) };
    /// Counts what was typed into the search.
    static TYPED: Cell<u32> = const { Cell::new(0) };
}

/// Runs a task in the page. Boxed, so that the code that starts one is in the download once.
fn spawn(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    leptos::task::spawn_local(task);
}

/// Marks something as asked for, and as slow when it is still on its way after a while.
fn mark_loading<T: Send + Sync + 'static>(asked: RwSignal<Asked<T>>) {
    asked.update(|asked| {
        asked.loading = true;
        asked.slow = false;
    });
    let slow = move || asked.update(|asked| asked.slow = asked.loading);
    set_timeout(slow, SLOW);
}

/// Puts an answer in its place; what was known before stays where there is none.
fn put<T: Send + Sync + 'static>(app: App, place: RwSignal<Asked<T>>, answer: Result<T, Fault>) -> bool {
    match answer {
        Ok(value) => {
            place.set(Asked { value: Some(Arc::new(value)), at: now_ms(), ..Asked::default() });
            true
        }
        Err(fault) if fault.is_overtaken() => false,
        Err(fault) => {
            if fault.is_of_token() {
                expire(app);
            }
            place.update(|asked| {
                asked.loading = false;
                asked.slow = false;
                asked.fault = Some(fault);
            });
            false
        }
    }
}

/// The token is over: says so, and asks the CRM's page for another. Once: a CRM that answers with a bad one again is not asked
/// for ever.
pub(crate) fn expire(app: App) {
    if app.session.get_untracked() != Session::Expired {
        app.session.set(Session::Expired);
        messages::token_needed(app);
    }
}

/// Takes a token: the first begins, the next goes on where the last one ended.
pub(crate) fn take_token(app: App, token: &str) {
    app.token.set_value(token.to_owned());
    let before = app.session.get_untracked();
    if matches!(before, Session::Waiting | Session::Refused(_)) {
        app.session.set(Session::Starting);
    }
    spawn(async move {
        match ask::<Holder>(app, Ask::get("/panel")).await {
            Ok(holder) => know(app, holder, &before),
            Err(fault) if fault.is_of_token() => expire(app),
            Err(fault) => app.session.set(Session::Refused(fault)),
        }
    });
    if app.schema.with_untracked(|schema| schema.is_empty()) {
        spawn(load_schema(app));
    }
    let list = app.list.get_untracked();
    let known = list.value.is_some() && list.fault.is_none();
    if !known && app.holder.with_untracked(|holder| holder.record.is_none()) {
        load_list(app);
    }
}

fn know(app: App, holder: Holder, before: &Session) {
    messages::watch_end(app, &holder.expires_at);
    let only = holder.record.clone();
    app.holder.set(Arc::new(holder));
    app.session.set(Session::Ready);
    let first = matches!(before, Session::Waiting | Session::Refused(_) | Session::Starting);
    match app.place.get_untracked() {
        Place::Nothing => {
            if let Some(only) = only {
                record::show(app, Place::Record(only));
            }
        }
        // A deep link waits for this; what failed for want of a token is asked for again.
        place => {
            let wanted = first || app.record.with_untracked(|record| record.fault.is_some());
            if wanted && !app.editing.get_untracked() {
                record::show(app, place);
            }
        }
    }
}

/// Asks for the schema; without it there are values and no controls.
pub(crate) async fn load_schema(app: App) {
    if let Ok(schema) = ask::<Schema>(app, Ask::get("/schema")).await {
        app.schema.set(Arc::new(values::in_order(schema.fields)));
    }
}

/// Looks for what is typed, once no letter has followed for a moment.
pub(crate) fn search(app: App, text: String) {
    let number = TYPED.get() + 1;
    TYPED.set(number);
    let go = move || {
        if TYPED.get() == number {
            look_for(app, Query { search: text.trim().to_owned(), page: 0 });
        }
    };
    set_timeout(go, PAUSE);
}

/// Asks for another list, unless it is the one that is there.
pub(crate) fn look_for(app: App, query: Query) {
    if app.query.get_untracked() != query || app.list.with_untracked(|list| list.fault.is_some()) {
        app.query.set(query);
        load_list(app);
    }
}

/// Asks for the list; a question that is still on its way is overtaken.
pub(crate) fn load_list(app: App) {
    let Query { search, page } = app.query.get_untracked();
    let mut path = format!("/records?page={}&limit={LIMIT}", page + 1);
    if !search.is_empty() && app.holder.with_untracked(|holder| holder.operations.search) {
        path.push_str("&search=");
        path.push_str(&encoded(&search));
    }
    let controller = AbortController::new().ok();
    let signal = controller.as_ref().map(AbortController::signal);
    if let Some(before) = LIST.replace(controller) {
        before.abort();
    }
    mark_loading(app.list);
    spawn(async move {
        let answer = ask::<Page>(app, Ask { signal, ..Ask::get(path) }).await;
        put(app, app.list, answer);
    });
}

/// Turns the page.
pub(crate) fn turn(app: App, to: u32) {
    let query = Query { page: to, ..app.query.get_untracked() };
    look_for(app, query);
    focus_soon(".lfp-list__head");
}

/// Goes to one of the two lists.
pub(crate) fn choose_tab(app: App, tab: Tab) {
    app.tab.set(tab);
    if tab == Tab::Leads {
        leads::load_all(app);
    }
}

/// Whether a place can be left: otherwise the person is asked first.
pub(crate) fn go(app: App, to: Place) {
    if app.is_dirty() {
        app.guarded.set(Some(to));
    } else {
        record::show(app, to);
    }
}

/// Leaves, whatever was typed.
pub(crate) fn leave(app: App, to: Place) {
    app.guarded.set(None);
    app.editing.set(false);
    record::show(app, to);
}

/// Says aloud what was done.
pub(crate) fn say(app: App, sentence: String) {
    app.said.set(sentence);
}
