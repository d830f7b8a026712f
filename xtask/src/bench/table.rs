//! The table: what was found, what was wanted, and whether it was reached.

use std::fmt;

/// One line.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) measure: String,
    pub(super) found: f64,
    pub(super) unit: &'static str,
    /// None for what is only told.
    pub(super) goal: Option<Goal>,
    /// What else there is to know, such as the range over the rounds.
    pub(super) note: String,
}

/// What is wanted of a number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    fn is_reached(self, found: f64) -> bool {
        match self {
            Self::AtLeast(least) => found >= least,
            Self::AtMost(most) => found <= most,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, "≥ {least}"),
            Self::AtMost(most) => write!(f, "≤ {most}"),
        }
    }
}

/// All lines, as a table of Markdown.
pub(super) struct Table(pub(super) Vec<Row>);

impl Table {
    /// Those that were wanted and not reached.
    pub(super) fn missed(&self) -> Vec<&str> {
        let missed = |row: &&Row| row.goal.is_some_and(|goal| !goal.is_reached(row.found));
        self.0.iter().filter(missed).map(|row| row.measure.as_str()).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| measure | found | goal | reached | rounds |\n|---|---:|---:|---|---|")?;
        for Row { measure, found, unit, goal, note } in &self.0 {
            let (wanted, reached) = match goal {
                None => (String::new(), ""),
                Some(goal) => (goal.to_string(), if goal.is_reached(*found) { "yes" } else { "**no**" }),
            };
            writeln!(f, "| {measure} | {}{unit} | {wanted} | {reached} | {note} |", shown(*found))?;
        }
        Ok(())
    }
}

/// Three digits that count.
fn shown(number: f64) -> String {
    match number.abs() {
        100.0.. => format!("{number:.0}"),
        10.0.. => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

/// The median over the rounds, with their range for the note.
pub(super) fn over(rounds: &[f64]) -> (f64, String) {
    let range = (percentile(rounds, 0.0), percentile(rounds, 100.0));
    (percentile(rounds, 50.0), format!("{} to {}", shown(range.0), shown(range.1)))
}

/// The number below which so many hundredths of them lie; zero of none.
pub(super) fn percentile(numbers: &[f64], hundredths: f64) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
    let place = (hundredths / 100.0 * sorted.len().saturating_sub(1) as f64).ceil() as usize;
    sorted.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(found: f64, goal: Option<Goal>) -> Row {
        Row { measure: format!("of {found}"), found, unit: "", goal, note: String::new() }
    }

    #[test]
    fn only_what_was_wanted_and_not_reached_is_missed() {
        let table = Table(vec![
            row(0.4, Some(Goal::AtLeast(0.5))),
            row(0.5, Some(Goal::AtLeast(0.5))),
            row(31.0, Some(Goal::AtMost(30.0))),
            row(30.0, Some(Goal::AtMost(30.0))),
            row(9.0, None),
        ]);
        assert_eq!(table.missed(), ["of 0.4", "of 31"]);
        assert!(table.to_string().contains("| of 31 | 31.0 | ≤ 30 | **no** |  |"), "{table}");
    }

    #[test]
    fn percentiles_are_among_the_numbers() {
        let numbers: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!([0.0, 50.0, 99.0, 100.0].map(|of| percentile(&numbers, of)), [1.0, 51.0, 100.0, 100.0]);
        assert_eq!((percentile(&[3.0, 1.0, 2.0], 50.0), percentile(&[], 50.0)), (2.0, 0.0));
        assert_eq!(over(&[0.5, 0.25, 0.75]), (0.5, "0.25 to 0.75".to_owned()));
    }
}
