//! What a person has changed and not saved: the only place that knows what will be sent.
//!
//! Apart from the controls, and pure. Three gestures are kept apart: a field is left as it is, set to something, or erased.
//! A control that was emptied by hand is none of the three until the person has said which, so nothing is erased by accident
//! and nothing is left in silence.

use lead_model::{Problem, ProblemCode};
use serde_json::{Map, Number, Value};

use crate::values::{text_of, value_of};
use crate::wire::{Field, Record};

/// What is to become of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Entry {
    /// It stays as it is.
    #[default]
    Left,
    /// What the control holds.
    Typed(String),
    /// It is erased at the partner.
    Erased,
}

/// Why a field can't be saved as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A rule, ours or the partner's.
    Rule(Problem),
    /// Emptied by hand: erase it, or keep what was there?
    Emptied,
    /// Somebody else has changed it meanwhile, to this.
    Changed(String),
}

/// One field of a draft.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// What the schema says of it.
    pub field: Field,
    /// What the partner has, as far as is known.
    pub was: Value,
    /// Whether the partner has something that is not shown.
    pub masked: bool,
    /// What is to become of it.
    pub entry: Entry,
    /// Why it can't be saved so.
    pub trouble: Option<Trouble>,
}

impl Slot {
    /// Whether something will be sent of it.
    pub fn is_changed(&self) -> bool {
        match &self.entry {
            Entry::Left => false,
            Entry::Erased => true,
            Entry::Typed(text) => self.masked || text.trim() != text_of(&self.was).trim(),
        }
    }

    /// Whether the partner has anything that could be erased.
    pub fn can_be_erased(&self) -> bool {
        !self.field.required && (self.masked || !text_of(&self.was).is_empty())
    }

    /// What the control holds.
    pub fn shown(&self) -> String {
        match &self.entry {
            Entry::Typed(text) => text.clone(),
            Entry::Left => text_of(&self.was),
            Entry::Erased => String::new(),
        }
    }

    /// Whether this is a yes or no.
    pub fn is_bool(&self) -> bool {
        matches!(self.field.kind.as_str(), "boolean" | "bool") || self.field.display == "checkbox"
    }

    /// Whether this is a number.
    pub fn is_number(&self) -> bool {
        matches!(self.field.kind.as_str(), "number" | "integer" | "float" | "currency")
    }

    fn rule(&self, code: ProblemCode) -> Trouble {
        Trouble::Rule(Problem::new(&self.field.name, code))
    }

    /// Why it can't be saved, as far as can be known here.
    fn check(&self, creates: bool) -> Option<Trouble> {
        let Entry::Typed(text) = &self.entry else {
            return (creates && self.field.required).then(|| self.rule(ProblemCode::Required));
        };
        let text = text.trim();
        if text.is_empty() {
            return match creates || !self.is_changed() {
                true => self.field.required.then(|| self.rule(ProblemCode::Required)),
                false if self.field.required => Some(self.rule(ProblemCode::Required)),
                false => Some(Trouble::Emptied),
            };
        }
        (self.is_number() && number(text).is_none()).then(|| self.rule(ProblemCode::InvalidNumber))
    }

    fn value(&self) -> Value {
        match &self.entry {
            Entry::Left | Entry::Erased => Value::Null,
            Entry::Typed(text) if self.is_bool() => Value::Bool(text == "true"),
            Entry::Typed(text) if self.is_number() => {
                number(text.trim()).map_or_else(|| Value::String(text.clone()), Value::Number)
            }
            Entry::Typed(text) => Value::String(text.trim().to_owned()),
        }
    }
}

/// As people write a number, with a point or a comma.
fn number(text: &str) -> Option<Number> {
    let plain = text.replace(',', ".");
    serde_json::from_str::<Number>(&plain).ok()
}

/// Everything that a person has changed of one record, or filled in of a new one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// The partner's id; none of a new record.
    pub record: Option<String>,
    /// The fields that can be set, in order.
    pub slots: Vec<Slot>,
}

