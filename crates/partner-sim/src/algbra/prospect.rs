//! A personal prospect by the document's tables: what a body may hold, and what an answer shows.
//!
//! Apart because it is pure: no request, no signature, no list.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::object::{Object, read};

pub(super) const REFERENCE: &str = "externalReference";
const ADDRESS: &str = "address";

/// The body's fields, in the document's order. The first two are read on create only.
const FIELDS: [Field; 10] = [
    Field { name: REFERENCE, kind: Kind::Uuid, on: On::Create },
    // Documented on create alone, and in no answer.
    Field { name: "externalAccountReference", kind: Kind::Uuid, on: On::Create },
    Field { name: "firstName", kind: Kind::Text, on: On::Both },
    Field { name: "middleName", kind: Kind::Text, on: On::Both },
    Field { name: "lastName", kind: Kind::Text, on: On::Both },
    Field { name: "email", kind: Kind::Email, on: On::Both },
    Field { name: ADDRESS, kind: Kind::Address, on: On::Both },
    Field { name: "dateOfBirth", kind: Kind::Date, on: On::Both },
    Field { name: "phoneNumber", kind: Kind::Phone, on: On::Both },
    Field { name: "identificationNumber", kind: Kind::Text, on: On::Both },
];

/// Members of a structured address beside `type`.
const ADDRESS_LINES: [&str; 5] = ["line1", "line2", "line3", "postcode", "country"];

struct Field {
    name: &'static str,
    kind: Kind,
    on: On,
}

/// Which operations read a field.
#[derive(PartialEq, Eq)]
enum On {
    Create,
    Both,
}

enum Kind {
    Text,
    /// The only one that an answer may not show as null.
    Email,
    Uuid,
    Address,
    Date,
    Phone,
}

/// Which of the two bodies is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// Of a POST.
    Create,
    /// Of a PATCH.
    Update,
}

/// What is wrong, and with which property.
pub(super) type Problem = (String, String);

/// Reads a body by the tables: the members that were sent, null where null was sent, or every problem.
pub(super) fn read_body(object: &Object<'_>, body: Body) -> Result<Map<String, Value>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut members = Map::new();
    let mut seen = HashSet::new();
    for (name, raw) in object.members() {
        let field = FIELDS.iter().find(|field| field.name == name);
        let field = field.filter(|field| body == Body::Create || field.on == On::Both);
        let problem = match (seen.insert(name), field, read(raw)) {
            (false, ..) => Some("is given twice".to_owned()),
            (true, None, _) => Some("is not a field of this operation".to_owned()),
            (true, Some(_), None) => Some("is unreadable".to_owned()),
            (true, Some(field), Some(value)) => {
                let problem = field.kind.find_problem(&value);
                members.insert(name.to_owned(), value);
                problem
            }
        };
        problems.extend(problem.map(|problem| (name.to_owned(), problem)));
    }
    if body == Body::Create && !seen.contains("email") {
        problems.push(("email".to_owned(), "is required".to_owned()));
    }
    if problems.is_empty() { Ok(members) } else { Err(problems) }
}

impl Kind {
    fn find_problem(&self, value: &Value) -> Option<String> {
        let (fits, expected) = match (self, value) {
            (Self::Email, Value::Null) => (false, "text: a prospect always has an e-mail"),
            (_, Value::Null) => return None,
            (Self::Text, value) => (value.is_string(), "a string or null"),
            (Self::Email, value) => {
                (value.as_str().is_some_and(|text| !text.trim().is_empty()), "a string that is not blank")
            }
            (Self::Uuid, value) => (value.as_str().is_some_and(is_uuid), "a uuid or null"),
            (Self::Date, value) => {
                (value.as_str().is_some_and(is_date), "a date such as 1990-12-31, or null")
            }
            (Self::Phone, value) => (
                value.as_str().is_some_and(is_phone),
                "digits with at most a + before them, no space or other character, or null",
            ),
            (Self::Address, value) => return find_address_problem(value),
        };
        (!fits).then(|| format!("expected {expected}"))
    }
}

