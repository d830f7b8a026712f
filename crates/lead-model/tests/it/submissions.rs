//! Whole submissions: all problems at once, the order of the fields kept, nothing invented and nothing lost.

use lead_model::{FormDefinition, Normal, ProblemCode, RawValue, Values, check, message, summary_line};

const FORM: &str = r#"
id = "x"
version = 1
account = "a"
country = "GB"
texts = { title = "T", submit = "S", success_title = "T", success_text = "T" }
fields = [
    { name = "first_name", label = "First name", required = true, min_length = 2, max_length = 5 },
    { name = "email", label = "Email", required = true },
    { name = "phone", label = "Phone" },
    { name = "notes", label = "Notes" },
    { name = "lead_type", value = "Warm" },
    { name = "consent", label = "Agreed", required = true },
]
"#;

type Pairs<T> = Vec<(String, T)>;

fn checked(values: &str) -> Result<Pairs<Normal>, Pairs<ProblemCode>> {
    let definition: FormDefinition = toml::from_str(FORM).unwrap();
    let values: Values = serde_json::from_str(values).unwrap();
    match check(&definition.localize("en", &[]), &values) {
        Ok(normal) => Ok(normal.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()),
        Err(problems) => Err(problems.into_iter().map(|problem| (problem.field, problem.code)).collect()),
    }
}

#[test]
fn good_submission_comes_out_in_its_normal_form() {
    let text = |text: &str| Normal::Text(text.to_owned());
    let normal = checked(
        r#"{"consent":true,"notes":"  one\r\ntwo\u0000 ","email":"Ada@EXAMPLE.com","first_name":" Ada ","phone":"020 7946 0018"}"#,
    );
    let expected = [
        ("first_name", text("Ada")),
        ("email", text("Ada@example.com")),
        ("phone", text("+442079460018")),
        ("notes", text("one\ntwo")),
        ("lead_type", text("Warm")),
        ("consent", Normal::Bool(true)),
    ];
    assert_eq!(normal.unwrap(), expected.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn all_problems_come_at_once_in_the_order_of_the_fields() {
    let problems = checked(r#"{"first_name":"A","phone":true,"surprise":"x"}"#).unwrap_err();
    let expected = [
        ("first_name", ProblemCode::TooShort),
        ("email", ProblemCode::Required),
        ("phone", ProblemCode::WrongType),
        ("consent", ProblemCode::ConsentRequired),
        ("surprise", ProblemCode::UnknownField),
    ];
    assert_eq!(problems, expected.map(|(name, code)| (name.to_owned(), code)));
}

#[test]
fn text_that_nobody_can_see_is_no_answer() {
    for unseen in
        ["\\u200b", "\\ufffe\\uffff", "\\udb40\\udc41", "\\u202e", "\\u2800 \\u3164", "\\u001b", "\\ufeff"]
    {
        let problems =
            checked(&format!(r#"{{"first_name":"{unseen}","email":"a@b.example","consent":true}}"#))
                .unwrap_err();
        assert_eq!(problems, [("first_name".to_owned(), ProblemCode::Required)], "{unseen}");
    }
    let kept = checked(r#"{"first_name":"\u202eمی\u200cخ","email":"a@b.example","consent":true}"#).unwrap();
    assert!(
        kept.contains(&("first_name".to_owned(), Normal::Text("می\u{200c}خ".to_owned()))),
        "a joiner inside a word is part of it, a turn of direction is not"
    );
}

#[test]
fn page_cannot_change_the_value_of_a_hidden_field() {
    let normal =
        checked(r#"{"first_name":"Ada","email":"a@b.example","consent":true,"lead_type":"Hot"}"#).unwrap();
    assert!(normal.contains(&("lead_type".to_owned(), Normal::Text("Warm".to_owned()))));
}

#[test]
fn length_counts_as_the_browser_counts() {
    // Five letters fit; three pairs of surrogates are six units and do not.
    assert!(checked(r#"{"first_name":"Émile","email":"a@b.example","consent":true}"#).is_ok());
    let problems = checked(r#"{"first_name":"😀😀😀","email":"a@b.example","consent":true}"#).unwrap_err();
    assert_eq!(problems, [("first_name".to_owned(), ProblemCode::TooLong)]);
}

#[test]
fn entry_that_stands_twice_is_refused_not_overwritten() {
    assert!(serde_json::from_str::<Values>(r#"{"email":"a@b.example","email":"c@d.example"}"#).is_err());
}

#[test]
fn normal_form_passes_the_rules_again_unchanged() {
    let once =
        checked(r#"{"first_name":"Ada","email":"Ada@EXAMPLE.com","phone":"(020) 7946-0018","consent":true}"#)
            .unwrap();
    let mut again = Values::new();
    for (name, value) in &once {
        let raw = match value {
            Normal::Text(text) => RawValue::Text(text.clone()),
            Normal::Bool(ticked) => RawValue::Bool(*ticked),
        };
        again.set(name, raw);
    }
    assert_eq!(checked(&serde_json::to_string(&again).unwrap()).unwrap(), once);
}

#[test]
fn sentence_names_the_field_and_what_the_rule_wanted() {
    let definition: FormDefinition = toml::from_str(FORM).unwrap();
    let sentences = [("too_short".to_owned(), "{label} needs at least {min} characters".to_owned())];
    let form = definition.localize("en", &sentences);
    let mut values = Values::new();
    values.set("first_name", RawValue::Text("A".into()));
    let problems = check(&form, &values).unwrap_err();
    let said: Vec<String> = problems.iter().map(|problem| message(&form, problem)).collect();
    assert_eq!(said.first().map(String::as_str), Some("First name needs at least 2 characters"));
    assert_eq!(
        said.get(1).map(String::as_str),
        Some("required"),
        "a missing sentence falls back to its code"
    );
}

#[test]
fn summary_names_the_field_and_lets_a_question_keep_its_own_mark() {
    let text = FORM.replace("label = \"Phone\"", "label = \"Your phone?\", required = true");
    let definition: FormDefinition = toml::from_str(&text).unwrap();
    let sentences = ["required", "consent_required"].map(|code| (code.to_owned(), "Please do".to_owned()));
    let form = definition.localize("en", &sentences);
    let problems = check(&form, &Values::new()).unwrap_err();
    let said: Vec<String> = problems.iter().map(|problem| summary_line(&form, problem)).collect();
    assert_eq!(said, ["First name: Please do", "Email: Please do", "Your phone? Please do", "Please do"]);
}

#[test]
fn debug_output_shows_no_entry() {
    let values: Values = serde_json::from_str(r#"{"email":"canary@example.com","consent":true}"#).unwrap();
    assert!(!format!("{values:?}").contains("canary"));
}
