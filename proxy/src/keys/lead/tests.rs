//! The envelope against flips, cuts and swaps.

use std::collections::{BTreeMap, HashSet};

use zeroize::Zeroizing;

use super::*;
use crate::keys::KeyId;
use crate::store::Purpose;

fn ring(active: &str) -> Keyring {
    let id = |text: &str| KeyId::parse(text).unwrap();
    let keys: BTreeMap<_, _> =
        [("a", 1), ("b", 2)].map(|(name, byte)| (id(name), Zeroizing::new([byte; KEY_BYTES]))).into();
    Keyring::new(id(active), &keys).unwrap()
}

const HERE: LeadAddress<'static> =
    LeadAddress { receipt: "7K3F9-0QXJ2-MM8TD-4VYBR", form: "quote", account: "web" };

fn content(text: &str) -> LeadContent {
    let values = serde_json::from_value(serde_json::json!({ "name": text, "terms": true })).unwrap();
    let source = serde_json::from_value(serde_json::json!({ "page": "https://host.example/a" })).unwrap();
    LeadContent {
        values,
        source,
        purpose: Purpose::Completion { reference: "r-1".to_owned() },
        consents: Vec::new(),
    }
}

#[test]
fn content_opens_at_its_address_and_shows_nothing_outside() {
    let lead = ring("a").seal_lead(&HERE, &content("C4N4RY"));
    assert_eq!(ring("a").open_lead(&HERE, &lead), Ok(content("C4N4RY")));
    for hidden in [&b"C4N4RY"[..], b"host.example", b"r-1", b"completion"] {
        for column in [&lead.sealed, &lead.data_key] {
            assert!(!column.windows(hidden.len()).any(|window| window == hidden));
        }
    }
    for elsewhere in [
        LeadAddress { receipt: "7K3F9-0QXJ2-MM8TD-4VYBS", ..HERE },
        LeadAddress { form: "quot", ..HERE },
        LeadAddress { form: "quotew", account: "eb", ..HERE },
        LeadAddress { account: "quote", form: "web", ..HERE },
    ] {
        assert_eq!(ring("a").open_lead(&elsewhere, &lead), Err(OpenFault::Broken), "{elsewhere:?}");
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_told() {
    let ring = ring("a");
    let lead = ring.seal_lead(&HERE, &content("Ada"));
    let broken = |changed: &SealedLead| ring.open_lead(&HERE, changed) == Err(OpenFault::Broken);
    for bit in 0..lead.sealed.len() * 8 {
        let mut changed = lead.clone();
        changed.sealed[bit / 8] ^= 1 << (bit % 8);
        assert!(broken(&changed), "bit {bit} of the content");
    }
    for bit in 0..lead.data_key.len() * 8 {
        let mut changed = lead.clone();
        changed.data_key[bit / 8] ^= 1 << (bit % 8);
        assert!(broken(&changed), "bit {bit} of the data key");
    }
    for length in 0..lead.sealed.len() {
        assert!(broken(&SealedLead { sealed: lead.sealed[..length].to_vec(), ..lead.clone() }), "{length}");
    }
    for length in 0..lead.data_key.len() {
        assert!(
            broken(&SealedLead { data_key: lead.data_key[..length].to_vec(), ..lead.clone() }),
            "{length}"
        );
    }
    let other = SealedLead { key_id: "b".to_owned(), ..lead.clone() };
    assert!(broken(&other), "another key of the ring");
    let unknown = SealedLead { key_id: "c".to_owned(), ..lead };
    assert_eq!(ring.open_lead(&HERE, &unknown), Err(OpenFault::UnknownKey { id: "c".to_owned() }));
}

#[test]
fn columns_swapped_within_a_row_or_between_rows_are_told() {
    let ring = ring("a");
    let there = LeadAddress { receipt: "00000-00000-00000-00001", ..HERE };
    let (lead, other) = (ring.seal_lead(&HERE, &content("Ada")), ring.seal_lead(&there, &content("Ada")));
    for swapped in [
        SealedLead { sealed: lead.data_key.clone(), data_key: lead.sealed.clone(), ..lead.clone() },
        SealedLead { sealed: lead.data_key.clone(), ..lead.clone() },
        SealedLead { sealed: other.sealed.clone(), ..lead.clone() },
        SealedLead { data_key: other.data_key.clone(), ..lead.clone() },
        other.clone(),
    ] {
        assert_eq!(ring.open_lead(&HERE, &swapped), Err(OpenFault::Broken));
    }
    // The same address twice: still neither's content opens with the other's data key.
    let again = ring.seal_lead(&HERE, &content("Ada"));
    let mixed = SealedLead { data_key: again.data_key, ..lead };
    assert_eq!(ring.open_lead(&HERE, &mixed), Err(OpenFault::Broken));
}

#[test]
fn rewrapped_lead_opens_without_the_old_key_and_only_there() {
    let old = ring("a").seal_lead(&HERE, &content("Ada"));
    let (key_id, data_key) = ring("b").rewrap(&HERE, &old.key_id, &old.data_key).unwrap();
    assert_eq!(key_id, "b");
    let new = SealedLead { key_id, data_key, sealed: old.sealed.clone() };
    let alone = [(KeyId::parse("b").unwrap(), Zeroizing::new([2; KEY_BYTES]))].into();
    let alone = Keyring::new(KeyId::parse("b").unwrap(), &alone).unwrap();
    assert_eq!(alone.open_lead(&HERE, &new), Ok(content("Ada")));
    assert_eq!(alone.open_lead(&HERE, &old), Err(OpenFault::UnknownKey { id: "a".to_owned() }));
    let elsewhere = LeadAddress { account: "other", ..HERE };
    assert_eq!(ring("b").rewrap(&elsewhere, "a", &old.data_key), Err(OpenFault::Broken));
    assert_eq!(ring("b").rewrap(&HERE, "a", &[]), Err(OpenFault::Broken), "an erased one");
}

#[test]
fn no_two_leads_share_a_data_key_or_a_nonce() {
    let ring = ring("a");
    let leads: Vec<SealedLead> = (0..2_000).map(|_| ring.seal_lead(&HERE, &content("Ada"))).collect();
    let nonces: HashSet<&[u8]> = leads.iter().map(|lead| &lead.data_key[1..13]).collect();
    let texts: HashSet<&[u8]> = leads.iter().map(|lead| lead.sealed.as_slice()).collect();
    assert_eq!((nonces.len(), texts.len()), (2_000, 2_000));
}
