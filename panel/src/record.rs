//! One record: what it is called, its fields as a person reads them, our leads beside it; or, while it is changed, its form.
//!
//! Apart from the form because reading is what happens here most of the time.

use leptos::prelude::{Get as _, GetUntracked as _, With as _};
use serde_json::Value;

use crate::act::{self, record};
use crate::app::{App, Asked, Place};
use crate::notice::{fault_pane, key, line, link, pane, quiet, words};
use crate::page;
use crate::shell::flags;
use crate::values::{Line, columns_of, lines_of, text_of, title_of};
use crate::view::{El, el};
use crate::wire::Record;
use crate::{edit, leads, list};

/// The whole section.
pub(crate) fn view(app: App) -> El {
    el("section", "lfp-record")
        .attr("aria-labelledby", "lfp-record-title")
        .live_attr("aria-busy", move || app.record.with(|asked| asked.loading).then(|| "true".to_owned()))
        .live(move || vec![head(app)])
        .child(el("div", "lfp-lines").live(move || lines(app)))
        .live_of(
            move || [app.place.with(Place::key), flags(&[app.editing.get()])].concat(),
            move || match (app.place.get(), app.editing.get()) {
                (_, true) => vec![edit::view(app)],
                (Place::New, false) => vec![list::skeleton(app)],
                _ => vec![el("div", "lfp-record__body").live(move || body(app))],
            },
        )
}

fn title(app: App) -> String {
    match (app.place.get(), app.record.get().value) {
        (Place::New, _) => app.t("new_title"),
        (Place::Reference(reference), None) => reference,
        (_, Some(record)) => title_of(&record, &columns_of(&app.holder.get().columns, &app.schema.get())),
        _ => app.t("record"),
    }
}

fn head(app: App) -> El {
    let only = app.holder.with(|holder| holder.record.is_some());
    let may = app.holder.with(|holder| holder.writes() && holder.operations.update);
    let record = app.record.with(|asked| asked.value.clone());
    let mut head = el("header", "lfp-record__head");
    if !only {
        let close = el("button", "lfp-icon lfp-close").attr("type", "button").attr("data-icon", "back");
        let close = close.attr("aria-label", &app.t("back")).attr("title", &app.t("back"));
        head = head.child(close.on("click", move |_| act::go(app, Place::Nothing)));
    }
    let heading =
        el("h2", "lfp-record__title").attr("id", "lfp-record-title").attr("tabindex", "-1").text(&title(app));
    let mut names = el("div", "lfp-record__names").child(heading);
    if let Some(record) = record.filter(|_| app.place.get() != Place::New) {
        names = names.child(ids(app, &record));
    }
    head = head.child(names);
    let reading = !app.editing.get() && matches!(app.place.get(), Place::Record(_));
    if reading && app.record.with(|asked| asked.value.is_some()) {
        if may {
            let edit = el("button", "lf-button lf-button--quiet")
                .attr("type", "button")
                .attr("aria-keyshortcuts", "e");
            let edit = edit.text(&app.t("edit")).child(key("E"));
            head = head.child(edit.on("click", move |_| record::edit(app)));
        } else if only {
            head = head.child(el("p", "lfp-tag").text(&app.t("read_only")));
        }
    }
    head
}

fn ids(app: App, record: &Record) -> El {
    let pair = |label: &str, value: &str| {
        el("span", "lfp-id").text(&app.t(label)).text(" ").child(el("code", "").text(value))
    };
    let ids = el("p", "lfp-ids").child(pair("id", &record.id));
    match &record.reference {
        Some(reference) => ids.child(pair("reference", reference)),
        None => ids,
    }
}

/// What has to be said above the fields: nothing while they are as they should be.
fn lines(app: App) -> Vec<El> {
    let asked = app.record.get();
    let mut lines = Vec::new();
    if asked.loading && asked.slow {
        lines.push(line("slow", &app.t("slow"), Vec::new()));
    }
    if let (Some(fault), Some(_), false) = (&asked.fault, &asked.value, app.editing.get()) {
        let (time, age) = (page::clock_time(app, asked.at), page::age(app, asked.at));
        let values = [("time", time.as_str()), ("age", age.as_str())];
        let text = match fault.code.as_str() {
            "record_not_found" => app.t("record_gone"),
            _ => [words(app, fault), app.tw("record_of", &values)].join(" "),
        };
        lines.push(line("away", &text, vec![link(&app.t("again"), move || record::reload(app))]));
    }
    lines
}

