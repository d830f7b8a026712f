//! Says what the partner makes of a sign-up of a property.
//!
//! In this order: method (405), credential (401), environment (403), content type and JSON (400), fields (400).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::answer::Answer;
use crate::arrival::Arrival;
use crate::desk::{LeadChange, Verdict};
use crate::ledger::KeyCheck;
use crate::oauth::OAuth;
use crate::oauth::tokens::Environment;

use super::glossary::{Detail, Error, answer, method_not_allowed};
use super::property::{Properties, find_problems, members};

/// The header of the secondary method, as the tutorials of 2019 name it.
const KEY_HEADER: &str = "key";
const OPERATION: &str = "create";

/// What a sign-up is held against.
pub(super) struct Known<'a> {
    pub(super) oauth: &'a OAuth,
    pub(super) api_key: &'a str,
    pub(super) properties: &'a Arc<Mutex<Properties>>,
}

pub(super) fn lock(properties: &Mutex<Properties>) -> MutexGuard<'_, Properties> {
    // A property is added whole or not at all, so a panic elsewhere takes nothing from the list.
    properties.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers a path that is none of the API's: no body, as the glossary says.
pub(super) fn not_found(known: &Known<'_>, arrival: &Arrival) -> Verdict {
    let (credential, _) = check_credential(known, arrival);
    let problems = vec!["the path is none of this API".to_owned()];
    Verdict { spared: true, problems, ..Verdict::new("", StatusCode::NOT_FOUND, credential) }
}

pub(super) fn sign_up(known: &Known<'_>, arrival: &Arrival, environment: Environment) -> Verdict {
    let (credential, belongs) = check_credential(known, arrival);
    let refuse = |answer: Answer, problems: Vec<String>| Verdict {
        problems,
        ..Verdict::new(OPERATION, answer, credential)
    };
    let refuse_with =
        |error: Error, message: &str| refuse(answer(error, message, &[]), vec![message.to_owned()]);

    if arrival.method != Method::POST {
        let problems = vec![format!("the method is {}, expected POST", arrival.method)];
        return refuse(method_not_allowed("POST"), problems);
    }
    match credential {
        KeyCheck::Valid => {}
        KeyCheck::Missing => return refuse_with(Error::KeyMissing, "no access key was given"),
        _ => return refuse_with(Error::KeyInvalid, &format!("the access key is {credential}")),
    }
    if belongs.is_some_and(|belongs| belongs != environment) {
        return refuse_with(Error::WrongEnvironment, "the access token belongs to the other environment");
    }
    if let Some((_, why)) = arrival.unread {
        return refuse_with(Error::BadRequest, why);
    }
    if !arrival.is_json() {
        return refuse_with(Error::BadRequest, "the content type is not application/json");
    }
    let object = match arrival.object() {
        Ok(object) => object,
        Err(problem) => return refuse_with(Error::JsonParseExemption, &problem),
    };
    let details = find_problems(&object);
    if !details.is_empty() {
        let problems = details.iter().map(Detail::describe).collect();
        return refuse(answer(Error::ParamsExemption, "the params are not valid", &details), problems);
    }

    let fields = members(&object);
    let test = environment == Environment::Test;
    let (id, exists) = lock(known.properties).find_or_next(&fields, test);
    let body = json!({ "codice": [id], "status": "created" });
    let (properties, added) = (Arc::clone(known.properties), (id.clone(), fields.clone()));
    Verdict {
        id: Some(id),
        lead: LeadChange::Made,
        place: if test { "sandbox".to_owned() } else { String::new() },
        fields,
        on_taken: (!exists).then(|| -> Box<dyn FnOnce() + Send> {
            Box::new(move || lock(&properties).add(added.0, added.1, test))
        }),
        ..Verdict::new(OPERATION, Answer::json(StatusCode::OK, &body), credential)
    }
}

/// Checks token or key, whichever came; a token counts first. A key is good in both environments.
fn check_credential(known: &Known<'_>, arrival: &Arrival) -> (KeyCheck, Option<Environment>) {
    let authorization = arrival.header("authorization");
    let is_bearer = authorization.as_deref().is_some_and(|value| {
        value.split_whitespace().next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
    });
    match arrival.header(KEY_HEADER) {
        // The tutorials send a Basic header beside the key; it is not looked at.
        Some(key) if !is_bearer => {
            let check = if key.is_empty() {
                KeyCheck::Missing
            } else if key == known.api_key {
                KeyCheck::Valid
            } else {
                KeyCheck::Wrong
            };
            (check, None)
        }
        _ => known.oauth.check_bearer(authorization.as_deref()),
    }
}
