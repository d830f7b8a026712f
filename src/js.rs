//! Reading plain JavaScript objects by name.
//!
//! Apart because `read`, `submit` and `embed` all do it, and because it is what spares the visitor a JSON parser of ours:
//! the browser parses, we ask for names. Whatever is missing or of another type is `None`; nothing throws.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};

/// The property of a name; `undefined` where there is none.
pub(crate) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// A text property.
pub(crate) fn text(object: &JsValue, name: &str) -> Option<String> {
    get(object, name).as_string()
}

/// A property that is a whole number from 0 up to the largest `u32`.
pub(crate) fn whole(object: &JsValue, name: &str) -> Option<u32> {
    let number = get(object, name).as_f64()?;
    (number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number)).then_some(number as u32)
}

/// The text properties of an object, in its order.
pub(crate) fn texts(object: &JsValue) -> Option<Vec<(String, String)>> {
    let object = object.dyn_ref::<js_sys::Object>()?;
    let mut texts = Vec::new();
    for pair in js_sys::Object::entries(object).iter() {
        texts.push((at(&pair, 0)?, at(&pair, 1)?));
    }
    Some(texts)
}

fn at(pair: &JsValue, index: u32) -> Option<String> {
    Reflect::get_u32(pair, index).ok()?.as_string()
}

/// The elements of an array; `None` for anything else.
pub(crate) fn list(object: &JsValue, name: &str) -> Option<js_sys::Array> {
    get(object, name).dyn_into().ok()
}
