//! The native render held to what a browser without our script needs.
//!
//! Apart from `first_paint` only for length.

#![allow(clippy::unwrap_used, reason = "tests")]

use lead_model::{Form, Problem, ProblemCode, RawValue, SubmissionState, Values};

use super::{FirstPaint, first_paint, thanks};

fn form() -> Form {
    serde_json::from_str(include_str!("../../tests/component/form.json")).unwrap()
}

fn painted(values: &Values, problems: &[Problem]) -> String {
    let form = form();
    first_paint(&FirstPaint {
        form: &form,
        action: "/f/every-kind?locale=en",
        token: "tok\"en",
        values,
        problems,
        instance: "p",
        notice: None,
    })
}

fn has(html: &str, wanted: &str) {
    assert!(html.contains(wanted), "{wanted}\nis missing in\n{html}");
}

#[test]
fn form_works_without_a_script() {
    let html = painted(&Values::new(), &[]);
    has(&html, "<form class=\"lf-form\" method=\"post\" action=\"/f/every-kind?locale=en\">");
    has(&html, "<input type=\"hidden\" name=\"_token\" value=\"tok&quot;en\">");
    has(
        &html,
        "<button class=\"lf-button\" type=\"submit\"><span class=\"lf-button__label\">Send</span></button>",
    );
    assert!(!html.contains("novalidate"), "without our script the browser's own checks help");
    assert!(html.starts_with("<div class=\"lf\"") && html.ends_with("</div>"));
}

#[test]
fn field_for_robots_is_out_of_sight_hearing_and_reach_and_asks_for_nothing() {
    let html = painted(&Values::new(), &[]);
    has(
        &html,
        "<input name=\"_homepage\" autocomplete=\"off\" tabindex=\"-1\" aria-hidden=\"true\" data-scripted>",
    );
    assert_eq!(html.matches("_homepage").count(), 1);
    let sheet = include_str!("../../style/steps.css");
    assert!(sheet.contains(".lf [data-scripted] {\n  display: none;"), "the rule that hides it");
}

#[test]
fn html_holds_no_marker_of_the_framework() {
    let html = painted(&Values::new(), &[]);
    for mark in ["<!", "</input>", "data-hk", "{", "undefined"] {
        assert!(!html.contains(mark), "{mark} in\n{html}");
    }
}

#[test]
fn controls_carry_label_help_autofill_and_limits() {
    let html = painted(&Values::new(), &[]);
    has(&html, "<label class=\"lf-label\" for=\"lf-every-kind-p-first_name\">First name</label>");
    has(&html, "autocomplete=\"given-name\" required");
    has(&html, "maxlength=\"20\"");
    has(&html, "aria-describedby=\"lf-every-kind-p-phone-hint\"");
    has(&html, "type=\"tel\" inputmode=\"tel\"");
    has(&html, "type=\"text\" inputmode=\"decimal\"");
    has(&html, "type=\"date\" min=\"2020-01-01\"");
    has(&html, "<span class=\"lf-optional\">(optional)</span>");
}

#[test]
fn what_was_sent_is_there_again() {
    let mut values = Values::new();
    for (name, text) in
        [("first_name", "Ada \"<"), ("notes", "\nb"), ("industry", "b"), ("customer_type", "y")]
    {
        values.set(name, RawValue::Text(text.into()));
    }
    values.set("consent", RawValue::Bool(true));
    let html = painted(&values, &[]);
    has(&html, "value=\"Ada &quot;&lt;\"");
    has(&html, ">\n\nb</textarea>");
    has(&html, "<option value=\"b\" selected>");
    has(&html, "value=\"y\" aria-invalid=\"false\" required checked>");
    has(&html, "name=\"consent\" value=\"true\" required checked");
}

#[test]
fn problems_stand_in_the_summary_and_at_their_fields() {
    let html = painted(&Values::new(), &[Problem::new("email", ProblemCode::InvalidEmail)]);
    has(&html, "<a href=\"#lf-every-kind-p-email\" data-field=\"email\">Email: not an address</a>");
    has(&html, "<p class=\"lf-problem\" id=\"lf-every-kind-p-email-problem\" data-code=\"invalid_email\">");
    has(&html, "aria-invalid=\"true\" aria-describedby=\"lf-every-kind-p-email-problem\"");
    assert_eq!(html.matches("data-invalid=\"true\"").count(), 1);
}

#[test]
fn value_fixed_by_the_definition_is_not_in_the_page() {
    let html = painted(&Values::new(), &[]);
    assert!(!html.contains("lead_type"), "{html}");
    has(&html, "<input type=\"hidden\" name=\"referrer_name\" value>");
}

#[test]
fn language_written_from_the_right_says_so() {
    let mut form = form();
    (form.locale, form.direction) = ("ar".into(), lead_model::Direction::Rtl);
    has(&thanks(&form, "7K3F9", SubmissionState::Received), "dir=\"rtl\" lang=\"ar\"");
}

#[test]
fn notice_stands_above_nothing_that_was_lost() {
    let (form, values) = (form(), Values::new());
    let html = first_paint(&FirstPaint {
        form: &form,
        action: "/",
        token: "",
        values: &values,
        problems: &[],
        instance: "p",
        notice: Some("Open for <too> long"),
    });
    has(&html, "<p class=\"lf-notice__text\">Open for &lt;too&gt; long</p>");
}

#[test]
fn thanks_show_the_receipt_and_how_far_it_came() {
    let html = thanks(&form(), "7K3F9-<", SubmissionState::Delivered);
    has(&html, "data-state=\"delivered\"");
    has(&html, "<code class=\"lf-receipt__number\">7K3F9-&lt;</code>");
    has(&html, ">Delivered</p>");
    assert!(!html.contains("<button") && !html.contains("<form"));
    has(&thanks(&form(), "7K3F9", SubmissionState::Received), ">On its way</p>");
}
