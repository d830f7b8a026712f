//! The forms as they are served: each in every language that it speaks, with its JSON made once.
//!
//! Apart so that no request pays for translating a definition.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use lead_model::{Form, FormDefinition};

use crate::locales::Locales;

/// Every form by id.
pub(crate) struct Forms(BTreeMap<String, Arc<ServedForm>>);

/// One form, ready to be served.
pub(crate) struct ServedForm {
    /// As its embedder wrote it.
    pub(crate) definition: FormDefinition,
    languages: Vec<Arc<FormText>>,
}

/// One form in one language.
pub(crate) struct FormText {
    /// As the browser knows it.
    pub(crate) form: Form,
    /// The same as JSON.
    pub(crate) json: Bytes,
    /// Changes with any byte of the JSON.
    pub(crate) etag: String,
}

impl Forms {
    /// Translates every definition.
    pub(crate) fn new(definitions: Vec<FormDefinition>, locales: &Locales) -> Self {
        let served = definitions
            .into_iter()
            .map(|definition| (definition.id.clone(), Arc::new(ServedForm::new(definition, locales))));
        Self(served.collect())
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Arc<ServedForm>> {
        self.0.get(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &ServedForm> {
        self.0.values().map(AsRef::as_ref)
    }
}

impl ServedForm {
    pub(crate) fn new(definition: FormDefinition, locales: &Locales) -> Self {
        let languages = locales
            .of_form(&definition)
            .map(|tag| Arc::new(FormText::new(definition.localize(tag, locales.messages(tag)))))
            .collect();
        Self { definition, languages }
    }

    /// The form in the first wanted language that it speaks, else in its own.
    pub(crate) fn in_language<'a>(&self, wanted: impl Iterator<Item = &'a str>) -> Option<&Arc<FormText>> {
        let exactly =
            |tag: &str| self.languages.iter().find(|text| text.form.locale.eq_ignore_ascii_case(tag));
        wanted
            .flat_map(|tag| [tag, tag.split('-').next().unwrap_or(tag)])
            .find_map(exactly)
            .or_else(|| exactly(&self.definition.default_locale))
            .or(self.languages.first())
    }
}

impl FormText {
    fn new(form: Form) -> Self {
        let json = Bytes::from(serde_json::to_vec(&form).unwrap_or_default());
        let etag = etag(&json);
        Self { form, json, etag }
    }
}

/// A strong entity tag: the start of the bytes' SHA-256.
pub(crate) fn etag(bytes: &[u8]) -> String {
    let hash = digest(&SHA256, bytes);
    let hex: String = hash.as_ref().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}
