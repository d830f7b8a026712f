//! Which addresses may be spoken to: public ones, and loopback where the operator says so.
//!
//! Apart as one table, so that a reader can hold it against the registries of special-purpose addresses (IANA).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Whether an address may be dialed.
pub fn is_allowed(ip: IpAddr, allow_loopback: bool) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4) || (allow_loopback && v4.is_loopback()),
        // ::ffff:a.b.c.d is dialed as a.b.c.d, so it is judged as that.
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_allowed(IpAddr::V4(v4), allow_loopback),
            None => is_public_v6(v6) || (allow_loopback && v6.is_loopback()),
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = match a {
        0 | 10 | 127 | 224..=255 => true,
        // Shared between a carrier and its customers.
        100 => (64..128).contains(&b),
        // Link-local, where clouds keep their metadata.
        169 => b == 254,
        172 => (16..32).contains(&b),
        // Protocol assignments, documentation, the old 6to4 relays, private.
        192 => (b == 0 && (c == 0 || c == 2)) || (b == 88 && c == 99) || b == 168,
        // Benchmarks, documentation.
        198 => b == 18 || b == 19 || (b == 51 && c == 100),
        203 => b == 0 && c == 113,
        _ => false,
    };
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    // Only 2000::/3 is given out. Within it: protocol assignments with Teredo, documentation, and 6to4, which can
    // wrap a private IPv4 address. 64:ff9b::/96, which can too, lies outside.
    let given_out = a & 0xE000 == 0x2000;
    let special = (a == 0x2001 && (b < 0x0200 || b == 0x0DB8)) || a == 0x2002 || a & 0xFFF0 == 0x3FF0;
    given_out && !special
}

/// Why an address can't be used. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlFault {
    /// Not https (nor http on loopback where that is allowed).
    Scheme,
    /// A user name or password in the address.
    UserInfo,
    /// An address that is not public.
    Address,
}

impl fmt::Display for UrlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => {
                "an https address (http only on loopback, and with delivery.allow_loopback = true)"
            }
            Self::UserInfo => {
                "an address without user name and password: a credential goes under credentials"
            }
            Self::Address => "a public address (loopback only with delivery.allow_loopback = true)",
        })
    }
}

/// Checks what can be known of an address before its name is resolved.
///
/// # Errors
/// The first fault.
pub fn check_url(url: &Url, allow_loopback: bool) -> Result<(), UrlFault> {
    let (literal, local_name) = match url.host() {
        Some(Host::Ipv4(ip)) => (Some(IpAddr::V4(ip)), false),
        Some(Host::Ipv6(ip)) => (Some(IpAddr::V6(ip)), false),
        Some(Host::Domain(name)) => (None, name == "localhost"),
        None => return Err(UrlFault::Scheme),
    };
    let loopback = local_name || literal.is_some_and(|ip| ip.is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if loopback && allow_loopback => {}
        _ => return Err(UrlFault::Scheme),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlFault::UserInfo);
    }
    let allowed = literal.map_or(!local_name || allow_loopback, |ip| is_allowed(ip, allow_loopback));
    if allowed { Ok(()) } else { Err(UrlFault::Address) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_allowed() {
        for (ip, public) in [
            ("8.8.8.8", true),
            ("100.63.255.255", true),
            ("172.15.0.1", true),
            ("192.0.1.1", true),
            ("2a00:1450::1", true),
            ("2606:4700::1111", true),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("172.31.255.255", false),
            ("192.0.0.8", false),
            ("192.168.1.1", false),
            ("198.19.0.1", false),
            ("203.0.113.9", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::a00:1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:a00:1::", false),
            ("3fff::1", false),
            ("fc00::1", false),
            ("fe80::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_allowed(ip.parse().unwrap(), false), public, "{ip}");
        }
    }

    #[test]
    fn loopback_is_allowed_only_where_the_operator_says_so() {
        for ip in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert!(is_allowed(ip.parse().unwrap(), true), "{ip}");
            assert!(!is_allowed(ip.parse().unwrap(), false), "{ip}");
        }
        assert!(!is_allowed("10.0.0.1".parse().unwrap(), true));
    }

    #[test]
    fn every_spelling_of_a_private_address_is_refused() {
        for (url, fault) in [
            ("https://partner.example/insert", None),
            ("https://partner.example:8443/", None),
            ("http://partner.example/", Some(UrlFault::Scheme)),
            ("ftp://partner.example/", Some(UrlFault::Scheme)),
            ("data:text/plain,x", Some(UrlFault::Scheme)),
            ("https://name:word@partner.example/", Some(UrlFault::UserInfo)),
            ("https://127.0.0.1/", Some(UrlFault::Address)),
            ("https://2130706433/", Some(UrlFault::Address)),
            ("https://0x7f.1/", Some(UrlFault::Address)),
            ("https://0177.0.0.1/", Some(UrlFault::Address)),
            ("https://127.1/", Some(UrlFault::Address)),
            ("https://127.0.0.1./", Some(UrlFault::Address)),
            ("https://[::1]/", Some(UrlFault::Address)),
            ("https://[::ffff:169.254.169.254]/", Some(UrlFault::Address)),
            ("https://[64:ff9b::a9fe:a9fe]/", Some(UrlFault::Address)),
            ("https://0/", Some(UrlFault::Address)),
            ("https://localhost/", Some(UrlFault::Address)),
        ] {
            assert_eq!(check_url(&url.parse().unwrap(), false).err(), fault, "{url}");
        }
    }

    #[test]
    fn plain_http_is_for_loopback_alone() {
        for (url, fine) in [
            ("http://127.0.0.1:8080/", true),
            ("http://localhost:8080/", true),
            ("http://[::1]:8080/", true),
            ("http://10.0.0.1/", false),
            ("http://partner.example/", false),
        ] {
            assert_eq!(check_url(&url.parse().unwrap(), true).is_ok(), fine, "{url}");
        }
    }
}
