//! `docs/connectors.md`: written from the connectors, and read again to hold its tables against the fixtures.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use lead_proxy::connectors::{
    AnswerRow, CONNECTORS, Connector, CredentialPlace, DefaultRule, Descriptor, OwnFields, PartnerField,
    PartnerFieldKind, Presence, ReceiptForm, SettingKind,
};

use super::fixture::{folder, for_each};

const PAGE: &str = "../docs/connectors.md";

#[test]
fn docs_list_every_connector_as_it_is() {
    let path = folder(PAGE);
    let written = fs::read_to_string(&path).unwrap_or_default();
    let page = write_page();
    if written != page {
        fs::write(&path, &page).unwrap();
        panic!("docs/connectors.md was stale and has been written anew: read the change and commit it");
    }
}

/// The rows of the table below `### HEADING` in the section of a connector, by the page itself.
fn read_table(slug: &str, heading: &str) -> Vec<Vec<String>> {
    let page = fs::read_to_string(folder(PAGE)).unwrap();
    let title = format!("(`{slug}`)");
    let mut lines = page.lines().skip_while(|line| !(line.starts_with("## ") && line.ends_with(&title)));
    lines.next().unwrap_or_else(|| panic!("the page has no section of {slug}"));
    let section = lines.take_while(|line| !line.starts_with("## "));
    let below = section.skip_while(|line| *line != format!("### {heading}")).skip(1);
    let table = below.take_while(|line| !line.starts_with("### ")).filter(|line| line.starts_with('|'));
    // Head and rule first.
    table.skip(2).map(read_row).collect()
}

fn read_row(line: &str) -> Vec<String> {
    let cells = line.replace("\\|", "\u{0}");
    let cells = cells.trim_matches('|').split('|');
    cells.map(|cell| cell.trim().replace('\u{0}', "|").replace('`', "")).collect()
}

#[test]
fn every_status_and_name_in_the_docs_is_in_one_fixture() {
    for_each(|case| {
        let rows = read_table(case.slug, "Answers");
        assert_eq!(rows.len(), case.connector.descriptor().answers.len(), "{}", case.slug);
        let mut labels = BTreeMap::new();
        for row in &rows {
            let [status, name, operations, ..] = row.as_slice() else { panic!("{row:?}") };
            let mut label = status.clone();
            if name != "any other" {
                write!(label, " {name}").unwrap();
            }
            if operations != "all" {
                write!(label, " ({operations})").unwrap();
            }
            let fixtures = case.fixture.answers.iter().filter(|answer| answer.row.as_ref() == Some(&label));
            let statuses: Vec<_> = fixtures.map(|answer| answer.status.to_string()).collect();
            assert_eq!(statuses, [status.as_str()], "{}: fixtures of {label:?}", case.slug);
            assert_eq!(labels.insert(label, ()), None, "{}: {row:?} is there twice", case.slug);
        }
        let operations = read_table(case.slug, "Operations");
        assert_eq!(operations.len(), case.connector.descriptor().operations.len(), "{}", case.slug);
    });
}

fn write_page() -> String {
    let mut page = String::from(
        "# Connectors\n\n\
         <!-- Written by the test `docs_list_every_connector_as_it_is` from the connectors themselves. Do not edit. -->\n\n\
         One section a partner: what an account sets, how each of the partner's fields is filled, how answers are read.\n\
         An account is a section `[accounts.NAME]` of the configuration; its `mapping` overrides the default of a partner field:\n\n\
         ```toml\n[accounts.NAME.mapping]\nCompany = \"company\"                                   # a form field\n\
         ExternalLeadType = { constant = \"Web\" }               # the same for every lead\n\
         Notes = { template = \"Phone: {phone}\\n{notes}\" }      # several; a line whose fields are all absent is left out\n```\n\n\
         In a template, `{receipt}` stands for the receipt of the lead, and `{consent-text}` and its like for [what was agreed to](forms.md#consent).\n\n\
         \"Who says so\" tells facts from defaults: `document` is the partner's own, `elsewhere` another public source, \
         and `our default` is what we do because neither says it.\n\
         An answer that is in no row is `in_doubt`: nothing unknown counts as delivered or as refused.\n",
    );
    for connector in CONNECTORS {
        write_connector(&mut page, *connector);
    }
    page
}

