//! What a partner can be asked: the kinds of operations, one call of each, and what its answer holds.
//!
//! Apart from the lead: only one operation brings a lead; the others serve the records that the partner keeps.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::connectors::parts::lead::{FieldFault, Lead};

/// One operation of a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// What it does.
    pub kind: OperationKind,
    /// The partner's own name for it, or what its document calls it.
    pub name: &'static str,
    /// Who says that it is there.
    pub source: FactSource,
}

/// Who says a fact about a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactSource {
    /// The partner's document.
    Document,
    /// Another public source.
    Elsewhere,
    /// Nobody: it is our default, and a setting or a cautious reading.
    Ours,
}

impl FactSource {
    /// Says it for the docs.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Elsewhere => "elsewhere",
            Self::Ours => "our default",
        }
    }
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OperationKind {
    /// Brings a lead.
    Create,
    /// Lists records.
    List,
    /// Reads one record by the partner's id.
    Get,
    /// Reads one record by our reference.
    GetByReference,
    /// Changes some fields of a record.
    Update,
    /// Describes the fields of a record.
    Schema,
    /// Describes them for one partner organisation.
    PartnerSchema,
}

impl OperationKind {
    /// The stable name, in docs and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::List => "list",
            Self::Get => "get",
            Self::GetByReference => "get_by_reference",
            Self::Update => "update",
            Self::Schema => "schema",
            Self::PartnerSchema => "partner_schema",
        }
    }
}

/// One thing asked of a partner.
#[derive(Clone, Copy, Debug)]
pub enum Call<'a> {
    /// Take this lead.
    Create(&'a Lead),
    /// List records.
    List(&'a ListQuery),
    /// Show the record of this id.
    Get {
        /// The partner's id.
        id: &'a str,
    },
    /// Show the record that has this reference of ours.
    GetByReference {
        /// Our reference, as the partner has it.
        reference: &'a str,
    },
    /// Change a record.
    Update {
        /// The partner's id.
        id: &'a str,
        /// What becomes of which field.
        change: &'a Change,
    },
    /// Describe the fields of a record.
    Schema,
    /// Describe them for one partner organisation.
    PartnerSchema {
        /// The partner's id of the organisation.
        organization: &'a str,
    },
}

impl Call<'_> {
    /// Which kind of operation this is.
    pub fn kind(&self) -> OperationKind {
        match self {
            Self::Create(_) => OperationKind::Create,
            Self::List(_) => OperationKind::List,
            Self::Get { .. } => OperationKind::Get,
            Self::GetByReference { .. } => OperationKind::GetByReference,
            Self::Update { .. } => OperationKind::Update,
            Self::Schema => OperationKind::Schema,
            Self::PartnerSchema { .. } => OperationKind::PartnerSchema,
        }
    }
}

/// Which records are wanted, in terms that every partner's own paging is made of.
#[derive(Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// What to search for; only where the partner's list can be searched.
    pub search: Option<String>,
    /// Which page, from 1.
    pub page: u32,
    /// Most records on it.
    pub limit: u32,
}

/// Hides the search: it is a person's name as a rule.
impl fmt::Debug for ListQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ListQuery(search: {}, page {}, limit {})", self.search.is_some(), self.page, self.limit)
    }
}

/// What becomes of a record's fields: absent leaves a field as it is, null erases it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Change(pub Map<String, Value>);

/// Shows names only: values are personal data.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Change({:?})", self.0.keys().collect::<Vec<_>>())
    }
}

/// Why no request can be built for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallFault {
    /// The partner has no such operation, or the account leaves out the setting without which it can't be asked.
    Unsupported,
    /// These fields break the payload's rules.
    Fields(Vec<FieldFault>),
    /// The page or limit is out of the partner's bounds, or its list can't be searched.
    Query(&'static str),
}

/// A record as the partner keeps it.
#[derive(Clone, PartialEq)]
pub struct Record {
    /// The partner's id.
    pub id: String,
    /// Our reference, where the partner keeps one.
    pub reference: Option<String>,
    /// The fields under the partner's names, as they came.
    pub fields: Map<String, Value>,
}

/// Shows the id only: the fields are personal data.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({}, {} fields)", self.id, self.fields.len())
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordPage {
    /// The records.
    pub records: Vec<Record>,
    /// How many there are in all, where the partner says so.
    pub total: Option<u64>,
}

/// One field of a partner's schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SchemaField {
    /// The name under which the field is written.
    pub name: String,
    /// What a person reads beside it.
    pub label: String,
    /// The partner's word for what it holds, such as `string`.
    pub kind: String,
    /// The partner's word for how it is shown, such as `input`.
    pub display: String,
    /// Whether a record can't be made without it.
    pub required: bool,
    /// Whether it may be set when a record is made.
    pub creatable: bool,
    /// Whether it may be changed afterwards.
    pub updateable: bool,
    /// Whether it is one of the document's fields, not the company's own.
    pub standard: bool,
    /// Where it stands among the others.
    pub order: i64,
    /// The choices, where it has any.
    pub options: Vec<String>,
}

/// What a successful answer holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// One record.
    Record(Record),
    /// A page of a list.
    Page(RecordPage),
    /// The fields of a record, in their order.
    Schema(Vec<SchemaField>),
}
