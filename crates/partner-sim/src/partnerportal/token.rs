//! The token endpoint: client credentials by RFC 6749, which is all that "the standard OAuth 2.0 flow" can mean for a
//! client ID, a secret and no user.

use axum::http::header::{ALLOW, CACHE_CONTROL};
use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::arrival::Arrival;
use crate::desk::{Desk, Verdict};
use crate::ledger::KeyCheck;
use crate::oauth::answer::{dress, expires_in};
use crate::oauth::params::{Params, Unreadable};
use crate::oauth::tokens::{Environment, Issued};
use crate::oauth::turn::Turn;
use crate::oauth::{Grant, OAuth, TokenFault};

use super::answers::token_refused;

/// Why there is no token: RFC 6749's name, and words.
type Refused = (&'static str, String);

/// Judges a request; tells also how long its answer waits.
pub(super) fn judge(oauth: &OAuth, desk: &Desk, arrival: &Arrival) -> (Verdict, std::time::Duration) {
    if arrival.method != Method::POST {
        let answer = token_refused("invalid_request", "the method is not POST");
        let answer = Answer { status: StatusCode::METHOD_NOT_ALLOWED, ..answer }.with(ALLOW, "POST");
        let problems = vec![format!("the method is {}, expected POST", arrival.method)];
        let verdict = Verdict::new(Grant::Other.operation(), answer, KeyCheck::Missing);
        return (Verdict { problems, ..verdict }, std::time::Duration::ZERO);
    }
    let params = read(arrival);
    let turn = Turn::begin(oauth, desk, grant(&params));
    let header = arrival.header("authorization");
    let (credential, client) = match &params {
        Ok(params) => check_client(oauth, header.as_deref(), params),
        Err(_) => (KeyCheck::Missing, Ok(())),
    };
    let secrets = params.as_ref().map(|params| params.values_of(&["client_secret"])).unwrap_or_default();
    let outcome = params.and_then(|params| {
        client?;
        check_grant(oauth, &params)?;
        let issued = turn.give(|oauth| Ok(oauth.issue(Environment::Production, false)));
        issued.map_err(|refusal| ("invalid_grant", refusal.as_str().to_owned()))
    });
    let (answer, problems) = match outcome {
        Ok(issued) => (given(issued, turn.fault()), Vec::new()),
        Err((error, words)) => (token_refused(error, &words), vec![words]),
    };
    (Verdict { problems, secrets, ..turn.verdict(answer, credential) }, turn.wait())
}

fn read(arrival: &Arrival) -> Result<Params, Refused> {
    if let Some((_, why)) = arrival.unread {
        return Err(("invalid_request", why.to_owned()));
    }
    let params = Params::read(arrival.content_type.as_deref(), &arrival.body, true);
    let params = params.map_err(|unreadable| match unreadable {
        Unreadable::ContentType => "the content type is neither a form nor application/json".to_owned(),
        Unreadable::Body(problem) => problem,
    });
    let params = params.map_err(|problem| ("invalid_request", problem))?;
    match params.repeated().first() {
        Some(name) => Err(("invalid_request", format!("{name} is given twice"))),
        None => Ok(params),
    }
}

fn grant(params: &Result<Params, Refused>) -> Grant {
    match params.as_ref().ok().and_then(|params| params.get("grant_type")) {
        Some("client_credentials") => Grant::ClientCredentials,
        Some("refresh_token") => Grant::Refresh,
        _ => Grant::Other,
    }
}

/// Checks who asks: by header or by body, not both.
fn check_client(oauth: &OAuth, header: Option<&str>, params: &Params) -> (KeyCheck, Result<(), Refused>) {
    let (id, secret) = (params.get("client_id"), params.get("client_secret"));
    let check = match (header, secret) {
        (Some(_), Some(_)) => {
            let both =
                "the client's secret is in the header and in the body, expected one of them".to_owned();
            return (KeyCheck::Wrong, Err(("invalid_request", both)));
        }
        (Some(header), None) => oauth.client().check_basic(header),
        (None, _) => oauth.client().check(id, secret),
    };
    let outcome = match check {
        KeyCheck::Valid => Ok(()),
        check => Err(("invalid_client", format!("client_id or client_secret is {check}"))),
    };
    (check, outcome)
}

fn check_grant(oauth: &OAuth, params: &Params) -> Result<(), Refused> {
    match params.get("grant_type") {
        Some("client_credentials") => {}
        Some(_) => {
            return Err(("unsupported_grant_type", "grant_type is not client_credentials".to_owned()));
        }
        None => return Err(("invalid_request", "grant_type is required".to_owned())),
    }
    if oauth.knows_audience(params.get("audience")) {
        Ok(())
    } else {
        Err(("invalid_target", "audience is not the one of this API".to_owned()))
    }
}

fn given(issued: Issued, fault: TokenFault) -> Answer {
    let mut body = Map::new();
    let said = expires_in(&issued, fault);
    body.insert("access_token".to_owned(), Value::from(issued.access_token));
    body.insert("token_type".to_owned(), json!("Bearer"));
    if let Some(said) = said {
        body.insert("expires_in".to_owned(), said);
    }
    let answer = Answer::json(StatusCode::OK, &Value::Object(dress(body, fault)));
    answer.with(CACHE_CONTROL, "no-store")
}
