//! Reads every delivery with its attempts, while replicas run.
//!
//! Apart from the store itself, as the list of open deliveries is: nothing is migrated or written.

use sqlx::ConnectOptions as _;
use sqlx::Connection as _;

use crate::store::StoreError;
use crate::store::history::{DeliveryHistory, PAGE, Row, tell_rows};
use crate::store::postgres::{DatabaseUrl, open, store_error};

/// Hands every delivery to `tell`, the oldest first.
pub(in crate::store) async fn tell(
    url: &DatabaseUrl,
    tell: &mut (dyn FnMut(DeliveryHistory) + Send),
) -> Result<(), StoreError> {
    let mut connection = open::options(url).connect().await.map_err(open::unreachable)?;
    let mut last = 0;
    loop {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT d.id, s.receipt, d.account, d.state, d.reason, a.number::bigint, a.state, a.why, a.started_at, \
             a.ended_at FROM (SELECT * FROM deliveries WHERE id > $1 ORDER BY id LIMIT $2) d \
             JOIN submissions s ON s.id = d.id LEFT JOIN attempts a ON a.delivery = d.id ORDER BY d.id, a.number",
        )
        .bind(last)
        .bind(PAGE)
        .fetch_all(&mut connection)
        .await
        .map_err(store_error)?;
        match tell_rows(rows, tell) {
            Some(id) => last = id,
            None => break,
        }
    }
    connection.close().await.map_err(store_error)
}
