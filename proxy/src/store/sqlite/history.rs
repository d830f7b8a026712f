//! Reads every delivery with its attempts, beside whoever has the store.
//!
//! Apart from the store itself, as the list of open deliveries is: no lock is taken and nothing can be written.

use crate::store::history::{DeliveryHistory, PAGE, Row, tell_rows};
use crate::store::sqlite::{open, store_error};
use crate::store::{StoreConfig, StoreError};

/// Hands every delivery to `tell`, the oldest first.
pub(in crate::store) async fn tell(
    config: &StoreConfig,
    tell: &mut (dyn FnMut(DeliveryHistory) + Send),
) -> Result<(), StoreError> {
    let readers = open::open_beside(&config.path).await?;
    let mut last = 0;
    loop {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT d.id, s.receipt, d.account, d.state, d.reason, a.number, a.state, a.why, a.started_at, a.ended_at \
             FROM (SELECT * FROM deliveries WHERE id > ? ORDER BY id LIMIT ?) d \
             JOIN submissions s ON s.id = d.submission LEFT JOIN attempts a ON a.delivery = d.id \
             ORDER BY d.id, a.number",
        )
        .bind(last)
        .bind(PAGE)
        .fetch_all(&readers)
        .await
        .map_err(store_error)?;
        match tell_rows(rows, tell) {
            Some(id) => last = id,
            None => break,
        }
    }
    readers.close().await;
    Ok(())
}
