//! What PostgreSQL alone must refuse and live through: servers that would lose a lead, several replicas, restarts.
//!
//! Apart from the contract: a server is changed, restarted and killed by others than us.

use std::sync::Arc;
use std::time::Duration;

use lead_proxy::clock::Clock;
use lead_proxy::store::{
    Accepted, DatabaseUrl, DuplicateRule, NewSubmission, PostgresStore, Store, StoreError, TokenLease,
    TokenStore as _,
};
use pg_server::{DATABASE, Options, Server, Shutdown};
use sqlx::{Connection as _, PgConnection, Row as _};

use super::kept::open_postgres;
use super::{Kept, MINUTE, START, submission};

fn server(kept: &mut Kept) -> &mut Server {
    kept.server.as_mut().unwrap()
}

/// A second replica on the same database and the same clock.
async fn replica(kept: &Kept) -> Arc<dyn Store> {
    Arc::new(open_postgres(kept.server.as_ref().unwrap(), &kept.clock).await.unwrap())
}

async fn refusal(server: &Server) -> String {
    open_postgres(server, &Clock::manual(START).0).await.err().unwrap()
}

/// Waits until the store takes a write again.
async fn healed(store: &dyn Store) {
    let healed = async {
        while store.ready().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), healed).await.expect("it heals by itself");
}

#[tokio::test]
async fn server_that_would_not_keep_a_commit_is_refused_by_name() {
    let server = Options::new().set("fsync", "off").set("full_page_writes", "off").start().unwrap();
    let told = refusal(&server).await;
    assert!(told.contains("fsync=off (needs on), full_page_writes=off (needs on)"), "{told}");
    let server = Server::start().unwrap();
    server.sql("postgres", "ALTER DATABASE leads SET synchronous_commit = off").unwrap();
    let told = refusal(&server).await;
    assert!(told.contains("synchronous_commit=off (needs on") && told.contains("store.url"), "{told}");
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(server.sql(DATABASE, tables).unwrap(), "0", "nothing was created");
}

#[tokio::test]
async fn standby_is_refused() {
    let told = refusal(&Options::new().standby().start().unwrap()).await;
    assert!(told.contains("a standby (needs the primary)"), "{told}");
}

#[tokio::test]
async fn setting_that_changes_while_we_run_is_seen_with_the_next_connection() {
    let mut kept = Kept::postgres().await;
    kept.accept_new("before").await;
    server(&mut kept).set("fsync", "off");
    server(&mut kept).restart(Shutdown::Fast).unwrap();
    let mut told = String::new();
    for _ in 0..20 {
        match kept.store.accept(submission("while", 1)).await {
            Ok(accepted) => panic!("{accepted:?}"),
            Err(error @ StoreError::Refused(_)) => told = error.to_string(),
            // The first ones hear of the restart.
            Err(_) => {}
        }
    }
    assert!(told.contains("fsync=off (needs on)"), "{told}");
    assert!(kept.store.ready().await.is_err());
    server(&mut kept).set("fsync", "on");
    server(&mut kept).restart(Shutdown::Fast).unwrap();
    healed(kept.store.as_ref()).await;
    kept.accept_new("after").await;
}

#[tokio::test]
async fn database_that_is_not_there_and_one_of_another_program_are_told() {
    let mut server = Server::start().unwrap();
    server.sql(DATABASE, "CREATE TABLE deliveries (theirs integer)").unwrap();
    let told = refusal(&server).await;
    assert!(told.contains("holds a table deliveries that is not ours; name a database of its own"), "{told}");
    server.stop(Shutdown::Fast).unwrap();
    let told = refusal(&server).await;
    assert!(told.contains("can't be reached") && told.contains("correct store.url"), "{told}");
}

#[tokio::test]
async fn role_that_may_create_nothing_is_told() {
    let server = Server::start().unwrap();
    server
        .sql(DATABASE, "ALTER DATABASE leads OWNER TO postgres; REVOKE ALL ON SCHEMA public FROM PUBLIC")
        .unwrap();
    let told = refusal(&server).await;
    assert!(told.contains("let its role create tables in it"), "{told}");
}