/// A cell of a table: on one line, with no bar that would end it.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', "\\n")
}

fn write_connector(page: &mut String, connector: &dyn Connector) {
    let descriptor = connector.descriptor();
    let Descriptor { slug, name, summary, .. } = descriptor;
    write!(page, "\n## {name} (`{slug}`)\n\n{summary}\n").unwrap();
    page.push_str("\n### Operations\n\n| operation | the partner's name | who says so |\n|---|---|---|\n");
    for operation in descriptor.operations {
        let (kind, source) = (operation.kind.as_str(), operation.source.describe());
        writeln!(page, "| `{kind}` | {} | {source} |", cell(operation.name)).unwrap();
    }
    write_limits(page, descriptor);
    write_settings(page, descriptor);
    write_credentials(page, descriptor);
    write_fields(page, connector);
    write_answers(page, descriptor.answers);
}

fn write_limits(page: &mut String, descriptor: &Descriptor) {
    let limits = descriptor.limits;
    write!(page, "\nAfter an attempt in doubt: {}.\n", descriptor.in_doubt.describe()).unwrap();
    if let Some(slot) = descriptor.receipt {
        let form = match slot.form {
            ReceiptForm::Text => "as the visitor sees it",
            ReceiptForm::Uuid => "as a UUID, from which it can be read back",
        };
        writeln!(page, "The receipt travels in `{}`, {form}.", slot.field).unwrap();
    }
    if let Some(max) = limits.page_limit_max {
        writeln!(page, "A page of the list has at most {max} records.").unwrap();
    }
    if limits.searches {
        page.push_str("The list can be searched.\n");
    }
    if let Some(wait) = limits.quota_wait {
        let seconds = wait.as_secs();
        writeln!(page, "Where the partner says \"too much\" and not for how long, we wait {seconds} s.")
            .unwrap();
    }
}

fn presence(presence: Presence) -> String {
    match presence {
        Presence::Default(default) => format!("default `{}`", cell(default)),
        Presence::Required => "required: the proxy does not start without it".to_owned(),
        Presence::Optional => "may be left out".to_owned(),
        Presence::If { setting, is } => format!("required where `{setting} = \"{is}\"`, else refused"),
        Presence::Unless { setting, is } => format!("required unless `{setting} = \"{is}\"`, else refused"),
    }
}

fn write_settings(page: &mut String, descriptor: &Descriptor) {
    page.push_str("\n### Settings\n\n");
    if descriptor.settings.is_empty() {
        page.push_str("None.\n");
        return;
    }
    page.push_str("| key | holds | presence | meaning |\n|---|---|---|---|\n");
    for setting in descriptor.settings {
        let holds = match setting.kind {
            SettingKind::Url => "an https address".to_owned(),
            SettingKind::BaseUrl => "an https address without a slash at its end".to_owned(),
            SettingKind::Path(names) => holds_path(names, &[]),
            SettingKind::PathWith { required, optional } => holds_path(required, optional),
            SettingKind::Text { length_max } => format!("text, up to {length_max}"),
            SettingKind::Word(words) => {
                words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ")
            }
            SettingKind::Flag => "`true` or `false`".to_owned(),
            SettingKind::HeaderName => "the name of a header".to_owned(),
            SettingKind::Number { min, max } => format!("a number from {min} to {max}"),
        };
        let (name, meaning) = (setting.name, cell(setting.meaning));
        writeln!(page, "| `settings.{name}` | {holds} | {} | {meaning} |", presence(setting.presence))
            .unwrap();
    }
}

fn holds_path(required: &[&str], optional: &[&str]) -> String {
    let list =
        |names: &[&str]| names.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(" and ");
    let mut text = "a path".to_owned();
    for (names, with) in [(required, " with "), (optional, ", perhaps with ")] {
        if !names.is_empty() {
            text.push_str(with);
            text.push_str(&list(names));
        }
    }
    text
}

