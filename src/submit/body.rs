//! The body of a submission, as JSON.
//!
//! Written by hand because it is one shape with two kinds of values, and a JSON library would cost the visitor more than
//! everything else in this room. The tests hold it against [`lead_model::SubmissionBody`].

use lead_model::{Form, RawValue, Values};

/// The JSON that is posted. `more` are members that the loader adds, as they stand between braces: where the form was shown,
/// and what accompanies it.
pub(crate) fn submission_body(form: &Form, values: &Values, more: &str) -> String {
    let mut json = ["{\"form_version\":", &form.version.to_string(), ",\"locale\":"].concat();
    write_text(&mut json, &form.locale);
    json.push_str(",\"values\":{");
    for (index, (name, value)) in values.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        write_text(&mut json, name);
        json.push(':');
        match value {
            RawValue::Text(text) => write_text(&mut json, text),
            RawValue::Bool(ticked) => json.push_str(if *ticked { "true" } else { "false" }),
        }
    }
    json.push('}');
    if !more.is_empty() {
        json.push(',');
        json.push_str(more);
    }
    json.push('}');
    json
}

fn write_text(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                json.push('\\');
                json.push(c);
            }
            '\n' => json.push_str("\\n"),
            c if c < ' ' => {
                json.push_str(if c < '\u{10}' { "\\u000" } else { "\\u001" });
                json.push(char::from_digit(u32::from(c) % 16, 16).unwrap_or('0'));
            }
            c => json.push(c),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use lead_model::{Form, Mode, RawValue, Source, SubmissionBody, Values};

    use super::submission_body;

    fn form() -> Form {
        let json = r#"{"id":"f","version":3,"locale":"de-AT","title":"T","submit":"S","success_title":"Y","success_text":"Z","fields":[]}"#;
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn body_is_what_the_proxy_reads() {
        let mut values = Values::new();
        let every: String = (0..0x250).filter_map(char::from_u32).chain("\u{2028}😀\"\\/".chars()).collect();
        values.set("notes", RawValue::Text(every));
        values.set("na\"me", RawValue::Text(String::new()));
        values.set("consent", RawValue::Bool(true));
        values.set("hot_transfer", RawValue::Bool(false));
        let more = r#""source":{"mode":"iframe","page":"https://shop.example/a\"b"}"#;
        let json = submission_body(&form(), &values, more);
        let body: SubmissionBody = serde_json::from_str(&json).unwrap();
        assert_eq!((body.form_version, body.locale.as_str()), (3, "de-AT"));
        assert_eq!(body.values, values);
        assert_eq!(body.source.mode, Mode::Iframe);
        assert_eq!(body.source.page.as_deref(), Some("https://shop.example/a\"b"));
    }

    #[test]
    fn nothing_more_is_left_out() {
        let body: SubmissionBody =
            serde_json::from_str(&submission_body(&form(), &Values::new(), "")).unwrap();
        assert_eq!(body.source, Source::default());
    }
}
