//! The one envelope of every error answer (RFC 9457) and the closed list of its codes.
//!
//! Apart so that a caller can branch on codes that stand in one table, and so that no answer ever echoes input.

use std::fmt;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use lead_model::Problem;
use serde::Serialize;
use serde_json::Value;

use crate::connectors::Why;
use crate::signed::SignedFault;

/// Seconds after which a caller may ask again while the store is unavailable.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");
/// How a caller without a good panel token proves itself.
const BEARER: HeaderValue = HeaderValue::from_static("Bearer");

macro_rules! api_reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $status:ident, $title:literal;)+) => {
        /// Why a request was refused. The snake_case code is stable: callers branch on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ApiReason {
            $($(#[doc = $doc])+ $variant),+
        }

        impl ApiReason {
            /// Every reason, so that a test can list each in the docs.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            /// A short sentence, the same for every occurrence.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// What it means and what a caller does about it; written into docs/api.md.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii()),+ }
            }
        }
    };
}

api_reasons! {
    /// The body is not one JSON object of the documented shape. Mend the caller.
    UnreadableBody = "unreadable_body", BAD_REQUEST, "The body can't be read";
    /// Not exactly one usable `Host` header, or an address that is not http or https. Mend the caller.
    HostInvalid = "host_invalid", BAD_REQUEST, "The request must name exactly one host";
    /// No `Idempotency-Key` header. Send one, the same for every retry of one submission.
    IdempotencyKeyMissing = "idempotency_key_missing", BAD_REQUEST, "The Idempotency-Key header is missing";
    /// The `Idempotency-Key` is not 16 to 64 visible ASCII characters.
    IdempotencyKeyInvalid = "idempotency_key_invalid", BAD_REQUEST, "The Idempotency-Key header can't be used";
    /// No `Authorization: Bearer` header. Send the panel token that the CRM's server has signed.
    PanelTokenMissing = "panel_token_missing", UNAUTHORIZED, "The panel token is missing";
    /// The panel token is not valid for this account: ask the CRM's server for a new one. Of an account that is not there,
    /// every token is told so.
    PanelTokenInvalid = "panel_token_invalid", UNAUTHORIZED, "The panel token is not valid";
    /// The panel token was good once, but its time is over. Ask the CRM's server for a new one and try again.
    PanelTokenExpired = "panel_token_expired", UNAUTHORIZED, "The panel token has expired";
    /// The page's origin is not on the form's list. The embedder adds it to `allowed_origins`. An account's records are for
    /// the proxy's own pages and for servers only.
    OriginNotAllowed = "origin_not_allowed", FORBIDDEN, "This origin may not use this form";
    /// This form completes a record and opens by a signed link only; there is none, or it is not valid for this form.
    LinkInvalid = "link_invalid", FORBIDDEN, "The link is not valid";
    /// The signed link was good once, but its time is over. Ask for a new one.
    LinkExpired = "link_expired", FORBIDDEN, "The link has expired";
    /// The prefill token is not signed with a key of the form's account, is for another form, lives for longer than 7 days, or
    /// its account has no key at all. Nothing of it is shown.
    PrefillInvalid = "prefill_invalid", FORBIDDEN, "The prefill token is not valid";
    /// The prefill token was good once, but its time is over. Sign a new one with the next page.
    PrefillExpired = "prefill_expired", FORBIDDEN, "The prefill token has expired";
    /// The panel token is for reading only. Who may make and change records needs one of the scope `write`.
    ScopeMissing = "scope_missing", FORBIDDEN, "This token may not change records";
    /// The panel token is for one other record. Open that one, or ask for a token without a record.
    RecordNotAllowed = "record_not_allowed", FORBIDDEN, "This token is for one record only";
    /// No form has this id.
    FormNotFound = "form_not_found", NOT_FOUND, "There is no such form";
    /// The form's fields come from its partner's schema, which could not be fetched yet. Ask again after `Retry-After`.
    FormAwaited = "form_awaited", SERVICE_UNAVAILABLE, "This form is not ready yet";
    /// No submission has this receipt.
    ReceiptNotFound = "receipt_not_found", NOT_FOUND, "There is no such receipt";
    /// The partner has no such record, or has it no longer. Look for it in the list.
    RecordNotFound = "record_not_found", NOT_FOUND, "The partner has no such record";
    /// This partner has no such operation, or the operator has not given its address. There is nothing to try again.
    OperationNotSupported = "operation_not_supported", NOT_FOUND, "This partner can't do that";
    /// Nothing is served at this address.
    NotFound = "not_found", NOT_FOUND, "There is nothing here";
    /// No `Lead-Proxy-Operator` header with 1 to 64 visible ASCII characters. Send one, and only one, with the name of who acts.
    OperatorMissing = "operator_missing", BAD_REQUEST, "Who acts is not said";
    /// A browser's page asks, or the listener is called by a host name. Use the command line, or a program that calls an IP
    /// address or `localhost` and sends neither `Origin` nor `Sec-Fetch-Site`.
    NotForBrowsers = "not_for_browsers", FORBIDDEN, "This is for programs on this machine";
    /// No account has this name in the configuration.
    AccountNotFound = "account_not_found", NOT_FOUND, "There is no such account";
    /// The delivery stands at `state`, from where nobody settles it, or its `version` is no longer the one that was seen: an
    /// attempt or another operator was quicker. Look at it again.
    DeliveryConflict = "delivery_conflict", CONFLICT, "The delivery stands elsewhere by now";
    /// The record is no longer what `expected` says; `record` is what it is now. Nothing was changed: show both, and send the
    /// change again without what is settled.
    RecordChanged = "record_changed", CONFLICT, "The record has changed meanwhile";
    /// The lead's content is erased, so it can't be sent again. It can be dropped.
    DeliveryErased = "delivery_erased", CONFLICT, "There is nothing left to send";
    /// Members of the command can't be used; `problems` names each and its rule. Nothing was done.
    CommandInvalid = "command_invalid", UNPROCESSABLE_ENTITY, "Some members can't be used";
    /// The address exists, but not for this method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "This method is not allowed here";
    /// The body did not arrive in time. Send it again with the same key.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The request took too long to arrive";
    /// The body is larger than allowed.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body is not `application/json` in UTF-8 without content encoding.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body must be application/json";
    /// Values break rules of the form; `problems` names each field and its rule.
    InvalidSubmission = "invalid_submission", UNPROCESSABLE_ENTITY, "Some fields need another look";
    /// The key was used before with other values. Use a new key if a new submission is meant.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "This key belongs to another submission";
    /// Parameters of the address can't be used; `problems` names each and its rule.
    QueryInvalid = "query_invalid", UNPROCESSABLE_ENTITY, "Some parameters can't be used";
    /// This partner's list can't be searched: ask without `search` and look through the pages.
    SearchNotSupported = "search_not_supported", UNPROCESSABLE_ENTITY, "This partner's list can't be searched";
    /// Values break the partner's rules; `problems` names each of the partner's fields and its rule. Nothing was sent.
    RecordInvalid = "record_invalid", UNPROCESSABLE_ENTITY, "Some fields need another look";
    /// The partner has refused it as it is; `problems` names the partner's fields where the partner does. Correct them, or
    /// ask the operator what `partner_error` means.
    PartnerRefused = "partner_refused", UNPROCESSABLE_ENTITY, "The partner did not accept this";
    /// Something broke on our side. Nothing is known to be stored; send again with the same key.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
    /// The partner does not let us in. Nothing that you can do: the operator must act, and finds `partner_error` in
    /// docs/connectors.md.
    PartnerCredential = "partner_credential", BAD_GATEWAY, "The partner does not let us in: the operator must act";
    /// The partner can't be reached, or broke off. Try again in a few minutes.
    PartnerUnreachable = "partner_unreachable", BAD_GATEWAY, "The partner can't be reached";
    /// The partner had a fault of its own, or what it answered is not understood. Look again in a few minutes; after a change,
    /// read the record again before anything else, since it is not known whether the change was made.
    PartnerUnclear = "partner_unclear", BAD_GATEWAY, "The partner's answer can't be used";
    /// The store can't take the submission now. Send again with the same key after `Retry-After` seconds.
    StoreUnavailable = "store_unavailable", SERVICE_UNAVAILABLE, "Submissions can't be stored right now";
    /// The partner asks for patience. Try again after `Retry-After` seconds.
    PartnerBusy = "partner_busy", SERVICE_UNAVAILABLE, "The partner is busy";
    /// The operator has switched this account off. Ask the operator when it is back.
    AccountDisabled = "account_disabled", SERVICE_UNAVAILABLE, "This account is switched off";
    /// The partner took too long to answer. Try again in a few minutes.
    PartnerTimeout = "partner_timeout", GATEWAY_TIMEOUT, "The partner takes too long";
}

