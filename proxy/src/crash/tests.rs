//! The variable's text, and the list of points against the sources.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::*;

#[test]
fn point_is_read_with_its_passing_and_what_it_does() {
    let order = |text| read(Some(text), true);
    let expected = Order { name: "send.half", passing: 1, lingers: false };
    assert_eq!(order("send.half"), Ok(Some(expected)));
    assert_eq!(order("send.half:7"), Ok(Some(Order { passing: 7, ..expected })));
    assert_eq!(order("send.half:2:linger"), Ok(Some(Order { passing: 2, lingers: true, ..expected })));
    for wrong in ["", "send", "send.half:", "send.half:0", "send.half:1:sleep", "send.half:1:linger:2"] {
        assert_eq!(order(wrong), Err(NotArmed::Unknown), "{wrong:?}");
    }
    assert_eq!(read(None, true), Ok(None));
}

#[test]
fn release_build_refuses_every_text_and_takes_none() {
    for text in ["send.half", "nonsense", ""] {
        assert_eq!(read(Some(text), false), Err(NotArmed::Release), "{text:?}");
    }
    assert_eq!(read(None, false), Ok(None));
}

#[test]
fn every_point_stands_at_one_place_and_every_place_is_in_the_list() {
    let mut placed = BTreeMap::new();
    count(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut placed);
    let listed: BTreeMap<String, usize> = POINTS.iter().map(|point| (point.name.to_owned(), 1)).collect();
    assert_eq!(placed, listed, "found in the sources on the left, listed on the right");
    assert_eq!(listed.len(), POINTS.len(), "a name stands twice in the list");
}

/// How often each point is passed in the sources of a folder.
fn count(folder: &Path, placed: &mut BTreeMap<String, usize>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            count(&path, placed);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for rest in text.split("crash::point(\"").skip(1) {
                let name = rest.split('"').next().unwrap();
                *placed.entry(name.to_owned()).or_default() += 1;
            }
        }
    }
}
