//! A [`Form`] out of the JavaScript object that the host page's JSON parser made of it.
//!
//! Apart, and by hand, because serde_json in the download would cost a third of the whole form. What serde would read, this reads; `tests/component/wire.rs` holds the two together.

use core::fmt;

use js_sys::Array;
use lead_model::{ChoiceOption, Condition, Direction, Field, FieldKind, Form, Rules, Step, Width};
use wasm_bindgen::JsValue;

use crate::js;

/// Where a form's JSON is not as it should be. The first place only: the proxy writes this JSON, so one is a defect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Path into the form, such as `fields.2.kind`.
    pub path: String,
    /// What belongs there.
    pub wanted: &'static str,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}

impl core::error::Error for Unreadable {}

impl Unreadable {
    /// What is wrong and what to do, for the embedder's console.
    pub fn sentence(&self) -> String {
        let wanted = [" is not ", self.wanted].concat();
        [
            "the form's JSON can't be read: `",
            &self.path,
            "`",
            &wanted,
            "; load it anew from the proxy, with assets of the same version",
        ]
        .concat()
    }

    fn inside(mut self, name: &str, index: u32) -> Self {
        self.path = [name, ".", &index.to_string(), ".", &self.path].concat();
        self
    }
}

fn unreadable(path: &str, wanted: &'static str) -> Unreadable {
    Unreadable { path: path.to_owned(), wanted }
}

/// Reads a form, as the proxy's `GET /v1/forms/{form}` gives it.
pub fn read_form(form: &JsValue) -> Result<Form, Unreadable> {
    Ok(Form {
        id: text(form, "id")?,
        version: js::whole(form, "version").ok_or_else(|| unreadable("version", "a whole number"))?,
        locale: text(form, "locale")?,
        direction: if js::text(form, "direction").as_deref() == Some("rtl") {
            Direction::Rtl
        } else {
            Direction::Ltr
        },
        title: text(form, "title")?,
        intro: js::text(form, "intro"),
        submit: text(form, "submit")?,
        success_title: text(form, "success_title")?,
        success_text: text(form, "success_text")?,
        // The loader's part.
        redirect: None,
        fields: each(
            js::list(form, "fields").ok_or_else(|| unreadable("fields", "a list"))?,
            "fields",
            read_field,
        )?,
        steps: each(js::list(form, "steps").unwrap_or_default(), "steps", read_step)?,
        messages: js::texts(&js::get(form, "messages"))
            .ok_or_else(|| unreadable("messages", "an object of texts"))?,
    })
}

fn read_field(field: &JsValue) -> Result<Field, Unreadable> {
    let kind = js::text(field, "kind").and_then(|kind| FieldKind::parse(&kind));
    Ok(Field {
        name: text(field, "name")?,
        kind: kind.ok_or_else(|| unreadable("kind", "a kind of field known to this version"))?,
        label: text(field, "label")?,
        hint: js::text(field, "hint"),
        placeholder: js::text(field, "placeholder"),
        autocomplete: js::text(field, "autocomplete"),
        width: if js::text(field, "width").as_deref() == Some("half") { Width::Half } else { Width::Full },
        rules: read_rules(&js::get(field, "rules")),
        options: each(js::list(field, "options").unwrap_or_default(), "options", read_option)?,
        country: js::text(field, "country"),
        value: js::text(field, "value"),
        sensitive: js::get(field, "sensitive").is_truthy(),
        sentences: js::texts(&js::get(field, "sentences")).unwrap_or_default(),
        on_step: js::whole(field, "on_step").unwrap_or_default(),
        visible_when: read_conditions(field),
    })
}

fn read_step(step: &JsValue) -> Result<Step, Unreadable> {
    Ok(Step { title: text(step, "title")?, visible_when: read_conditions(step) })
}

/// Lists that are not there are empty; what the proxy has checked is not checked again.
fn read_conditions(object: &JsValue) -> Vec<Condition> {
    let mut all = Vec::new();
    for condition in js::list(object, "visible_when").unwrap_or_default() {
        let field = js::text(&condition, "field").unwrap_or_default();
        let (is, is_not) = (read_values(&condition, "is"), read_values(&condition, "is_not"));
        all.push(Condition { field, is, is_not });
    }
    all
}

fn read_values(condition: &JsValue, name: &str) -> Vec<String> {
    let mut values = Vec::new();
    for value in js::list(condition, name).unwrap_or_default() {
        values.extend(value.as_string());
    }
    values
}

fn read_rules(rules: &JsValue) -> Rules {
    Rules {
        required: js::get(rules, "required").is_truthy(),
        min_length: js::whole(rules, "min_length"),
        max_length: js::whole(rules, "max_length"),
        min: js::text(rules, "min"),
        max: js::text(rules, "max"),
        step: js::text(rules, "step"),
        pattern: js::text(rules, "pattern"),
    }
}

fn read_option(option: &JsValue) -> Result<ChoiceOption, Unreadable> {
    Ok(ChoiceOption { value: text(option, "value")?, label: text(option, "label")? })
}

fn text(object: &JsValue, name: &str) -> Result<String, Unreadable> {
    js::text(object, name).ok_or_else(|| unreadable(name, "a text"))
}

fn each<T>(
    list: Array,
    name: &str,
    read: fn(&JsValue) -> Result<T, Unreadable>,
) -> Result<Vec<T>, Unreadable> {
    let mut all = Vec::new();
    for index in 0..list.length() {
        all.push(read(&list.get(index)).map_err(|error| error.inside(name, index))?);
    }
    Ok(all)
}
