//! The forms as they are served: each in every language that it speaks, with its JSON made once. Those whose fields come
//! from a partner's schema are served as soon as that is known.
//!
//! Apart so that no request pays for translating a definition.

mod draw;
pub(crate) mod keeper;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use lead_model::{Form, FormDefinition, Origin};
use serde::Serialize;

use crate::account::Accounts;
use crate::hex::hex;
use crate::locales::Locales;

/// Stands before what is only said of forms that a signed token may fill in.
const PREFILL_PREFIX: &str = "prefill_";

/// Every form by id.
pub(crate) struct Forms {
    served: RwLock<BTreeMap<String, Arc<ServedForm>>>,
    /// As their embedders wrote them: those that wait for a schema, or have been drawn from one.
    from_schema: Vec<FormDefinition>,
    /// The accounts that have keys to sign with.
    signing: BTreeSet<String>,
    locales: Arc<Locales>,
}

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
    /// Translates every definition whose fields are known.
    pub(crate) fn new(definitions: Vec<FormDefinition>, accounts: &Accounts, locales: Arc<Locales>) -> Self {
        let signing: BTreeSet<String> = accounts
            .iter()
            .filter(|account| !account.panel_keys().is_empty())
            .map(|account| account.id().to_owned())
            .collect();
        let (from_schema, written): (Vec<_>, Vec<_>) =
            definitions.into_iter().partition(|definition| definition.fields.from_partner_schema());
        let served = written
            .into_iter()
            .map(|definition| {
                let form = ServedForm::new(definition, &signing, &locales);
                (form.definition.id.clone(), Arc::new(form))
            })
            .collect();
        Self { served: RwLock::new(served), from_schema, signing, locales }
    }

    /// The form of an id, if it can be served now.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<ServedForm>> {
        self.served.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Whether there will be a form of this id as soon as its partner's schema is known.
    pub(crate) fn is_awaited(&self, id: &str) -> bool {
        self.from_schema.iter().any(|form| form.id == id) && self.get(id).is_none()
    }

    /// Whether any form may be shown and sent by this origin.
    pub(crate) fn any_allows(&self, origin: &Origin) -> bool {
        let served = self.served.read().unwrap_or_else(PoisonError::into_inner);
        let mut definitions = served.values().map(|form| &form.definition).chain(&self.from_schema);
        definitions.any(|form| form.allowed_origins.contains(origin))
    }

    /// The definitions whose fields come from a partner's schema.
    fn awaiting_schema(&self) -> impl Iterator<Item = &FormDefinition> {
        self.from_schema.iter()
    }

    /// Serves a form that was drawn, in the place of an older drawing.
    fn serve(&self, definition: FormDefinition) {
        let form = Arc::new(ServedForm::new(definition, &self.signing, &self.locales));
        let mut served = self.served.write().unwrap_or_else(PoisonError::into_inner);
        served.insert(form.definition.id.clone(), form);
    }
}

impl ServedForm {
    /// `signing` are the accounts that have keys to sign with: no other form needs words about what was signed.
    fn new(definition: FormDefinition, signing: &BTreeSet<String>, locales: &Locales) -> Self {
        let is_signed = signing.contains(&definition.account);
        let languages = locales
            .of_form(&definition)
            .map(|tag| {
                let mut form = definition.localize(tag, locales.messages(tag));
                form.messages.retain(|(key, _)| is_signed || !key.starts_with(PREFILL_PREFIX));
                Arc::new(FormText::new(form, definition.robots.proof))
            })
            .collect();
        Self { definition, languages }
    }

    /// Whether a page of this origin may show and send it: our own, or one on its list.
    pub(crate) fn allows(&self, origin: &Origin, own: &Origin) -> bool {
        origin == own || self.definition.allowed_origins.contains(origin)
    }

    /// Every language that it speaks.
    pub(crate) fn locales(&self) -> impl Iterator<Item = &str> {
        self.languages.iter().map(|text| text.form.locale.as_str())
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

/// What a browser is told of a form.
#[derive(Serialize)]
struct Told<'f> {
    #[serde(flatten)]
    form: &'f Form,
    /// Whether it asks for a proof of work.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    proof: bool,
}

impl FormText {
    fn new(form: Form, asks_for_proof: bool) -> Self {
        // Said to the browser's script alone: the form itself knows nothing of it.
        let told = Told { form: &form, proof: asks_for_proof };
        let json = Bytes::from(serde_json::to_vec(&told).unwrap_or_default());
        let etag = etag(&json);
        Self { form, json, etag }
    }
}

/// A strong entity tag: the start of the bytes' SHA-256.
pub(crate) fn etag(bytes: &[u8]) -> String {
    let hash = digest(&SHA256, bytes);
    format!("\"{}\"", hex(hash.as_ref().first_chunk::<12>().map_or(&[], <[u8; 12]>::as_slice)))
}
