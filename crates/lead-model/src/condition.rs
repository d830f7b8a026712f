//! When a question is asked at all: conditions on what was answered above it.
//!
//! Apart because browser and proxy must agree on it to the letter: what is not asked is neither checked nor sent.

use serde::{Deserialize, Deserializer, Serialize};

use crate::field::Field;
use crate::form::Form;
use crate::value::{RawValue, Values};

/// One condition on one field above. Of `is` and `is_not` exactly one has values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The field that is looked at.
    pub field: String,
    /// It holds one of these: an option's value, a text, `true` or `false` for a box, an empty text for nothing at all.
    #[serde(default, deserialize_with = "one_or_several", skip_serializing_if = "Vec::is_empty")]
    pub is: Vec<String>,
    /// It holds none of these.
    #[serde(default, deserialize_with = "one_or_several", skip_serializing_if = "Vec::is_empty")]
    pub is_not: Vec<String>,
}

impl Condition {
    /// Whether it holds, where `asked` says of the fields above whether they are asked.
    fn holds(&self, form: &Form, asked: &[bool], values: &Values) -> bool {
        let place = form.fields.iter().position(|field| field.name == self.field);
        let is_asked = place.and_then(|place| asked.get(place)).is_some_and(|asked| *asked);
        // Who was not asked has not answered, whatever an older answer says.
        let held = match values.get(&self.field).filter(|_| is_asked) {
            Some(RawValue::Text(text)) => text.trim(),
            Some(RawValue::Bool(true)) => "true",
            Some(RawValue::Bool(false)) => "false",
            None if form.field(&self.field).is_some_and(|field| field.kind.is_box()) => "false",
            None => "",
        };
        if self.is.is_empty() {
            !self.is_not.iter().any(|value| value == held)
        } else {
            self.is.iter().any(|value| value == held)
        }
    }
}

impl Form {
    /// Of each field whether it is asked of a visitor who has answered so: all conditions of its step and its own hold. A
    /// condition looks at fields above alone, so one pass does.
    pub fn asked(&self, values: &Values) -> Vec<bool> {
        let mut asked = Vec::with_capacity(self.fields.len());
        for field in &self.fields {
            let is_asked = self.conditions(field).all(|condition| condition.holds(self, &asked, values));
            asked.push(is_asked);
        }
        asked
    }

    /// What must hold for a field to be asked.
    fn conditions<'a>(&'a self, field: &'a Field) -> impl Iterator<Item = &'a Condition> {
        let step = self.steps.get(field.on_step as usize);
        step.map_or(&[][..], |step| &step.visible_when).iter().chain(&field.visible_when)
    }

    /// Whether a field is asked of everybody.
    pub fn is_always_asked(&self, field: &Field) -> bool {
        self.conditions(field).next().is_none()
    }
}

/// `"a"`, `true` and `["a", "b"]` alike.
fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Said {
        Box(bool),
        One(String),
        Several(Vec<String>),
    }
    Ok(match Said::deserialize(deserializer)? {
        Said::Box(ticked) => vec![ticked.to_string()],
        Said::One(value) => vec![value],
        Said::Several(values) => values,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn form() -> Form {
        let field =
            |name: &str, more: &str| format!(r#"{{"name":"{name}","kind":"text","label":"{name}"{more}}}"#);
        let box_field = r#"{"name":"cards","kind":"checkbox","label":"cards"}"#;
        let fields = [
            box_field.to_owned(),
            field("since", r#","visible_when":[{"field":"cards","is":true}]"#),
            field("bank", r#","visible_when":[{"field":"since","is_not":""}]"#),
            field("why", r#","visible_when":[{"field":"cards","is":"false"}],"on_step":1"#),
            field("last", r#","on_step":1"#),
        ];
        let json = format!(
            r#"{{"id":"f","version":1,"locale":"en","title":"","submit":"","success_title":"","success_text":"",
            "steps":[{{"title":"a"}},{{"title":"b","visible_when":[{{"field":"bank","is_not":["x","y"]}}]}}],"fields":[{}]}}"#,
            fields.join(",")
        );
        serde_json::from_str(&json).unwrap()
    }

    fn asked(values: &str) -> String {
        let form = form();
        let asked = form.asked(&serde_json::from_str(values).unwrap());
        let names = form.fields.iter().zip(asked).filter(|(_, asked)| *asked);
        names.map(|(field, _)| field.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_was_answered_above_says_what_is_asked_below() {
        assert_eq!(asked("{}"), "cards why last");
        assert_eq!(asked(r#"{"cards":true}"#), "cards since last");
        assert_eq!(asked(r#"{"cards":true,"since":" 2019 "}"#), "cards since bank last");
        assert_eq!(
            asked(r#"{"cards":true,"since":"2019","bank":"x"}"#),
            "cards since bank",
            "nobody gets to the step"
        );
        assert_eq!(asked(r#"{"cards":true,"since":"  "}"#), "cards since last", "blanks are no answer");
    }

    #[test]
    fn answer_to_what_is_not_asked_counts_for_nothing() {
        assert_eq!(asked(r#"{"cards":false,"since":"2019","bank":"x"}"#), "cards why last");
    }
}
