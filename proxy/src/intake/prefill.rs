//! What a prefill token fills in, and whether a submission has left alone what it fixes.
//!
//! Apart because a token comes from outside: nothing of it is shown, or believed, before its signature is known to be good
//! and each value is one that the form could hold.

use lead_model::{FieldKind, Form, Normal, Problem, ProblemCode, RawValue, Values, check_field};
use serde::Serialize;

use super::purpose::Links;
use crate::forms::ServedForm;
use crate::signed::{PrefillClaims, PrefillUse, SignedFault, read_prefill};

/// What a good token does to a form: the answer to the browser that asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Prefilled {
    /// What fields hold, by name.
    values: Values,
    /// Those of them that the visitor cannot change.
    fixed: Vec<String>,
    /// Names in the token that do nothing: no field of the form, a consent, or a value that the field can't hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<String>,
}

impl Links {
    /// What a token fills in of this form.
    ///
    /// # Errors
    /// Why it is not taken.
    pub(crate) fn prefilled(
        &self,
        served: &ServedForm,
        form: &Form,
        token: &str,
        wanted: PrefillUse,
    ) -> Result<Prefilled, SignedFault> {
        let account = self.accounts.get(&served.definition.account).ok_or(SignedFault::Invalid)?;
        let claims = read_prefill(account, &form.id, token, self.clock.now(), wanted)?;
        Ok(Prefilled::of(form, &claims))
    }
}

impl Prefilled {
    fn of(form: &Form, claims: &PrefillClaims) -> Self {
        let mut prefilled = Self::default();
        for (name, value) in claims.values.iter() {
            if can_hold(form, name, value).is_some() {
                prefilled.values.set(name, value.clone());
            } else {
                prefilled.left_out.push(name.to_owned());
            }
        }
        for name in &claims.fixed {
            let list = match prefilled.values.get(name) {
                Some(_) => &mut prefilled.fixed,
                None => &mut prefilled.left_out,
            };
            if !list.contains(name) {
                list.push(name.clone());
            }
        }
        prefilled
    }

    /// The fixed fields in which these values hold something else, each as a problem. What is not asked is not compared.
    pub(crate) fn changed(&self, form: &Form, values: &Values) -> Vec<Problem> {
        let asked = form.asked(values);
        let fields = form.fields.iter().zip(asked).filter(|(_, asked)| *asked).map(|(field, _)| field);
        fields
            .filter(|field| self.fixed.contains(&field.name))
            .filter(|field| {
                let normal = |value| check_field(field, value).ok().flatten();
                normal(self.values.get(&field.name)) != normal(values.get(&field.name))
            })
            .map(|field| Problem::new(&field.name, ProblemCode::PrefillFixed))
            .collect()
    }
}

/// The value as a field of the form would have it, where it may be filled in: a consent is the visitor's own to give, and a
/// hidden field's own value goes before every other.
fn can_hold(form: &Form, name: &str, value: &RawValue) -> Option<Normal> {
    let field = form.field(name)?;
    let is_open = field.kind != FieldKind::Consent && field.value.is_none();
    is_open.then(|| check_field(field, Some(value)).ok().flatten()).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::{Value, json};

    use super::*;

    fn form() -> Form {
        let field = |name: &str, kind: &str| json!({ "name": name, "kind": kind, "label": "x" });
        let mut fields = vec![
            field("first_name", "text"),
            field("phone", "phone"),
            field("news", "checkbox"),
            field("consent", "consent"),
            field("source", "hidden"),
            field("plan", "select"),
            field("date_of_birth", "date"),
        ];
        fields[1]["country"] = json!("GB");
        fields[4]["value"] = json!("ours");
        fields[5]["options"] = json!([{ "value": "small", "label": "Small" }]);
        fields[6]["visible_when"] = json!([{ "field": "news", "is": true }]);
        serde_json::from_value(json!({
            "id": "f", "version": 1, "locale": "en", "title": "T", "submit": "S", "success_title": "Y", "success_text": "Z",
            "fields": fields,
        }))
        .unwrap()
    }

    fn prefilled(values: Value, fixed: &[&str]) -> Prefilled {
        let claims = json!({ "aud": "", "account": "", "form": "f", "values": values, "fixed": fixed, "iat": 0, "exp": 1 });
        Prefilled::of(&form(), &serde_json::from_value(claims).unwrap())
    }

    fn changed(prefilled: &Prefilled, values: Value) -> Vec<String> {
        let problems = prefilled.changed(&form(), &serde_json::from_value(values).unwrap());
        assert!(problems.iter().all(|problem| problem.code == ProblemCode::PrefillFixed));
        problems.into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn what_the_form_can_not_hold_is_left_out_and_fixes_nothing() {
        let all = json!({
            "first_name": "Ada", "phone": "020 7946 0018", "news": true, "plan": "small", "date_of_birth": "1990-01-01",
            "nobody": "x", "consent": true, "source": "theirs",
        });
        let names = ["first_name", "nobody", "consent", "source", "forgotten", "first_name"];
        let prefilled_all = prefilled(all, &names);
        assert_eq!(prefilled_all.values.iter().count(), 5);
        assert_eq!(prefilled_all.fixed, ["first_name"]);
        assert_eq!(prefilled_all.left_out, ["nobody", "consent", "source", "forgotten"]);
        for wrong in [
            json!({ "plan": "large" }),
            json!({ "phone": "x" }),
            json!({ "news": "true" }),
            json!({ "date_of_birth": "1990-02-30" }),
            json!({ "first_name": "" }),
            json!({ "first_name": true }),
        ] {
            let name = wrong.as_object().unwrap().keys().next().unwrap().clone();
            let prefilled = prefilled(wrong, &[&name]);
            assert_eq!((prefilled.fixed.len(), prefilled.left_out.as_slice()), (0, &[name][..]));
        }
    }

    #[test]
    fn fixed_value_may_be_written_in_another_way_and_not_changed_or_left_out() {
        let prefilled = prefilled(
            json!({ "first_name": "Ada", "phone": "020 7946 0018", "news": false, "plan": "small" }),
            &["first_name", "phone", "news"],
        );
        let same = json!({ "first_name": " Ada ", "phone": "+442079460018", "news": false });
        assert_eq!(changed(&prefilled, same), Vec::<String>::new());
        // A box that is not sent is not ticked, and what is not fixed is the visitor's.
        assert_eq!(
            changed(&prefilled, json!({ "first_name": "Ada", "phone": "02079460018" })),
            Vec::<String>::new()
        );
        let other = json!({ "first_name": "Bob", "news": true, "plan": "" });
        assert_eq!(changed(&prefilled, other), ["first_name", "phone", "news"]);
    }

    #[test]
    fn fixed_value_of_a_question_that_is_not_asked_is_not_missed() {
        let prefilled = prefilled(json!({ "date_of_birth": "1990-01-01" }), &["date_of_birth"]);
        assert_eq!(changed(&prefilled, json!({})), Vec::<String>::new());
        assert_eq!(changed(&prefilled, json!({ "news": true })), ["date_of_birth"]);
        let other = json!({ "news": true, "date_of_birth": "1990-01-02" });
        assert_eq!(changed(&prefilled, other), ["date_of_birth"]);
    }
}
