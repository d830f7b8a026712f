//! How long a claim takes over 1,000 and over 1,000,000 finished deliveries: `cargo xtask bench accept --only claim`.
//!
//! Apart from the tests, which no run of them builds: it is timed and takes minutes. Both stores are open at once and asked by turns, so that the
//! machine's other work meets both alike.

#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use lead_proxy::clock::Clock;
use lead_proxy::ids::{IdempotencyKey, Receipt};
use lead_proxy::store::{
    AccountRoom, ClaimRequest, DatabaseUrl, DuplicateRule, FlowRule, NewSubmission, PostgresStore,
    SealedLead, SqliteStore, Store, StoreConfig,
};
use pg_server::{DATABASE, Server};
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;

const FEW: u64 = 1_000;
const MANY: u64 = 1_000_000;
/// Claims of each store; before them some that are not counted.
const CLAIMS: u16 = 1_000;
const WARM_UP: u16 = 100;
const ACCOUNT: &str = "web";

/// A store with what it stands on.
struct Filled {
    store: Arc<dyn Store>,
    took: Vec<Duration>,
    _dir: Option<TempDir>,
    _server: Option<Server>,
}

#[tokio::test]
async fn sqlite_claims_one_at_a_time_over_few_and_many_finished() -> Result<()> {
    measure([sqlite(FEW).await?, sqlite(MANY).await?]).await
}

#[tokio::test]
async fn postgres_claims_one_at_a_time_over_few_and_many_finished() -> Result<()> {
    measure([postgres(FEW).await?, postgres(MANY).await?]).await
}

/// Claims by turns, and writes half and hundredth of each store's times in microseconds.
async fn measure(mut stores: [Filled; 2]) -> Result<()> {
    for number in 0..CLAIMS + WARM_UP {
        for filled in &mut stores {
            let took = claim(&*filled.store, number).await?;
            filled.took.extend((number >= WARM_UP).then_some(took));
        }
    }
    // The test's own name may stand at the beginning of the line.
    println!();
    for (filled, finished) in stores.iter_mut().zip([FEW, MANY]) {
        filled.took.sort();
        let micros = |place: u16| filled.took.get(usize::from(place)).map_or(0, Duration::as_micros);
        println!("claim {finished} {} {}", micros(CLAIMS / 2), micros(CLAIMS / 100 * 99));
        filled.store.close().await;
    }
    Ok(())
}

/// A store with so many finished deliveries, and nothing else.
async fn sqlite(finished: u64) -> Result<Filled> {
    let dir = TempDir::new()?;
    let config = StoreConfig { path: dir.path().join("store.db") };
    SqliteStore::open(&config, Clock::system()).await?.close().await;
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}", config.path.display())).await?;
    for statement in SQLITE {
        sqlx::query(statement).bind(i64::try_from(finished)?).execute(&mut connection).await?;
    }
    connection.close().await?;
    let store = Arc::new(SqliteStore::open(&config, Clock::system()).await?);
    Ok(Filled { store, took: Vec::new(), _dir: Some(dir), _server: None })
}

/// The same on a server of its own.
async fn postgres(finished: u64) -> Result<Filled> {
    let server = Server::start()?;
    let url = DatabaseUrl::parse(&server.url(DATABASE)).ok().context("expected an address")?;
    let store = Arc::new(PostgresStore::open(&url, Clock::system()).await?);
    for statement in POSTGRES {
        server.sql(DATABASE, &statement.replace("$1", &finished.to_string()))?;
    }
    Ok(Filled { store, took: Vec::new(), _dir: None, _server: Some(server) })
}

/// Finished long ago, with contents as chance has them and half as long as a lead's.
const SQLITE: [&str; 2] = [
    "INSERT INTO submissions (receipt, form, form_version, locale, account, idempotency_key, fingerprint, person, key_id, \
     data_key, sealed, received_at) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?) \
     SELECT hex(randomblob(13)), 'quote', 1, 'en', 'web', hex(randomblob(20)), randomblob(32), randomblob(32), 'k1', \
     randomblob(61), randomblob(300), 1700000000000 + n FROM n",
    "INSERT INTO deliveries (submission, account, state, due_at, fence, attempts, changed_at) \
     SELECT id, account, 'delivered', received_at, 1, 1, received_at FROM submissions WHERE id <= ?",
];
/// The same, and what autovacuum does within a minute.
const POSTGRES: [&str; 4] = [
    "INSERT INTO submissions (receipt, form, form_version, locale, account, idempotency_key, fingerprint, person, key_id, \
     data_key, sealed, received_at) SELECT md5(n::text || 'r'), 'quote', 1, 'en', 'web', md5(n::text), \
     sha256(n::text::bytea), sha256(n::text::bytea), 'k1', sha256(n::text::bytea), \
     decode(repeat(md5(n::text), 18), 'hex'), 1700000000000 + n FROM generate_series(1, $1) n",
    "INSERT INTO deliveries (id, account, state, due_at, fence, attempts, changed_at) \
     SELECT id, account, 'delivered', received_at, 1, 1, received_at FROM submissions WHERE id <= $1",
    "VACUUM ANALYZE submissions",
    "VACUUM ANALYZE deliveries",
];

/// How long it takes to lease the one delivery that is due.
async fn claim(store: &dyn Store, number: u16) -> Result<Duration> {
    let minute = Duration::from_secs(60);
    store.accept(submission(number)?).await?;
    let flow = FlowRule {
        per_minute: None,
        burst: 1,
        breaker_failures: 5,
        broken_wait: minute,
        paused_wait: minute,
    };
    let accounts = vec![AccountRoom { account: ACCOUNT.to_owned(), room: 4, flow }];
    let began = Instant::now();
    let claimed = store.claim(ClaimRequest { accounts, limit: 4, lease: minute }).await?;
    let took = began.elapsed();
    ensure!(claimed.len() == 1, "claimed {}, expected the one that is due", claimed.len());
    Ok(took)
}

fn submission(number: u16) -> Result<NewSubmission> {
    Ok(NewSubmission {
        receipt: Receipt::new(),
        form: "quote".to_owned(),
        form_version: 1,
        locale: "en".to_owned(),
        account: ACCOUNT.to_owned(),
        idempotency_key: IdempotencyKey::parse(&format!("bench-{number:016}")).ok().context("a good key")?,
        fingerprint: [7; 32],
        person: None,
        duplicates: DuplicateRule::default(),
        quarantine: None,
        lead: SealedLead { key_id: "k1".to_owned(), data_key: vec![1; 61], sealed: vec![2; 600] },
    })
}
