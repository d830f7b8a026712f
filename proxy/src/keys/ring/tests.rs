//! The ring against wrong keys, wrong names and changed bytes.

use super::*;

fn id(text: &str) -> KeyId {
    KeyId::parse(text).unwrap()
}

fn ring(active: &str, keys: &[(&str, u8)]) -> Result<Keyring, RingFault> {
    let keys = keys.iter().map(|(name, byte)| (id(name), Zeroizing::new([*byte; KEY_BYTES])));
    Keyring::new(id(active), &keys.collect())
}

#[test]
fn ring_needs_its_active_key_and_no_key_twice() {
    assert_eq!(ring("b", &[("a", 1)]).err(), Some(RingFault::UnknownActive(id("b"))));
    assert_eq!(ring("a", &[]).err(), Some(RingFault::UnknownActive(id("a"))));
    assert_eq!(ring("a", &[("a", 1), ("b", 2), ("c", 1)]).err(), Some(RingFault::SameKey(id("a"), id("c"))));
    assert!(ring("a", &[("a", 1), ("b", 2)]).is_ok());
}

#[test]
fn key_id_is_short_and_plain() {
    for good in ["a", "2026-07", "old_key", &"x".repeat(32)] {
        assert_eq!(KeyId::parse(good).unwrap().as_str(), good);
    }
    for bad in ["", "A", "a.b", "ä", "a b", &"x".repeat(33)] {
        assert_eq!(KeyId::parse(bad), None, "{bad}");
    }
}

#[test]
fn secret_opens_under_its_name_and_key_alone() {
    let ours = ring("a", &[("a", 1), ("b", 2)]).unwrap();
    let secret = [9; KEY_BYTES];
    let (key_id, sealed) = ours.wrap_secret("index", &secret);
    assert_eq!(key_id, "a");
    assert_eq!(*ours.open_secret("index", "a", &sealed).unwrap(), secret);
    assert_eq!(ours.open_secret("other", "a", &sealed).err(), Some(OpenFault::Broken));
    assert_eq!(ours.open_secret("index", "b", &sealed).err(), Some(OpenFault::Broken));
    let unknown = OpenFault::UnknownKey { id: "c".to_owned() };
    assert_eq!(ours.open_secret("index", "c", &sealed).err(), Some(unknown));
    let other = ring("a", &[("a", 3)]).unwrap();
    assert_eq!(other.open_secret("index", "a", &sealed).err(), Some(OpenFault::Broken));
    let newer = ring("b", &[("a", 1), ("b", 2)]).unwrap();
    assert_eq!(*newer.open_secret("index", "a", &sealed).unwrap(), secret, "an older key still opens");
}

#[test]
fn token_opens_for_its_account_and_generation_alone() {
    let ours = ring("a", &[("a", 1), ("b", 2)]).unwrap();
    let sealed = ours.seal_token("web", 7, b"token");
    let opened = |account, generation| ours.open_token(account, generation, &sealed).map(|t| t.to_vec());
    assert_eq!(opened("web", 7), Ok(b"token".to_vec()));
    for (account, generation) in [("web", 8), ("we", 7), ("web7", 7), ("web", -7)] {
        assert_eq!(opened(account, generation), Err(OpenFault::Broken), "{account} {generation}");
    }
    assert_ne!(sealed, ours.seal_token("web", 7, b"token"), "the same text is never sealed alike");
    assert!(!sealed.windows(5).any(|window| window == b"token"));
    let newer = ring("b", &[("a", 1), ("b", 2)]).unwrap();
    assert_eq!(newer.open_token("web", 7, &sealed).map(|token| token.to_vec()), Ok(b"token".to_vec()));
    assert_eq!((ours.is_token_of_active(&sealed), newer.is_token_of_active(&sealed)), (true, false));
}

#[test]
fn changed_and_cut_tokens_are_told() {
    let ours = ring("a", &[("a", 1)]).unwrap();
    let sealed = ours.seal_token("web", 7, b"token");
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(ours.open_token("web", 7, &changed).is_err(), "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert!(ours.open_token("web", 7, &sealed[..length]).is_err(), "cut to {length} bytes");
    }
}

#[test]
fn changed_and_cut_secrets_are_told() {
    let ours = ring("a", &[("a", 1)]).unwrap();
    let (key_id, sealed) = ours.wrap_secret("index", &[9; KEY_BYTES]);
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(ours.open_secret("index", &key_id, &changed).err(), Some(OpenFault::Broken), "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert_eq!(
            ours.open_secret("index", &key_id, &sealed[..length]).err(),
            Some(OpenFault::Broken),
            "{length}"
        );
    }
    let (key_id, short) = ours.wrap(&["store_secrets.sealed", "index"], random(), &[9; 31]);
    assert_eq!(ours.open_secret("index", &key_id, &short).err(), Some(OpenFault::Broken), "31 bytes");
}

#[test]
fn fault_and_debug_show_ids_and_no_key() {
    let ours = ring("a", &[("a", 0x41), ("b", 0x42)]).unwrap();
    assert_eq!(format!("{ours:?}"), "Keyring(active a, of a, b)");
    let long = "z".repeat(10_000);
    let fault = ours.open_secret("index", &long, &[]).unwrap_err();
    assert!(fault.to_string().len() < 100, "{fault}");
}
