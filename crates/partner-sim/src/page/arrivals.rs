//! What arrived, as HTML: totals, leads, requests; each list newest first.

use serde_json::{Map, Value};

use super::{Partner, escape};
use crate::fault::Fault;
use crate::ledger::{LeadEntry, Ledger, Request};

/// How many of each list the page shows; `ledger.json` has all.
const SHOWN_MAX: usize = 50;
/// Text above this length takes two columns (an ID does), and three times that or several lines the whole width.
const WIDE_TEXT: usize = 24;

pub(super) fn totals(ledger: &Ledger) -> String {
    let refused = ledger.requests.iter().filter(|request| matches!(request.status, Some(400..))).count();
    let unanswered = ledger.requests.iter().filter(|request| request.status.is_none()).count();
    let again = ledger.leads.iter().filter(|lead| lead.times_asked > 1).count();
    let rows = [
        ("Leads", ledger.leads.len(), ""),
        ("Asked again", again, "warn"),
        ("Refused", refused, "bad"),
        ("No answer", unanswered, "warn"),
    ];
    let rows: String = rows
        .iter()
        .map(|(name, count, class)| {
            let class = if *count > 0 { class } else { "" };
            format!("<div class=\"{class}\"><dt>{name}</dt><dd>{count}</dd></div>")
        })
        .collect();
    format!("<dl class=\"totals\" id=\"totals\" data-live>{rows}</dl>")
}

pub(super) fn leads(partner: &Partner, ledger: &Ledger) -> String {
    let total = ledger.leads.len();
    let newest = ledger.leads.iter().rev().take(SHOWN_MAX).enumerate();
    let list: String = newest.map(|(age, lead)| lead_card(partner, ledger, lead, age == 0)).collect();
    let empty = "<p class=\"empty\">No lead yet. Send the form, and it appears here.</p>";
    section("leads", "Leads", total, if list.is_empty() { empty } else { &list }, partner)
}

pub(super) fn requests(partner: &Partner, ledger: &Ledger) -> String {
    let total = ledger.requests.len();
    let list: String = ledger.requests.iter().rev().take(SHOWN_MAX).map(request_row).collect();
    let list = match list.as_str() {
        "" => "<p class=\"empty\">Nothing has been asked.</p>".to_owned(),
        rows => format!("<div class=\"rows\">{rows}</div>"),
    };
    section("requests", "Requests", total, &list, partner)
}

fn section(id: &str, title: &str, total: usize, list: &str, partner: &Partner) -> String {
    let older = match total.saturating_sub(SHOWN_MAX) {
        0 => String::new(),
        older => format!(
            "<p class=\"older\">{older} older in <a href=\"/{}/ledger.json\">ledger.json</a></p>",
            partner.slug
        ),
    };
    let hint = if total > 0 { "<span class=\"hint\">newest first, UTC</span>" } else { "" };
    format!(
        "<section id=\"{id}\" data-live><h2>{title} <span class=\"count\">{total}</span>{hint}</h2>{list}{older}</section>"
    )
}

fn lead_card(partner: &Partner, ledger: &Ledger, lead: &LeadEntry, open: bool) -> String {
    let fields = unfold(&lead.fields);
    let titled =
        |name: &str| fields.iter().find(|(path, _)| path.rsplit('.').next() == Some(name))?.1.as_str();
    let mut title: Vec<_> = partner.headline.iter().filter_map(|name| titled(name)).collect();
    if title.is_empty() {
        title.push(&lead.id);
    }
    let (names, rest) = title.split_at_checked(2).unwrap_or((&title, &[]));
    let again = match lead.times_asked {
        1 => String::new(),
        times => format!("<span class=\"pill warn\">asked {times} times</span>"),
    };
    let place = match lead.place.as_str() {
        "" => String::new(),
        place => format!("<span class=\"pill\">{}</span>", escape(place)),
    };
    let fields: String = fields.iter().map(|(path, value)| field(path, value)).collect();
    format!(
        "<details class=\"lead\" id=\"lead-{number}\"{open}><summary><span class=\"who\"><b>{name}</b>\
         <span>{rest}</span></span>{place}{again}{time}</summary><dl class=\"fields\">{fields}</dl></details>",
        number = lead.first_request,
        open = if open { " open" } else { "" },
        name = escape(&names.join(" ")),
        rest = escape(&rest.join(" · ")),
        time = ledger.request(lead.first_request).map(time).unwrap_or_default(),
    )
}

