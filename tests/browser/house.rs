//! The house that a journey walks through: simulator, partner's website on another origin, proxy on a fresh store.
//!
//! Apart so that each journey starts with one line and ends with nothing left running.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lead_proxy::account::Account;
use lead_proxy::clock::Clock;
use lead_proxy::signed::{Scope, sign_link, sign_panel_token, sign_prefill};
use partner_sim::site::Site;
use partner_sim::takepayments::Ledger;
use partner_sim::{Controls, KeyCheck, Request, Sim};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::config_text::{ConfigText, PUBLIC_KEY, partner_secret};
use crate::gate::Gate;

/// Where the CRM stands in the demo.
const DEMO_CRM: &str = "http://127.0.0.1:8091";
/// What the simulator asks for; a canary, so that a test can look for it everywhere else.
pub(crate) const API_KEY: &str = "canary-api-key-7d1f0c2b9e";

/// How long a lead may take from the visitor's click to the partner's ledger.
const ARRIVAL_LIMIT: Duration = Duration::from_secs(60);

/// How long a link or a prefill token is good that a journey opens.
const LINK_LIFE: Duration = Duration::from_secs(60 * 60);

/// Everything that runs for one journey. Dropping it ends it.
pub(crate) struct House {
    pub(crate) sim: Sim,
    pub(crate) site: Site,
    pub(crate) proxy: lead_proxy::Running,
    pub(crate) proxy_url: String,
    /// The door before it, where a journey wants one.
    pub(crate) gate: Option<Gate>,
    /// As the proxy has them, for what a CRM's server would sign with their keys.
    accounts: Vec<Account>,
    _folder: TempDir,
}

impl House {
    /// With the host pages of the tests.
    pub(crate) async fn start() -> Self {
        Self::start_with("tests/pages").await
    }

    /// With another folder of host pages.
    pub(crate) async fn start_with(pages: &str) -> Self {
        Self::start_in(pages, &[]).await
    }

    /// With forms beside the shipped ones: their id and their definition.
    pub(crate) async fn start_in(pages: &str, more_forms: &[(&str, &str)]) -> Self {
        Self::build(&manifest_dir().join(pages), more_forms, false).await
    }

    /// With this folder of host pages, and a door before the proxy at which things can be held back.
    pub(crate) async fn start_behind_gate(pages: &Path) -> Self {
        Self::build(pages, &[], true).await
    }

    /// The door of a house that has one.
    pub(crate) fn gate(&self) -> &Gate {
        self.gate.as_ref().unwrap()
    }

    async fn build(pages: &Path, more_forms: &[(&str, &str)], gated: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sim_options = partner_sim::Options::new(any_port(), credentials());
        let sim = partner_sim::start(sim_options).await.unwrap();
        let proxy_addr = free_addr();
        let proxy_url = format!("http://{proxy_addr}");
        let site = partner_sim::site::start(pages, any_port(), &proxy_url).await.unwrap();
        write_forms(folder.path(), &site.url(), more_forms);
        let listen = if gated { free_addr() } else { proxy_addr };
        let at_partner = sim.takepayments().insert_url();
        let config = || config(&folder, listen, &proxy_url, &at_partner, &site.url());
        let accounts = config().accounts;
        let proxy = lead_proxy::serve(config()).await.unwrap();
        let gate = if gated { Some(Gate::open(proxy_addr, listen).await) } else { None };
        Self { sim, site, proxy, proxy_url, gate, accounts, _folder: folder }
    }

    /// A page of the partner's website.
    pub(crate) fn page(&self, name: &str) -> String {
        format!("{}/{name}", self.site.url())
    }

    /// A page of the proxy's own.
    pub(crate) fn own(&self, path: &str) -> String {
        format!("{}{path}", self.proxy_url)
    }

    /// The link by which somebody completes the record of this reference on this form, as a CRM's server signs it.
    pub(crate) fn link(&self, account: &str, form: &str, reference: &str) -> String {
        let account = self.accounts.iter().find(|known| known.id() == account).unwrap();
        sign_link(account, form, reference, Clock::system().now(), LINK_LIFE).unwrap()
    }

    /// A token that fills in this form of the webhook's, as a customer's server signs it.
    pub(crate) fn prefill(&self, form: &str, values: &serde_json::Value, fixed: &[&str]) -> String {
        let account = self.accounts.iter().find(|known| known.id() == "webhook").unwrap();
        let values = serde_json::from_value(values.clone()).unwrap();
        let fixed = fixed.iter().map(|name| (*name).to_owned()).collect();
        sign_prefill(account, form, (values, fixed), Clock::system().now(), LINK_LIFE).unwrap()
    }

    /// The token by which a person of a CRM reaches an account's records, as the CRM's server signs it.
    pub(crate) fn panel_token(
        &self,
        account: &str,
        scope: Scope,
        record: Option<&str>,
        life: Duration,
    ) -> String {
        let account = self.accounts.iter().find(|known| known.id() == account).unwrap();
        sign_panel_token(account, scope, "user-7", record, Clock::system().now(), life).unwrap()
    }

    /// Waits until TakePayments has this many leads, and gives its ledger.
    pub(crate) async fn leads(&self, count: usize) -> Ledger {
        let arrived =
            self.sim.takepayments().wait_for(|ledger| ledger.leads.len() >= count, ARRIVAL_LIMIT).await;
        let ledger =
            arrived.unwrap_or_else(|ledger| panic!("{count} leads expected, ledger holds {ledger:#?}"));
        assert_eq!(ledger.leads.len(), count, "{ledger:#?}");
        ledger
    }

    pub(crate) async fn stop(self) {
        self.proxy.stop().await;
        self.site.stop().await;
        self.sim.stop().await;
    }
}

