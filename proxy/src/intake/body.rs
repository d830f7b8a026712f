//! Reads a submission's JSON, from the outside in: its shape by a plain scan, then its types.
//!
//! Apart because this is the first code that a stranger's bytes meet. Errors say nothing of the bytes.

use std::slice;

use lead_model::{RawValue, SubmissionBody};

use crate::problem::ApiReason;

/// Most members of all objects and lists of a body together; no form has so many fields.
const MEMBERS_MAX: usize = 1_000;

/// The submission in these bytes.
pub(crate) fn read(bytes: &[u8], depth_max: usize) -> Result<SubmissionBody, ApiReason> {
    check_shape(bytes, depth_max)?;
    let body: SubmissionBody = serde_json::from_slice(bytes).map_err(|_| ApiReason::UnreadableBody)?;
    // Legal in JSON, typed by nobody, and the end of a text to many a system behind us.
    let has_nul = |text: &str| text.contains('\0');
    let nul = has_nul(&body.locale)
        || [&body.source.page, &body.token, &body.proof, &body.trap, &body.prefill]
            .into_iter()
            .any(|text| text.as_deref().is_some_and(has_nul))
        || body.source.campaign.iter().any(|(name, value)| has_nul(name) || has_nul(value))
        || body
            .values
            .iter()
            .any(|(name, value)| has_nul(name) || matches!(value, RawValue::Text(text) if has_nul(text)));
    if nul { Err(ApiReason::UnreadableBody) } else { Ok(body) }
}

/// Counts brackets and commas outside strings, so that the parser never meets a body that is deep or has many members.
pub(crate) fn check_shape(bytes: &[u8], depth_max: usize) -> Result<(), ApiReason> {
    let (mut depth, mut members) = (0_usize, 0_usize);
    let mut left = bytes.iter();
    while let Some(byte) = left.next() {
        match byte {
            b'"' => skip_string(&mut left),
            b'{' | b'[' => {
                depth += 1;
                if depth > depth_max {
                    return Err(ApiReason::UnreadableBody);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => {
                members += 1;
                if members > MEMBERS_MAX {
                    return Err(ApiReason::UnreadableBody);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Goes on behind the end of a string, or of everything.
fn skip_string(left: &mut slice::Iter<'_, u8>) {
    while let Some(b'\\') = left.find(|byte| matches!(byte, b'"' | b'\\')) {
        left.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str) -> Result<(), ApiReason> {
        read(body.as_bytes(), 4).map(|_| ())
    }

    #[test]
    fn good_body_is_read() {
        assert!(check(r#"{"form_version":1,"locale":"en","values":{"a":"}]{[,\"","b":true}}"#).is_ok());
        assert!(
            check(r#"{"form_version":1,"locale":"en","values":{},"source":{"mode":"iframe","page":"x"}}"#)
                .is_ok()
        );
    }

    #[test]
    fn what_is_not_one_submission_is_unreadable() {
        let many = format!(
            r#"{{"form_version":1,"locale":"en","values":{{{}"z":"z"}}}}"#,
            r#""a":"a","#.repeat(1_001)
        );
        for body in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"form_version":1,"locale":"en","values":{}} x"#,
            r#"{"form_version":1,"locale":"en","values":{},"more":1}"#,
            r#"{"form_version":1,"form_version":1,"locale":"en","values":{}}"#,
            r#"{"form_version":1,"locale":"en","values":{"a":"x","a":"y"}}"#,
            r#"{"form_version":-1,"locale":"en","values":{}}"#,
            r#"{"form_version":1e400,"locale":"en","values":{}}"#,
            r#"{"form_version":1,"locale":"en","values":{"a":1}}"#,
            r#"{"form_version":1,"locale":"en","values":{"a":null}}"#,
            r#"{"form_version":1,"locale":"en","values":{"a":"\ud800"}}"#,
            r#"{"form_version":1,"locale":"en","values":{"a":"\u0000"}}"#,
            r#"{"form_version":1,"locale":"en","values":{"a\u0000":"a"}}"#,
            &"[".repeat(10_000),
            &many,
        ] {
            assert_eq!(
                check(body),
                Err(ApiReason::UnreadableBody),
                "{}",
                body.chars().take(80).collect::<String>()
            );
        }
    }
}
