//! Two operators at once, and ten thousand deliveries at once: one decision each, one effect each, one audit row each.

use std::collections::BTreeSet;
use std::time::Duration;

use lead_proxy::ids::Receipt;
use lead_proxy::store::operator::{AuditAction, AuditQuery, Resolution, Resolved};
use lead_proxy::store::{AccountRoom, ClaimRequest, DeliveryState, FlowRule, Standing, Store};

use super::house::{note, query};
use crate::delivery::desk::{Desk, Setup, Standing as Account};

const LEASE: Duration = Duration::from_secs(60);
const HELD: [DeliveryState; 1] = [DeliveryState::Held];

/// Stores so many leads, and holds each as if its attempt had ended in doubt.
async fn hold(desk: &Desk, count: usize) -> Vec<Receipt> {
    let mut receipts = Vec::new();
    for part in (0..count).collect::<Vec<_>>().chunks(100) {
        let keys: Vec<String> = part.iter().map(|number| format!("lead-{number:05}")).collect();
        let accepted = keys.iter().map(|key| desk.accept(key));
        receipts.extend(join_all(accepted).await.into_iter().map(|(receipt, _)| receipt));
        let flow = FlowRule {
            per_minute: None,
            burst: 1,
            breaker_failures: 5,
            broken_wait: LEASE,
            paused_wait: LEASE,
        };
        let rooms = vec![AccountRoom { account: "web".to_owned(), room: 100, flow }];
        let request = ClaimRequest { accounts: rooms, limit: 100, lease: LEASE };
        for claimed in desk.store().claim(request).await.unwrap() {
            let released = desk.store().release(claimed.delivery, claimed.fence, Standing::Held, "timed_out");
            assert!(released.await.unwrap());
        }
    }
    receipts
}

/// All at once.
async fn join_all<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut pending = false;
        for (future, done) in &mut waiting {
            if done.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *done = Some(value),
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    waiting.into_iter().filter_map(|(_, done)| done).collect()
}

async fn count(store: &dyn Store, state: DeliveryState) -> u64 {
    let counts = store.open_counts().await.unwrap();
    counts.into_iter().filter(|count| count.state == state).map(|count| count.count).sum()
}

#[tokio::test]
async fn of_two_operators_at_once_one_decides_in_each_of_200_rounds() {
    let desk = Desk::open(Setup { starts: false, ..Setup::default() }).await;
    let decisions = [Resolution::SendAgain, Resolution::Drop, Resolution::Delivered { reference: None }];
    for (round, receipt) in hold(&desk, 200).await.into_iter().enumerate() {
        let (one, other) = (decisions[round % 3].clone(), decisions[(round / 3) % 3].clone());
        let store = desk.store();
        let decided = tokio::join!(
            store.resolve(&receipt, one.clone(), None, note("ana")),
            store.resolve(&receipt, other.clone(), None, note("eve")),
        );
        let (ana, eve) = (decided.0.unwrap(), decided.1.unwrap());
        let (winner, decision, loser) =
            if ana == Resolved::Done { ("ana", one, eve) } else { ("eve", other, ana) };
        let state = match decision {
            Resolution::SendAgain => DeliveryState::Waiting,
            Resolution::Drop => DeliveryState::Dropped,
            Resolution::Delivered { .. } => DeliveryState::Delivered,
        };
        assert!(
            matches!(loser, Resolved::Conflict { state: told, .. } if told == state),
            "{round}: {loser:?}"
        );
        let query = AuditQuery { receipt: Some(receipt), limit: 10, ..AuditQuery::default() };
        let audit = store.audit(query).await.unwrap();
        let told: Vec<_> = audit.iter().map(|entry| (entry.operator.as_str(), entry.action)).collect();
        assert_eq!(told, [(winner, decision.action())], "{round}");
    }
    desk.close().await;
}

