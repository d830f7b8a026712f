//! What every store promises of a lead that an operator sends again.
//!
//! Apart because whether its partner is asked first hangs on what is kept here.

use std::time::Duration;

use lead_proxy::store::operator::{
    AuditAction, AuditDeed, AuditNote, AuditQuery, AuditWhy, DeliveryFilter, DeliveryQuery, KnownAccounts,
    LeadQuery, OperatorName, PartnerReference, Resolution, Resolved,
};
use lead_proxy::store::{AttemptClass, DeliveryState, Standing};

use super::keys::note;
use super::{Kept, delivered, ending};

contract! {
    each:
        doubts_of_a_lead_that_could_not_be_opened_outlive_its_being_sent_again,
        leads_of_an_account_are_told_the_newest_first_and_by_what_the_partner_calls_them,
        deed_elsewhere_stands_in_the_audit_with_its_record;
}

async fn doubts_of_a_lead_that_could_not_be_opened_outlive_its_being_sent_again(kept: Kept) {
    for (reason, doubts) in [("unreadable", 1), ("payload_rules", 1), ("in_doubt", 0)] {
        let (claimed, attempt) = kept.begin(reason).await;
        let again = Standing::Waiting { after: Duration::ZERO };
        assert!(kept.finish(&claimed, attempt, ending(AttemptClass::InDoubt, again)).await);
        let claimed = kept.claim(1).await.remove(0);
        assert_eq!(claimed.doubts, 1);
        assert!(kept.store.release(claimed.delivery, claimed.fence, Standing::Held, reason).await.unwrap());
        let sent = kept.store.resolve(&claimed.receipt, Resolution::SendAgain, None, note()).await.unwrap();
        assert_eq!(sent, Resolved::Done);
        let claimed = kept.claim(1).await.remove(0);
        assert_eq!(claimed.doubts, doubts, "{reason}");
        assert!(
            kept.store.release(claimed.delivery, claimed.fence, Standing::Delivered, "found").await.unwrap()
        );
    }
}

async fn leads_of_an_account_are_told_the_newest_first_and_by_what_the_partner_calls_them(kept: Kept) {
    let mut receipts = Vec::new();
    for (word, reference) in [("one", Some("p-1")), ("two", None), ("three", Some("p-1"))] {
        let (claimed, attempt) = kept.begin(word).await;
        let mut ending = delivered();
        ending.reference = reference.map(str::to_owned);
        assert!(kept.finish(&claimed, attempt, ending).await);
        receipts.push(claimed.receipt.to_string());
    }
    receipts.reverse();
    let account = kept.store.deliveries(all()).await.unwrap().remove(0).account;
    let query = LeadQuery { account, limit: 10, ..LeadQuery::default() };
    let told = async |query: LeadQuery| -> Vec<String> {
        kept.store.leads(query).await.unwrap().into_iter().map(|lead| lead.receipt).collect()
    };
    assert_eq!(told(query.clone()).await, receipts);
    let first = kept.store.leads(LeadQuery { limit: 1, ..query.clone() }).await.unwrap().remove(0);
    let rest = LeadQuery { before: Some(first.delivery.get()), ..query.clone() };
    assert_eq!((first.receipt, told(rest).await), (receipts[0].clone(), receipts[1..].to_vec()));
    let of_record = LeadQuery { reference: Some("p-1".to_owned()), ..query.clone() };
    assert_eq!(told(of_record).await, [receipts[0].clone(), receipts[2].clone()]);
    let of_receipt = LeadQuery { receipt: Some(receipts[1].clone()), ..query.clone() };
    assert_eq!(told(of_receipt).await, receipts[1..2]);
    let held = LeadQuery { states: vec![DeliveryState::Held], ..query.clone() };
    assert_eq!(told(held).await, Vec::<String>::new());
    let some = LeadQuery { states: vec![DeliveryState::Held, DeliveryState::Delivered], ..query.clone() };
    assert_eq!(told(some).await, receipts);
    let other = LeadQuery { account: "another".to_owned(), ..query };
    assert_eq!(told(other).await, Vec::<String>::new());
}

async fn deed_elsewhere_stands_in_the_audit_with_its_record(kept: Kept) {
    let deed = AuditDeed {
        action: AuditAction::Reveal,
        account: "bank".to_owned(),
        receipt: None,
        reference: Some(PartnerReference::of_record("8b1d")),
    };
    let why = AuditWhy::parse("dateOfBirth").unwrap();
    let person = OperatorName::of_panel("user 7");
    kept.store.note(deed, AuditNote { operator: person, why }).await.unwrap();
    let row = kept.store.audit(AuditQuery { limit: 2, ..AuditQuery::default() }).await.unwrap().remove(0);
    assert_eq!((row.action, row.receipt, row.why.as_str()), (AuditAction::Reveal, None, "dateOfBirth"));
    let told = [Some(row.operator), row.account, row.reference];
    assert_eq!(told, ["panel user%207", "bank", "8b1d"].map(|text| Some(text.to_owned())));
}

/// Every delivery.
fn all() -> DeliveryQuery {
    let filter = DeliveryFilter {
        states: DeliveryState::ALL.to_vec(),
        account: None,
        form: None,
        min_age: None,
        reason: None,
    };
    DeliveryQuery { filter, accounts: KnownAccounts::default(), after: None, limit: 10 }
}
