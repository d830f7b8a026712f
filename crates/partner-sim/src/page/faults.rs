//! The switch of faults, as HTML: one form of buttons, and a banner while a fault is set.

use super::{Partner, escape};
use crate::fault::{Fault, FaultSetting};

/// How often a fault can be chosen to be met; the first is the page's choice.
const TIMES: [(&str, &str); 4] =
    [("1", "the next request"), ("2", "the next 2"), ("5", "the next 5"), ("", "every request")];

/// Says which fault is set, with the way back.
pub(super) fn banner(slug: &str, setting: &FaultSetting) -> String {
    let FaultSetting { fault, answer, operation, times } = setting;
    if *fault == Fault::None {
        return "<div id=\"banner\" data-live></div>".to_owned();
    }
    let times = match times {
        None => "every request until you change it".to_owned(),
        Some(1) => "the next request".to_owned(),
        Some(times) => format!("the next {times} requests"),
    };
    let operation = operation.as_deref().map(|name| format!(" to {}", escape(name))).unwrap_or_default();
    let name = escape(answer.as_deref().unwrap_or(fault.name()));
    format!(
        "<div id=\"banner\" data-live><form class=\"banner\" method=\"post\" action=\"/{slug}/fault\">\
         <p><b>{name}</b> meets {times}{operation}</p><button name=\"fault\" value=\"none\">Back to normal</button></form></div>"
    )
}

/// Offers every fault, and every error of the partner's own document.
pub(super) fn switch(partner: &Partner, setting: &FaultSetting) -> String {
    let takes_nothing = |fault: &Fault| *fault != Fault::None && !fault.takes_lead();
    let options: String =
        TIMES.map(|(value, text)| format!("<option value=\"{value}\">{text}</option>")).concat();
    let groups = [
        general("", setting, |fault| *fault == Fault::None),
        general("Takes nothing", setting, takes_nothing),
        general("Takes the lead first", setting, |fault| fault.takes_lead()),
        documented(partner, setting),
    ]
    .concat();
    format!(
        "<form method=\"post\" action=\"/{slug}/fault\" id=\"switch\">\
         <h2>Faults</h2><label class=\"times\">Meets <select name=\"times\">{options}</select></label>\
         <div id=\"fault-list\" data-live>{groups}</div></form>",
        slug = partner.slug,
    )
}

fn general(title: &str, setting: &FaultSetting, belongs: impl Fn(&Fault) -> bool) -> String {
    let faults = Fault::ALL.iter().filter(|fault| belongs(fault));
    let buttons =
        faults.map(|fault| button(fault.name(), *fault == setting.fault, fault.description(), setting));
    group(title, &buttons.collect::<String>())
}

fn documented(partner: &Partner, setting: &FaultSetting) -> String {
    let buttons = partner.documented.iter().map(|documented| {
        let is_set = setting.answer.as_deref() == Some(documented.name);
        let what = if documented.body.is_empty() { "Without a body" } else { documented.body };
        button(documented.name, is_set, what, setting)
    });
    group("Errors of its document", &buttons.collect::<String>())
}

fn group(title: &str, buttons: &str) -> String {
    if buttons.is_empty() {
        return String::new();
    }
    let title = if title.is_empty() { String::new() } else { format!("<h3>{title}</h3>") };
    format!("{title}<div class=\"group\">{buttons}</div>")
}

fn button(name: &str, is_set: bool, what: &str, setting: &FaultSetting) -> String {
    let left = match setting.times {
        Some(times) if is_set => format!("<span class=\"pill warn\">{times} left</span>"),
        _ => String::new(),
    };
    format!(
        "<button name=\"fault\" value=\"{name}\" id=\"fault-{id}\" aria-pressed=\"{is_set}\"><code>{name}</code>\
         {left}<span>{what}</span></button>",
        name = escape(name),
        id = escape(name).replace(' ', "-"),
        what = escape(what),
    )
}