/// Every field, those of an object inside each on its own: `address.line1`.
fn unfold(fields: &Map<String, Value>) -> Vec<(String, &Value)> {
    let unfolded = fields.iter().flat_map(|(name, value)| match value {
        Value::Object(inner) if !inner.is_empty() => {
            inner.iter().map(|(inner, value)| (format!("{name}.{inner}"), value)).collect()
        }
        value => vec![(name.clone(), value)],
    });
    unfolded.collect()
}

fn field(name: &str, value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let class = match text.len() {
        length if length > 3 * WIDE_TEXT || text.contains('\n') => "long",
        length if length > WIDE_TEXT => "wide",
        _ => "",
    };
    format!("<div class=\"{class}\"><dt>{}</dt><dd>{}</dd></div>", escape(name), escape(&text))
}

fn request_row(request: &Request) -> String {
    let (status, class) = match request.status {
        None => ("—".to_owned(), "warn"),
        Some(status @ 400..) => (status.to_string(), "bad"),
        Some(status) => (status.to_string(), if request.fault.is_some() { "warn" } else { "good" }),
    };
    let fault = request.answer.as_deref().or(request.fault.map(Fault::name));
    let fault = fault.map(|name| format!("<span class=\"pill\">{}</span>", escape(name))).unwrap_or_default();
    let problems: String =
        request.problems.iter().map(|problem| format!("<li>{}</li>", escape(problem))).collect();
    let problems =
        if problems.is_empty() { problems } else { format!("<ul class=\"problems\">{problems}</ul>") };
    format!(
        "<details class=\"request\" id=\"request-{number}\"><summary><span class=\"number\">{number}</span>\
         <span class=\"status {class}\">{status}</span><span class=\"end\">{end}{fault}</span>\
         <span class=\"why\">{why}</span>{time}</summary>\
         <div class=\"inside\">{problems}<dl class=\"fields\">{facts}</dl><pre>{body}</pre></div></details>",
        number = request.number,
        end = end(request),
        why = escape(request.problems.first().or(request.id.as_ref()).map_or("", String::as_str)),
        time = time(request),
        facts = facts(request),
        body = if request.body.is_empty() { "(no body)".into() } else { escape(&request.body) },
    )
}

/// Says in words what became of a request.
fn end(request: &Request) -> &'static str {
    match (request.fault, request.status) {
        (None, Some(200..=299)) if request.lead => "Taken",
        (None, Some(200..=299)) => "Answered",
        (None, _) => "Refused",
        (Some(Fault::Slow), None) => "Taken, answer on its way",
        (Some(fault), _) if fault.takes_lead() => "Taken",
        (Some(_), _) => "Not taken",
    }
}

fn facts(request: &Request) -> String {
    let path = match &request.query {
        Some(query) => format!("{}?{query}", request.path),
        None => request.path.clone(),
    };
    let facts = [
        ("ID", request.id.as_deref().unwrap_or("none")),
        ("Operation", if request.operation.is_empty() { "none" } else { request.operation.as_str() }),
        ("Method", request.method.as_str()),
        ("Path", path.as_str()),
        ("Credential", request.credential.as_str()),
    ];
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    facts.into_iter().chain(headers).map(|(name, text)| field(name, &Value::from(text))).collect()
}

fn time(request: &Request) -> String {
    // 2026-01-31T12:34:56.789Z: the hour to the second.
    let clock = request.received_at.get(11..19).unwrap_or_default();
    format!("<time datetime=\"{0}\" title=\"{0}\">{clock}</time>", request.received_at)
}
