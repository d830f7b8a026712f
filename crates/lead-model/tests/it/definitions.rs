//! Form definitions: the shipped ones are sound, broken ones are told everything at once, and what must stay on the
//! proxy does not travel.

use std::path::Path;

use lead_model::{DuplicateAction, Duplicates, Form, FormDefinition, Robots};

#[allow(
    clippy::disallowed_methods,
    reason = "the test reads the shipped files; the ban is for what runs in a page"
)]
fn shipped() -> Vec<FormDefinition> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../forms");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files.iter().map(|path| toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).collect()
}

#[test]
fn every_shipped_definition_and_its_examples_are_sound() {
    let definitions = shipped();
    assert!(definitions.len() >= 2);
    for definition in definitions {
        assert_eq!(definition.problems(), [], "{}", definition.id);
        assert!(
            definition.examples.iter().any(|example| example.problems.is_empty()),
            "{} has a good example",
            definition.id
        );
    }
}

#[test]
fn account_and_allowlist_do_not_travel() {
    for definition in shipped() {
        let json = serde_json::to_string(&definition.localize("en", &[])).unwrap();
        assert!(!json.contains("\"account\":") && !json.contains("allowed_origins"), "{json}");
        // As a whole value: a title may speak of an account, and a partner's name may be part of a form's.
        assert!(!json.contains(&format!("\"{}\"", definition.account)), "{json}");
        for origin in &definition.allowed_origins {
            assert!(!json.contains(origin.as_str()), "{origin} travels");
        }
    }
}

#[test]
fn steps_and_conditions_that_cannot_work_are_all_told() {
    let definition: FormDefinition = toml::from_str(
        r#"
        id = "f"
        version = 1
        account = "a"
        steps = [
          { name = "one", title = "One" },
          { name = "one", title = "", visible_when = [{ field = "later", is = "x" }] },
          { name = "Three", title = "Three" },
        ]
        texts = { title = "t", submit = "s", success_title = "t", success_text = "t" }
        [[fields]]
        name = "cards"
        kind = "radio"
        label = "Cards?"
        options = [{ value = "yes" }, { value = "no" }]
        visible_when = [{ field = "cards", is = "yes" }]
        [[fields]]
        name = "ok"
        kind = "checkbox"
        label = "Ok?"
        on_step = "Three"
        visible_when = [{ field = "cards", is = "maybe" }, { field = "cards" }]
        [[fields]]
        name = "later"
        kind = "text"
        label = "Later"
        on_step = "one"
        visible_when = [{ field = "ok", is_not = "yes" }]
        [[fields]]
        name = "lost"
        kind = "text"
        label = "Lost"
        on_step = "four"
        "#,
    )
    .unwrap();
    let told: Vec<String> = definition.problems().iter().map(ToString::to_string).collect();
    let wanted = [
        r#"steps[1] "one": found a name that stands above already, expected each name once"#,
        r#"steps[1] "one".title: found an empty text, expected something to read in every language"#,
        r#"steps[2] "Three".name: found "Three", expected 1 to 64 lower-case letters, digits and inner hyphens"#,
        r#"fields[0] "cards".visible_when[0].field: found "cards", expected the name of a field above"#,
        r#"fields[1] "ok".visible_when[0]: found "maybe", expected one of ["yes", "no"], or an empty text for nothing chosen"#,
        r#"fields[1] "ok".visible_when[1]: found both or neither of is and is_not, expected one of them, with at least one value"#,
        r#"fields[2] "later".on_step: found "one", a step before that of the field above, expected fields in the order of their steps"#,
        r#"fields[2] "later".visible_when[0]: found "yes", expected true or false, since the field is a box"#,
        r#"fields[3] "lost".on_step: found "four", expected the name of a step: ["one", "one", "Three"]"#,
        r#"steps[1] "one": found no field, expected at least one field with this on_step"#,
        r#"steps[1] "one".visible_when[0].field: found "later", expected the name of a field above"#,
    ];
    assert_eq!(told, wanted);
}

