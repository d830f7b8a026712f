//! Lists on standard output: for a person with names over aligned columns, for a script with tabs alone.
//!
//! Apart so that every list looks the same, and none changes for scripts when a person gets to see more.

use std::io::IsTerminal as _;

/// Prints a list; each row has as many columns as there are names.
pub(super) fn print(names: &[&str], rows: &[Vec<String>]) {
    let text = if std::io::stdout().is_terminal() { for_person(names, rows) } else { for_script(rows) };
    if !text.is_empty() {
        super::say(&text);
    }
}

fn for_script(rows: &[Vec<String>]) -> String {
    rows.iter().map(|row| row.join("\t")).collect::<Vec<_>>().join("\n")
}

fn for_person(names: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return "none".to_owned();
    }
    let head: Vec<String> = names.iter().map(|name| name.to_uppercase()).collect();
    let all = || std::iter::once(&head).chain(rows);
    let width = |at: usize| {
        let lengths = all().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
        lengths.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..names.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[[&str; 2]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect()
    }

    #[test]
    fn person_reads_names_over_columns_that_stand_under_each_other() {
        let rows = rows(&[["spotcap", "open"], ["é", "-"]]);
        assert_eq!(for_person(&["account", "is"], &rows), "ACCOUNT  IS\nspotcap  open\né        -");
        assert_eq!(for_person(&["account", "is"], &[]), "none");
    }

    #[test]
    fn script_gets_rows_alone() {
        assert_eq!(for_script(&rows(&[["spotcap", "open"], ["web", "-"]])), "spotcap\topen\nweb\t-");
        assert_eq!(for_script(&[]), "");
    }
}
