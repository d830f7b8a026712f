//! The list of the partner's records: rows, what stands in their place, and the way to other pages.
//!
//! Apart from the record because it stays as it is while one is open.

use leptos::prelude::{Get as _, GetUntracked as _, With as _};

use crate::act;
use crate::app::{App, Asked, Place, Query};
use crate::notice::{fault_pane, line, link, pane, quiet};
use crate::page;
use crate::values::{columns_of, label_of, text_of, title_of, value_of};
use crate::view::{El, el};
use crate::wire::{Page, Record};

/// The whole section.
pub(crate) fn view(app: App) -> El {
    el("section", "lfp-list")
        .attr("aria-label", &app.t("records"))
        .live_attr("aria-busy", move || app.list.with(|list| list.loading).then(|| "true".to_owned()))
        .child(el("h2", "lfp-hidden lfp-list__head").attr("tabindex", "-1").text(&app.t("records")))
        .child(el("div", "lfp-lines").live(move || lines(app)))
        .child(el("div", "lfp-list__body").live(move || body(app)))
        .child(el("div", "lfp-list__foot").live(move || foot(app)))
}

/// What has to be said above the rows.
fn lines(app: App) -> Vec<El> {
    app.list.with(|list| {
        let mut lines = Vec::new();
        if list.loading && list.slow {
            lines.push(line("slow", &app.t("slow"), Vec::new()));
        }
        if let (Some(fault), Some(_)) = (&list.fault, &list.value) {
            let values = [("time", page::clock_time(app, list.at)), ("age", page::age(app, list.at))];
            let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let text = [crate::notice::words(app, fault), app.tw("list_of", &values)].join(" ");
            lines.push(line("away", &text, vec![link(&app.t("again"), move || act::load_list(app))]));
        }
        lines
    })
}

fn body(app: App) -> Vec<El> {
    let list = app.list.get();
    match (&list.value, &list.fault) {
        (Some(page), _) if page.records.is_empty() => vec![empty(app, page)],
        (Some(page), _) => vec![table(app, page)],
        (None, Some(fault)) if !fault.is_of_token() => {
            vec![fault_pane(app, fault, move || act::load_list(app))]
        }
        (None, _) => vec![skeleton(app)],
    }
}

/// Rows that are on their way.
pub(crate) fn skeleton(app: App) -> El {
    let rows = (0..8).map(|_| el("div", "lfp-skeleton").child(el("span", "")).child(el("span", "")));
    let rows = el("div", "").attr("aria-hidden", "true").children(rows);
    el("div", "").child(el("p", "lfp-hidden").text(&app.t("loading"))).child(rows)
}

fn empty(app: App, page: &Page) -> El {
    let Query { search, page: number } = app.query.get();
    let holder = app.holder.get();
    if !search.is_empty() {
        let mut acts = vec![quiet(&app.t("search_clear"), move || clear_search(app))];
        if holder.operations.get_by_reference {
            let wanted = search.clone();
            acts.push(quiet(&app.t("find_reference"), move || {
                act::go(app, Place::Reference(wanted.clone()))
            }));
        }
        let title = app.tw("nothing_found", &[("search", &search)]);
        return pane("empty", &title, &app.t("nothing_found_text"), acts);
    }
    if number > 0 || page.page > 1 {
        let acts = vec![quiet(&app.t("page_first"), move || act::turn(app, 0))];
        return pane("empty", &app.t("page_empty"), &app.t("page_empty_text"), acts);
    }
    let may = holder.writes() && holder.operations.create;
    let acts = if may { vec![quiet(&app.t("new"), move || act::go(app, Place::New))] } else { Vec::new() };
    pane("empty", &app.t("empty"), &app.t(if may { "empty_text" } else { "empty_text_read" }), acts)
}

fn clear_search(app: App) {
    if let Some(input) = page::find(".lfp-search__input") {
        wasm_bindgen::JsCast::unchecked_ref::<web_sys::HtmlInputElement>(&input).set_value("");
        page::take_focus(&input);
    }
    act::look_for(app, Query::default());
}