#[tokio::test]
async fn database_of_a_newer_version_is_refused() {
    let kept = Kept::postgres().await;
    kept.store.close().await;
    let server = kept.server.as_ref().unwrap();
    let insert = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                  VALUES (9999, 'from the future', true, '\\x00', 0)";
    server.sql(DATABASE, insert).unwrap();
    let told = refusal(server).await;
    assert!(told.contains("run the version that wrote it, or a newer one"), "{told}");
}

#[tokio::test]
async fn replicas_that_start_together_migrate_once() {
    let server = Server::start().unwrap();
    let url = DatabaseUrl::parse(&server.url(DATABASE)).unwrap();
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { PostgresStore::open(&url, Clock::system()).await.map(drop) })
        })
        .collect();
    for start in starts {
        start.await.unwrap().unwrap();
    }
    let applied = server.sql(DATABASE, "SELECT count(*) = count(DISTINCT version) FROM _sqlx_migrations");
    assert_eq!(applied.unwrap(), "t");
}

/// How many rows of submissions and deliveries the server has read so far, by looking through a table or in an index, with so
/// many written. Closes the store: with its connections go the last of what the server has counted.
async fn rows_read(kept: &Kept, written: u32) -> (u32, u32) {
    kept.store.close().await;
    let sql = format!(
        "SELECT sum(seq_tup_read) || ' ' || coalesce(sum(idx_tup_fetch), 0) FROM pg_stat_user_tables \
         WHERE relname IN ('submissions', 'deliveries') HAVING sum(n_tup_ins) = {written}"
    );
    let ask = || kept.server.as_ref().unwrap().sql(DATABASE, &sql).unwrap();
    let counted = async {
        let mut told = ask();
        while told.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            told = ask();
        }
        told
    };
    let told = tokio::time::timeout(MINUTE, counted).await.unwrap();
    let (through, by_index) = told.split_once(' ').unwrap();
    (through.parse().unwrap(), by_index.parse().unwrap())
}

/// Accepts with every setting of a person and rule, the first of them alone before the tables are known to be small.
async fn accept_many(kept: &Kept, count: u32) {
    for number in 0..count {
        // Two leads of each person.
        let person = Some([u8::try_from(number / 2).unwrap(); 32]);
        let submission = NewSubmission { person, ..submission(&number.to_string(), 1) };
        assert!(matches!(kept.store.accept(submission).await.unwrap(), Accepted::New(_)));
        if number == 0 {
            kept.server.as_ref().unwrap().sql(DATABASE, "ANALYZE submissions, deliveries").unwrap();
        }
    }
}

#[tokio::test]
async fn accept_looks_through_no_table_however_small_it_was_when_it_was_planned() {
    let kept = Kept::postgres().await;
    accept_many(&kept, 50).await;
    let (through, by_index) = rows_read(&kept, 100).await;
    assert_eq!(through, 0);
    assert!(by_index <= 100, "found {by_index} rows, expected two at most for each second lead of a person");
}

#[tokio::test]
async fn claim_reads_what_it_leases_and_not_what_waits_beside_it() {
    let kept = Kept::postgres().await;
    accept_many(&kept, 200).await;
    for _ in 0..50 {
        assert_eq!(kept.claim(1).await.len(), 1);
    }
    let (through, by_index) = rows_read(&kept, 400).await;
    assert_eq!(through, 0);
    assert!(by_index <= 1_000, "read {by_index} rows for 200 accepts and 50 claims of one lead each");
}

#[tokio::test]
async fn every_answer_comes_after_its_commit_can_be_seen_from_outside() {
    let kept = Kept::postgres().await;
    let url = kept.server.as_ref().unwrap().url(DATABASE);
    let accepts = (0..32).map(|number| {
        let (store, url) = (Arc::clone(&kept.store), url.clone());
        tokio::spawn(async move {
            let mut outside = PgConnection::connect(&url).await.unwrap();
            let submission = submission(&format!("key-{number}"), 1);
            let receipt = submission.receipt.to_string();
            store.accept(submission).await.unwrap();
            let seen = sqlx::query(
                "SELECT count(*) FROM submissions s JOIN deliveries d ON d.id = s.id WHERE s.receipt = $1",
            );
            seen.bind(receipt).fetch_one(&mut outside).await.unwrap().get::<i64, _>(0)
        })
    });
    for accept in accepts.collect::<Vec<_>>() {
        assert_eq!(accept.await.unwrap(), 1);
    }
}

