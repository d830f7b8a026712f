//! Reads the form definitions and holds them against languages and accounts.
//!
//! Apart because a definition is an embedder's file, not the operator's, and its findings name that file.

use std::fs;
use std::path::{Path, PathBuf};

use lead_model::{Density, FormDefinition, Preset};

use super::Finding;
use super::layers::line_of;
use super::nearest::did_you_mean;
use crate::account::Account;
use crate::locales::Locales;
use crate::mapping;

/// A definition and the file it stands in.
pub(super) type Read = (String, FormDefinition);

/// Reads every `*.toml` of the folder.
pub(super) fn read(dir: &Path, findings: &mut Vec<Finding>) -> Vec<Read> {
    let paths = match list(dir) {
        Ok(paths) => paths,
        Err(error) => {
            let found = format!("a folder {} that can't be read ({})", dir.display(), error.kind());
            findings.push(Finding::new("forms.dir", found, "the folder of the form definitions"));
            return Vec::new();
        }
    };
    if paths.is_empty() {
        let found = format!("no *.toml in {}", dir.display());
        findings.push(Finding::new("forms.dir", found, "at least one form definition"));
    }
    let mut forms: Vec<Read> = Vec::new();
    for path in paths {
        let file = path.display().to_string();
        match fs::read_to_string(&path) {
            Ok(text) => forms.extend(parse(&file, &text, findings).map(|form| (file, form))),
            Err(error) => {
                let found = format!("a file that can't be read ({})", error.kind());
                findings.push(Finding::new(file, found, "a form definition"));
            }
        }
    }
    doubles(&forms, findings);
    forms
}

fn list(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    // So that findings come in the same order on every machine.
    paths.sort();
    Ok(paths)
}

fn parse(file: &str, text: &str, findings: &mut Vec<Finding>) -> Option<FormDefinition> {
    let definition = match toml::from_str::<FormDefinition>(text) {
        Ok(definition) => definition,
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            let found = format!("what can't be read ({})", error.message().replace('\n', " "));
            findings.push(Finding::new(format!("{file} line {line}"), found, "a form definition"));
            return None;
        }
    };
    let wrong = definition.problems();
    findings.extend(
        wrong
            .iter()
            .map(|error| Finding::new(format!("{file} {}", error.path), &*error.found, &*error.expected)),
    );
    look_findings(file, &definition, findings);
    wrong.is_empty().then_some(definition)
}

/// Names of looks that there are not. They stop no form from being read, so that what else is wrong with it is told too.
fn look_findings(file: &str, form: &FormDefinition, findings: &mut Vec<Finding>) {
    let presets: Vec<_> = Preset::ALL.iter().map(|preset| preset.as_str().to_owned()).collect();
    let densities: Vec<_> = Density::ALL.iter().map(|density| density.as_str().to_owned()).collect();
    for (key, name, known) in [("preset", &form.preset, presets), ("density", &form.density, densities)] {
        if let Some(name) = name.as_ref().filter(|name| !known.contains(name)) {
            findings.push(Finding::new(
                format!("{file} {key}"),
                format!("an unknown {key} {name:?}"),
                did_you_mean(name, &known),
            ));
        }
    }
}

fn doubles(forms: &[Read], findings: &mut Vec<Finding>) {
    for (index, (file, form)) in forms.iter().enumerate() {
        if let Some((other, _)) = forms.iter().take(index).find(|(_, other)| other.id == form.id) {
            let found = format!("{:?}, which {other} has too", form.id);
            findings.push(Finding::new(format!("{file} id"), found, "an id of its own"));
        }
    }
}

/// Language and cover: what a definition can't know alone.
pub(super) fn check(
    forms: &[Read],
    accounts: &[Account],
    names: &[String],
    locales: &Locales,
    findings: &mut Vec<Finding>,
) {
    for (file, form) in forms {
        if !locales.tags().any(|tag| tag == form.default_locale) {
            let known: Vec<&str> = locales.tags().collect();
            let found = format!("{:?}", form.default_locale);
            let expected = format!("one of the languages {}", known.join(", "));
            findings.push(Finding::new(format!("{file} default_locale"), found, expected));
        }
        match accounts.iter().find(|account| account.id() == form.account) {
            Some(account) => findings.extend(
                mapping::check_cover(form, account)
                    .into_iter()
                    .map(|finding| Finding { path: format!("{file} {}", finding.path), ..finding }),
            ),
            // An account that is there but wrong has its findings already.
            None if names.contains(&form.account) => {}
            None => {
                let found = format!("an unknown account {:?}", form.account);
                findings.push(Finding::new(
                    format!("{file} account"),
                    found,
                    did_you_mean(&form.account, names),
                ));
            }
        }
    }
}
