//! Each move of the state, one table at a time.
//!
//! Apart from `machine` only for length.

#![allow(clippy::panic, reason = "tests")]

use lead_model::{Problem, ProblemCode, SubmissionState};

use super::{Answer, Machine, Task};
use crate::state::{Phase, Refusal};

const UNREACHABLE: Answer = Answer::Unreachable { after_s: None };

fn safe(state: SubmissionState) -> Answer {
    Answer::Safe { receipt: "7K3F9".into(), state }
}

fn sending() -> Machine {
    let mut machine = Machine::default();
    assert_eq!(machine.submitted(), Task::Send);
    assert_eq!(machine.phase(), &Phase::Sending);
    machine
}

fn offline() -> Machine {
    let mut machine = sending();
    assert_eq!(machine.answered(UNREACHABLE, false), Task::RetryIn(2_000));
    assert_eq!(machine.phase(), &Phase::Offline { asked: false });
    machine
}

#[test]
fn double_click_sends_once() {
    let mut machine = sending();
    assert_eq!(machine.submitted(), Task::Rest);
    assert!(!machine.may_submit());
}

#[test]
fn nothing_is_sent_once_the_lead_is_safe() {
    for state in [SubmissionState::Received, SubmissionState::Delivered] {
        let mut machine = sending();
        machine.answered(safe(state), false);
        assert_eq!(machine.phase().receipt(), Some("7K3F9"));
        assert_eq!(machine.submitted(), Task::Rest);
        assert_eq!(machine.retry_due(), Task::Rest);
    }
}

#[test]
fn retries_come_with_growing_pauses_until_one_gets_through() {
    let mut machine = offline();
    for pause_ms in [4_000, 8_000, 15_000] {
        assert_eq!(machine.retry_due(), Task::Send);
        assert_eq!(
            machine.phase(),
            &Phase::Offline { asked: false },
            "a silent try changes nothing in sight"
        );
        assert_eq!(machine.answered(UNREACHABLE, false), Task::RetryIn(pause_ms));
    }
    assert_eq!(machine.retry_due(), Task::Send);
    assert_eq!(machine.answered(safe(SubmissionState::Delivered), false), Task::Rest);
    assert_eq!(machine.phase(), &Phase::Delivered { receipt: "7K3F9".into() });
}

#[test]
fn pause_that_ends_while_a_try_is_out_sends_nothing() {
    let mut machine = offline();
    assert_eq!(machine.retry_due(), Task::Send);
    assert_eq!(machine.retry_due(), Task::Rest);
}

#[test]
fn visitor_who_presses_try_now_sees_that_it_is_tried() {
    let mut machine = offline();
    assert_eq!(machine.submitted(), Task::Send);
    assert_eq!(machine.phase(), &Phase::Offline { asked: true });
    assert_eq!(machine.answered(UNREACHABLE, false), Task::RetryIn(2_000), "the schedule starts anew");
    assert_eq!(machine.phase(), &Phase::Offline { asked: false });
}

#[test]
fn problems_found_by_the_proxy_bring_the_form_back() {
    let problems = vec![Problem::new("email", ProblemCode::RefusedByPartner)];
    for mut machine in [sending(), {
        let mut machine = offline();
        machine.retry_due();
        machine
    }] {
        let task = machine.answered(Answer::Problems(problems.clone()), false);
        assert_eq!(task, Task::ShowProblems(problems.clone()));
        assert_eq!(machine.phase(), &Phase::Idle);
        assert!(machine.may_submit());
    }
}

#[test]
fn problems_found_while_offline_end_the_retries() {
    let mut machine = offline();
    machine.stopped();
    assert_eq!(machine.phase(), &Phase::Idle);
    assert_eq!(machine.retry_due(), Task::Rest);
}

#[test]
fn other_details_after_a_confirmed_key_go_as_a_new_lead() {
    let mut machine = sending();
    assert_eq!(machine.answered(Answer::KeyReused, true), Task::SendWithNewKey);
    assert_eq!(machine.phase(), &Phase::Sending);
    assert!(!machine.may_submit());
    assert_eq!(
        machine.answered(Answer::KeyReused, true),
        Task::Rest,
        "a second new key would go on for ever"
    );
    assert_eq!(machine.phase(), &Phase::Refused(Refusal::Reused));
}

#[test]
fn other_details_with_an_unconfirmed_key_are_the_visitors_decision() {
    let mut machine = sending();
    assert_eq!(machine.answered(Answer::KeyReused, false), Task::Rest);
    assert_eq!(machine.phase(), &Phase::Refused(Refusal::Reused));
    assert_eq!(machine.sent_as_new(), Task::SendWithNewKey);
    assert_eq!(machine.sent_as_new(), Task::Rest, "a double click sends once");
    machine.answered(safe(SubmissionState::Delivered), false);
    assert_eq!(machine.phase().as_str(), "delivered");
}

#[test]
fn send_as_new_is_heard_only_where_it_is_offered() {
    for mut machine in [Machine::default(), sending(), offline()] {
        let phase = machine.phase().clone();
        assert_eq!(machine.sent_as_new(), Task::Rest);
        assert_eq!(machine.phase(), &phase);
    }
}

#[test]
fn submission_that_is_just_being_taken_still_looks_like_sending() {
    let mut machine = sending();
    for _ in 0..3 {
        assert_eq!(machine.answered(Answer::InProgress, false), Task::RetryIn(1_000));
        assert_eq!(machine.phase(), &Phase::Sending);
        assert!(!machine.may_submit());
        assert_eq!(machine.retry_due(), Task::Send);
    }
    machine.answered(Answer::InProgress, false);
    assert_eq!(machine.phase().as_str(), "offline");
}

#[test]
fn refusal_is_not_retried_but_may_be_sent_again_by_hand() {
    let mut machine = sending();
    let refused = Answer::Refused { code: "origin_not_allowed".into(), refusal: Refusal::NotTaken };
    assert_eq!(machine.answered(refused, false), Task::Rest);
    assert_eq!(machine.phase(), &Phase::Refused(Refusal::NotTaken));
    assert_eq!(machine.retry_due(), Task::Rest);
    assert_eq!(machine.submitted(), Task::Send);
}

#[test]
fn receipt_is_asked_three_times_and_then_left() {
    let mut machine = sending();
    let first = machine.answered(safe(SubmissionState::Received), false);
    assert_eq!(first, Task::AskReceiptIn(2_000));
    assert_eq!(machine.receipt_answered(None), Task::AskReceiptIn(5_000));
    assert_eq!(machine.receipt_answered(Some(SubmissionState::Received)), Task::AskReceiptIn(15_000));
    assert_eq!(machine.receipt_answered(Some(SubmissionState::Received)), Task::Rest);
    assert_eq!(machine.phase().as_str(), "received");
}

#[test]
fn receipts_news_turn_received_into_delivered() {
    let mut machine = sending();
    machine.answered(safe(SubmissionState::Received), false);
    assert_eq!(machine.receipt_answered(Some(SubmissionState::Delivered)), Task::Rest);
    assert_eq!(machine.phase(), &Phase::Delivered { receipt: "7K3F9".into() });
}
