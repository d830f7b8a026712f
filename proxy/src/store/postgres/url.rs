//! The address of a database, read once and never shown: it holds a password.
//!
//! Apart because what is left out of it must not be filled in by chance: a host elsewhere is spoken to under a certificate
//! that was checked, unless the address itself says otherwise.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr as _;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::{Host, Url};

/// What an address looks like.
const EXPECTED: &str = "an address such as postgres://role:password@host:5432/database, or with \
                        ?host=/var/run/postgresql for a socket";
/// The parameters that are taken.
const PARAMETERS: &[&str] =
    &["host", "sslmode", "sslrootcert", "sslcert", "sslkey", "statement-cache-capacity"];
/// Where PostgreSQL listens unless it is told otherwise.
const PORT: u16 = 5432;

/// Where a PostgreSQL database is, and how to get in.
#[derive(Clone)]
pub struct DatabaseUrl(Box<PgConnectOptions>);

/// What was found in the place of an address, without a character of it, and what was expected.
pub type UrlFault = (String, String);

impl DatabaseUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// What was found and expected, where it is none, or leaves out what would have to be guessed.
    pub fn parse(text: &str) -> Result<Self, UrlFault> {
        let fault = |found: &str| (found.to_owned(), EXPECTED.to_owned());
        let url = Url::parse(text).map_err(|_| fault("a text that is no address"))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(fault("an address of another kind"));
        }
        if url.query_pairs().any(|(name, _)| !PARAMETERS.contains(&name.as_ref())) {
            let expected = format!("none but {}", PARAMETERS.join(", "));
            return Err(("an address with a parameter that is not known".to_owned(), expected));
        }
        let socket = url.query_pairs().find(|(name, _)| name == "host").map(|(_, value)| value.into_owned());
        let is_socket = socket.as_deref().is_some_and(|path| path.starts_with('/'));
        for (is_missing, found) in [
            (url.username().is_empty(), "an address without a role"),
            (url.path().trim_matches('/').is_empty(), "an address without a database"),
            (url.host().is_none() && !is_socket, "an address without a host"),
            (socket.is_some() && !is_socket, "an address with a host that is no path to a socket"),
        ] {
            if is_missing {
                return Err(fault(found));
            }
        }
        // The library's reason may quote what it could not read.
        let mut options =
            PgConnectOptions::from_str(text).map_err(|_| fault("an address that can't be read"))?;
        // What the address leaves out is not taken from the environment of this process.
        options = options.port(url.port().unwrap_or(PORT));
        if url.password().is_none() {
            options = options.password("");
        }
        if !url.query_pairs().any(|(name, _)| name == "sslmode") {
            let is_here = is_socket || is_loopback(url.host().as_ref());
            options = options.ssl_mode(if is_here { PgSslMode::Prefer } else { PgSslMode::VerifyFull });
        }
        Ok(Self(Box::new(options)))
    }

    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.0
    }
}

/// Whether a host is this machine; `url` knows the addresses of another scheme only as names.
fn is_loopback(host: Option<&Host<&str>>) -> bool {
    match host {
        None => false,
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => {
            *name == "localhost"
                || name.starts_with("%2F")
                || name.starts_with("%2f")
                || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
    }
}

/// Shows only that it is one.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        let (found, expected) = DatabaseUrl::parse(text).unwrap_err();
        format!("{found}, expected {expected}")
    }

    fn mode(text: &str) -> String {
        format!("{:?}", DatabaseUrl::parse(text).unwrap().options().get_ssl_mode())
    }

    #[test]
    fn address_is_told_apart_by_what_it_leaves_out_and_never_shown() {
        for (text, named) in [
            ("c4n4ry", "no address"),
            ("mysql://c4n4ry:c4n4ry@db/c4n4ry", "another kind"),
            ("postgres://db/c4n4ry", "without a role"),
            ("postgres://c4n4ry@db", "without a database"),
            ("postgres://c4n4ry@db/", "without a database"),
            ("postgres:///c4n4ry", "without a role"),
            ("postgres://c4n4ry:c4n4ry@db/leads?c4n4ry=c4n4ry", "parameter that is not known"),
            ("postgres://c4n4ry@db/leads?sslmode=c4n4ry", "can't be read"),
            ("postgres://c4n4ry@db/leads?host=c4n4ry", "no path to a socket"),
        ] {
            let told = fault(text);
            assert!(told.contains(named) && !told.contains("c4n4ry"), "{text}: {told}");
        }
        let url = DatabaseUrl::parse("postgres://role:c4n4ry@db/leads").unwrap();
        assert_eq!(format!("{url:?}"), "DatabaseUrl(..)");
    }

    #[test]
    fn database_elsewhere_is_spoken_to_under_its_checked_certificate() {
        for elsewhere in ["postgres://r:p@db.example/leads", "postgresql://r:p@192.0.2.7:6432/leads"] {
            assert_eq!(mode(elsewhere), "VerifyFull", "{elsewhere}");
            assert_eq!(mode(&format!("{elsewhere}?sslmode=disable")), "Disable", "{elsewhere}");
        }
        for here in [
            "postgres://r@localhost/leads",
            "postgres://r@127.0.0.1:7000/leads",
            "postgres://r@[::1]/leads",
            "postgres://r@localhost/leads?host=/var/run/postgresql",
            "postgres://r@%2Fvar%2Frun%2Fpostgresql/leads",
        ] {
            assert_eq!(mode(here), "Prefer", "{here}");
        }
    }
}