#[tokio::test]
async fn ten_thousand_held_leads_that_two_operators_send_again_at_once_arrive_once_each_as_themselves() {
    const COUNT: u32 = 10_000;
    let desk = Desk::open(Setup { starts: false, room: 64, ..Setup::default() }).await;
    let receipts = hold(&desk, COUNT as usize).await;
    assert_eq!(count(desk.store().as_ref(), DeliveryState::Held).await, u64::from(COUNT));
    let wanted = query(&HELD, &["web"], COUNT);
    let (ana, eve) = tokio::join!(
        desk.store().replay(wanted.clone(), note("ana")),
        desk.store().replay(wanted.clone(), note("eve")),
    );
    let (ana, eve) = (ana.unwrap(), eve.unwrap());
    assert_eq!(ana.sent_again + eve.sent_again, COUNT, "{ana:?} {eve:?}");
    assert_eq!(desk.store().replay(wanted, note("ana")).await.unwrap().sent_again, 0, "a third time");

    let desk = desk.restart().await;
    while !is_settled(&desk).await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ledger = desk.sim().ledger();
    let ids: BTreeSet<&str> = ledger.leads.iter().map(|lead| lead.id.as_str()).collect();
    let wanted: BTreeSet<&str> = receipts.iter().map(Receipt::as_str).collect();
    assert_eq!(ids, wanted, "each under the receipt that it always had");
    assert_eq!((ledger.leads.len(), ledger.requests.len()), (receipts.len(), receipts.len()));
    let audit = audited(&desk).await;
    assert_eq!(audit.len(), receipts.len(), "one row each");
    desk.close().await;
}

/// Whether nothing waits or is being sent.
async fn is_settled(desk: &Desk) -> bool {
    let store = desk.store();
    count(store.as_ref(), DeliveryState::Waiting).await + count(store.as_ref(), DeliveryState::Leased).await
        == 0
}

/// The receipts of every audit row.
async fn audited(desk: &Desk) -> BTreeSet<String> {
    let (mut receipts, mut before) = (BTreeSet::new(), None);
    loop {
        let query = AuditQuery { before, limit: 1_000, ..AuditQuery::default() };
        let page = desk.store().audit(query).await.unwrap();
        let Some(last) = page.last() else { return receipts };
        before = Some(last.id);
        for entry in page {
            assert_eq!((entry.action, entry.batch.is_some()), (AuditAction::SendAgain, true));
            assert!(receipts.insert(entry.receipt.unwrap()), "a lead was sent again twice");
        }
    }
}

#[tokio::test]
async fn leads_of_an_account_that_is_gone_or_disabled_wait_with_the_reason_and_go_when_it_is_back() {
    const DAY: Duration = Duration::from_secs(24 * 3_600);
    let mut desk = Desk::open(Setup { starts: false, room: 64, ..Setup::default() }).await;
    let mut receipts = Vec::new();
    for number in 0..1_000 {
        receipts.push(desk.accept(&format!("lead-{number:05}")).await.0);
    }
    for (account, known, disabled, reason) in [
        (Account::Gone, vec![], vec![], "account_unknown"),
        (Account::Disabled, vec!["web"], vec!["web".to_owned()], "account_disabled"),
        (Account::Gone, vec![], vec![], "account_unknown"),
    ] {
        desk = desk.restart_with(account).await;
        desk.advance(30 * DAY);
        let mut wanted = query(&DeliveryState::ALL, &known, 1_000);
        wanted.accounts.disabled = disabled;
        let waiting = desk.store().deliveries(wanted.clone()).await.unwrap();
        assert_eq!(waiting.len(), 1_000);
        let stand = |state, why: &str| {
            waiting
                .iter()
                .all(|one| one.state == state && one.reason.as_deref() == Some(why) && one.attempts == 0)
        };
        assert!(stand(DeliveryState::Waiting, reason), "{account:?}: {:?}", waiting.first());
        wanted.filter.reason = Some(reason.to_owned());
        assert_eq!(desk.store().deliveries(wanted).await.unwrap().len(), 1_000, "found by its reason");
    }
    assert!(desk.sim().ledger().requests.is_empty(), "nothing is sent for an account that is not there");

    let desk = desk.restart_with(Account::Enabled).await;
    while !desk.store().open_counts().await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ledger = desk.sim().ledger();
    let ids: BTreeSet<&str> = ledger.leads.iter().map(|lead| lead.id.as_str()).collect();
    assert_eq!(ids, receipts.iter().map(Receipt::as_str).collect());
    assert_eq!(ledger.requests.len(), 1_000, "each once");
    desk.close().await;
}