#[tokio::test]
async fn two_replicas_make_one_row_of_equal_submissions() {
    let kept = Kept::postgres().await;
    let other = replica(&kept).await;
    for round in 0..8 {
        let accepts: Vec<_> = (0..64)
            .map(|number| {
                let store = Arc::clone(if number % 2 == 0 { &kept.store } else { &other });
                // Four keys a round, in every order: batches meet each other's keys.
                let submission = submission(&format!("key-{round}-{}", number * 7 % 4), 1);
                tokio::spawn(async move { store.accept(submission).await.unwrap() })
            })
            .collect();
        let mut new = 0;
        for accept in accepts {
            match accept.await.unwrap() {
                Accepted::New(_) => new += 1,
                Accepted::Known { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(new, 4, "round {round}");
    }
    assert_eq!(kept.claim(64).await.len(), 32);
}

#[tokio::test]
async fn two_replicas_never_claim_the_same_and_recover_only_what_has_outlived_its_lease() {
    let kept = Kept::postgres().await;
    let other = replica(&kept).await;
    for number in 0..40 {
        kept.accept_new(&format!("key-{number}")).await;
    }
    let claims: Vec<_> = (0..16)
        .map(|number| {
            let store = Arc::clone(if number % 2 == 0 { &kept.store } else { &other });
            tokio::spawn(async move { store.claim(Kept::request("web", 3)).await.unwrap() })
        })
        .collect();
    let mut claimed = Vec::new();
    for claim in claims {
        claimed.extend(claim.await.unwrap().into_iter().map(|claimed| claimed.delivery));
    }
    claimed.sort();
    claimed.dedup();
    assert_eq!(claimed.len(), 40);
    assert_eq!(other.recover(&[], MINUTE).await.unwrap().len(), 0, "they still run");
    kept.hand.advance(MINUTE);
    let (ours, theirs) = tokio::join!(kept.store.recover(&[], MINUTE), other.recover(&[], MINUTE));
    assert_eq!(ours.unwrap().len() + theirs.unwrap().len(), 40, "each once");
}

#[tokio::test]
async fn leases_go_by_the_databases_time_whatever_a_replicas_clock_says() {
    let server = Server::start().unwrap();
    let url = DatabaseUrl::parse(&server.url(DATABASE)).unwrap();
    let now = Clock::system().now();
    let open = async |clock: Clock| PostgresStore::open_by_database_time(&url, clock).await.unwrap();
    let right = open(Clock::manual(now).0).await;
    let (early, late) = (now.after(5 * MINUTE), now.before(5 * MINUTE));
    let (early, late) = (Clock::manual(early).0, Clock::manual(late).0);
    let (ahead, behind) = (open(early.clone()).await, open(late.clone()).await);
    assert!(matches!(behind.accept(submission("key", 1)).await.unwrap(), Accepted::New(_)));
    let claimed = ahead.claim(Kept::request("web", 1)).await.unwrap();
    assert_eq!(claimed.len(), 1, "what another replica has taken is due here, too");
    assert!(
        claimed[0].received_at >= now && claimed[0].received_at < now.after(MINUTE),
        "by the database's time"
    );
    for replica in [&right, &ahead, &behind] {
        assert_eq!(
            replica.recover(&[], MINUTE).await.unwrap().len(),
            0,
            "the lease is a minute long for everybody"
        );
    }
    let fence = lead_proxy::store::Fence(0);
    let leased = ahead.lease_token("web", fence, early.now().after(MINUTE)).await.unwrap();
    assert!(matches!(leased, TokenLease::Granted(_)), "{leased:?}");
    match behind.lease_token("web", fence, late.now().after(MINUTE)).await.unwrap() {
        TokenLease::Busy { until } => {
            let left = until.since(late.now());
            assert!(left > MINUTE / 2 && left <= MINUTE, "{left:?} by its own clock");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn store_heals_by_itself_after_every_kind_of_end_and_loses_nothing_that_it_has_answered() {
    let mut kept = Kept::postgres().await;
    let mut answered = 0;
    for round in 0..4 {
        let store = Arc::clone(&kept.store);
        let writing = tokio::spawn(async move {
            let mut answered = 0;
            for number in 0..200 {
                let accepted = store.accept(submission(&format!("key-{round}-{number}"), 1)).await;
                answered += usize::from(matches!(accepted, Ok(Accepted::New(_))));
            }
            answered
        });
        let server = server(&mut kept);
        match round {
            0 => server.restart(Shutdown::Fast).unwrap(),
            1 => server.restart(Shutdown::Immediate).unwrap(),
            2 => {
                server.kill().unwrap();
                server.launch().unwrap();
            }
            _ => drop(server.kill_backends(DATABASE).unwrap()),
        }
        answered += writing.await.unwrap();
        healed(kept.store.as_ref()).await;
        kept.accept_new(&format!("after-{round}")).await;
        answered += 1;
    }
    let kept_rows: usize =
        server(&mut kept).sql(DATABASE, "SELECT count(*) FROM deliveries").unwrap().parse().unwrap();
    assert!(kept_rows >= answered, "{kept_rows} rows for {answered} answers");
    assert!(answered > 4, "it was written to meanwhile");
}

#[tokio::test]
async fn lost_prepared_statements_and_broken_connections_are_no_callers_business() {
    let kept = Kept::postgres().await;
    let (claimed, attempt) = kept.begin("key").await;
    let server = kept.server.as_ref().unwrap();
    // A pooler between us and the server hands out another session: nothing that we have prepared is there.
    let ended = server.disconnect(DATABASE).unwrap();
    assert!(ended > 0);
    assert!(kept.store.receipt(&claimed.receipt).await.unwrap().is_some(), "a read is asked again");
    let ending = super::delivered();
    assert!(kept.finish(&claimed, attempt, ending).await);
    // A migration of a newer replica outdates what is prepared.
    server.sql(DATABASE, "ALTER TABLE deliveries ALTER COLUMN reason TYPE varchar(200)").unwrap();
    kept.accept_new("second").await;
    assert_eq!(kept.store.delivery(claimed.delivery).await.unwrap().unwrap().state, "delivered");
}

#[tokio::test]
async fn lock_that_somebody_holds_is_waited_for_in_bounds() {
    let kept = Kept::postgres().await;
    let (claimed, attempt) = kept.begin("key").await;
    let mut outside = PgConnection::connect(&kept.server.as_ref().unwrap().url(DATABASE)).await.unwrap();
    let mut transaction = outside.begin().await.unwrap();
    sqlx::query("LOCK TABLE submissions, deliveries IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let started = std::time::Instant::now();
    let accepted = kept.store.accept(submission("second", 1)).await;
    assert!(matches!(accepted, Err(StoreError::Busy(_))), "{accepted:?}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    transaction.rollback().await.unwrap();
    assert!(kept.finish(&claimed, attempt, super::delivered()).await);
    kept.accept_new("second").await;
}

#[tokio::test]
async fn visitors_who_ask_all_at_once_leave_connections_for_the_worker() {
    let kept = Kept::postgres().await;
    let (claimed, _) = kept.begin("key").await;
    let server = kept.server.as_ref().unwrap();
    let mut outside = PgConnection::connect(&server.url(DATABASE)).await.unwrap();
    let mut transaction = outside.begin().await.unwrap();
    // Whoever asks for a receipt waits now; the worker's own row is free.
    sqlx::query("LOCK TABLE submissions IN ACCESS EXCLUSIVE MODE").execute(&mut *transaction).await.unwrap();
    let asked: Vec<_> = (0..32)
        .map(|_| {
            let (store, receipt) = (Arc::clone(&kept.store), claimed.receipt.clone());
            tokio::spawn(async move { store.receipt(&receipt).await })
        })
        .collect();
    let waiting =
        "SELECT count(*) >= 3 FROM pg_locks WHERE NOT granted AND relation = 'submissions'::regclass";
    while server.sql(DATABASE, waiting).unwrap() != "t" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let held = [(claimed.delivery, claimed.fence)];
    assert_eq!(kept.store.renew(&held, MINUTE).await.unwrap(), []);
    assert!(asked.iter().all(|asked| !asked.is_finished()), "it had a connection while all of them waited");
    transaction.rollback().await.unwrap();
    let mut answered = 0;
    for asked in asked {
        answered += usize::from(asked.await.unwrap().is_ok_and(|answer| answer.is_some()));
    }
    assert!(answered > 0, "and they are answered when they can be");
}

#[tokio::test]
async fn row_that_can_not_be_read_is_set_aside_and_holds_up_no_other() {
    let kept = Kept::postgres().await;
    let broken = kept.accept_new("broken").await;
    let whole = kept.accept_new("whole").await;
    let spoil = format!("UPDATE submissions SET receipt = '{{' WHERE id = {}", broken.get());
    kept.server.as_ref().unwrap().sql(DATABASE, &spoil).unwrap();
    let claimed: Vec<_> = kept.claim(9).await.into_iter().map(|claimed| claimed.delivery).collect();
    assert_eq!(claimed, [whole]);
    let view = kept.store.delivery(broken).await.unwrap().unwrap();
    assert_eq!((view.state.as_str(), view.reason.as_deref()), ("dead_letter", Some("unreadable_row")));
}

#[tokio::test]
async fn clock_that_is_set_back_moves_many_waiting_leads_in_small_steps() {
    let kept = Kept::postgres().await;
    kept.begin("leased").await;
    let server = kept.server.as_ref().unwrap();
    let waiting = format!(
        "INSERT INTO deliveries (id, account, state, due_at, changed_at) \
         SELECT 1000 + n, 'account-' || n % 3, 'waiting', {start} + n, {start} FROM generate_series(1, 7000) n",
        start = START.as_ms()
    );
    server.sql(DATABASE, &waiting).unwrap();
    // A statement's time is short: so many rows stand for what takes longer.
    let bound = "CREATE FUNCTION few() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN \
                 IF (SELECT count(*) FROM changed) > 2000 THEN RAISE query_canceled; END IF; RETURN NULL; END'; \
                 CREATE TRIGGER few AFTER UPDATE ON deliveries REFERENCING NEW TABLE AS changed \
                 FOR EACH STATEMENT EXECUTE FUNCTION few()";
    server.sql(DATABASE, bound).unwrap();
    kept.hand.set_back(1_440 * MINUTE);
    let kept = kept.again().await;
    kept.store.recover(&[], MINUTE).await.unwrap();
    let now = kept.clock.now().as_ms();
    let wrong = format!(
        "SELECT count(*) FROM deliveries WHERE state = 'waiting' AND (due_at, changed_at) <> ({now} + id - 1000, {now})"
    );
    assert_eq!(kept.server.as_ref().unwrap().sql(DATABASE, &wrong).unwrap(), "0");
    kept.hand.advance(MINUTE);
    assert_eq!(kept.store.recover(&[], MINUTE).await.unwrap().len(), 1, "the lease went with them");
}

#[tokio::test]
async fn one_person_is_first_once_whatever_isolation_the_server_has_by_default() {
    let server = Server::start().unwrap();
    let deep = "ALTER DATABASE leads SET default_transaction_isolation = 'repeatable read'; \
                ALTER ROLE ALL SET default_transaction_isolation = 'repeatable read'";
    server.sql("postgres", deep).unwrap();
    let clock = Clock::manual(START).0;
    let stores: [Arc<dyn Store>; 2] = [
        Arc::new(open_postgres(&server, &clock).await.unwrap()),
        Arc::new(open_postgres(&server, &clock).await.unwrap()),
    ];
    for person in 0..8 {
        let accepts: Vec<_> = (0..16)
            .map(|number| {
                let submission = NewSubmission {
                    person: Some([person; 32]),
                    duplicates: DuplicateRule { window: MINUTE, merge: true },
                    ..submission(&format!("key-{person}-{number}"), 1)
                };
                let store = Arc::clone(&stores[number % 2]);
                tokio::spawn(async move { store.accept(submission).await.unwrap() })
            })
            .collect();
        let mut first = 0;
        for accept in accepts {
            let Accepted::New(delivery) = accept.await.unwrap() else { panic!("every key is new") };
            first += usize::from(stores[0].delivery(delivery).await.unwrap().unwrap().state == "waiting");
        }
        assert_eq!(first, 1, "person {person}");
    }
}
