//! Leases to what is due, given out by one replica at a time for each account.
//!
//! Apart from `attempt`, whose writes are all held against the fence that is handed out here.

use std::collections::HashMap;

use sqlx::{Connection as _, PgConnection};

use crate::clock::Timestamp;
use crate::ids::{DeliveryId, Receipt};
use crate::store::postgres::time::{Time, at, wait_ms};
use crate::store::postgres::{commit, followers, gates, store_error, to_u32};
use crate::store::{AccountRoom, ClaimRequest, Claimed, Fence, Gate, SealedLead, StoreError};

/// Leases due deliveries of accounts that have room and whose gate lets them go.
pub(super) async fn claim(
    connection: &mut PgConnection,
    request: &ClaimRequest,
    owner: &str,
    time: &Time,
) -> Result<Vec<Claimed>, StoreError> {
    let names: Vec<String> = request.accounts.iter().map(|room| room.account.clone()).collect();
    // A look without locks: most of the time nothing is due, or nothing may go.
    let mut open = Vec::new();
    for row in gates::with_due(connection, &names, time).await? {
        let now = row.now();
        let view = row.view()?;
        let room = request.accounts.iter().find(|room| room.account == view.account);
        if room.is_some_and(|room| view.gate.room(room.room, &room.flow, now) > 0) {
            open.push(view.account);
        }
    }
    if open.is_empty() || request.limit == 0 {
        return Ok(Vec::new());
    }
    let mut transaction = connection.begin().await.map_err(store_error)?;
    let mut locked: HashMap<String, (Gate, Timestamp)> = HashMap::new();
    for row in gates::lock(&mut transaction, &open, time).await? {
        let now = row.now();
        let view = row.view()?;
        locked.insert(view.account, (view.gate, now));
    }
    let mut leased = Vec::new();
    let mut left = request.limit;
    for AccountRoom { account, room, flow } in &request.accounts {
        let Some((mut gate, now)) = locked.remove(account) else { continue };
        let room = gate.room(left.min(*room), flow, now);
        if room == 0 {
            continue;
        }
        let rows = lease(&mut transaction, account, room, (owner, wait_ms(request.lease)), time).await?;
        let taken = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let before = gate.clone();
        gate.took(taken, flow, now);
        if gate != before {
            gates::write(&mut transaction, account, &gate, now).await?;
        }
        left = left.saturating_sub(taken);
        leased.extend(rows);
    }
    let claimed = read_all(&mut transaction, leased, time).await?;
    commit(transaction).await?;
    Ok(claimed)
}

/// A leased delivery with its submission. Texts come as bytes: one whose bits have flipped need not be a text any more,
/// and must hold up no other.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: i64,
    fence: i64,
    account: Vec<u8>,
    form: Vec<u8>,
    receipt: Vec<u8>,
    key_id: Vec<u8>,
    data_key: Vec<u8>,
    sealed: Vec<u8>,
    attempts: i64,
    doubts: i64,
    received_at: i64,
}

/// Row by row, by their numbers: how many rows a limit lets through is a guess when the statement is planned, and a join
/// may go through everything that was ever accepted.
async fn lease(
    connection: &mut PgConnection,
    account: &str,
    room: u32,
    (owner, lease): (&str, i64),
    time: &Time,
) -> Result<Vec<Row>, StoreError> {
    sqlx::query_as(at!(
        ", due AS (SELECT id FROM deliveries WHERE state = 'waiting' AND account = $2 \
         AND due_at <= (SELECT now FROM t) ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED), \
         leased AS (UPDATE deliveries d SET state = 'leased', fence = d.fence + 1, lease_owner = $4, \
         lease_until = t.now + $5, changed_at = t.now FROM t WHERE d.id = ANY(ARRAY(SELECT id FROM due)) \
         RETURNING d.id, d.fence, d.account, d.attempts, d.doubts, d.due_at, d.sent_again_at) \
         SELECT l.id, l.fence, textsend(l.account) AS account, textsend(s.form) AS form, \
         textsend(s.receipt) AS receipt, textsend(s.key_id) AS key_id, s.data_key, s.sealed, l.attempts, l.doubts, \
         coalesce(l.sent_again_at, s.received_at) AS received_at FROM leased l \
         CROSS JOIN LATERAL (SELECT * FROM submissions s WHERE s.id = l.id LIMIT 1) s ORDER BY l.due_at, l.id"
    ))
    .bind(time.given())
    .bind(account)
    .bind(i64::from(room))
    .bind(owner)
    .bind(lease)
    .fetch_all(connection)
    .await
    .map_err(store_error)
}

/// What an attempt needs, of each. A row that can't be read is set aside as a dead letter, so that it holds up no other.
pub(super) async fn read_all(
    connection: &mut PgConnection,
    rows: Vec<Row>,
    time: &Time,
) -> Result<Vec<Claimed>, StoreError> {
    let mut claimed = Vec::new();
    let mut unreadable = Vec::new();
    for row in rows {
        let id = row.id;
        match read(row) {
            Ok(read) => claimed.push(read),
            Err(error) => {
                tracing::error!(delivery.id = id, %error, "a stored lead can't be read and is set aside");
                unreadable.push(id);
            }
        }
    }
    if !unreadable.is_empty() {
        sqlx::query(at!(
            "UPDATE deliveries d SET state = 'dead_letter', reason = 'unreadable_row', lease_owner = NULL, \
             lease_until = NULL, changed_at = t.now FROM t WHERE d.id = ANY($2::bigint[])"
        ))
        .bind(time.given())
        .bind(&unreadable)
        .execute(&mut *connection)
        .await
        .map_err(store_error)?;
        followers::lock_persons(connection, &unreadable).await?;
        followers::release(connection, &unreadable, time).await?;
    }
    Ok(claimed)
}

fn read(row: Row) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        delivery: DeliveryId::new(row.id),
        fence: Fence(row.fence),
        account: text(row.account, "deliveries.account")?,
        form: text(row.form, "submissions.form")?,
        receipt: Receipt::parse(&text(row.receipt, "submissions.receipt")?)
            .ok_or(StoreError::Corrupt("submissions.receipt"))?,
        // Whatever it is: the ring says whether it has such a key.
        lead: SealedLead {
            key_id: String::from_utf8_lossy(&row.key_id).into_owned(),
            data_key: row.data_key,
            sealed: row.sealed,
        },
        attempts: to_u32(row.attempts, "deliveries.attempts")?,
        doubts: to_u32(row.doubts, "deliveries.doubts")?,
        received_at: Timestamp::from_ms(row.received_at),
    })
}

fn text(bytes: Vec<u8>, column: &'static str) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|_| StoreError::Corrupt(column))
}
