//! The small e-mail rule of browser and proxy, held against a full library's on a corpus.
//!
//! The library stays out of the browser, where it would cost 200 KB; here it says where the small rule is stricter or
//! kinder, and every such place is named.

use lead_model::{Field, FieldKind, RawValue, Rules, Width, check_field};
use validator::ValidateEmail;

fn ours(address: &str) -> bool {
    let field = Field {
        name: "email".into(),
        kind: FieldKind::Email,
        label: "Email".into(),
        hint: None,
        placeholder: None,
        autocomplete: None,
        width: Width::Full,
        rules: Rules { required: true, ..Rules::default() },
        options: Vec::new(),
        country: None,
        value: None,
        sensitive: false,
        sentences: Vec::new(),
        on_step: 0,
        visible_when: Vec::new(),
    };
    check_field(&field, Some(&RawValue::Text(address.to_owned()))).is_ok()
}

#[test]
fn both_rules_agree_on_addresses_that_people_have_and_on_those_that_nobody_has() {
    let good = [
        "ada@analytical.example",
        "ada.lovelace@mail.analytical.example",
        "ada+leads@example.co.uk",
        "a@b.io",
        "o'brien@example.ie",
        "first_last@example.com",
        "1234567890@example.com",
        "ada@xn--bcher-kva.example",
        "ada@sub-domain.example.com",
        "UPPER@EXAMPLE.COM",
        "ada@123.example.com",
        "x-y-z@example.museum",
    ];
    let bad = [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@example..com",
        "ada@.example.com",
        "ada@example.com.",
        "ada@exa mple.com",
        "ada@@example.com",
        "ada@-example.com",
        "ada@example-.com",
        "ada lovelace@example.com",
        "<ada@example.com>",
        "ada@exam_ple.com",
    ];
    for address in good {
        assert!(
            ours(address) && address.validate_email(),
            "{address}: ours {}, theirs {}",
            ours(address),
            address.validate_email()
        );
    }
    for address in bad {
        assert!(
            !ours(address) && !address.validate_email(),
            "{address:?}: ours {}, theirs {}",
            ours(address),
            address.validate_email()
        );
    }
}

#[test]
fn where_the_rules_differ_it_is_on_purpose() {
    // Stricter: a lead's mail must be reachable from outside, by its name, under a name that mail systems carry.
    for address in
        ["ada@localhost", "ada@[127.0.0.1]", "ada@bücher.example", "a..da@example.com", ".ada@example.com"]
    {
        assert!(!ours(address), "{address}");
        assert!(address.validate_email(), "{address}: the library has become stricter, look again");
    }
}