impl Draft {
    /// Of a record that is there: what may be updated.
    pub fn of_record(record: &Record, schema: &[Field]) -> Self {
        let slots = schema.iter().filter(|field| field.updateable).map(|field| Slot {
            was: value_of(&record.fields, &field.name),
            masked: record.masked.contains(&field.name),
            field: field.clone(),
            entry: Entry::Left,
            trouble: None,
        });
        Self { record: Some(record.id.clone()), slots: slots.collect() }
    }

    /// Of a new record: what may be set then.
    pub fn new_record(schema: &[Field]) -> Self {
        let slots = schema.iter().filter(|field| field.creatable).map(|field| Slot {
            field: field.clone(),
            was: Value::Null,
            masked: false,
            entry: Entry::Left,
            trouble: None,
        });
        Self { record: None, slots: slots.collect() }
    }

    /// The slot of a name.
    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.field.name == name)
    }

    /// Puts an entry in; whatever was wrong with the field has to be judged anew.
    pub fn enter(&mut self, name: &str, entry: Entry) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.field.name == name) {
            slot.entry = entry;
            slot.trouble = None;
        }
    }

    /// How many fields will be sent.
    pub fn count(&self) -> usize {
        self.slots.iter().filter(|slot| slot.is_changed()).count()
    }

    /// Whether anything would be lost.
    pub fn is_dirty(&self) -> bool {
        self.count() > 0
    }

    /// Judges every field; the first that can't be saved.
    pub fn check(&mut self) -> Option<String> {
        let creates = self.record.is_none();
        for slot in &mut self.slots {
            let undecided = matches!(slot.trouble, Some(Trouble::Changed(_)));
            if !undecided {
                slot.trouble = slot.check(creates);
            }
        }
        let first = self.slots.iter().find(|slot| slot.trouble.is_some());
        first.map(|slot| slot.field.name.clone())
    }

    /// Puts the proxy's problems at their fields; those that belong to no field shown here come back.
    pub fn take_problems(&mut self, problems: Vec<Problem>) -> Vec<Problem> {
        let mut homeless = Vec::new();
        for problem in problems {
            match self.slots.iter_mut().find(|slot| slot.field.name == problem.field) {
                Some(slot) => slot.trouble = Some(Trouble::Rule(problem)),
                None => homeless.push(problem),
            }
        }
        homeless
    }

    /// Takes in the record as it is now: what the person has not touched follows it, what is as they wish is done, and the rest
    /// stands against it.
    pub fn take_record(&mut self, record: &Record) {
        for slot in &mut self.slots {
            let now = value_of(&record.fields, &slot.field.name);
            let touched = slot.is_changed();
            let moved = now != slot.was;
            slot.was = now;
            let done = slot.entry == Entry::Erased && slot.was.is_null();
            if done || !slot.is_changed() {
                slot.entry = Entry::Left;
                slot.trouble = None;
            } else if touched && moved {
                slot.trouble = Some(Trouble::Changed(text_of(&slot.was)));
            }
            slot.masked = record.masked.contains(&slot.field.name);
        }
    }

    /// The body of a change: what becomes of each changed field, and what each was before, where that was seen.
    pub fn to_patch(&self) -> Value {
        let (mut changes, mut expected) = (Map::new(), Map::new());
        for slot in self.slots.iter().filter(|slot| slot.is_changed()) {
            changes.insert(slot.field.name.clone(), slot.value());
            if !slot.masked {
                expected.insert(slot.field.name.clone(), slot.was.clone());
            }
        }
        // Put in one by one: to collect a map sorts first, and sorting is kilobytes of the download.
        let mut body = Map::new();
        body.insert("changes".to_owned(), Value::Object(changes));
        if !expected.is_empty() {
            body.insert("expected".to_owned(), Value::Object(expected));
        }
        Value::Object(body)
    }

    /// The body of a new record: what was filled in.
    pub fn to_new(&self) -> Value {
        let (mut body, mut values) = (Map::new(), Map::new());
        for slot in self.slots.iter().filter(|slot| slot.is_changed()) {
            values.insert(slot.field.name.clone(), slot.value());
        }
        body.insert("values".to_owned(), Value::Object(values));
        Value::Object(body)
    }
}

#[cfg(test)]
mod tests;
