//! How an Algbra request is signed: the choices that its document leaves open, each with the name that a test gives it.
//!
//! Apart from `signature.rs`, which does the sums, because this is what a test sets and a person reads.

use std::str::FromStr;

/// Hash and padding of the signature. The document names neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// `rsa-pkcs1v15-sha256`.
    #[default]
    Pkcs1v15Sha256,
    /// `rsa-pkcs1v15-sha512`.
    Pkcs1v15Sha512,
    /// `rsa-pss-sha256`, the salt as long as the digest.
    PssSha256,
}

/// How the signature's bytes become a header. The document does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// `base64`, padded.
    #[default]
    Base64,
    /// `base64url`, without padding.
    Base64Url,
    /// `hex`, in lower case.
    Hex,
}

/// In which order the payload's members stand. The document lists them in the default's order and promises none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order(pub(super) [&'static str; 4]);

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scheme {
    /// Hash and padding.
    pub algorithm: Algorithm,
    /// The signature's alphabet.
    pub encoding: Encoding,
    /// The payload's order.
    pub order: Order,
}

impl Default for Order {
    fn default() -> Self {
        Self(["url", "method", "headers", "body"])
    }
}

impl Order {
    /// Takes the four members of the payload in the order wanted. Those of its `headers` keep the document's order.
    ///
    /// # Errors
    /// When a name is missing, unknown or given twice.
    pub fn new<N: AsRef<str>>(members: &[N]) -> Result<Self, UnknownName> {
        let Self(mut known) = Self::default();
        let place = |name: &str| members.iter().position(|member| member.as_ref() == name);
        if members.len() != known.len() || known.iter().any(|name| place(name).is_none()) {
            let given: Vec<_> = members.iter().map(AsRef::as_ref).collect();
            let (given, known) = (given.join(", "), known.join(", "));
            return Err(UnknownName(format!("found {given}, expected each of {known} once")));
        }
        known.sort_by_key(|name| place(name));
        Ok(Self(known))
    }
}

/// Tells that no choice has this name; lists those that there are.
#[derive(Debug)]
pub struct UnknownName(String);

impl std::fmt::Display for UnknownName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UnknownName {}

impl FromStr for Algorithm {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        match name {
            "rsa-pkcs1v15-sha256" => Ok(Self::Pkcs1v15Sha256),
            "rsa-pkcs1v15-sha512" => Ok(Self::Pkcs1v15Sha512),
            "rsa-pss-sha256" => Ok(Self::PssSha256),
            _ => Err(UnknownName(format!(
                "found {name}, expected rsa-pkcs1v15-sha256, rsa-pkcs1v15-sha512 or rsa-pss-sha256"
            ))),
        }
    }
}

impl FromStr for Encoding {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        match name {
            "base64" => Ok(Self::Base64),
            "base64url" => Ok(Self::Base64Url),
            "hex" => Ok(Self::Hex),
            _ => Err(UnknownName(format!("found {name}, expected base64, base64url or hex"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_takes_each_name_once() {
        let order = Order::new(&["body", "url", "headers", "method"]).unwrap();
        assert_eq!(order, Order(["body", "url", "headers", "method"]));
        for wrong in
            [&["url", "url", "headers", "body"][..], &["url", "method", "headers"], &["a", "b", "c", "d"]]
        {
            let problem = Order::new(wrong).unwrap_err().to_string();
            assert!(problem.ends_with("expected each of url, method, headers, body once"), "{problem}");
        }
    }

    #[test]
    fn unknown_name_is_refused_with_those_that_there_are() {
        let problem = "hmac-sha1".parse::<Algorithm>().unwrap_err().to_string();
        assert!(problem.starts_with("found hmac-sha1, expected rsa-pkcs1v15-sha256"), "{problem}");
        assert!("base32".parse::<Encoding>().is_err());
    }
}
