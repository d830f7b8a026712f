//! How a request is sealed: which credential goes where, as a connector says it for one account's settings.
//!
//! Apart from `credentials`, which does it: a connector names slots and never sees what is in them.

use http::HeaderName;

/// One thing done to a request at the last moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seal {
    /// The credential becomes a member of the JSON object in the body.
    BodyField {
        /// The credential's slot.
        slot: &'static str,
        /// The member.
        member: &'static str,
    },
    /// The credential becomes a header.
    Header {
        /// The credential's slot.
        slot: &'static str,
        /// The header.
        name: HeaderName,
        /// What stands before it, such as `Bearer `.
        prefix: &'static str,
    },
    /// An access token is fetched or renewed as planned and sent as `Authorization: Bearer`.
    Bearer(TokenPlan),
    /// The request is signed anew: token, date, nonce and signature as headers.
    Signature(SignaturePlan),
    /// The body is signed as Standard Webhooks has it; the connector has set `webhook-id`.
    Webhook {
        /// The slot of the secret.
        slot: &'static str,
    },
}

/// How an account gets its access tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPlan {
    /// By which grant.
    pub grant: Grant,
    /// Where tokens are fetched.
    pub token_url: String,
    /// Where they are renewed with a refresh token.
    pub refresh_url: Option<String>,
    /// The slot of the client's id.
    pub client_id: &'static str,
    /// The slot of the client's secret.
    pub client_secret: &'static str,
    /// How the client shows who it is.
    pub client_authentication: ClientAuthentication,
    /// How the request's body is written.
    pub encoding: TokenEncoding,
    /// Further parameters, such as `audience`.
    pub parameters: Vec<(&'static str, String)>,
}

/// By which grant an account gets its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// OAuth 2 client credentials: `grant_type=client_credentials`.
    ClientCredentials,
    /// The client's id and secret alone, without a grant type (Octorate's `apilogin`).
    ApiLogin,
    /// A person's consent once, then refresh tokens.
    Consent {
        /// Where the person consents.
        authorize_url: String,
        /// Where the person is sent back to; the partner knows it.
        redirect_uri: String,
        /// The value of `grant_type` with which the code is exchanged.
        grant_type: String,
    },
}

/// How a client shows who it is at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// Id and secret in the body.
    Post,
    /// Id and secret in `Authorization: Basic`.
    Basic,
}

/// How a token request's body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenEncoding {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `application/json`.
    Json,
}

/// How a request is signed with a private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignaturePlan {
    /// The slot of the API token, which is sent and signed alike.
    pub token: &'static str,
    /// The slot of the private key, in PEM.
    pub private_key: &'static str,
    /// Hash and padding.
    pub algorithm: SignatureAlgorithm,
    /// How the signature is written.
    pub encoding: SignatureEncoding,
    /// The members of the signed text, outermost first to last: `url`, `method`, `headers` and `body` in some order.
    pub order: [SignedPart; 4],
}

/// Hash and padding of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaPkcs1Sha512,
    /// RSASSA-PSS with SHA-256 and a salt as long as the digest.
    RsaPssSha256,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureEncoding {
    /// Base64 with padding.
    Base64,
    /// Base64 for URLs, without padding.
    Base64Url,
    /// Hexadecimal in small letters.
    Hex,
}

/// A member of the signed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedPart {
    /// Path and query as sent, without the base address.
    Url,
    /// The method.
    Method,
    /// The headers that are signed: `authorization`, `date`, `x-alg-nonce`.
    Headers,
    /// The body as sent.
    Body,
}
