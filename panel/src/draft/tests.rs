//! Leaving, setting and erasing are three things, and only what changed is sent.

#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;

fn field(name: &str, kind: &str, required: bool) -> Field {
    Field {
        name: name.to_owned(),
        kind: kind.to_owned(),
        required,
        creatable: true,
        updateable: true,
        ..Field::default()
    }
}

fn schema() -> Vec<Field> {
    vec![
        field("firstName", "string", true),
        field("phone", "string", false),
        field("value", "number", false),
        field("dateOfBirth", "string", false),
        Field { updateable: false, ..field("reference", "string", false) },
    ]
}

fn record() -> Record {
    let fields = json!({ "firstName": "Ada", "phone": "+44 1", "value": 10, "reference": "x" });
    let masked = vec!["dateOfBirth".to_owned()];
    Record { id: "7".to_owned(), reference: None, fields: fields.as_object().unwrap().clone(), masked }
}

fn draft() -> Draft {
    Draft::of_record(&record(), &schema())
}

fn type_in(draft: &mut Draft, name: &str, text: &str) {
    draft.enter(name, Entry::Typed(text.to_owned()));
}

#[test]
fn only_what_changed_is_sent_with_what_it_was() {
    let mut draft = draft();
    type_in(&mut draft, "firstName", " Ada ");
    type_in(&mut draft, "value", "12,5");
    type_in(&mut draft, "dateOfBirth", "1990-01-31");
    draft.enter("phone", Entry::Erased);
    assert_eq!(draft.check(), None);
    assert_eq!(
        draft.to_patch(),
        json!({
            "changes": { "phone": null, "value": 12.5, "dateOfBirth": "1990-01-31" },
            "expected": { "phone": "+44 1", "value": 10 },
        })
    );
    assert!(draft.slot("reference").is_none(), "what can't be updated is not offered");
}

#[test]
fn field_that_was_emptied_by_hand_is_neither_erased_nor_left_in_silence() {
    let mut draft = draft();
    type_in(&mut draft, "phone", "  ");
    assert_eq!(draft.check().as_deref(), Some("phone"));
    assert_eq!(draft.slot("phone").unwrap().trouble, Some(Trouble::Emptied));
    type_in(&mut draft, "firstName", "");
    draft.enter("phone", Entry::Left);
    assert_eq!(draft.check().as_deref(), Some("firstName"), "what the partner must have can't be erased");
    draft.enter("firstName", Entry::Left);
    assert_eq!((draft.check(), draft.is_dirty()), (None, false));
}

#[test]
fn change_of_somebody_else_stands_against_mine_and_updates_what_i_left() {
    let mut draft = draft();
    type_in(&mut draft, "firstName", "Augusta");
    let mut theirs = record();
    theirs.fields.insert("firstName".to_owned(), json!("Adah"));
    theirs.fields.insert("phone".to_owned(), json!("+44 2"));
    draft.take_record(&theirs);
    assert_eq!(draft.slot("firstName").unwrap().trouble, Some(Trouble::Changed("Adah".to_owned())));
    assert_eq!(draft.slot("phone").unwrap().shown(), "+44 2");
    assert_eq!(draft.check().as_deref(), Some("firstName"), "undecided");
    type_in(&mut draft, "firstName", "Augusta");
    assert_eq!(draft.check(), None);
    assert_eq!(draft.to_patch().pointer("/expected/firstName"), Some(&json!("Adah")));
}

#[test]
fn new_record_needs_what_the_partner_needs_and_sends_what_was_filled_in() {
    let mut draft = Draft::new_record(&schema());
    assert_eq!(draft.check().as_deref(), Some("firstName"));
    type_in(&mut draft, "firstName", "Ada");
    type_in(&mut draft, "value", "a lot");
    assert_eq!(draft.check().as_deref(), Some("value"));
    type_in(&mut draft, "value", "1250.5");
    type_in(&mut draft, "phone", "");
    assert_eq!(draft.check(), None);
    assert_eq!(draft.to_new(), json!({ "values": { "firstName": "Ada", "value": 1250.5 } }));
}

#[test]
fn problems_go_to_their_fields_and_others_come_back() {
    let mut draft = draft();
    let problem = |name: &str| Problem::new(name, ProblemCode::RefusedByPartner);
    let homeless = draft.take_problems(vec![problem("phone"), problem("elsewhere")]);
    assert_eq!(homeless, [problem("elsewhere")]);
    assert_eq!(draft.slot("phone").unwrap().trouble, Some(Trouble::Rule(problem("phone"))));
    type_in(&mut draft, "phone", "1");
    assert_eq!(draft.slot("phone").unwrap().trouble, None);
}

#[test]
fn record_that_is_as_i_wish_already_leaves_nothing_to_send() {
    let mut draft = draft();
    type_in(&mut draft, "firstName", "Augusta");
    draft.enter("phone", Entry::Erased);
    let mut theirs = record();
    theirs.fields.insert("firstName".to_owned(), json!("Augusta"));
    theirs.fields.remove("phone");
    draft.take_record(&theirs);
    assert_eq!((draft.is_dirty(), draft.check()), (false, None));
}
