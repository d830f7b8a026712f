//! No secret and no visitor's word in any log line or answer, whatever goes wrong; and none in any file of the store.
//!
//! Everything that any crate in this process says, down to trace, is kept and searched for words made for this run, as
//! they are and in the codings in which they might slip through.

pub(crate) mod canary;
mod capture;
mod partners;

use partner_sim::Fault;
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection as _, Executor as _};

use crate::app::{Answer, PATIENCE, TestApp, key};

use canary::{Canary, find};

/// The words of one run.
struct Words {
    /// Of the operator: may be nowhere.
    secrets: Vec<Canary>,
    /// Of the visitor: may be nowhere but in the page that shows them their own form again.
    visitor: Vec<Canary>,
}

/// Values that the form takes, each a word of this run.
fn values(visitor: &[Canary]) -> serde_json::Value {
    json!({
        "first_name": visitor[0].0, "last_name": visitor[1].0,
        "email": format!("{}@{}.example", visitor[2].0, visitor[2].0),
        "phone": format!("+44 20 {}", visitor[3].0), "company": visitor[4].0, "notes": visitor[5].0,
        "customer_type": "Switching", "consent": true
    })
}

/// Every way through the proxy that the words can take; the answers to it.
async fn walk(app: &TestApp, words: &Words) -> Vec<Answer> {
    let good = values(&words.visitor);
    let word = &words.visitor[0].0;
    let mut answers = Vec::new();

    for (number, fault) in
        [Fault::None, Fault::ServerError, Fault::Reset, Fault::Garbage, Fault::Html200, Fault::HalfAnswer]
            .into_iter()
            .enumerate()
    {
        app.sim.takepayments().set_fault(fault, Some(1));
        answers.push(app.submit("card-machines", &key(&format!("{word}{number}")), &good).await);
    }
    app.sim.takepayments().set_fault(Fault::BadRequest, Some(1));
    answers.push(app.submit("card-machines", &key(&format!("{word}refused")), &good).await);

    // The same key with other values, values with problems, bodies that can't be read.
    let mut other = good.clone();
    other["notes"] = json!(words.visitor[6].0);
    answers.push(app.submit("card-machines", &key(&format!("{word}0")), &other).await);
    other["email"] = json!(word);
    other["phone"] = json!(word);
    other["industry"] = json!(word);
    other[word] = json!(word);
    answers.push(app.submit("card-machines", &key(&format!("{word}bad")), &other).await);
    for body in [
        format!("{{\"{word}\":"),
        format!("\"{word}\""),
        format!("{{\"form_version\":\"{word}\"}}"),
        format!("{word}\0"),
    ] {
        answers.push(app.submit_body("card-machines", &key(&format!("{word}unread")), body).await);
    }
    answers.push(app.submit(word, &key(word), &good).await);

    // Addresses and headers.
    for path in [
        format!("/{word}"),
        format!("/v1/receipts/{word}"),
        format!("/f/{word}"),
        format!("/v1/forms/card-machines?locale={word}&x={word}"),
        format!("/assets/{word}.js"),
        format!("/embed/card-machines?instance=%3C{word}&parent=https://{word}.example"),
    ] {
        let request = app
            .request(Method::GET, &path)
            .header("user-agent", word)
            .header("cookie", format!("a={word}"))
            .header("referer", format!("https://{word}.example/"))
            .header("authorization", format!("Bearer {word}"))
            .header("accept-language", word)
            .header("x-request-id", word);
        answers.push(Answer::read(request.send().await.unwrap()).await);
    }
    let stranger = app
        .request(Method::POST, "/v1/forms/card-machines/submissions")
        .header("origin", format!("https://{word}.example"));
    answers.push(Answer::read(stranger.body(word.clone()).send().await.unwrap()).await);
    let method = Method::from_bytes(word.as_bytes()).unwrap();
    answers.push(Answer::read(app.request(method, "/f/card-machines").send().await.unwrap()).await);

    // The form without script, taken.
    let page = app.get("/f/card-machines").await;
    let token =
        page.text.split_once("name=\"_token\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let sent = plain(app, format!("_token={token}&first_name={word}&last_name={word}&email={word}%40a.example&phone=%2B44{}&customer_type=Switching&consent=on", words.visitor[3].0)).await;
    assert_eq!(sent.status, 303);
    answers.push(app.get(sent.header("location")).await);
    answers.extend([page, sent]);

    // The credential is refused last: that pauses the account.
    app.sim.takepayments().set_fault(Fault::Unauthorized, Some(1));
    answers.push(app.submit("card-machines", &key(&format!("{word}withdrawn")), &good).await);
    answers
}

async fn plain(app: &TestApp, body: String) -> Answer {
    let request = app
        .request(Method::POST, "/f/card-machines")
        .header("origin", app.origin())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    Answer::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn no_word_of_operator_or_visitor_is_in_a_log_or_an_answer() {
    let log = capture::everything();
    let mut words = Words {
        secrets: vec![Canary::word(), Canary::key()],
        visitor: (0..7).map(|_| Canary::word()).collect(),
    };
    words.visitor[3] = Canary::digits();
    let mut app = TestApp::start_with_secrets(&words.secrets[0].0, &words.secrets[1].0, |config| {
        // No second attempt, which would use up the fault of a later lead.
        config.delivery = "retry_waits_ms = [60000]\ndoubt_wait_ms = 60000".to_owned();
    })
    .await;

    let answers = walk(&app, &words).await;
    for answer in &answers {
        let whole = format!("{} {:?} {}", answer.status, answer.headers, answer.text);
        let all = words.secrets.iter().chain(&words.visitor);
        assert_eq!(find(whole.as_bytes(), all), [""; 0], "in the answer {whole}");
    }
    // A visitor's own page shows them their own words again, and nobody's secret.
    let again = plain(&app, format!("first_name={}", words.visitor[0].0)).await;
    assert!(again.text.contains(&words.visitor[0].0));
    assert_eq!(find(again.text.as_bytes(), words.secrets.iter()), [""; 0]);

    let reached = app
        .sim
        .takepayments()
        .wait_for(
            |ledger| ledger.requests.iter().any(|request| request.body.contains(&words.visitor[5].0)),
            PATIENCE,
        )
        .await;
    assert!(reached.is_ok(), "the words went all the way");
    // As it lies while the proxy runs, log and index included, and as a backup has it.
    backup(&app).await;
    let at_work = files(&app);
    app.stop().await;

    let log = log.text();
    for part in ["request answered", "INFO", "TRACE", "sqlx", "reqwest"] {
        assert!(log.contains(part), "everything was listened to, but nothing was heard of {part}");
    }
    assert_eq!(find(log.as_bytes(), words.secrets.iter().chain(&words.visitor)), [""; 0], "in the log");

    let names: Vec<_> = at_work.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["backup.db", "lead-proxy.db", "lead-proxy.db-shm", "lead-proxy.db-wal"] {
        assert!(names.contains(&name), "{name} is among {names:?}");
    }
    for (name, bytes) in at_work.into_iter().chain(files(&app)) {
        assert_eq!(find(&bytes, words.secrets.iter().chain(&words.visitor)), [""; 0], "in {name}");
    }
}

/// The files of the store's folder, by name.
fn files(app: &TestApp) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(app.dir.path()).unwrap();
    let files = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

/// Copies the running store as an operator would.
async fn backup(app: &TestApp) {
    let path = format!("sqlite://{}", app.store_path().display());
    let mut connection = sqlx::SqliteConnection::connect(&path).await.unwrap();
    let copy = format!("VACUUM INTO '{}'", app.dir.path().join("backup.db").display());
    connection.execute(sqlx::AssertSqlSafe(copy)).await.unwrap();
    connection.close().await.unwrap();
}
