//! The section `[alerts]`: who is told beside the log.
//!
//! Apart from what is told.

use std::fmt;

use secrecy::SecretString;
use url::Url;

/// The section `[alerts]`.
#[derive(Clone, Debug, Default)]
pub struct AlertsConfig {
    /// Who gets each alert; none for the log alone.
    pub target: Option<AlertTarget>,
}

/// An address that gets alerts.
#[derive(Clone)]
pub struct AlertTarget {
    /// The address. May hold a secret of its own.
    pub url: Url,
    /// Signs what is sent there.
    pub secret: SecretString,
}

/// Shows neither.
impl fmt::Debug for AlertTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AlertTarget(..)")
    }
}
