//! What the demo's playground offers, held to what there is: forms, languages and looks are a list written from the code.
//!
//! Apart from `docs.rs` because this list is a script, and whole.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lead_model::{Density, FormDefinition, LocalizedText, Preset};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The names of the files of a folder that end so, without that end.
fn names(folder: &str, end: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| Some(name.strip_suffix(end)?.to_owned())).collect()
}

/// A line of the list, for a form that opens without a link.
fn line(id: &str, spoken: &BTreeSet<String>) -> Option<String> {
    let text = fs::read_to_string(root(&format!("forms/{id}.toml"))).unwrap();
    let form: FormDefinition = toml::from_str(&text).unwrap();
    if form.completes {
        return None;
    }
    let title = form.texts.title.resolve("en", &form.default_locale);
    let languages: Vec<&String> = match &form.texts.title {
        LocalizedText::One(_) => vec![&form.default_locale],
        LocalizedText::ByLocale(titles) => {
            titles.iter().map(|(tag, _)| tag).filter(|tag| spoken.contains(*tag)).collect()
        }
    };
    Some(format!("  {{ id: {id:?}, title: {title:?}, languages: {languages:?} }},\n"))
}

#[test]
fn playground_offers_every_form_language_and_look_that_there_is() {
    let spoken = names("locales", ".toml");
    let forms: String = names("forms", ".toml").iter().filter_map(|id| line(id, &spoken)).collect();
    let presets: Vec<&str> = Preset::ALL.iter().map(|preset| preset.as_str()).collect();
    let densities: Vec<&str> = Density::ALL.iter().map(|density| density.as_str()).collect();
    let written = format!(
        "// What there is to choose from. Written by proxy/tests/it/playground.rs from forms/, locales/ and the looks.\n\n\
         export const FORMS = [\n{forms}];\n\nexport const PRESETS = {presets:?};\n\nexport const DENSITIES = {densities:?};\n"
    );
    let path = root("demo/site/playground/lists.js");
    if fs::read_to_string(&path).unwrap_or_default() != written {
        fs::write(&path, written).unwrap();
        panic!("demo/site/playground/lists.js was stale and has been written anew; look at it and commit it");
    }
}

#[test]
fn playground_has_headers_for_every_policy_that_it_offers_and_for_no_other() {
    let settings = fs::read_to_string(root("demo/site/playground/settings.js")).unwrap();
    let (_, rest) = settings.split_once("export const POLICIES = {\n").unwrap();
    let (list, _) = rest.split_once("};").unwrap();
    let offered: BTreeSet<String> = list
        .lines()
        .filter_map(|line| Some(line.trim().split_once(':')?.0.trim_matches('"').to_owned()))
        .filter(|policy| policy != "none")
        .collect();
    assert!(offered.len() > 4, "{offered:?}");
    let there = names("demo/site/playground", ".html.headers");
    let there = there.iter().map(|name| name.strip_prefix("host.").unwrap().to_owned()).collect();
    assert_eq!(offered, there);
}