/// Why one request was refused, on its way to becoming an answer. Never holds anything of the request.
#[derive(Clone, Debug)]
pub(crate) struct ApiProblem {
    reason: ApiReason,
    detail: Option<&'static str>,
    problems: Vec<Problem>,
    /// Why the partner's part failed, as a code.
    partner_error: Option<Why>,
    /// Seconds after which a caller may ask again.
    retry_after: Option<u64>,
    /// Where a delivery stands, and its version.
    standing: Option<(&'static str, i64)>,
    /// A partner's record as it is now.
    record: Option<Unshown>,
}

/// What is answered and stands in no log.
#[derive(Clone)]
struct Unshown(Box<Value>);

impl fmt::Debug for Unshown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

impl ApiProblem {
    /// The same with a sentence on this occurrence.
    pub(crate) fn with_detail(reason: ApiReason, detail: &'static str) -> Self {
        Self { detail: Some(detail), ..reason.into() }
    }

    /// The same with what is wrong, field by field.
    pub(crate) fn with_problems(reason: ApiReason, problems: Vec<Problem>) -> Self {
        Self { problems, ..reason.into() }
    }

    /// The same with why the partner's part failed.
    pub(crate) fn of_partner(self, why: Why) -> Self {
        Self { partner_error: Some(why), ..self }
    }

