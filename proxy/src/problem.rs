//! The one envelope of every error answer (RFC 9457) and the closed list of its codes.
//!
//! Apart so that a caller can branch on codes that stand in one table, and so that no answer ever echoes input.

use http::StatusCode;

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
    /// No `Idempotency-Key` header. Send one, the same for every retry of one submission.
    IdempotencyKeyMissing = "idempotency_key_missing", BAD_REQUEST, "The Idempotency-Key header is missing";
    /// The `Idempotency-Key` is not 16 to 64 visible ASCII characters.
    IdempotencyKeyInvalid = "idempotency_key_invalid", BAD_REQUEST, "The Idempotency-Key header can't be used";
    /// The page's origin is not on the form's list. The embedder adds it to `allowed_origins`.
    OriginNotAllowed = "origin_not_allowed", FORBIDDEN, "This origin may not use this form";
    /// No form has this id.
    FormNotFound = "form_not_found", NOT_FOUND, "There is no such form";
    /// No submission has this receipt.
    ReceiptNotFound = "receipt_not_found", NOT_FOUND, "There is no such receipt";
    /// Nothing is served at this address.
    NotFound = "not_found", NOT_FOUND, "There is nothing here";
    /// The address exists, but not for this method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "This method is not allowed here";
    /// The body did not arrive in time. Send it again with the same key.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The request took too long to arrive";
    /// The first send with this key is still being taken. Ask again in a second with the same key.
    SubmissionInProgress = "submission_in_progress", CONFLICT, "This submission is still being taken";
    /// The body is larger than allowed.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body is not `application/json` in UTF-8 without content encoding.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body must be application/json";
    /// Values break rules of the form; `problems` names each field and its rule.
    InvalidSubmission = "invalid_submission", UNPROCESSABLE_ENTITY, "Some fields need another look";
    /// The key was used before with other values. Use a new key if a new submission is meant.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "This key belongs to another submission";
    /// Something broke on our side. Nothing is known to be stored; send again with the same key.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
    /// The store can't take the submission now. Send again with the same key after `Retry-After` seconds.
    StoreUnavailable = "store_unavailable", SERVICE_UNAVAILABLE, "Submissions can't be stored right now";
}
