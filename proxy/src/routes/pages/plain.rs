//! Reads what a browser without our script posts: `name=value` pairs, a box only where it is ticked.
//!
//! Apart from `intake::body`, whose JSON is written by our own code and may be judged more strictly.

use std::borrow::Cow;

use lead_model::{Form, RawValue, Values};
use url::form_urlencoded;

use crate::render::TRAP;

/// The token's field.
const TOKEN: &str = "_token";
/// The solved challenge's field, which a script puts there.
const PROOF: &str = "_proof";
/// The prefill token's field, which a script puts there, too.
const PREFILL: &str = "_prefill";
/// Most pairs beyond one for each field: a token, and names that we don't know.
const SPARE_PAIRS_MAX: usize = 16;

/// What was sent.
#[derive(Default)]
pub(super) struct Sent {
    pub(super) token: String,
    pub(super) values: Values,
    /// Something stood in the field that no person sees.
    pub(super) is_trapped: bool,
    pub(super) proof: Option<String>,
    pub(super) prefill: Option<String>,
}

/// The pairs as values by the form's kinds; nothing where there are more pairs than the form can have sent.
pub(super) fn read(form: &Form, bytes: &[u8]) -> Option<Sent> {
    let mut sent = Sent::default();
    for (count, (name, text)) in form_urlencoded::parse(bytes).enumerate() {
        if count > form.fields.len() + SPARE_PAIRS_MAX {
            return None;
        }
        match name.as_ref() {
            TOKEN => sent.token = text.into_owned(),
            PROOF => sent.proof = Some(text.into_owned()),
            PREFILL => sent.prefill = Some(text.into_owned()),
            TRAP => sent.is_trapped |= !text.is_empty(),
            _ => sent.values.set(&name, value(form, &name, text)),
        }
    }
    Some(sent)
}

fn value(form: &Form, name: &str, text: Cow<'_, str>) -> RawValue {
    let is_box = form.field(name).is_some_and(|field| field.kind.is_box());
    if is_box { RawValue::Bool(true) } else { RawValue::Text(text.into_owned()) }
}

/// What a page may show again: not what is sensitive, which a browser would keep with the page.
pub(super) fn without_sensitive(form: &Form, values: &Values) -> Values {
    let mut kept = Values::new();
    for (name, value) in values.iter() {
        if form.field(name).is_some_and(|field| !field.sensitive) {
            kept.set(name, value.clone());
        }
    }
    kept
}
