//! Partners' schemas in PostgreSQL.
//!
//! Apart from the outbox: nothing of a lead hangs on them.

use async_trait::async_trait;
use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::store::postgres::{PostgresStore, store_error};
use crate::store::{SchemaStore, StoreError, StoredSchema};

#[async_trait]
impl SchemaStore for PostgresStore {
    async fn save_schema(&self, schema: StoredSchema) -> Result<(), StoreError> {
        self.sessions.write(schema, |conn, schema| Box::pin(save(conn, schema))).await
    }

    async fn schemas(&self) -> Result<Vec<StoredSchema>, StoreError> {
        self.sessions.read((), |conn, ()| Box::pin(all(conn))).await
    }
}

async fn save(connection: &mut PgConnection, schema: &StoredSchema) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO partner_schemas (account, organization, fetched_at, fields_json) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (account, organization) DO UPDATE SET fetched_at = excluded.fetched_at, \
         fields_json = excluded.fields_json",
    )
    .bind(&schema.account)
    .bind(schema.organization.as_deref().unwrap_or_default())
    .bind(schema.fetched_at.as_ms())
    .bind(&schema.fields_json)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(())
}

async fn all(connection: &mut PgConnection) -> Result<Vec<StoredSchema>, StoreError> {
    let rows: Vec<(String, String, i64, String)> =
        sqlx::query_as("SELECT account, organization, fetched_at, fields_json FROM partner_schemas")
            .fetch_all(connection)
            .await
            .map_err(store_error)?;
    let read = rows.into_iter().map(|(account, organization, fetched_at, fields_json)| StoredSchema {
        account,
        organization: Some(organization).filter(|name| !name.is_empty()),
        fetched_at: Timestamp::from_ms(fetched_at),
        fields_json,
    });
    Ok(read.collect())
}
