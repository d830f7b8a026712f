//! Reads what an operator gives, member by member: each name once, each value of its kind, and all problems at once.
//!
//! Apart because addresses and bodies are held to the same rules.

use lead_model::{Problem, ProblemCode};
use serde_json::Value;

use crate::intake::body::check_shape;
use crate::problem::{ApiProblem, ApiReason};

/// Longest value that is looked at, in bytes.
const VALUE_BYTES_MAX: usize = 8_192;

/// What was given, and what is wrong with it so far.
pub(in crate::routes) struct Given {
    members: Vec<(String, Value)>,
    problems: Vec<Problem>,
    wrong: ApiReason,
}

#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Members(#[serde(deserialize_with = "lead_model::pairs::deserialize")] Vec<(String, Value)>);

impl Given {
    /// The members of a body's one object.
    pub(in crate::routes) fn of_body(bytes: &[u8], depth_max: usize) -> Result<Self, ApiReason> {
        check_shape(bytes, depth_max)?;
        let Members(members) = serde_json::from_slice(bytes).map_err(|_| ApiReason::UnreadableBody)?;
        Ok(Self { members, problems: Vec::new(), wrong: ApiReason::CommandInvalid })
    }

    /// The parameters of an address.
    pub(in crate::routes) fn of_query(query: &str) -> Self {
        let mut given = Self { members: Vec::new(), problems: Vec::new(), wrong: ApiReason::QueryInvalid };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if given.members.iter().any(|(known, _)| *known == name) {
                // Not repeated: it comes from outside.
                given.add(Problem::new("", ProblemCode::WrongType));
                continue;
            }
            given.members.push((name.into_owned(), Value::String(value.into_owned())));
        }
        given
    }

    /// Notes a problem; of one member the first that is found.
    pub(in crate::routes) fn add(&mut self, problem: Problem) {
        if !self.problems.iter().any(|known| known.field == problem.field) {
            self.problems.push(problem);
        }
    }

    /// Notes where a member is missing.
    pub(in crate::routes) fn required(&mut self, name: &'static str) {
        if !self.members.iter().any(|(known, _)| known == name) {
            self.add(Problem::new(name, ProblemCode::Required));
        }
    }

    /// A text, read; none where it is not given or is wrong.
    pub(in crate::routes) fn text<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        let read = match self.take(name)? {
            Value::String(text) if text.len() <= VALUE_BYTES_MAX => read(&text),
            Value::String(_) => Err(Problem::new(name, ProblemCode::TooLong)),
            _ => Err(Problem::new(name, ProblemCode::WrongType)),
        };
        read.map_err(|problem| self.add(problem)).ok()
    }

    /// A name of ours: an account, a form, a code.
    pub(in crate::routes) fn name(&mut self, name: &'static str) -> Option<String> {
        self.text(name, |text| {
            let fits = (1..=200).contains(&text.len()) && !text.chars().any(char::is_control);
            fits.then(|| text.to_owned()).ok_or_else(|| Problem::new(name, ProblemCode::PatternMismatch))
        })
    }

    /// A whole number within bounds; none where it is not given or is wrong. In an address it is text.
    pub(in crate::routes) fn number(&mut self, name: &'static str, min: i64, max: i64) -> Option<i64> {
        let read = match self.take(name)? {
            Value::String(text) if self.wrong == ApiReason::QueryInvalid => {
                text.parse().map_err(|_| Problem::new(name, ProblemCode::InvalidNumber))
            }
            Value::Number(number) => number.as_i64().ok_or(Problem::new(name, ProblemCode::InvalidNumber)),
            _ => Err(Problem::new(name, ProblemCode::WrongType)),
        };
        let bounded = read.and_then(|number| match number {
            _ if number < min => Err(Problem::with(name, ProblemCode::TooSmall, "min", &min.to_string())),
            _ if number > max => Err(Problem::with(name, ProblemCode::TooLarge, "max", &max.to_string())),
            _ => Ok(number),
        });
        bounded.map_err(|problem| self.add(problem)).ok()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Everything that is wrong, names that nobody has asked for among it.
    pub(in crate::routes) fn finish(mut self) -> Result<(), ApiProblem> {
        if !self.members.is_empty() {
            self.add(Problem::new("", ProblemCode::UnknownField));
        }
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(ApiProblem::with_problems(self.wrong, self.problems))
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let place = self.members.iter().position(|(known, _)| known == name)?;
        Some(self.members.swap_remove(place).1)
    }
}