fn find_address_problem(value: &Value) -> Option<String> {
    let Value::Object(address) = value else {
        return Some("expected an object or null".to_owned());
    };
    if address.get("type").and_then(Value::as_str) != Some("STRUCTURED") {
        return Some("expected a type, and STRUCTURED is the only one known".to_owned());
    }
    let lines = || address.iter().filter(|(name, _)| *name != "type");
    if lines().any(|(name, _)| !ADDRESS_LINES.contains(&name.as_str())) {
        return Some(format!("expected no member but type, {}", ADDRESS_LINES.join(", ")));
    }
    if lines().any(|(_, value)| !value.is_string() && !value.is_null()) {
        return Some("expected each line to be a string or null".to_owned());
    }
    let country = address.get("country").and_then(Value::as_str);
    let is_code = |code: &str| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    country
        .filter(|code| !is_code(code))
        .map(|_| "expected a country of three letters such as GBR".to_owned())
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').collect();
    let lengths = groups.iter().map(|group| group.len());
    lengths.eq([8, 4, 4, 4, 12]) && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Takes the form as well as the day: jiff alone would read a time behind it, too.
fn is_date(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok_and(|date| date.to_string() == text)
}

fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// One prospect as the partner keeps it: every member of an answer, null where there is nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Prospect(Map<String, Value>);

impl Prospect {
    /// Makes a prospect of a body that [`read_body`] took.
    pub(super) fn new(number: u64, create_date: String, members: Map<String, Value>) -> Self {
        let mut prospect = Map::new();
        prospect.insert("id".to_owned(), json!(uuid(0xa1, number)));
        prospect.insert(REFERENCE.to_owned(), members.get(REFERENCE).cloned().unwrap_or_default());
        for field in FIELDS.iter().filter(|field| field.on == On::Both) {
            prospect.insert(field.name.to_owned(), Value::Null);
        }
        prospect.insert("createDate".to_owned(), json!(create_date));
        let mut prospect = Self(prospect);
        prospect.update(members);
        prospect
    }

    /// Sets what is there, erases what is null, leaves what is absent.
    pub(super) fn update(&mut self, members: Map<String, Value>) {
        let address_id = self.text("id").replacen("a1", "ad", 1);
        for (name, value) in members {
            let Some(kept) = self.0.get_mut(&name).filter(|_| name != REFERENCE) else { continue };
            *kept = value;
            if let (ADDRESS, Value::Object(address)) = (name.as_str(), kept) {
                address.insert("id".to_owned(), json!(address_id));
            }
        }
    }

    /// Shows it as the document's table does: what is optional there is left out when it is null.
    pub fn to_json(&self) -> Value {
        let optional = [ADDRESS, "identificationNumber"];
        let shown =
            self.0.iter().filter(|(name, value)| !(value.is_null() && optional.contains(&name.as_str())));
        Value::Object(shown.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// Gives a member's text; empty when it is null or no text.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Gives the partner's id.
    pub fn id(&self) -> &str {
        self.text("id")
    }

    /// Gives our reference, where there is one.
    pub fn external_reference(&self) -> Option<&str> {
        self.0.get(REFERENCE).and_then(Value::as_str)
    }

    /// Tells whether names or e-mail hold the keyword, whatever its case.
    pub(super) fn mentions(&self, keyword: &str) -> bool {
        let names = ["firstName", "middleName", "lastName"].map(|name| self.text(name));
        let names: Vec<_> = names.into_iter().filter(|name| !name.is_empty()).collect();
        let keyword = keyword.to_lowercase();
        [names.join(" ").as_str(), self.text("email")]
            .iter()
            .any(|text| text.to_lowercase().contains(&keyword))
    }
}

/// Makes the shape of a random uuid out of a number, so that a test can foretell it.
pub(super) fn uuid(kind: u8, number: u64) -> String {
    format!("{kind:02x}000000-0000-4000-8000-{number:012x}")
}

#[cfg(test)]
mod tests;
