//! What an answer of the proxy means for the submission.
//!
//! Apart from the request so that every status is judged in one table, tested without a network. What is not surely the
//! proxy's word (a hotel's log-in page with status 200, a gateway's 502) counts as not reached: the key makes a retry
//! harmless, and a lead is never given up for somebody else's answer.

use lead_model::{Problem, SubmissionState};

use crate::state::Refusal;
use crate::state::machine::Answer;

/// The parts of an answer that matter, as far as they could be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The stable code of a problem body.
    pub(crate) code: Option<String>,
    pub(crate) receipt: Option<String>,
    pub(crate) state: Option<String>,
    /// The problems of fields; those of a code that this version does not know are left out.
    pub(crate) problems: Vec<Problem>,
    /// `Retry-After`, in seconds.
    pub(crate) retry_after_s: Option<u32>,
}

/// Judges an answer.
pub(crate) fn judge(reply: Reply) -> Answer {
    let later = Answer::Unreachable { after_s: reply.retry_after_s };
    let code = reply.code.as_deref();
    match (reply.status, reply.receipt) {
        (200..=299, Some(receipt)) => {
            return Answer::Safe { receipt, state: submission_state(reply.state.as_deref()) };
        }
        (200..=399 | 408 | 425 | 429 | 500.., _) => return later,
        (409, _) if code == Some("submission_in_progress") => return Answer::InProgress,
        (409, _) => return later,
        _ => {}
    }
    if !reply.problems.is_empty() {
        return Answer::Problems(reply.problems);
    }
    match code {
        Some("idempotency_key_reused") => Answer::KeyReused,
        Some(code @ ("origin_not_allowed" | "form_not_found" | "link_invalid" | "link_expired")) => {
            refused(code, Refusal::NotTaken)
        }
        Some(code) => refused(code, Refusal::NotUnderstood),
        None => refused("unreadable_answer", Refusal::NotUnderstood),
    }
}

/// The state of a lead that is safe. An unknown word promises no more than that.
pub(crate) fn submission_state(name: Option<&str>) -> SubmissionState {
    if name == Some("delivered") { SubmissionState::Delivered } else { SubmissionState::Received }
}

fn refused(code: &str, refusal: Refusal) -> Answer {
    Answer::Refused { code: code.to_owned(), refusal }
}

#[cfg(test)]
mod tests {
    use lead_model::{Problem, ProblemCode, SubmissionState};

    use super::{Reply, judge};
    use crate::state::Refusal;
    use crate::state::machine::Answer;

    fn reply(status: u16, code: &str) -> Reply {
        Reply { status, code: Some(code.to_owned()).filter(|code| !code.is_empty()), ..Reply::default() }
    }

    #[test]
    fn receipt_makes_a_lead_safe() {
        for (status, state, wanted) in
            [(200, "delivered", SubmissionState::Delivered), (202, "received", SubmissionState::Received)]
        {
            let answer =
                Reply { receipt: Some("7K3F9".into()), state: Some(state.into()), ..reply(status, "") };
            assert_eq!(judge(answer), Answer::Safe { receipt: "7K3F9".into(), state: wanted });
        }
    }

    #[test]
    fn answer_of_somebody_else_is_no_reason_to_give_up() {
        for status in [200, 204, 302, 408, 409, 425, 429, 500, 502, 503, 504, 550] {
            assert_eq!(judge(reply(status, "")), Answer::Unreachable { after_s: None }, "{status}");
        }
    }

    #[test]
    fn problems_come_before_the_code() {
        let problems = vec![Problem::new("email", ProblemCode::InvalidEmail)];
        let answer = Reply { problems: problems.clone(), ..reply(422, "invalid_submission") };
        assert_eq!(judge(answer), Answer::Problems(problems));
    }

    #[test]
    fn refusals_are_told_apart() {
        assert_eq!(judge(reply(422, "idempotency_key_reused")), Answer::KeyReused);
        assert_eq!(judge(reply(409, "submission_in_progress")), Answer::InProgress);
        let refusal = |status, code: &str| match judge(reply(status, code)) {
            Answer::Refused { code, refusal } => Some((code, refusal)),
            _ => None,
        };
        assert_eq!(
            refusal(403, "origin_not_allowed"),
            Some(("origin_not_allowed".into(), Refusal::NotTaken))
        );
        // No second try helps, so none is asked for.
        assert_eq!(refusal(403, "link_expired"), Some(("link_expired".into(), Refusal::NotTaken)));
        assert_eq!(
            refusal(422, "invalid_submission"),
            Some(("invalid_submission".into(), Refusal::NotUnderstood))
        );
        assert_eq!(refusal(404, ""), Some(("unreadable_answer".into(), Refusal::NotUnderstood)));
    }

    #[test]
    fn wish_to_wait_is_passed_on() {
        let answer = Reply { retry_after_s: Some(30), ..reply(503, "store_unavailable") };
        assert_eq!(judge(answer), Answer::Unreachable { after_s: Some(30) });
    }
}
