//! What the store keeps of partners' schemas, so that a form made of one is there at the next start without the partner.
//!
//! Apart from leads and tokens: a schema is nobody's secret and can be fetched again.

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::store::StoreError;

/// A schema as it was when it was fetched.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSchema {
    /// The account that was asked.
    pub account: String,
    /// The partner organisation that was asked for; none for the company's own schema.
    pub organization: Option<String>,
    /// When.
    pub fetched_at: Timestamp,
    /// The fields, as JSON of ours.
    pub fields_json: String,
}

/// Keeps partners' schemas.
#[async_trait]
pub trait SchemaStore: Send + Sync + 'static {
    /// Keeps a schema in the place of an older one.
    async fn save_schema(&self, schema: StoredSchema) -> Result<(), StoreError>;

    /// Every schema that is kept.
    async fn schemas(&self) -> Result<Vec<StoredSchema>, StoreError>;
}