fn write_credentials(page: &mut String, descriptor: &Descriptor) {
    page.push_str(
        "\n### Credentials\n\n| key | put into | presence | most characters | meaning |\n|---|---|---|---|---|\n",
    );
    for slot in descriptor.credentials {
        let place = match slot.place {
            CredentialPlace::BodyField(member) => format!("the body's field `{member}`, at the last moment"),
            CredentialPlace::Header(name) => format!("the header `{name}`"),
            CredentialPlace::TokenRequest => {
                "the request for an access token, never the lead's own".to_owned()
            }
            CredentialPlace::Signature => "nothing: it signs the request and stays here".to_owned(),
        };
        // A credential that nothing asks for may stay.
        let presence = presence(slot.presence).replace(", else refused", "");
        let (name, max, meaning) = (slot.name, slot.length_max, cell(slot.meaning));
        writeln!(page, "| `credentials.{name}` | {place} | {presence} | {max} | {meaning} |").unwrap();
    }
}

fn holds(field: &PartnerField) -> String {
    match field.kind {
        PartnerFieldKind::Bool => "true or false".to_owned(),
        PartnerFieldKind::Number => "a number".to_owned(),
        PartnerFieldKind::Text { length_max } | PartnerFieldKind::Any { length_max } => {
            format!("text, up to {length_max}{}", if field.own_cap { "*" } else { "" })
        }
    }
}

fn write_fields(page: &mut String, connector: &dyn Connector) {
    let descriptor = connector.descriptor();
    page.push_str("\n### Fields of a new lead\n\n");
    match descriptor.own_fields {
        OwnFields::Refused => {}
        OwnFields::Below(prefix) => {
            writeln!(page, "An account's mapping may also name fields below `{prefix}`.\n").unwrap();
        }
        OwnFields::Required => page.push_str(
            "No document names them: the account's mapping must, with the names that the partner has told you.\n",
        ),
        OwnFields::PassThrough => page.push_str(
            "Those that the account's mapping names; where it names none, the form's own under their own names.\n",
        ),
    }
    if connector.fields().is_empty() {
        return;
    }
    page.push_str(
        "Lengths are in UTF-16 units. A length marked * is ours: the partner's document gives none.\n\n\
         | partner field | required | holds | filled by default from | meaning |\n|---|---|---|---|---|\n",
    );
    for field in connector.fields() {
        let mut rules = descriptor.default_mapping.iter();
        let filled = match rules.find(|(name, _)| *name == field.name).map(|(_, rule)| *rule) {
            Some(DefaultRule::Field(name)) => format!("`{name}`"),
            Some(DefaultRule::Template(text)) => format!("template `{}`", cell(text)),
            Some(DefaultRule::Constant(text)) => format!("always `{}`", cell(text)),
            Some(DefaultRule::Setting(name)) => format!("`settings.{name}`"),
            Some(DefaultRule::Unmapped) => "nothing, unless the account maps it".to_owned(),
            None => "the receipt".to_owned(),
        };
        let (name, required, meaning) =
            (&field.name, if field.required { "yes" } else { "no" }, cell(&field.meaning));
        writeln!(page, "| `{name}` | {required} | {} | {filled} | {meaning} |", holds(field)).unwrap();
    }
    if connector.update_fields().is_empty() {
        return;
    }
    page.push_str("\n### Fields of an update\n\n| partner field | holds | meaning |\n|---|---|---|\n");
    for field in connector.update_fields() {
        writeln!(page, "| `{}` | {} | {} |", field.name, holds(field), cell(&field.meaning)).unwrap();
    }
}

fn write_answers(page: &mut String, rows: &[AnswerRow]) {
    page.push_str(
        "\n### Answers\n\n| status | name | operations | class | who says so | what to do |\n|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let name = row.name.map_or("any other".to_owned(), |name| format!("`{name}`"));
        let operations = match row.operations {
            [] => "all".to_owned(),
            some => some.iter().map(|kind| format!("`{}`", kind.as_str())).collect::<Vec<_>>().join(", "),
        };
        let (class, source, advice) = (row.class.describe(), row.source.describe(), cell(row.advice));
        writeln!(page, "| {} | {name} | {operations} | {class} | {source} | {advice} |", row.status).unwrap();
    }
}
