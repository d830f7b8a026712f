//! The switch of faults, as HTML: one form of buttons, and a banner while a fault is set.

use crate::fault::{Fault, FaultSetting};

/// How often a fault can be chosen to be met; the first is the page's choice.
const TIMES: [(&str, &str); 4] =
    [("1", "the next request"), ("2", "the next 2"), ("5", "the next 5"), ("", "every request")];

/// Says which fault is set, with the way back.
pub(super) fn banner(slug: &str, FaultSetting { fault, times }: FaultSetting) -> String {
    if fault == Fault::None {
        return "<div id=\"banner\" data-live></div>".to_owned();
    }
    let times = match times {
        None => "every request until you change it".to_owned(),
        Some(1) => "the next request".to_owned(),
        Some(times) => format!("the next {times} requests"),
    };
    format!(
        "<div id=\"banner\" data-live><form class=\"banner\" method=\"post\" action=\"/{slug}/fault\">\
         <p><b>{fault}</b> meets {times}</p><button name=\"fault\" value=\"none\">Back to normal</button></form></div>"
    )
}

/// Offers every fault.
pub(super) fn switch(slug: &str, setting: FaultSetting) -> String {
    let takes_nothing = |fault: &Fault| *fault != Fault::None && !fault.takes_lead();
    let options: String =
        TIMES.map(|(value, text)| format!("<option value=\"{value}\">{text}</option>")).concat();
    let form = |inside: &str, extra: &str| {
        format!("<form method=\"post\" action=\"/{slug}/fault\" id=\"switch\">{inside}{extra}</form>")
    };
    let groups = [
        group("", setting, |fault| *fault == Fault::None),
        group("Takes nothing", setting, takes_nothing),
        group("Takes the lead first", setting, |fault| fault.takes_lead()),
    ]
    .concat();
    form(
        &format!(
            "<h2>Faults</h2><label class=\"times\">Meets <select name=\"times\">{options}</select></label>"
        ),
        &format!("<div id=\"fault-list\" data-live>{groups}</div>"),
    )
}

fn group(title: &str, setting: FaultSetting, belongs: impl Fn(&Fault) -> bool) -> String {
    let buttons: String =
        Fault::ALL.iter().filter(|fault| belongs(fault)).map(|fault| button(*fault, setting)).collect();
    let title = if title.is_empty() { String::new() } else { format!("<h3>{title}</h3>") };
    format!("{title}<div class=\"group\">{buttons}</div>")
}

fn button(fault: Fault, setting: FaultSetting) -> String {
    let is_set = fault == setting.fault;
    let left = match setting.times {
        Some(times) if is_set => format!("<span class=\"pill warn\">{times} left</span>"),
        _ => String::new(),
    };
    format!(
        "<button name=\"fault\" value=\"{fault}\" id=\"fault-{fault}\" aria-pressed=\"{is_set}\"><code>{fault}</code>\
         {left}<span>{}</span></button>",
        fault.description()
    )
}
