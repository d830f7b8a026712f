//! The three endpoints that give tokens: `token` for a code, `refresh`, `apilogin`.
//!
//! The partner's page on authentication and its integrators name the params; how a wrong one is answered is our pick
//! from the glossary: a param that is missing or not acceptable `ApiParamsExemption`, a client or a refresh token that
//! is not good `ApiKeyInvalid`, a code that is not good `ApiValidationFailed`, the other mode's token `WrongEnviroment`.

use std::time::Duration;

use axum::http::header::CACHE_CONTROL;
use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::arrival::Arrival;
use crate::desk::{Desk, Verdict};
use crate::ledger::KeyCheck;
use crate::oauth::answer::{dress, expire_date};
use crate::oauth::params::{Params, Unreadable};
use crate::oauth::tokens::{Environment, Issued, Refusal};
use crate::oauth::turn::Turn;
use crate::oauth::{Grant, OAuth, TokenFault};

use super::glossary::{Detail, Error, answer, method_not_allowed};

/// Params that must not be kept.
const SECRETS: [&str; 3] = ["client_secret", "code", "refresh_token"];

/// Why there is no token: the glossary's error, with what it is about.
struct Refused {
    error: Error,
    message: String,
    details: Vec<Detail>,
}

impl Refused {
    fn new(error: Error, message: impl Into<String>) -> Self {
        Self { error, message: message.into(), details: Vec::new() }
    }

    fn params(details: Vec<Detail>) -> Self {
        Self { details, ..Self::new(Error::ParamsExemption, "the params are not valid") }
    }

    fn problems(&self) -> Vec<String> {
        if self.details.is_empty() {
            vec![self.message.clone()]
        } else {
            self.details.iter().map(Detail::describe).collect()
        }
    }
}

/// Tells which endpoint a path below `/rest/v1/identity/` is.
pub(super) fn grant_of(path: &str) -> Option<Grant> {
    match path {
        "token" => Some(Grant::Code),
        "refresh" => Some(Grant::Refresh),
        "apilogin" => Some(Grant::ApiLogin),
        _ => None,
    }
}

/// Judges a request to one of them; tells also how long its answer waits.
pub(super) fn judge(
    oauth: &OAuth,
    desk: &Desk,
    arrival: &Arrival,
    grant: Grant,
    environment: Environment,
) -> (Verdict, Duration) {
    if arrival.method != Method::POST {
        let problems = vec![format!("the method is {}, expected POST", arrival.method)];
        let verdict = Verdict::new(grant.operation(), method_not_allowed("POST"), KeyCheck::Missing);
        return (Verdict { problems, ..verdict }, Duration::ZERO);
    }
    let turn = Turn::begin(oauth, desk, grant);
    let params = read(arrival);
    let secrets = params.as_ref().map(|params| params.values_of(&SECRETS)).unwrap_or_default();
    let credential = params.as_ref().map_or(KeyCheck::Missing, |params| {
        oauth.client().check(params.get("client_id"), params.get("client_secret"))
    });
    let outcome = params.and_then(|params| give(&turn, &params, credential, grant, environment));
    let (answer, problems) = match outcome {
        Ok(issued) => (given(issued, turn.fault()), Vec::new()),
        Err(refused) => (answer(refused.error, &refused.message, &refused.details), refused.problems()),
    };
    (Verdict { problems, secrets, ..turn.verdict(answer, credential) }, turn.wait())
}

fn read(arrival: &Arrival) -> Result<Params, Refused> {
    if let Some((_, why)) = arrival.unread {
        return Err(Refused::new(Error::BadRequest, why));
    }
    let params = Params::read(arrival.content_type.as_deref(), &arrival.body, false);
    let params = params.map_err(|unreadable| match unreadable {
        Unreadable::ContentType => "the content type is not application/x-www-form-urlencoded".to_owned(),
        Unreadable::Body(problem) => problem,
    });
    params.map_err(|problem| Refused::new(Error::BadRequest, problem))
}

fn give(
    turn: &Turn<'_>,
    params: &Params,
    credential: KeyCheck,
    grant: Grant,
    environment: Environment,
) -> Result<Issued, Refused> {
    let problems = find_problems(params, grant);
    if !problems.is_empty() {
        return Err(Refused::params(problems));
    }
    if credential != KeyCheck::Valid {
        return Err(Refused::new(Error::KeyInvalid, "client_id or client_secret is wrong"));
    }
    let text = |name: &str| params.get(name).unwrap_or_default();
    let issued = turn.give(|oauth| match grant {
        Grant::Code => oauth.redeem(text("code"), text("redirect_uri"), environment),
        Grant::Refresh => oauth.refresh(text("refresh_token"), environment),
        _ => Ok(oauth.issue(environment, false)),
    });
    issued.map_err(|refusal| {
        let error = match refusal {
            Refusal::CodeUnknown | Refusal::CodeUsed | Refusal::CodeOld | Refusal::RedirectDiffers => {
                Error::ValidationFailed
            }
            Refusal::RefreshUnknown | Refusal::RefreshUsed | Refusal::RefreshEnded => Error::KeyInvalid,
            Refusal::OtherEnvironment => Error::WrongEnvironment,
        };
        Refused::new(error, refusal.as_str())
    })
}

/// Finds params that are missing, repeated or not acceptable. Others are left alone, as integrators send some
/// (`grant_type` with a refresh).
fn find_problems(params: &Params, grant: Grant) -> Vec<Detail> {
    let wanted: &[&str] = match grant {
        Grant::Code => &["client_id", "client_secret", "redirect_uri", "grant_type", "code"],
        Grant::Refresh => &["client_id", "client_secret", "refresh_token"],
        _ => &["client_id", "client_secret"],
    };
    let detail = |name: &str, message, kind| Detail { name: name.to_owned(), in_json: false, message, kind };
    let missing = wanted.iter().filter(|name| params.get(name).is_none());
    let mut problems: Vec<_> = missing.map(|name| detail(name, "is required", "RejectRequired")).collect();
    problems.extend(params.repeated().iter().map(|name| detail(name, "is given twice", "RejectTwice")));
    // Not the `authorization_code` of RFC 6749.
    if grant == Grant::Code && params.get("grant_type").is_some_and(|given| given != "code") {
        problems.push(detail("grant_type", "is not code", "RejectValue"));
    }
    problems
}

fn given(issued: Issued, fault: TokenFault) -> Answer {
    let mut body = Map::new();
    let said = expire_date(&issued, Timestamp::now(), fault);
    body.insert("access_token".to_owned(), Value::from(issued.access_token));
    if let Some(refresh_token) = issued.refresh_token {
        body.insert("refresh_token".to_owned(), Value::from(refresh_token));
    }
    if let Some(said) = said {
        body.insert("expireDate".to_owned(), said);
    }
    let answer = Answer::json(StatusCode::OK, &Value::Object(dress(body, fault)));
    answer.with(CACHE_CONTROL, "no-store")
}
