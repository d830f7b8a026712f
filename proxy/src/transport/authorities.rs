//! Certificate authorities that the operator trusts besides the system's.
//!
//! Apart because only the TLS library can tell a certificate from bytes that merely look like one. They add to what the
//! system trusts and change nothing else: names, dates and purposes are checked as ever, and no setting leaves that out.

use std::fmt;

use reqwest::Certificate;

use crate::transport::http::client_builder;

/// Certificates that a partner's certificate may be traced back to. None by default.
#[derive(Clone, Debug, Default)]
pub struct Authorities(Vec<Certificate>);

impl Authorities {
    /// Reads one or more certificates in PEM; whatever else stands between them is passed over.
    ///
    /// # Errors
    /// When there is none, or one of them is no certificate.
    pub fn from_pem(pem: &[u8]) -> Result<Self, AuthoritiesFault> {
        let certificates = Certificate::from_pem_bundle(pem).map_err(|_| AuthoritiesFault::Broken)?;
        if certificates.is_empty() {
            return Err(AuthoritiesFault::Absent);
        }
        match certificates.iter().position(|certificate| !can_be_trusted(certificate)) {
            Some(index) => Err(AuthoritiesFault::Unreadable { number: index + 1 }),
            None => Ok(Self(certificates)),
        }
    }

    pub(super) fn certificates(&self) -> Vec<Certificate> {
        self.0.clone()
    }
}

/// Asked of the TLS library itself, which else would refuse it later without saying which. The client is dropped unused.
fn can_be_trusted(certificate: &Certificate) -> bool {
    client_builder().no_proxy().tls_certs_only([certificate.clone()]).build().is_ok()
}

/// Why there are no authorities to be had. Holds nothing of what stands there, which may be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthoritiesFault {
    /// A section in PEM that has no end, or is not base64.
    Broken,
    /// Nothing that says it is a certificate.
    Absent,
    /// Something that says it is a certificate and is none.
    Unreadable {
        /// Which one, counted from 1.
        number: usize,
    },
}

impl fmt::Display for AuthoritiesFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken => f.write_str("broken PEM"),
            Self::Absent => f.write_str("no certificate in PEM"),
            Self::Unreadable { number } => {
                write!(f, "a certificate that can't be read (number {number})")
            }
        }
    }
}

impl std::error::Error for AuthoritiesFault {}
