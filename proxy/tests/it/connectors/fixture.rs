//! The fixture of a connector: what the partner's document says, requests as they leave, answers as they are read.
//!
//! Apart because every part of the suite reads the same file, `tests/fixtures/SLUG.toml`, and makes an account of it.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};
use lead_model::NormalValues;
use lead_proxy::account::{Account, AccountConfig, AccountLimits};
use lead_proxy::config::Finding;
use lead_proxy::connectors::{
    Answer, AnswerRow, CONNECTORS, Call, Change, Connector, Lead, ListQuery, OperationKind, PartnerRequest,
};
use lead_proxy::ids::Receipt;
use lead_proxy::mapping::compose;
use secrecy::SecretString;
use serde::Deserialize;

/// Every kind of operation that a partner can have.
pub const KINDS: [OperationKind; 7] = [
    OperationKind::Create,
    OperationKind::List,
    OperationKind::Get,
    OperationKind::GetByReference,
    OperationKind::Update,
    OperationKind::Schema,
    OperationKind::PartnerSchema,
];

/// A receipt for leads of the suite itself.
pub const RECEIPT: &str = "7K3F9-0QXJ2-MM8TD-4VYBR";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    pub account: AccountFixture,
    /// The fields of a new lead in the document's order; absent where no document names any.
    #[serde(default)]
    pub document: Vec<DocumentTable>,
    /// The fields that an update may change.
    #[serde(default)]
    pub update: Vec<DocumentTable>,
    pub requests: Vec<RequestFixture>,
    pub answers: Vec<AnswerFixture>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountFixture {
    #[serde(default)]
    pub settings: toml::Table,
    pub credentials: BTreeMap<String, String>,
    #[serde(default)]
    pub mapping: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentTable {
    pub fields: Vec<DocumentField>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentField {
    pub name: String,
    #[serde(default)]
    pub required: bool,
    pub max: Option<u32>,
    #[serde(default)]
    pub boolean: bool,
    #[serde(default)]
    pub number: bool,
    /// Whether the length is ours because the document gives none.
    #[serde(default)]
    pub own: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestFixture {
    pub name: String,
    #[serde(default = "create")]
    pub operation: String,
    /// Over the account's.
    #[serde(default)]
    pub settings: toml::Table,
    pub receipt: Option<String>,
    #[serde(default)]
    pub values: NormalValues,
    pub query: Option<QueryFixture>,
    pub id: Option<String>,
    pub reference: Option<String>,
    pub change: Option<String>,
    pub organization: Option<String>,
    pub method: String,
    pub url: String,
    pub signed_url: Option<String>,
    /// Those that must be there; others may.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryFixture {
    pub search: Option<String>,
    pub page: u32,
    pub limit: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerFixture {
    pub name: String,
    #[serde(default = "create")]
    pub operation: String,
    /// The label of the row that this answer is for.
    pub row: Option<String>,
    /// Over the account's.
    #[serde(default)]
    pub settings: toml::Table,
    pub status: u16,
    pub content_type: Option<String>,
    pub retry_after: Option<String>,
    #[serde(default)]
    pub body: String,
    pub outcome: String,
    pub why: Option<String>,
    #[serde(default)]
    pub fields: Vec<String>,
    pub retry_after_ms: Option<u64>,
    pub reference: Option<String>,
    pub reading: Option<String>,
}

fn create() -> String {
    OperationKind::Create.as_str().to_owned()
}

/// A kind by its stable name.
pub fn kind_of(name: &str) -> OperationKind {
    let kind = KINDS.into_iter().find(|kind| kind.as_str() == name);
    kind.unwrap_or_else(|| panic!("{name:?} is no operation"))
}

/// A file or folder of the crate.
pub fn folder(inside: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(inside)
}

/// A connector with what its fixture says.
pub struct Case {
    pub connector: &'static dyn Connector,
    pub slug: &'static str,
    pub fixture: Fixture,
    pub account: Account,
}

/// Runs a check for every registered connector, to the end: one that fails does not hide the next.
pub fn for_each(check: impl Fn(&Case)) {
    let run = |connector: &'static dyn Connector| {
        let slug = connector.descriptor().slug;
        let fixture = Fixture::read(slug);
        let account = build(slug, &fixture.account, |_| {})
            .unwrap_or_else(|findings| panic!("{slug}: the fixture's own account: {findings:#?}"));
        check(&Case { connector, slug, fixture, account });
    };
    let fails =
        |connector: &&&'static dyn Connector| catch_unwind(AssertUnwindSafe(|| run(**connector))).is_err();
    let failed = CONNECTORS.iter().filter(fails).map(|connector| connector.descriptor().slug);
    assert_eq!(failed.collect::<Vec<_>>(), [""; 0], "connectors that fail, each with its reason above");
}

/// The parts of an account that a test may change before it is built.
pub struct Draft {
    pub settings: toml::Table,
    pub credentials: BTreeMap<String, String>,
    pub mapping: toml::Table,
}

/// Builds the fixture's account, changed as a test wants it. Named by its connector.
pub fn build(
    slug: &str,
    fixture: &AccountFixture,
    change: impl FnOnce(&mut Draft),
) -> Result<Account, Vec<Finding>> {
    let AccountFixture { settings, credentials, mapping } = fixture;
    let mut draft =
        Draft { settings: settings.clone(), credentials: credentials.clone(), mapping: mapping.clone() };
    change(&mut draft);
    let mut section = toml::Table::new();
    section.insert("connector".to_owned(), slug.into());
    section.insert("settings".to_owned(), draft.settings.into());
    section.insert("mapping".to_owned(), draft.mapping.into());
    let config: AccountConfig = section.try_into().unwrap();
    let secrets = draft.credentials.into_iter().map(|(name, text)| (name, SecretString::from(text)));
    Account::build(slug, &config, secrets.collect(), AccountLimits { allow_loopback: false })
}

impl Case {
    /// The account with these settings over its own.
    pub fn account_with(&self, settings: &toml::Table) -> Account {
        build(self.slug, &self.fixture.account, |draft| draft.settings.extend(settings.clone()))
            .unwrap_or_else(|findings| panic!("{}: {settings:?}: {findings:#?}", self.slug))
    }

    /// The operations that the partner has.
    pub fn kinds(&self) -> impl Iterator<Item = OperationKind> + '_ {
        self.connector.descriptor().operations.iter().map(|operation| operation.kind)
    }

    /// The rows of an operation.
    pub fn rows(&self, kind: OperationKind) -> impl Iterator<Item = &'static AnswerRow> {
        self.connector
            .descriptor()
            .answers
            .iter()
            .filter(move |row| row.operations.is_empty() || row.operations.contains(&kind))
    }

    /// The requests that bring a lead.
    pub fn creates(&self) -> impl Iterator<Item = &RequestFixture> {
        self.fixture.requests.iter().filter(|request| kind_of(&request.operation) == OperationKind::Create)
    }

    /// The lead of the first request that brings one.
    pub fn some_lead(&self) -> Lead {
        let request = self.creates().next().expect("every fixture has a request that brings a lead");
        request.lead(&self.account_with(&request.settings))
    }
}

impl Fixture {
    /// The fixture of a connector.
    pub fn read(slug: &str) -> Self {
        let path = folder("tests/fixtures").join(format!("{slug}.toml"));
        let text = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{slug} needs {}: {error}", path.display()));
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

impl RequestFixture {
    /// The lead that it brings.
    pub fn lead(&self, account: &Account) -> Lead {
        let receipt = self.receipt.as_deref().unwrap_or(RECEIPT);
        compose(account, &Receipt::parse(receipt).unwrap(), &self.values)
    }

    /// Builds it by its connector; the account has its settings already.
    pub fn build(&self, connector: &dyn Connector, account: &Account) -> PartnerRequest {
        let lead = self.lead(account);
        let query = self.query.as_ref().map(QueryFixture::query);
        let change = self.change.as_deref().map(|text| Change(serde_json::from_str(text).unwrap()));
        let need = |text: &Option<String>, key: &str| {
            text.clone().unwrap_or_else(|| panic!("{:?} needs {key} = …", self.name))
        };
        let (id, reference, organization);
        let call = match kind_of(&self.operation) {
            OperationKind::Create => Call::Create(&lead),
            OperationKind::List => Call::List(query.as_ref().expect("a list needs query = …")),
            OperationKind::Get => {
                id = need(&self.id, "id");
                Call::Get { id: &id }
            }
            OperationKind::GetByReference => {
                reference = need(&self.reference, "reference");
                Call::GetByReference { reference: &reference }
            }
            OperationKind::Update => {
                id = need(&self.id, "id");
                Call::Update { id: &id, change: change.as_ref().expect("an update needs change = …") }
            }
            OperationKind::Schema => Call::Schema,
            OperationKind::PartnerSchema => {
                organization = need(&self.organization, "organization");
                Call::PartnerSchema { organization: &organization }
            }
        };
        connector
            .request(&call, account.settings())
            .unwrap_or_else(|fault| panic!("{:?} can't be built: {fault:?}", self.name))
    }
}

impl QueryFixture {
    fn query(&self) -> ListQuery {
        ListQuery { search: self.search.clone(), page: self.page, limit: self.limit }
    }
}

impl AnswerFixture {
    /// The answer itself.
    pub fn answer(&self) -> Answer {
        let mut headers = HeaderMap::new();
        for (name, value) in [(CONTENT_TYPE, &self.content_type), (RETRY_AFTER, &self.retry_after)] {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_str(value).unwrap());
            }
        }
        Answer { status: self.status, headers, body: self.body.clone().into_bytes() }
    }
}

/// How a row is called in fixtures: status, name and, where it is for some only, operations.
pub fn label_of(row: &AnswerRow) -> String {
    let mut label = row.status.to_string();
    if let Some(name) = row.name {
        label.push_str(&format!(" {name}"));
    }
    if !row.operations.is_empty() {
        let kinds: Vec<_> = row.operations.iter().map(|kind| kind.as_str()).collect();
        label.push_str(&format!(" ({})", kinds.join(", ")));
    }
    label
}