/// The sentence of a definition's only field for a value, in a language with these texts.
fn said(field: &str, locale: &str, messages: &[(&str, &str)], value: &str) -> String {
    let head = r#"id = "f"
        version = 1
        account = "a"
        texts = { title = "t", submit = "s", success_title = "t", success_text = "t" }"#;
    let text = format!("{head}\n[[fields]]\nname = \"own\"\nlabel = \"l\"\n{field}");
    let definition: FormDefinition = toml::from_str(&text).unwrap();
    let messages: Vec<_> =
        messages.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
    let form = definition.localize(locale, &messages);
    assert!(form.messages.iter().all(|(key, _)| !key.contains('.') && key != "months"), "grammar travels");
    let values = serde_json::from_str(&format!(r#"{{"own":"{value}"}}"#)).unwrap();
    let problems = lead_model::check(&form, &values).unwrap_err();
    lead_model::message(&form, problems.first().unwrap())
}

#[test]
fn number_and_date_of_a_rule_are_worded_as_the_language_does() {
    let english = [("too_short", "at least {min} letters"), ("too_short.one", "at least {min} letter")];
    let short = |min| format!("kind = \"text\"\npattern = \".+\"\nmin_length = {min}");
    assert_eq!(said(&short(2), "en", &english, "a"), "at least 2 letters");
    let polish =
        [("too_long", "{max} znaku"), ("too_long.few", "{max} znaki"), ("too_long.many", "{max} znaków")];
    let long = |max| format!("kind = \"text\"\nmax_length = {max}");
    assert_eq!(said(&long(3), "pl", &polish, "abcd"), "3 znaki");
    assert_eq!(said(&long(5), "pl", &polish, "abcdef"), "5 znaków");
    assert_eq!(
        said(&long(1), "en", &[("too_long", "{max} letters"), ("too_long.one", "one letter")], "ab"),
        "one letter"
    );
    let german = [
        ("too_early", "ab {min}"),
        ("date", "{day}. {month} {year}"),
        ("months", "a b c d e f g h i j k Dezember"),
    ];
    assert_eq!(
        said("kind = \"date\"\nmin = \"1990-12-01\"", "de", &german, "1990-11-30"),
        "ab 1. Dezember 1990"
    );
    assert_eq!(
        said("kind = \"date\"\nmin = \"1990-12-01\"", "de", &german[..1], "1990-11-30"),
        "ab 1990-12-01"
    );
}

#[test]
fn question_that_is_not_asked_is_neither_missed_nor_sent() {
    let definition: FormDefinition = toml::from_str(
        r#"
        id = "f"
        version = 1
        account = "a"
        steps = [{ name = "you", title = "You" }, { name = "shop", title = "Shop", visible_when = [{ field = "has_shop", is = true }] }]
        texts = { title = "t", submit = "s", success_title = "t", success_text = "t" }
        [[fields]]
        name = "has_shop"
        kind = "checkbox"
        label = "A shop?"
        [[fields]]
        name = "tills"
        kind = "number"
        label = "How many tills?"
        required = true
        on_step = "shop"
        [[examples]]
        name = "none"
        values = { has_shop = false, tills = "three" }
        [[examples]]
        name = "with a shop"
        values = { has_shop = true }
        problems = { tills = "required" }
        "#,
    )
    .unwrap();
    assert_eq!(definition.problems(), []);
    assert!(definition.is_always_asked("has_shop") && !definition.is_always_asked("tills"));
    let form = definition.localize("en", &[]);
    let values = serde_json::from_str(r#"{"has_shop":false,"tills":"three"}"#).unwrap();
    let checked = serde_json::to_string(&lead_model::check(&form, &values).unwrap()).unwrap();
    assert_eq!(checked, r#"{"has_shop":false}"#);
    assert_eq!(form.field("tills").unwrap().on_step, 1);
}

#[test]
fn duplicates_are_flagged_for_a_day_unless_the_form_says_otherwise_and_no_browser_hears_of_it() {
    let definition = shipped().remove(0);
    assert_eq!(definition.duplicates, Duplicates { window_hours: 24, action: DuplicateAction::Flag });
    for (text, wanted) in [
        (r#"{"action":"merge"}"#, Duplicates { window_hours: 24, action: DuplicateAction::Merge }),
        (r#"{"window_hours":0}"#, Duplicates { window_hours: 0, action: DuplicateAction::Flag }),
    ] {
        let duplicates: Duplicates = serde_json::from_str(text).unwrap();
        assert_eq!(duplicates, wanted, "{text}");
        let form = FormDefinition { duplicates, ..definition.clone() }.localize("en", &[]);
        assert_eq!(form, definition.localize("en", &[]), "{text}");
    }
    for wrong in [r#"{"window_hours":-1}"#, r#"{"action":"drop"}"#, r#"{"hours":1}"#] {
        assert!(serde_json::from_str::<Duplicates>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn robots_are_weighed_as_the_form_says_and_no_browser_hears_of_it() {
    let definition = shipped().remove(0);
    assert_eq!(definition.robots, Robots::default());
    let robots: Robots = serde_json::from_str(r#"{"proof":true,"quarantine_at":140}"#).unwrap();
    assert_eq!(robots, Robots { proof: true, quarantine_at: 140, ..Robots::default() });
    let form = FormDefinition { robots, ..definition.clone() }.localize("en", &[]);
    assert_eq!(form, definition.localize("en", &[]));
    for wrong in [r#"{"honeypot":-1}"#, r#"{"proof":"yes"}"#, r#"{"captcha":true}"#] {
        assert!(serde_json::from_str::<Robots>(wrong).is_err(), "{wrong}");
    }
    let robots = Robots { work: 999, too_fast: 1_001, ..robots };
    let told = FormDefinition { robots, ..definition }.problems();
    let paths: Vec<_> = told.iter().map(|wrong| wrong.path.as_str()).collect();
    assert_eq!(paths, ["robots.too_fast", "robots.work"]);
}

#[test]
fn form_that_completes_a_record_merges_nothing() {
    let definition = shipped().remove(0);
    let duplicates = Duplicates { action: DuplicateAction::Merge, ..Duplicates::default() };
    let merging = FormDefinition { duplicates, ..definition };
    assert_eq!(merging.problems(), []);
    let told = FormDefinition { completes: true, ..merging }.problems();
    assert_eq!(told.iter().map(|wrong| wrong.path.as_str()).collect::<Vec<_>>(), ["duplicates.action"]);
}

#[test]
fn form_survives_the_journey_as_json() {
    for definition in shipped() {
        for locale in ["en", "de"] {
            let form = definition.localize(locale, &[("required".into(), "Enter {label}".into())]);
            let json = serde_json::to_string(&form).unwrap();
            assert_eq!(serde_json::from_str::<Form>(&json).unwrap(), form);
        }
    }
}

const BROKEN: &str = r#"
id = "Not A Slug"
version = 0
account = ""
country = "UK"
duplicates = { window_hours = 2161 }
[texts]
title = ""
submit = { en = "Send", de = "" }
success_title = "Thanks"
success_text = "Soon"
[[fields]]
name = "email"
[[fields]]
name = "Email-2"
label = "Second"
[[fields]]
name = "email"
label = "Email again"
min_length = 9
max_length = 3
min = 1
[[fields]]
name = "size"
label = "Size"
kind = "select"
[[fields]]
name = "seats"
label = "Seats"
kind = "number"
min = 10
max = 2.5
step = "half"
[[fields]]
name = "reference"
label = "Reference"
kind = "text"
pattern = "(a|b)"
options = [{ value = "a" }]
[[fields]]
name = "colour"
label = "Colour"
kind = "radio"
options = [{ value = "red" }, { value = "red" }]
"#;

#[test]
fn broken_definition_is_told_everything_at_once() {
    let definition: FormDefinition = toml::from_str(BROKEN).unwrap();
    let told: Vec<String> = definition.problems().iter().map(ToString::to_string).collect();
    for path in [
        "id:",
        "version:",
        "account:",
        "country:",
        "duplicates.window_hours:",
        "texts.title:",
        "texts.submit:",
        "\"email\".label:",
        "\"Email-2\".name:",
        "\"Email-2\".kind:",
        "\"email\": found a name that stands above",
        "\"email\".min_length:",
        "\"email\".min:",
        "\"size\".options:",
        "\"seats\".step:",
        "\"seats\".min:",
        "\"reference\".pattern:",
        "\"reference\".options:",
        "\"colour\".options[1].value:",
    ] {
        assert!(told.iter().any(|line| line.contains(path)), "nothing said of {path}; said: {told:#?}");
    }
}

#[test]
fn example_that_does_not_do_what_it_says_is_told() {
    let text = r#"
        id = "x"
        version = 1
        account = "a"
        texts = { title = "T", submit = "S", success_title = "T", success_text = "T" }
        fields = [{ name = "email", label = "Email", required = true }]
        examples = [{ name = "wrong", values = { email = "no" } }]
    "#;
    let definition: FormDefinition = toml::from_str(text).unwrap();
    let told = definition.problems();
    assert_eq!(told.len(), 1);
    assert!(
        told.iter().all(|error| error.path == "examples \"wrong\"" && error.found.contains("InvalidEmail"))
    );
}

#[test]
fn form_leads_to_pages_of_its_own_origins_alone() {
    let definition = shipped().remove(0);
    let own = definition.allowed_origins[0].clone();
    let told = |redirect: String| {
        let problems = FormDefinition { redirect: Some(redirect), ..definition.clone() }.problems();
        problems.into_iter().map(|wrong| wrong.path).collect::<Vec<_>>()
    };
    for good in [own.to_string(), format!("{own}/thanks?a=b#c")] {
        assert_eq!(told(good.clone()), [""; 0], "{good}");
    }
    for wrong in [
        "javascript:alert(1)".to_owned(),
        "/thanks".to_owned(),
        String::new(),
        "https://evil.example/".to_owned(),
        format!("{own}.evil.example/"),
        format!("{own}@evil.example/"),
        format!("{own}/a b"),
    ] {
        assert_eq!(told(wrong.clone()), ["redirect"], "{wrong}");
    }
}
