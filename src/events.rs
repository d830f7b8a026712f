//! What the host page is told: that something happened, where, and never what was typed.
//!
//! Apart because this is a promise to embedders: the names and their details change with a version only.

use js_sys::{Array, Function, Object, Reflect};
use lead_model::Problem;
use wasm_bindgen::JsValue;

/// Something that happened to a form.
pub(crate) enum Event<'a> {
    /// The form can be used.
    Ready,
    /// The visitor entered something for the first time.
    Started,
    /// The visitor has gone to another step: `step`, from 1, and `steps`, how many there are.
    Step((u32, u32)),
    /// A submission had problems: `fields`, a list of `{ field, code }`.
    Problem(&'a [Problem]),
    /// A submission without problems was sent. Retries are not told.
    Submitted,
    /// The lead is safe: `receipt`.
    Received(&'a str),
    /// The partner has it: `receipt`.
    Delivered(&'a str),
    /// Sending did not work: `code`. After `unreachable` the form goes on trying.
    Failed(&'a str),
}

/// Tells the loader, which makes a `CustomEvent` of it, with form and mode in its detail.
pub(crate) struct Teller {
    pub(crate) emit: Function,
}

impl Teller {
    /// Tells one event, and gives what the loader answers: for `submitted` what is to be sent beside the values.
    pub(crate) fn tell(&self, event: &Event<'_>) -> String {
        let detail = Object::new();
        let name = match event {
            Event::Ready => "ready",
            Event::Started => "started",
            Event::Submitted => "submitted",
            Event::Step((step, steps)) => {
                put(&detail, "step", &JsValue::from(*step));
                put(&detail, "steps", &JsValue::from(*steps));
                "step"
            }
            Event::Problem(problems) => {
                let fields: Array = problems.iter().map(problem_detail).collect();
                put(&detail, "fields", &fields);
                "problem"
            }
            Event::Received(receipt) => {
                set(&detail, "receipt", receipt);
                "received"
            }
            Event::Delivered(receipt) => {
                set(&detail, "receipt", receipt);
                "delivered"
            }
            Event::Failed(code) => {
                set(&detail, "code", code);
                "failed"
            }
        };
        // A host page whose listener throws has a defect of its own; the form goes on.
        let answer = self.emit.call2(&JsValue::NULL, &name.into(), &detail);
        answer.ok().and_then(|answer| answer.as_string()).unwrap_or_default()
    }
}

fn problem_detail(problem: &Problem) -> JsValue {
    let detail = Object::new();
    set(&detail, "field", &problem.field);
    set(&detail, "code", problem.code.as_str());
    detail.into()
}

fn set(object: &Object, name: &str, text: &str) {
    put(object, name, &JsValue::from_str(text));
}

fn put(object: &Object, name: &str, value: &JsValue) {
    Reflect::set(object, &JsValue::from_str(name), value).map(drop).unwrap_or_default();
}
