//! The variables of a house in a file of its folder: the next run reads its secrets there, and so does a shell.
//!
//! Apart because a person sources the file to speak to the demo's proxy by command.

use anyhow::{Context, Result, ensure};
use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

/// The file's name in a house's folder.
pub(crate) const FILE: &str = "environment";

/// Gives each variable the value that an earlier run has written down.
pub(super) fn recall(file: &Path, variables: &mut [(String, String)]) -> Result<()> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        read => read.with_context(|| format!("could not read {}", file.display()))?,
    };
    let kept = parse(&text);
    for (name, value) in variables {
        if let Some((_, was)) = kept.iter().find(|(kept, _)| kept == name) {
            was.clone_into(value);
        }
    }
    Ok(())
}

/// Writes them down, for this user alone.
pub(super) fn write(file: &Path, variables: &[(String, String)]) -> Result<()> {
    let text = render(variables)?;
    let mut options = fs::OpenOptions::new();
    let opened = options.create(true).write(true).truncate(true).mode(0o600).open(file);
    opened
        .and_then(|mut open| open.write_all(text.as_bytes()))
        .with_context(|| format!("could not write {}", file.display()))
}

/// One assignment after the other, as a shell reads them.
fn render(variables: &[(String, String)]) -> Result<String> {
    let mut text = String::new();
    for (name, value) in variables {
        ensure!(!value.contains('\''), "found a quote in the value of {name}, expected none");
        text += &format!("{name}='{value}'\n");
    }
    Ok(text)
}

fn parse(text: &str) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    let mut rest = text;
    while let Some((name, (value, after))) =
        rest.split_once("='").and_then(|(name, rest)| Some((name, rest.split_once("'\n")?)))
    {
        variables.push((name.to_owned(), value.to_owned()));
        rest = after;
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Vec<(String, String)> {
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn secrets_of_one_run_are_those_of_the_next() {
        let folder = crate::sh::target().join(format!("environment-test-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(FILE);
        let mut first = of(&[("KEY", "1"), ("PEM", "a\nb"), ("PATH_OF", "/x")]);
        recall(&file, &mut first).unwrap();
        assert_eq!(first, of(&[("KEY", "1"), ("PEM", "a\nb"), ("PATH_OF", "/x")]), "nothing is written yet");
        write(&file, &first).unwrap();
        let mut second = of(&[("PEM", "c"), ("KEY", "2"), ("NEW", "3")]);
        recall(&file, &mut second).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(second, of(&[("PEM", "a\nb"), ("KEY", "1"), ("NEW", "3")]));
    }

    #[test]
    fn value_that_a_shell_would_end_early_is_refused() {
        assert_eq!(render(&of(&[("A", "b c")])).unwrap(), "A='b c'\n");
        assert!(render(&of(&[("A", "b'c")])).is_err());
    }
}