fn body(app: App) -> Vec<El> {
    let Asked { value, fault, .. } = app.record.get();
    match (value, fault) {
        (Some(record), _) => {
            let mut parts = vec![fields(app, &record)];
            if app.holder.with(|holder| holder.leads) {
                parts.push(leads::beside(app));
            }
            parts
        }
        (None, Some(fault)) if fault.code == "record_not_found" => vec![not_found(app)],
        (None, Some(fault)) if !fault.is_of_token() => {
            vec![fault_pane(app, &fault, move || record::reload(app))]
        }
        _ => vec![list::skeleton(app)],
    }
}

fn not_found(app: App) -> El {
    let only = app.holder.with(|holder| holder.record.is_some());
    let back = move || act::go(app, Place::Nothing);
    let acts = if only { Vec::new() } else { vec![quiet(&app.t("back"), back)] };
    let text = match app.place.get_untracked() {
        Place::Reference(_) => app.t("reference_not_found"),
        _ => app.t("record_gone"),
    };
    pane("empty", &app.t("not_found"), &text, acts)
}

/// What is there, and behind one button what is not.
fn fields(app: App, record: &Record) -> El {
    let schema = app.schema.get();
    // What stands in the heading is not said twice.
    let said = |line: &Line| {
        let text = text_of(&line.value);
        !line.masked && (text == record.id || record.reference.as_ref() == Some(&text))
    };
    let (there, empty): (Vec<Line>, Vec<Line>) = lines_of(record, &schema)
        .into_iter()
        .filter(|line| !said(line))
        .partition(|line| line.masked || !text_of(&line.value).trim().is_empty());
    let shown = el("dl", "lfp-fields").children(there.iter().map(|line| field(app, line)));
    let all = el("div", "").child(shown);
    if empty.is_empty() {
        return all;
    }
    let count = empty.len().to_string();
    let names = empty.iter().map(|line| line.label.as_str()).collect::<Vec<_>>().join(", ");
    all.child(
        el("details", "lfp-empty")
            .child(el("summary", "").text(&app.tw("empty_fields", &[("count", &count)])))
            .child(el("p", "").text(&names)),
    )
}

fn field(app: App, line: &Line) -> El {
    let pair = el("div", "lfp-field").child(el("dt", "").text(&line.label));
    if line.masked {
        let name = line.name.clone();
        let show = link(&app.t("reveal"), move || record::reveal(app, name.clone()))
            .attr("aria-label", &app.tw("reveal_field", &[("label", &line.label)]));
        let dots = el("span", "lfp-masked").attr("aria-hidden", "true").text("••••••");
        return pair.child(el("dd", "").child(dots).text(" ").child(show));
    }
    pair.child(el("dd", "").child(value(app, line)))
}

/// A value by what it is: a moment in words, an address to write to, else as it stands.
fn value(app: App, line: &Line) -> El {
    let text = text_of(&line.value);
    let to = |scheme: &str, to: &str| {
        el("a", "")
            .attr("href", &[scheme, to].concat())
            .attr("target", "_blank")
            .attr("rel", "noopener noreferrer")
    };
    let (last, kind) =
        (line.name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase(), line.kind.as_str());
    if let Value::Bool(yes) = line.value {
        return el("span", "").text(&app.t(if yes { "yes" } else { "no" }));
    }
    if page::is_moment(&text) {
        return el("time", "").attr("datetime", &text).text(&page::moment(app, &text));
    }
    if (kind == "email" || last == "email") && text.contains('@') && !text.contains(char::is_whitespace) {
        return to("mailto:", &text).text(&text);
    }
    if last.starts_with("phone") && text.starts_with(['+', '0']) {
        let dial: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        return to("tel:", &dial).attr("dir", "ltr").text(&text);
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        return to("", &text).text(&text);
    }
    el("span", if text.contains('\n') { "lfp-prose" } else { "" }).attr("dir", "auto").text(&text)
}
