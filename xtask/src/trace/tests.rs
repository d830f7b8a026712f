//! The checker against made-up traces: one in order, and one for each way to be out of it.

use super::{
    calls::Reader,
    order::{Flaw, Order, Report},
};

const RECEIPT: &str = "7K3F9-0QXJ2-MM8TD-4VYBR";

/// A frame's header without and with the mark of a commit, its page with the receipt, and what follows it.
const HEADER: &str =
    r#"7 pwrite64(4</d/l-wal>, "\0\0\0\2\0\0\0\0\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", 24, 32) = 24"#;
const COMMIT: &str =
    r#"7 pwrite64(4</d/l-wal>, "\0\0\0\3\0\0\0\t\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", 24, 32) = 24"#;
const PAGE: &str = r#"7 pwrite64(4</d/l-wal>, "\r\0\0\00117K3F9-0QXJ2-MM8TD-4VYBR\0", 4096, 56) = 4096"#;
const OTHER_PAGE: &str = r#"7 pwrite64(4</d/l-wal>, "\r\0\0\0", 4096, 4176) = 4096"#;
const SYNC: &str = "7 fdatasync(4</d/l-wal>) = 0";
const ANSWER: &str = r#"8 sendto(9<TCP:[127.0.0.1:80->127.0.0.1:41]>, "HTTP/1.1 202 Accepted\r\n\r\n{\"receipt\":\"7K3F9-0QXJ2-MM8TD-4VYBR\"}", 60, MSG_NOSIGNAL, NULL, 0) = 60"#;
const PARTNER: &str = r#"8 writev(10<TCP:[127.0.0.1:42->127.0.0.1:91]>, [{iov_base="POST /Insert HTTP/1.1\r\n\r\n{\"ID\":\"7K3F9-0QXJ2-MM8TD-4VYBR\"}", iov_len=60}], 1) = 60"#;

fn report(lines: &[&str]) -> Report {
    let mut reader = Reader::default();
    let mut order = Order::new(&[RECEIPT.to_owned()]);
    for line in lines {
        if let Some(call) = reader.read(line) {
            order.take(&call);
        }
    }
    reader.rest().for_each(|call| order.take(&call));
    order.report()
}

/// The trace's only flaw, or none.
fn flaw(lines: &[&str]) -> Option<Flaw> {
    let report = report(lines);
    assert_eq!(report.in_order + report.flaws.len(), 1, "one receipt, one verdict: {report:?}");
    report.flaws.first().map(|(_, flaw)| *flaw)
}

#[test]
fn frame_commit_sync_answer_is_in_order() {
    assert_eq!(flaw(&[HEADER, PAGE, COMMIT, OTHER_PAGE, SYNC, ANSWER, PARTNER]), None);
    assert_eq!(flaw(&[COMMIT, PAGE, SYNC, PARTNER, ANSWER]), None);
}

#[test]
fn answer_before_the_sync_is_found() {
    assert_eq!(flaw(&[COMMIT, PAGE, ANSWER, SYNC]), Some(Flaw::AnswerBeforeSync));
    assert_eq!(flaw(&[ANSWER, COMMIT, PAGE, SYNC]), Some(Flaw::AnswerBeforeSync));
}

#[test]
fn answer_while_the_sync_still_runs_is_found() {
    let began = "7 fdatasync(4</d/l-wal> <unfinished ...>";
    let ended = "7 <... fdatasync resumed>)   = 0";
    assert_eq!(flaw(&[COMMIT, PAGE, began, ANSWER, ended]), Some(Flaw::AnswerBeforeSync));
    assert_eq!(flaw(&[COMMIT, PAGE, began, ended, ANSWER]), None);
}

#[test]
fn sync_that_began_before_the_write_ended_proves_nothing() {
    let page = PAGE.replace(" = 4096", " <unfinished ...>").replace(") <", " <");
    let page_ended = "7 <... pwrite64 resumed>) = 4096";
    let sync = "6 fdatasync(4</d/l-wal> <unfinished ...>";
    let sync_ended = "6 <... fdatasync resumed>) = 0";
    assert_eq!(flaw(&[COMMIT, &page, sync, page_ended, sync_ended, ANSWER]), Some(Flaw::NoSync));
    assert_eq!(flaw(&[COMMIT, &page, page_ended, sync, sync_ended, ANSWER]), None);
}

#[test]
fn sync_that_failed_or_was_of_another_file_proves_nothing() {
    let failed = "7 fdatasync(4</d/l-wal>) = -1 EIO (Input/output error)";
    let other = "7 fdatasync(5</d/l>) = 0";
    assert_eq!(flaw(&[COMMIT, PAGE, failed, other, ANSWER]), Some(Flaw::NoSync));
}

#[test]
fn sync_between_frame_and_commit_proves_nothing() {
    assert_eq!(flaw(&[HEADER, PAGE, SYNC, COMMIT, OTHER_PAGE, ANSWER]), Some(Flaw::NoSync));
    assert_eq!(flaw(&[HEADER, PAGE, SYNC, ANSWER]), Some(Flaw::NoCommit));
}

#[test]
fn receipt_that_is_not_in_the_log_or_never_answered_is_found() {
    assert_eq!(flaw(&[COMMIT, OTHER_PAGE, SYNC, ANSWER]), Some(Flaw::NoFrame));
    assert_eq!(flaw(&[COMMIT, PAGE, SYNC, PARTNER]), Some(Flaw::NoAnswer));
}

#[test]
fn partner_told_before_the_sync_is_found() {
    assert_eq!(flaw(&[COMMIT, PAGE, PARTNER, SYNC, ANSWER]), Some(Flaw::SentBeforeSync));
}

#[test]
fn answer_counts_from_its_status_line() {
    let head = r#"8 sendto(9<TCP:[a->b]>, "HTTP/1.1 202 Accepted\r\n\r\n", 25, 0, NULL, 0) = 25"#;
    let body = r#"8 sendto(9<TCP:[a->b]>, "{\"receipt\":\"7K3F9-0QXJ2-MM8TD-4VYBR\"}", 37, 0, NULL, 0) = 37"#;
    assert_eq!(flaw(&[COMMIT, PAGE, head, SYNC, body]), Some(Flaw::AnswerBeforeSync));
    assert_eq!(flaw(&[COMMIT, PAGE, SYNC, head, body]), None);
}

#[test]
fn refusal_with_the_receipt_is_no_answer() {
    let refused = ANSWER.replace("202 Accepted", "503 Unavailable");
    assert_eq!(flaw(&[COMMIT, PAGE, SYNC, &refused]), Some(Flaw::NoAnswer));
}

#[test]
fn one_sync_may_carry_several_commits() {
    let other = "AAAAA-BBBBB-CCCCC-DDDDD";
    let lines =
        [COMMIT, PAGE, COMMIT, &PAGE.replace(RECEIPT, other), SYNC, ANSWER, &ANSWER.replace(RECEIPT, other)];
    let mut reader = Reader::default();
    let mut order = Order::new(&[RECEIPT.to_owned(), other.to_owned()]);
    lines.iter().filter_map(|line| reader.read(line)).for_each(|call| order.take(&call));
    let report = order.report();
    assert_eq!((report.in_order, report.most_in_one_sync), (2, 2), "{report:?}");
    assert_eq!(report.syncs, [("fdatasync".to_owned(), 1)].into());
}