/// Waits until a partner has made or changed a lead, and gives that request: the only one that did, good in every way.
pub(crate) async fn sole_lead(partner: &Controls) -> Request {
    let arrived =
        partner.wait_for(|ledger| ledger.requests.iter().any(|request| request.lead), ARRIVAL_LIMIT).await;
    let ledger = arrived.unwrap_or_else(|ledger| panic!("a lead expected, ledger holds {ledger:#?}"));
    let mut leads = ledger.requests.iter().filter(|request| request.lead);
    let request = leads.next().unwrap().clone();
    assert_eq!(leads.count(), 0, "{ledger:#?}");
    assert_eq!((request.credential, request.problems.as_slice()), (KeyCheck::Valid, &[][..]), "{request:#?}");
    request
}

/// A journey on a page of the partner's website, with everything started before and ended after.
pub(crate) async fn on_page(page: &str, journey: impl AsyncFnOnce(&House, &Browser)) {
    let house = House::start().await;
    let start = house.page(page);
    walk(house, &start, journey).await;
}

/// A journey on a page of the proxy's own.
pub(crate) async fn on_own_page(path: &str, journey: impl AsyncFnOnce(&House, &Browser)) {
    let house = House::start().await;
    let start = house.own(path);
    walk(house, &start, journey).await;
}

async fn walk(house: House, start: &str, journey: impl AsyncFnOnce(&House, &Browser)) {
    let browser = Browser::start().await;
    browser.goto(start).await;
    journey(&house, &browser).await;
    browser.stop().await;
    house.stop().await;
}

/// What the simulators know: the canary, and for the other partners what the demo's variables hold in tests.
fn credentials() -> partner_sim::Credentials {
    let secret = |name| partner_secret(name).unwrap_or_default();
    partner_sim::Credentials {
        spotcap_api_key: secret("SIM_SPOTCAP_API_KEY"),
        partnerportal_client_id: secret("SIM_PARTNERPORTAL_CLIENT_ID"),
        partnerportal_client_secret: secret("SIM_PARTNERPORTAL_CLIENT_SECRET"),
        algbra_api_token: secret("SIM_ALGBRA_API_TOKEN"),
        algbra_public_key_pem: PUBLIC_KEY.to_owned(),
        octorate_client_id: secret("SIM_OCTORATE_CLIENT_ID"),
        octorate_client_secret: secret("SIM_OCTORATE_CLIENT_SECRET"),
        webhook_secret: secret("SIM_WEBHOOK_SECRET"),
        ..partner_sim::Credentials::with_takepayments(API_KEY)
    }
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A port that was free a moment ago: the proxy's address must be known before it and the website start.
fn free_addr() -> SocketAddr {
    TcpListener::bind(any_port()).unwrap().local_addr().unwrap()
}

fn manifest_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The browser's files, as `cargo xtask assets` wrote them.
pub(crate) fn assets_dir() -> PathBuf {
    let folder = match std::env::var_os("LEAD_FORM_ASSETS") {
        Some(folder) => PathBuf::from(folder),
        None => manifest_dir().join("target/lead-form-assets"),
    };
    let manifest = folder.join("manifest.json");
    assert!(manifest.exists(), "{} is missing: run `cargo xtask assets` first", manifest.display());
    folder
}

/// The shipped forms and these, allowed on the website of this run.
fn write_forms(folder: &Path, site: &str, more: &[(&str, &str)]) {
    let folder = folder.join("forms");
    std::fs::create_dir(&folder).unwrap();
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text.replace("http://127.0.0.1:8090", site)).unwrap();
    };
    for entry in std::fs::read_dir(manifest_dir().join("forms")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let name = path.file_name().unwrap().to_string_lossy();
            write(&name, &std::fs::read_to_string(&path).unwrap());
        }
    }
    for (id, text) in more {
        write(&format!("{id}.toml"), text);
    }
}

/// The accounts with panels, whose CRM is the website of this run; and a key for the one that signs what fills in a form.
fn with_panels(partners: &str, site: &str) -> String {
    let account = "[accounts.webhook]\n";
    let key = "panel_keys = [{ env = \"DEMO_ALGBRA_PANEL_KEY\" }]\n";
    partners.replace(account, &format!("{account}{key}")).replace(DEMO_CRM, site)
}

fn config(
    folder: &TempDir,
    listen: SocketAddr,
    origin: &str,
    insert_url: &str,
    site: &str,
) -> lead_proxy::Config {
    let at = |name: &str| folder.path().join(name).display().to_string();
    let text = format!(
        r#"
        [public]
        listen = "{listen}"
        origin = "{origin}"
        [operator]
        listen = "127.0.0.1:0"
        [forms]
        dir = "{forms}"
        [assets]
        dir = "{assets}"
        [store]
        path = "{store}"
        [delivery]
        allow_loopback = true
        [keys]
        active = "test"
        [keys.ring.test]
        env = "RING_KEY"
        [accounts.takepayments]
        connector = "takepayments"
        settings = {{ url = "{insert_url}" }}
        credentials = {{ api_key = {{ env = "TAKEPAYMENTS_API_KEY" }} }}
        {partners}
        "#,
        partners = with_panels(&ConfigText::new(insert_url.to_owned(), PathBuf::new()).partners(), site),
        forms = at("forms"),
        assets = assets_dir().display(),
        store = at("leads.db"),
    );
    let env = |name: &str| match name {
        "RING_KEY" => Some("0123456789abcdef".repeat(4)),
        "TAKEPAYMENTS_API_KEY" => Some(API_KEY.to_owned()),
        name => partner_secret(name),
    };
    match lead_proxy::Config::from_toml(&text, folder.path(), &env) {
        Ok(config) => config,
        Err(findings) => panic!("{findings:#?}"),
    }
}
