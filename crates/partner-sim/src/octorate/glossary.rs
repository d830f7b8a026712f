//! The document's glossary of common errors, spelt as it prints them, and the body that carries their names.
//!
//! The names are the document's (`Exemption`, `Enviroment` included); the body's shape is that of the partner's own
//! tutorial, and the numbers of the details are ours.

use axum::http::StatusCode;
use axum::http::header::ALLOW;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::documented::Documented;

/// Every row of the glossary, in its order. `ApiResourceMissing` stands under two statuses.
pub const DOCUMENTED: &[Documented] = &[
    Documented::new(
        "400 Bad Request",
        400,
        r#"{"type":"Bad Request","message":"the content was rejected","nested":[]}"#,
    ),
    Documented::new(
        "400 ApiParamsExemption",
        400,
        r#"{"type":"ApiParamsExemption","message":"the params are not valid","nested":[{"human_name":"latitude","machine_name":"$.latitude","message":"is required","type":"RejectRequired"}]}"#,
    ),
    Documented::new(
        "400 JsonParseExemption",
        400,
        r#"{"type":"JsonParseExemption","message":"the JSON is malformed","nested":[]}"#,
    ),
    Documented::new(
        "400 ApiValidationFailed",
        400,
        r#"{"type":"ApiValidationFailed","message":"an earlier call is missing","nested":[]}"#,
    ),
    Documented::new(
        "401 ApiKeyMissing",
        401,
        r#"{"type":"ApiKeyMissing","message":"no access key was given","nested":[]}"#,
    ),
    Documented::new(
        "401 ApiKeyInvalid",
        401,
        r#"{"type":"ApiKeyInvalid","message":"the access key is wrong","nested":[]}"#,
    ),
    Documented::new(
        "403 ApiSecurityException",
        403,
        r#"{"type":"ApiSecurityException","message":"errNoResourcesForIdentity","nested":[]}"#,
    ),
    Documented::new(
        "403 ApiQuotaException",
        403,
        r#"{"type":"ApiQuotaException","message":"the quota is used up","nested":[]}"#,
    ),
    Documented::new(
        "403 WrongEnviroment",
        403,
        r#"{"type":"WrongEnviroment","message":"this belongs to the other environment","nested":[]}"#,
    ),
    Documented::new("404 NotFound", 404, ""),
    Documented::new(
        "404 ApiResourceMissing",
        404,
        r#"{"type":"ApiResourceMissing","message":"there is no such resource","nested":[]}"#,
    ),
    Documented::new(
        "404 ApiResourceEmpty",
        404,
        r#"{"type":"ApiResourceEmpty","message":"the resource was never filled","nested":[]}"#,
    ),
    Documented {
        name: "405 MethodNotAllowed",
        status: 405,
        headers: &[("allow", "POST")],
        body: r#"{"type":"MethodNotAllowed","message":"the method is not allowed here","nested":[]}"#,
    },
    Documented::new(
        "422 ApiResourceMissing",
        422,
        r#"{"type":"ApiResourceMissing","message":"the request makes no sense","nested":[]}"#,
    ),
    Documented::new(
        "500 InternalServerError",
        500,
        r#"{"type":"InternalServerError","message":"something unexpected happened","nested":[]}"#,
    ),
    Documented::new(
        "550 ApiPartnerServerError",
        550,
        r#"{"type":"ApiPartnerServerError","message":"a partner of ours failed","nested":[]}"#,
    ),
];

/// An error that the simulator finds by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Error {
    BadRequest,
    ParamsExemption,
    JsonParseExemption,
    ValidationFailed,
    KeyMissing,
    KeyInvalid,
    WrongEnvironment,
}

impl Error {
    /// Status and name, as the glossary has them.
    pub(super) fn row(self) -> (StatusCode, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "Bad Request"),
            Self::ParamsExemption => (StatusCode::BAD_REQUEST, "ApiParamsExemption"),
            Self::JsonParseExemption => (StatusCode::BAD_REQUEST, "JsonParseExemption"),
            Self::ValidationFailed => (StatusCode::BAD_REQUEST, "ApiValidationFailed"),
            Self::KeyMissing => (StatusCode::UNAUTHORIZED, "ApiKeyMissing"),
            Self::KeyInvalid => (StatusCode::UNAUTHORIZED, "ApiKeyInvalid"),
            Self::WrongEnvironment => (StatusCode::FORBIDDEN, "WrongEnviroment"),
        }
    }
}

/// What is wrong with one param.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Detail {
    /// The param: `latitude`, in a JSON body `$.latitude` for machines.
    pub(super) name: String,
    pub(super) in_json: bool,
    pub(super) message: &'static str,
    /// The tutorial's word: `RejectRequired` and its like.
    pub(super) kind: &'static str,
}

impl Detail {
    /// The words of the ledger.
    pub(super) fn describe(&self) -> String {
        format!("{} {}", self.name, self.message)
    }

    fn json(&self) -> Value {
        let Self { name, in_json, message, kind } = self;
        let machine_name = if *in_json { format!("$.{name}") } else { name.clone() };
        json!({ "human_name": name, "machine_name": machine_name, "message": message, "type": kind })
    }
}

/// Answers an error with its details.
pub(super) fn answer(error: Error, message: &str, details: &[Detail]) -> Answer {
    let (status, name) = error.row();
    let nested: Vec<Value> = details.iter().map(Detail::json).collect();
    Answer::json(status, &json!({ "type": name, "message": message, "nested": nested }))
}

/// Answers a wrong method; the glossary points at the `Allow` header.
pub(super) fn method_not_allowed(allow: &'static str) -> Answer {
    let body =
        json!({ "type": "MethodNotAllowed", "message": "the method is not allowed here", "nested": [] });
    Answer::json(StatusCode::METHOD_NOT_ALLOWED, &body).with(ALLOW, allow)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn glossary_has_sixteen_rows_each_with_its_status_and_name_in_the_body() {
        let names: HashSet<_> = DOCUMENTED.iter().map(|row| row.name).collect();
        assert_eq!((DOCUMENTED.len(), names.len()), (16, 16));
        for row in DOCUMENTED {
            let (status, name) = row.name.split_once(' ').unwrap();
            assert_eq!(status, row.status.to_string());
            if name == "NotFound" {
                assert_eq!(row.body, "");
            } else {
                let body: Value = serde_json::from_str(row.body).unwrap();
                assert_eq!(body["type"], name);
                assert!(body["nested"].is_array());
            }
        }
    }

    #[test]
    fn errors_found_by_the_simulator_are_rows_of_the_glossary() {
        for error in [
            Error::BadRequest,
            Error::ParamsExemption,
            Error::JsonParseExemption,
            Error::ValidationFailed,
            Error::KeyMissing,
            Error::KeyInvalid,
            Error::WrongEnvironment,
        ] {
            let (status, name) = error.row();
            let row = format!("{} {name}", status.as_u16());
            assert!(DOCUMENTED.iter().any(|documented| documented.name == row), "{row}");
        }
    }
}
