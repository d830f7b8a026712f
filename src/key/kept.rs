//! The key as the browser keeps it for the tab, or in memory where it keeps nothing (sandboxed iframes, some privacy
//! settings: there storage throws).

use leptos::prelude::window;
use web_sys::Storage;

use super::Key;

/// The key of one form on one page.
pub(crate) struct KeptKey {
    key: Key,
    /// Name in the storage.
    name: String,
    storage: Option<Storage>,
}

impl KeptKey {
    /// The key kept under this name, or a new one. Without a name, nothing is kept.
    pub(crate) fn load(name: String) -> Self {
        let storage = if name.is_empty() { None } else { window().session_storage().ok().flatten() };
        let kept = read(storage.as_ref(), &name);
        let known = kept.is_some();
        let this = Self { key: kept.unwrap_or_else(fresh), name, storage };
        if !known {
            this.keep();
        }
        this
    }

    /// The key's text, for the request.
    pub(crate) fn value(&self) -> String {
        self.key.value.clone()
    }

    /// Whether the proxy has confirmed this key, to us or to another copy of this form in the same tab.
    pub(crate) fn is_done(&self) -> bool {
        self.key.done
            || read(self.storage.as_ref(), &self.name)
                .is_some_and(|kept| kept.done && kept.value == self.key.value)
    }

    /// The proxy has confirmed the key.
    pub(crate) fn mark_done(&mut self) {
        self.key.done = true;
        self.keep();
    }

    /// A new key for a new lead.
    pub(crate) fn renew(&mut self) {
        self.key = fresh();
        self.keep();
    }

    fn keep(&self) {
        if let Some(storage) = &self.storage {
            // A full or refused storage leaves the key in memory: a reload then makes a new one, no more.
            storage.set_item(&self.name, &self.key.to_text()).unwrap_or_default();
        }
    }
}

fn read(storage: Option<&Storage>, name: &str) -> Option<Key> {
    storage?.get_item(name).ok().flatten().as_deref().and_then(Key::parse)
}

fn fresh() -> Key {
    let mut random = [0; 16];
    if let Ok(crypto) = window().crypto() {
        // A browser without randomness does not exist; were there one, the time would still tell two keys apart.
        crypto.get_random_values_with_u8_array(&mut random).map(drop).unwrap_or_default();
    }
    Key::new(js_sys::Date::now() as u64, random)
}
