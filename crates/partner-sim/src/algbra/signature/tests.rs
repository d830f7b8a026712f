//! The sums against the vectors that openssl made: each verifies, and nothing but exactly it.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    key: String,
    algorithm: String,
    encoding: String,
    order: Vec<String>,
    url: String,
    method: String,
    authorization: String,
    date: String,
    nonce: String,
    body: String,
    payload: String,
    signature: String,
}

impl Vector {
    fn scheme(&self) -> Scheme {
        Scheme {
            algorithm: self.algorithm.parse().unwrap(),
            encoding: self.encoding.parse().unwrap(),
            order: Order::new(&self.order).unwrap(),
        }
    }

    fn signed(&self) -> Signed<'_> {
        Signed {
            url: &self.url,
            method: &self.method,
            authorization: &self.authorization,
            date: &self.date,
            nonce: &self.nonce,
            body: &self.body,
        }
    }

    fn verify(&self, scheme: &Scheme, signed: &Signed<'_>, signature: &str) -> Result<(), &'static str> {
        let pem = match self.key.as_str() {
            "test-key-2048" => include_str!("../../../tests/vectors/test-key-2048.public.pem"),
            "test-key-4096" => include_str!("../../../tests/vectors/test-key-4096.public.pem"),
            other => panic!("no key is called {other}"),
        };
        verify(&read_key(pem).unwrap(), scheme, signed, signature)
    }
}

fn vectors() -> Vec<Vector> {
    let file: File = serde_json::from_str(include_str!("../../../tests/vectors/algbra.json")).unwrap();
    assert!(file.vectors.len() >= 25, "{}", file.vectors.len());
    file.vectors
}

#[test]
fn every_vector_has_the_payload_that_was_signed() {
    for vector in vectors() {
        assert_eq!(vector.signed().payload(&vector.scheme().order), vector.payload, "{}", vector.name);
    }
}

#[test]
fn every_vector_verifies() {
    for vector in vectors() {
        let verified = vector.verify(&vector.scheme(), &vector.signed(), &vector.signature);
        assert_eq!(verified, Ok(()), "{}", vector.name);
    }
}

#[test]
fn vectors_cover_every_algorithm_with_every_encoding_and_with_either_key() {
    let vectors = vectors();
    for algorithm in ["rsa-pkcs1v15-sha256", "rsa-pkcs1v15-sha512", "rsa-pss-sha256"] {
        let having = |what: &dyn Fn(&Vector) -> bool| {
            vectors.iter().any(|vector| vector.algorithm == algorithm && what(vector))
        };
        for encoding in ["base64", "base64url", "hex"] {
            assert!(having(&|vector| vector.encoding == encoding), "{algorithm}, {encoding}");
        }
        for key in ["test-key-2048", "test-key-4096"] {
            assert!(having(&|vector| vector.key == key), "{algorithm}, {key}");
        }
    }
}

#[test]
fn change_of_any_part_is_refused() {
    for vector in vectors() {
        let changed = |text: &str| format!("{text}x");
        let (url, body, method) = (changed(&vector.url), changed(&vector.body), changed(&vector.method));
        let (token, date, nonce) =
            (changed(&vector.authorization), changed(&vector.date), changed(&vector.nonce));
        let others = [
            Signed { url: &url, ..vector.signed() },
            Signed { method: &method, ..vector.signed() },
            Signed { authorization: &token, ..vector.signed() },
            Signed { date: &date, ..vector.signed() },
            Signed { nonce: &nonce, ..vector.signed() },
            Signed { body: &body, ..vector.signed() },
        ];
        for (place, other) in others.iter().enumerate() {
            let verified = vector.verify(&vector.scheme(), other, &vector.signature);
            assert_eq!(verified, Err("it does not sign this request"), "{}, part {place}", vector.name);
        }
    }
}

#[test]
fn signature_under_another_order_or_algorithm_is_refused() {
    for vector in vectors() {
        let scheme = vector.scheme();
        let mut order = scheme.order.clone();
        order.0.reverse();
        let other = Scheme { order, ..scheme.clone() };
        assert!(vector.verify(&other, &vector.signed(), &vector.signature).is_err(), "{}", vector.name);
        for algorithm in [Algorithm::Pkcs1v15Sha256, Algorithm::Pkcs1v15Sha512, Algorithm::PssSha256] {
            let other = Scheme { algorithm, ..scheme.clone() };
            let verified = vector.verify(&other, &vector.signed(), &vector.signature);
            assert_eq!(verified.is_ok(), algorithm == scheme.algorithm, "{}", vector.name);
        }
    }
}

#[test]
fn signature_in_another_encoding_or_cut_or_changed_is_refused() {
    for vector in vectors() {
        let scheme = vector.scheme();
        for encoding in [Encoding::Base64, Encoding::Base64Url, Encoding::Hex] {
            let other = Scheme { encoding, ..scheme.clone() };
            let verified = vector.verify(&other, &vector.signed(), &vector.signature);
            assert_eq!(verified.is_ok(), encoding == scheme.encoding, "{}", vector.name);
        }
        let (first, rest) = vector.signature.split_at(1);
        let cut = rest.strip_suffix(|_| true).unwrap();
        let changed = format!("{}{rest}", if first == "a" { "b" } else { "a" });
        for signature in ["", cut, changed.as_str(), "\u{e9}\u{e9}"] {
            assert!(vector.verify(&scheme, &vector.signed(), signature).is_err(), "{}", vector.name);
        }
    }
}

#[test]
fn key_that_cannot_be_read_is_refused_with_what_is_expected() {
    let problem = read_key("not a key").unwrap_err().to_string();
    assert!(problem.contains("expected PEM with BEGIN PUBLIC KEY"), "{problem}");
}
