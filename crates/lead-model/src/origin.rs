//! Web origins as an allowlist holds them: scheme, host and port, compared exactly.
//!
//! Apart because a prefix or suffix comparison here would be a hole: `https://example.com.evil.example`.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::email::is_label;

/// An origin in the form in which browsers send it: lower case, no path, no default port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

impl Origin {
    /// Reads `https://shop.example` or `http://127.0.0.1:8090`; `None` for anything that is not exactly an origin.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let default_port = match scheme {
            "https" => "443",
            "http" => "80",
            _ => return None,
        };
        let port_fits = port
            .is_none_or(|port| port != default_port && !port.starts_with('0') && port.parse::<u16>().is_ok());
        let host_fits = host.split('.').all(is_label) && host == host.to_ascii_lowercase();
        (host_fits && port_fits).then(|| Self(text.to_owned()))
    }

    /// As browsers send it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| {
            format!("found {text:?}, expected an origin such as \"https://shop.example\": scheme and host in lower case, no path, no trailing slash, no default port")
        })
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn only_an_exact_origin_is_one() {
        for good in ["https://shop.example", "http://127.0.0.1:8090", "http://localhost:3000"] {
            assert_eq!(Origin::parse(good).as_ref().map(Origin::as_str), Some(good));
        }
        for bad in [
            "shop.example",
            "https://shop.example/",
            "https://Shop.example",
            "https://shop.example:443",
            "null",
            "*",
            "https://*.example",
            "ftp://shop.example",
            "https://",
            "https://shop.example:0",
            "https://a@b.example",
        ] {
            assert_eq!(Origin::parse(bad), None, "{bad}");
        }
    }
}
