//! What every store promises of a lead that an operator sends again.
//!
//! Apart because whether its partner is asked first hangs on what is kept here.

use std::time::Duration;

use lead_proxy::store::operator::{Resolution, Resolved};
use lead_proxy::store::{AttemptClass, Standing};

use super::keys::note;
use super::{Kept, ending};

contract! {
    each:
        doubts_of_a_lead_that_could_not_be_opened_outlive_its_being_sent_again;
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
