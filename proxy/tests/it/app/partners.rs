//! The accounts of all partners, each at its simulator, for tests that want more than TakePayments.
//!
//! Apart because a test says only that it wants them: `text.accounts = ALL.to_owned()`; what stands in braces here is
//! filled in once the simulators have an address.

use partner_sim::{Credentials, Sim};

use super::ConfigText;

/// Write this into [`ConfigText::accounts`] to get every account below.
pub const ALL: &str = "{all}";
/// Signs panel tokens and links of the accounts that have a panel.
pub const PANEL_KEY: &str = "the-panel-key-of-the-tests-32-chars";

const ACCOUNTS: &str = r#"
[accounts.spotcap]
connector = "spotcap"
settings = { base_url = "{spotcap}", stage = "beta", resource = "leads" }
credentials = { api_key = { env = "TEST_SPOTCAP_API_KEY" } }
[accounts.spotcap.mapping]
firstName = "first_name"
"contact.email" = "email"
reference = { template = "{receipt}" }

[accounts.partnerportal]
connector = "partnerportal"
panel_keys = [{ env = "TEST_PANEL_KEY" }]
credentials = { client_id = { env = "TEST_PARTNERPORTAL_CLIENT_ID" }, client_secret = { env = "TEST_PARTNERPORTAL_CLIENT_SECRET" } }
[accounts.partnerportal.settings]
base_url = "{partnerportal}"
token_url = "{partnerportal}/oauth/token"
company_id = "company-1"
platform = "website"
leads_path = "/companies/{companyId}/leads"
lead_path = "/companies/{companyId}/leads/{leadId}"
schema_path = "/companies/{companyId}/schemas/{object}"
partner_schema_path = "/companies/{companyId}/partner-organizations/{partnerOrganizationId}/schemas/{object}"

[accounts.algbra]
connector = "algbra"
panel_keys = [{ env = "TEST_PANEL_KEY" }]
settings = { base_url = "{algbra}" }
credentials = { api_token = { env = "TEST_ALGBRA_API_TOKEN" }, private_key = { file = "{algbra_key}" } }

[accounts.octorate]
connector = "octorate"
mapping = { latitude = "latitude", longitude = "longitude" }
credentials = { client_id = { env = "TEST_OCTORATE_CLIENT_ID" }, client_secret = { env = "TEST_OCTORATE_CLIENT_SECRET" } }
[accounts.octorate.settings]
base_url = "{octorate}"
mode = "production"
property_sign_up = true
currency = "EUR"

[accounts.webhook]
connector = "webhook"
settings = { url = "{webhook}" }
credentials = { secret = { env = "TEST_WEBHOOK_SECRET" } }
"#;

/// Fills in addresses and secrets.
pub fn complete(text: &mut ConfigText, sim: &Sim, known: &Credentials) {
    let Some(place) = text.accounts.find(ALL) else { return };
    let key = text.store.with_file_name("algbra.private.pem");
    write_key(&key);
    let accounts = ACCOUNTS
        .replace("{spotcap}", &sim.spotcap().base_url())
        .replace("{partnerportal}", &sim.partnerportal().base_url())
        .replace("{algbra}", &sim.algbra().base_url())
        .replace("{algbra_key}", &key.display().to_string())
        .replace("{octorate}", &sim.octorate().production_url())
        .replace("{webhook}", &sim.webhook().endpoint_url("leads"));
    text.accounts.replace_range(place..place + ALL.len(), &accounts);
    let secrets = [
        ("TEST_SPOTCAP_API_KEY", known.spotcap_api_key.as_str()),
        ("TEST_PARTNERPORTAL_CLIENT_ID", &known.partnerportal_client_id),
        ("TEST_PARTNERPORTAL_CLIENT_SECRET", &known.partnerportal_client_secret),
        ("TEST_ALGBRA_API_TOKEN", &known.algbra_api_token),
        ("TEST_OCTORATE_CLIENT_ID", &known.octorate_client_id),
        ("TEST_OCTORATE_CLIENT_SECRET", &known.octorate_client_secret),
        ("TEST_WEBHOOK_SECRET", &known.webhook_secret),
        ("TEST_PANEL_KEY", PANEL_KEY),
    ];
    text.secrets.extend(secrets.map(|(name, secret)| (name.to_owned(), secret.to_owned())));
}

/// The tests' key in a file for its owner alone, as the proxy wants it.
fn write_key(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;

    let key = include_str!("../../../../crates/partner-sim/tests/vectors/test-key-2048.private.pem");
    std::fs::write(path, key).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