fn table(app: App, page: &Page) -> El {
    let schema = app.schema.get();
    let columns = columns_of(&app.holder.get().columns, &schema);
    let label = |name: &String| {
        let known = schema.iter().find(|field| field.name == *name);
        known.map_or_else(|| label_of(name), |field| field.label.clone())
    };
    let columns = if columns.is_empty() { vec![String::new()] } else { columns };
    let heads = columns.iter().map(|name| {
        let text = if name.is_empty() { app.t("record") } else { label(name) };
        el("th", "").attr("scope", "col").text(&text)
    });
    let head = el("thead", "").child(el("tr", "").children(heads));
    let rows = page.records.iter().enumerate().map(|(at, record)| row(app, record, &columns, at == 0));
    el("table", "lfp-table").child(head).child(el("tbody", "").children(rows))
}

fn row(app: App, record: &Record, columns: &[String], first: bool) -> El {
    let id = record.id.clone();
    let (mine, open) = (id.clone(), id.clone());
    let is_open = move || app.place.with(|place| *place == Place::Record(mine.clone()));
    let cell = |name: &String| match record.masked.contains(name) {
        true => el("td", "lfp-masked").attr("aria-label", &app.t("masked")).text("••••"),
        false => {
            let text = text_of(&value_of(&record.fields, name));
            el("td", if text.is_empty() { "lfp-none" } else { "" }).text(&if text.is_empty() {
                "–".into()
            } else {
                text
            })
        }
    };
    let lead = columns.first().map(|name| text_of(&value_of(&record.fields, name))).unwrap_or_default();
    let title = title_of(record, columns);
    let name = if lead.is_empty() { title.clone() } else { lead };
    let button = el("button", "lfp-row__open")
        .attr("type", "button")
        .attr("data-id", &id)
        .attr("aria-label", &app.tw("open_record", &[("name", &title)]))
        .attr("tabindex", if first { "0" } else { "-1" })
        .child(el("span", "lfp-row__short").text(&name))
        .child(el("span", "lfp-row__full").text(&title));
    let second = columns.iter().map(|name| text_of(&value_of(&record.fields, name)));
    let second = second.filter(|text| !text.is_empty() && !title.contains(text.as_str()));
    let second = second.take(3).collect::<Vec<_>>().join(" · ");
    let opener = el("td", "")
        .child(button)
        .child(el("span", "lfp-row__more").attr("aria-hidden", "true").text(&second));
    el("tr", "lfp-row")
        .live_attr("data-open", move || is_open().then(String::new))
        .child(opener)
        .children(columns.iter().skip(1).map(cell))
        .on("click", move |_| act::go(app, Place::Record(open.clone())))
}

fn foot(app: App) -> Vec<El> {
    let Asked { value: Some(page), .. } = app.list.get() else { return Vec::new() };
    let turned = app.query.get_untracked().page;
    if page.records.is_empty() || (turned == 0 && !page.more && page.total.is_none_or(|total| total <= 1)) {
        return Vec::new();
    }
    let first = u64::from(page.page.max(1) - 1) * u64::from(page.limit) + 1;
    let last = first + u64::try_from(page.records.len()).unwrap_or(0) - 1;
    let (first, last) = (first.to_string(), last.to_string());
    let range = [("first", first.as_str()), ("last", last.as_str())];
    let text = match page.total {
        Some(total) => app.tw("range_of", &[range[0], range[1], ("total", &total.to_string())]),
        None => app.tw("range", &range),
    };
    let step = |key: &str, on: bool, to: u32, side: &str| {
        let button = el("button", "lfp-icon")
            .attr("type", "button")
            .attr("data-icon", side)
            .attr("aria-label", &app.t(key));
        match on {
            true => button.on("click", move |_| act::turn(app, to)),
            false => button.attr("disabled", ""),
        }
    };
    vec![
        el("p", "lfp-range").text(&text),
        el("div", "lfp-steps")
            .child(step("page_before", page.page > 1, page.page.saturating_sub(2), "back"))
            .child(step("page_next", page.more, page.page, "next")),
    ]
}
