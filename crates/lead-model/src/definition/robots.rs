//! How a form tells a robot's submission from a person's, and when it is kept for somebody to look at: a setting that only the
//! proxy knows.
//!
//! Apart because nothing of it travels to a browser but whether a proof of work is asked for: who knows the points, plays by
//! them.

use serde::{Deserialize, Serialize};

use super::problems::Report;

/// Most points that anything adds, or that are wanted.
const POINTS_MAX: u32 = 1_000;
/// Longest time within which a form counts as filled in too fast.
const FILL_SECONDS_MAX: u32 = 600;
/// Least and most work: so many hashes, half of them on the average.
const WORK: (u32, u32) = (1_000, 10_000_000);

/// What adds points to a submission, and how many of them put it in quarantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Robots {
    /// With so many points a submission is kept and not sent until an operator says so; with 0 none is.
    pub quarantine_at: u32,
    /// Points for a filled field that no person sees.
    pub honeypot: u32,
    /// Faster than this a form was not filled in by a person.
    pub fill_seconds: u32,
    /// Points for being faster.
    pub too_fast: u32,
    /// Points where nobody knows how long it took.
    pub untimed: u32,
    /// Whether a proof of work is asked for.
    pub proof: bool,
    /// The proof's hardness: a number up to this one is to be found by trying.
    pub work: u32,
    /// Points for no proof where one is asked for, or for one whose time is over.
    pub no_proof: u32,
    /// Points for a proof that is wrong, of another form, or used before.
    pub bad_proof: u32,
}

impl Default for Robots {
    /// A filled honeypot is enough by itself, and so is a wrong proof; nothing that happens to a person is.
    fn default() -> Self {
        Self {
            quarantine_at: 100,
            honeypot: 100,
            fill_seconds: 3,
            too_fast: 40,
            untimed: 40,
            proof: false,
            work: 50_000,
            no_proof: 60,
            bad_proof: 100,
        }
    }
}

impl Robots {
    /// What is out of its bounds.
    pub(super) fn problems(self, report: &mut Report) {
        let bounds = [
            ("quarantine_at", self.quarantine_at, 0, POINTS_MAX),
            ("honeypot", self.honeypot, 0, POINTS_MAX),
            ("fill_seconds", self.fill_seconds, 0, FILL_SECONDS_MAX),
            ("too_fast", self.too_fast, 0, POINTS_MAX),
            ("untimed", self.untimed, 0, POINTS_MAX),
            ("work", self.work, WORK.0, WORK.1),
            ("no_proof", self.no_proof, 0, POINTS_MAX),
            ("bad_proof", self.bad_proof, 0, POINTS_MAX),
        ];
        for (key, found, min, max) in bounds {
            if !(min..=max).contains(&found) {
                report.wrong(format!("robots.{key}"), found.to_string(), format!("{min} to {max}"));
            }
        }
    }
}
