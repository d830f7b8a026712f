//! Keys as openssl and people write them: what is read, and what is said of everything else.

use super::*;

const PKCS8_2048: &str =
    include_str!("../../../../../crates/partner-sim/tests/vectors/test-key-2048.private.pem");
const PUBLIC: &str = include_str!("../../../../../crates/partner-sim/tests/vectors/test-key-2048.public.pem");

fn check(pem: &str) -> Result<(), String> {
    check_key(&SecretString::from(pem))
}

fn der() -> Zeroizing<Vec<u8>> {
    decode(blocks(PKCS8_2048).unwrap()[0].body).unwrap()
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("{}{label}{DASHES}\n{}\n{DASHES}END {label}{DASHES}", begin(), STANDARD.encode(der))
}

/// The PKCS#1 key inside a PKCS#8 one: what begins with the second sequence.
fn pkcs1_of(pkcs8: &[u8]) -> &[u8] {
    let inner = pkcs8.windows(2).skip(1).position(|bytes| bytes == [0x30, 0x82]).unwrap() + 1;
    &pkcs8[inner..]
}

#[test]
fn key_is_read_in_either_form_whatever_stands_around_it() {
    let der = der();
    let pkcs1 = pem("RSA PRIVATE KEY", pkcs1_of(&der));
    let plain = pem("PRIVATE KEY", &der);
    let certificate = pem("CERTIFICATE", b"not looked at");
    for text in [
        PKCS8_2048.to_owned(),
        pkcs1,
        plain.clone(),
        plain.replace('\n', "\r\n"),
        format!("Bag Attributes\n{certificate}\n{plain}"),
        format!("{plain}\n{PUBLIC}"),
    ] {
        assert_eq!(check(&text), Ok(()));
    }
}

#[test]
fn what_is_no_usable_key_is_named_without_a_character_of_it() {
    let der = der();
    let plain = pem("PRIVATE KEY", &der);
    for (text, found) in [
        ("canary".to_owned(), "a text without PEM"),
        (PUBLIC.to_owned(), "a public key, no private key"),
        (pem("CERTIFICATE", b"canary"), "a certificate, no private key"),
        (pem("CERTIFICATE REQUEST", b"canary"), "a certificate request, no private key"),
        (pem("DH PARAMETERS", b"canary"), "PEM without a private key"),
        (format!("{plain}\n{plain}"), "more than one private key"),
        (pem("ENCRYPTED PRIVATE KEY", &der), "an encrypted private key"),
        (
            plain.replacen("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0\n\n", 1),
            "an encrypted private key",
        ),
        (pem("EC PRIVATE KEY", b"canary"), "a private key that is not RSA"),
        (pem("OPENSSH PRIVATE KEY", b"canary"), "a private key in the form of OpenSSH"),
        (plain.replace('\n', "\\n"), "a private key whose line ends are written out as \\n"),
        (plain.replacen('M', "*", 1), "a private key whose text between BEGIN and END is no base64"),
        (plain.replace("-----END", "----END"), "PEM that is cut: a BEGIN without its END"),
        (pem("PRIVATE KEY", &der[..der.len() - 1]), "a private key that can't be read"),
        (pem("PRIVATE KEY", b"canary"), "a private key that can't be read"),
        (pem("RSA PRIVATE KEY", &der), "a private key that can't be read"),
        (pem("PRIVATE KEY", &ed25519()), "a private key that is not RSA"),
    ] {
        assert_eq!(check(&text).unwrap_err(), found);
    }
}

#[test]
fn key_of_less_than_2048_bits_is_refused() {
    assert_eq!(
        check(&pem("PRIVATE KEY", &STANDARD.decode(SMALL).unwrap())).unwrap_err(),
        "an RSA private key of less than 2048 bits"
    );
}

/// A key of another kind in the same form.
fn ed25519() -> Vec<u8> {
    let key = aws_lc_rs::signature::Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new());
    key.unwrap().as_ref().to_vec()
}

/// A key of 1024 bits made for this test: it opens nothing and must guard nothing.
const SMALL: &str = "\
    MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAPWeKcYhvsjtV5KbwzlUFgDPmC8MaSLXfsQHLtYcb8lJXpGz9MiH\
    OetTMyygA+n6OVN/tUC2NDy53Da2IFvXLC+SOE8Jl90qhMeLXWJvlilmRXw8g37oYThtEMuhYz4AYqK4KoeAcMWmCs6qDvvWI6xp\
    2nCyK54OjEY4xUQS5W0PAgMBAAECgYAm9jvyLhAxl1S48PR695e18ThW3kUfPcfiGLGZTVF+QKE7w6wk0y6g4cXQYmG8j/DgCfYa\
    mcyXhXQlSabAatWbNqpjIfLUhg7wXUmFpSN+PyO304yesEfsYlqrG9Ijm5+Lr+3qTXQZn44Xbv3vgCMTOA92Qk3hzaKpaHVHn+li\
    wQJBAP6Ijn7Kxe/Ppzt9cKlvEW+7WMXH3mEiTkP7nXHHZIop5QZHhRfvTYOH+0eCoUJy52f725HpJx4rSgkdbaY96kcCQQD3CHSw\
    emOLZEwKSakdS/KRIqQfQSMdyXyr6c39Pq7d3SdMlwLqkHbDqcIFumPiIZE3x/gTDqa5G/XnY6yIaAL5AkAV+YAj3im8jHbpoejK\
    F/avaMM/QAQo6qdLIzvyiL5bV0aYhjAtYtGUW3cMM3DspbLovUu1iyV/a0lXBB1lTs8dAkEAiJBuIdmnCjoqJ03NZdrEgCOMY5LY\
    3PC0MT2RmLx8Yz6NKTQacp3magiAsDX4Xdx8sT+lDrP8yzx/1qktikMl0QJBAIjVtpffhpd5oukgki988HgAAXiP+l8BC34wVBOs\
    DcZgy0IjMnzlWeDUl+GVvRTk3+33/HOAS4dmSA9Q3RAsWSQ=";
