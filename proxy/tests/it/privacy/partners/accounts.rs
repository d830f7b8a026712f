//! The accounts of the walk: the demo's, more ways to show a credential, and all of them at a partner who repeats it.
//!
//! Apart because it is configuration; the demo's forms serve every account of the same connector.

use std::fs;
use std::path::Path;

use lead_model::FormDefinition;
use serde_json::{Map, Value, json};

use crate::app::ConfigText;
use crate::privacy::canary::Canary;

/// The demo's accounts, each with the form of ours that brings it leads.
pub(super) const DEMO: [(&str, &str); 6] = [
    ("takepayments", "card-machines"),
    ("spotcap", "business-loan"),
    ("partnerportal", "partner-lead"),
    ("algbra", "open-account"),
    ("octorate", "list-property"),
    ("webhook", "contact-us"),
];
/// Other ways to show a credential, with the connector whose form they take.
pub(super) const VARIANTS: [(&str, &str); 5] = [
    ("portal", "partnerportal"),
    ("hotel", "octorate"),
    ("hotel-by-key", "octorate"),
    ("hook-by-bearer", "webhook"),
    ("hook-by-header", "webhook"),
];
/// Where a person is sent back to with a code.
pub(super) const CALLBACK: &str = "http://127.0.0.1:9090/connect/hotel/callback";
/// The form that completes a record.
pub(super) const COMPLETES: &str = "complete-account";
/// The form whose fields come from the portal's schema.
pub(super) const FROM_SCHEMA: &str = "from-schema";

/// `{sim}` is where the simulators are, `{echo}` where everything is repeated.
const MORE: &str = r#"
[accounts.portal]
connector = "partnerportal"
panel_keys = [{ env = "DEMO_ALGBRA_PANEL_KEY" }]
mapping = { value = "deal_value" }
credentials = { client_id = { env = "SIM_PARTNERPORTAL_CLIENT_ID" }, client_secret = { env = "SIM_PARTNERPORTAL_CLIENT_SECRET" } }
[accounts.portal.settings]
base_url = "{sim}/partnerportal"
token_url = "{sim}/partnerportal/oauth/token"
client_authentication = "basic"
company_id = "company-1"
platform = "website"
leads_path = "/companies/{companyId}/leads"
lead_path = "/companies/{companyId}/leads/{leadId}"
schema_path = "/companies/{companyId}/schemas/{object}"

[accounts.hotel]
connector = "octorate"
mapping = { latitude = "latitude", longitude = "longitude" }
credentials = { client_id = { env = "SIM_OCTORATE_CLIENT_ID" }, client_secret = { env = "SIM_OCTORATE_CLIENT_SECRET" } }
[accounts.hotel.settings]
mode = "production"
property_sign_up = true
currency = "EUR"
base_url = "{sim}/octorate/connect"
authorize_url = "{sim}/octorate/octobook/identity/oauth.xhtml"
authentication = "consent"
redirect_uri = "{callback}"

[accounts.hotel-by-key]
connector = "octorate"
mapping = { latitude = "latitude", longitude = "longitude" }
credentials = { api_key = { env = "SIM_OCTORATE_API_KEY" } }
settings = { mode = "production", property_sign_up = true, currency = "EUR", base_url = "{sim}/octorate/connect", authentication = "api_key" }

[accounts.hook-by-bearer]
connector = "webhook"
settings = { url = "{sim}/webhook/bearer", authentication = "bearer" }
credentials = { secret = { env = "SIM_WEBHOOK_SECRET" } }

[accounts.hook-by-header]
connector = "webhook"
settings = { url = "{sim}/webhook/header", authentication = "header", header = "x-hook-key" }
credentials = { secret = { env = "SIM_WEBHOOK_SECRET" } }

[accounts.echo-takepayments]
connector = "takepayments"
settings = { url = "{echo}/insert" }
credentials = { api_key = { env = "TEST_TAKEPAYMENTS_API_KEY" } }
"#;

/// The name of an account at the partner who repeats everything.
pub(super) fn echo_of(account: &str) -> String {
    format!("echo-{account}")
}

/// Adds accounts and forms.
pub(super) fn add_to(text: &mut ConfigText, echo: &str) {
    let echoed = text.partners().replace("[accounts.", "[accounts.echo-").replace(&text.simulators, echo);
    // Its tokens are real ones, so that they reach the partner who repeats them.
    let real = format!("token_url = \"{}/partnerportal/oauth/token\"", text.simulators);
    let echoed = echoed.replace(&format!("token_url = \"{echo}/partnerportal/oauth/token\""), &real);
    let more =
        MORE.replace("{sim}", &text.simulators).replace("{echo}", echo).replace("{callback}", CALLBACK);
    text.accounts = [more, echoed].concat();
    let (from, to) = (text.forms_dir.clone(), text.store.with_file_name("forms"));
    fs::create_dir(&to).unwrap();
    text.forms_dir.clone_from(&to);
    fs::copy(from.join(format!("{COMPLETES}.toml")), to.join(format!("{COMPLETES}.toml"))).unwrap();
    for (account, form) in DEMO {
        let definition = fs::read_to_string(from.join(format!("{form}.toml"))).unwrap();
        let write = |id: &str, account: &str| {
            let own = definition.replacen(&format!("id = {form:?}"), &format!("id = {id:?}"), 1).replacen(
                &definition_line(&definition, "account = "),
                &format!("account = {account:?}"),
                1,
            );
            fs::write(to.join(format!("{id}.toml")), own).unwrap();
        };
        write(form, account);
        write(&echo_of(account), &echo_of(account));
        for (variant, _) in VARIANTS.iter().filter(|(_, connector)| *connector == account) {
            write(variant, variant);
        }
        if account == "partnerportal" {
            let (head, _) = definition.split_once("[[fields]]").unwrap();
            let head = head
                .replacen(
                    &format!("id = {form:?}"),
                    &format!("id = {FROM_SCHEMA:?}\nfields = \"from partner schema\""),
                    1,
                )
                .replacen("account = \"partnerportal\"", "account = \"portal\"", 1);
            fs::write(to.join(format!("{FROM_SCHEMA}.toml")), head).unwrap();
        }
    }
}

fn definition_line(definition: &str, start: &str) -> String {
    definition.lines().find(|line| line.starts_with(start)).unwrap().to_owned()
}

/// The form's own good example, with words of this run wherever a word can stand; and those words.
pub(super) fn values(folder: &Path, form: &str) -> (Value, Vec<Canary>) {
    let text = fs::read_to_string(folder.join(format!("{form}.toml"))).unwrap();
    let form: FormDefinition = toml::from_str(&text).unwrap();
    let example = form.examples.iter().find(|example| example.problems.is_empty()).unwrap();
    let mut values = serde_json::to_value(&example.values).unwrap();
    let words = fill(values.as_object_mut().unwrap());
    (values, words)
}

/// Puts words of this run into what is there.
pub(super) fn fill(values: &mut Map<String, Value>) -> Vec<Canary> {
    let mut words = Vec::new();
    for (name, value) in values {
        let word = if name.contains("hone") { Canary::digits() } else { Canary::word() };
        *value = match name.as_str() {
            "email" => json!(format!("{}@analytical.example", word.0)),
            "phone" | "phoneNumber" => json!(format!("+44207{}", word.0)),
            "website" => json!(format!("https://{}.example", word.0)),
            "first_name" | "last_name" | "company" | "notes" | "address_line1" | "firstName" | "lastName"
            | "companyName" => json!(word.0),
            _ => continue,
        };
        words.push(word);
    }
    words
}