    /// The same with the seconds after which a caller may ask again.
    pub(crate) fn after_seconds(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// The same with where the delivery stands, and its version.
    pub(crate) fn standing(self, state: &'static str, version: i64) -> Self {
        Self { standing: Some((state, version)), ..self }
    }

    /// The same with the record as it is now.
    pub(crate) fn with_record(self, record: Value) -> Self {
        Self { record: Some(Unshown(Box::new(record))), ..self }
    }

    /// Values that break rules.
    pub(crate) fn invalid(problems: Vec<Problem>) -> Self {
        Self::with_problems(ApiReason::InvalidSubmission, problems)
    }

    /// Why.
    pub(crate) fn reason(&self) -> ApiReason {
        self.reason
    }

    /// The body, once the request's id is known.
    pub(crate) fn body(&self, request_id: &str) -> String {
        let body = ProblemBody {
            kind: "about:blank",
            title: self.reason.title(),
            status: self.reason.status().as_u16(),
            detail: self.detail,
            code: self.reason.code(),
            request_id,
            partner_error: self.partner_error.map(|why| why.to_string()),
            state: self.standing.map(|(state, _)| state),
            version: self.standing.map(|(_, version)| version),
            problems: &self.problems,
            record: self.record.as_ref().map(|Unshown(record)| &**record),
        };
        serde_json::to_string(&body).unwrap_or_default()
    }
}

impl From<SignedFault> for ApiReason {
    /// Of a link; a panel token's faults have reasons of their own.
    fn from(fault: SignedFault) -> Self {
        match fault {
            SignedFault::Expired => Self::LinkExpired,
            SignedFault::Invalid | SignedFault::TooLong => Self::LinkInvalid,
        }
    }
}

impl From<ApiReason> for ApiProblem {
    fn from(reason: ApiReason) -> Self {
        Self {
            reason,
            detail: None,
            problems: Vec::new(),
            partner_error: None,
            retry_after: None,
            standing: None,
            record: None,
        }
    }
}

/// The answer without its body: `middleware::request_id` writes that, since only it knows the request's id.
impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let mut response = self.reason.status().into_response();
        let headers = response.headers_mut();
        if matches!(self.reason, ApiReason::StoreUnavailable | ApiReason::FormAwaited) {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.reason.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, BEARER);
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// What stands on the wire, by RFC 9457.
#[derive(Serialize)]
struct ProblemBody<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
    code: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    #[serde(skip_serializing_if = "<[Problem]>::is_empty")]
    problems: &'a [Problem],
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<&'a Value>,
}
