//! All that the panel knows, in signals: who the person is, the list, the record, what they have changed, our leads.
//!
//! Apart because every view reads it and only `act` writes it. It lives as long as the page, so that an answer that comes
//! late always finds its place.

use std::sync::Arc;

use lead_model::Problem;
use leptos::prelude::{GetUntracked as _, RwSignal, StoredValue, WithUntracked as _, WithValue as _};
use serde_json::Value;

use crate::client::Fault;
use crate::draft::Draft;
use crate::texts::Texts;
use crate::wire::{Field, Holder, Lead, Page, Record};

/// What the page says of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setting {
    pub(crate) account: String,
    pub(crate) locale: String,
    /// Who may frame the page, and whose messages are heard.
    pub(crate) origins: Vec<String>,
    pub(crate) texts: Vec<(String, String)>,
}

impl Setting {
    /// From the page's own JSON.
    pub(crate) fn read(text: &str) -> Self {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut texts = Vec::new();
        for (key, sentence) in value.get("texts").and_then(Value::as_object).into_iter().flatten() {
            texts.extend(sentence.as_str().map(|sentence| (key.clone(), sentence.to_owned())));
        }
        let mut origins = Vec::new();
        for origin in value.get("origins").and_then(Value::as_array).into_iter().flatten() {
            origins.extend(origin.as_str().map(str::to_owned));
        }
        Self { account: text("account"), locale: text("locale"), origins, texts }
    }
}

/// How the person stands with the proxy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Session {
    /// No token yet.
    Waiting,
    /// The first questions are on their way.
    Starting,
    /// Known.
    Ready,
    /// The token was good once; a new one is asked for.
    Expired,
    /// Nothing goes on from here.
    Refused(Fault),
}

/// Which of the two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    Records,
    Leads,
}

/// What is open beside the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Nothing,
    Record(String),
    /// A record that is looked for by our reference.
    Reference(String),
    New,
}

impl Place {
    /// What tells it from every other.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Record(id) => ["r", id].concat(),
            Self::Reference(reference) => ["f", reference].concat(),
            Self::New => "n".to_owned(),
        }
    }
}

/// What is asked of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Query {
    pub(crate) search: String,
    /// Counted from zero, so that the default is the first.
    pub(crate) page: u32,
}

/// Something that was asked for: on its way, there, or failed with what was known before.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked<T> {
    pub(crate) loading: bool,
    /// It takes longer than a person expects.
    pub(crate) slow: bool,
    pub(crate) value: Option<Arc<T>>,
    /// When the value came, in milliseconds since 1970.
    pub(crate) at: f64,
    pub(crate) fault: Option<Fault>,
}

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Self { loading: false, slow: false, value: None, at: 0.0, fault: None }
    }
}

/// How a saving stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Saving {
    #[default]
    Idle,
    Busy,
    Failed(Fault),
    /// Another key is needed: the first was used with other values.
    Reused,
    /// Some fields are otherwise at the partner now.
    Conflict,
    /// Problems that belong to no field shown.
    Problems(Vec<Problem>),
}

/// All of it. Copied freely: each member is a handle.
#[derive(Clone, Copy)]
pub(crate) struct App {
    pub(crate) setting: StoredValue<Setting>,
    pub(crate) texts: StoredValue<Texts>,
    /// In memory alone.
    pub(crate) token: StoredValue<String>,
    pub(crate) session: RwSignal<Session>,
    pub(crate) holder: RwSignal<Arc<Holder>>,
    pub(crate) schema: RwSignal<Arc<Vec<Field>>>,
    pub(crate) tab: RwSignal<Tab>,
    pub(crate) query: RwSignal<Query>,
    pub(crate) list: RwSignal<Asked<Page>>,
    pub(crate) place: RwSignal<Place>,
    pub(crate) record: RwSignal<Asked<Record>>,
    /// Whether the record is being changed, or a new one filled in.
    pub(crate) editing: RwSignal<bool>,
    pub(crate) draft: RwSignal<Draft>,
    pub(crate) saving: RwSignal<Saving>,
    pub(crate) leads: RwSignal<Asked<Vec<Lead>>>,
    /// Of all leads: the states that are asked for.
    pub(crate) lead_filter: RwSignal<&'static str>,
    pub(crate) all_leads: RwSignal<Asked<Vec<Lead>>>,
    /// What was just done, said aloud.
    pub(crate) said: RwSignal<String>,
    /// What waits for the person to say what becomes of their changes.
    pub(crate) guarded: RwSignal<Option<Place>>,
}

impl App {
    pub(crate) fn new(setting: Setting) -> Self {
        let texts = Texts::new(setting.texts.clone());
        Self {
            setting: StoredValue::new(setting),
            texts: StoredValue::new(texts),
            token: StoredValue::new(String::new()),
            session: RwSignal::new(Session::Waiting),
            holder: RwSignal::default(),
            schema: RwSignal::default(),
            tab: RwSignal::new(Tab::Records),
            query: RwSignal::default(),
            list: RwSignal::default(),
            place: RwSignal::new(Place::Nothing),
            record: RwSignal::default(),
            editing: RwSignal::new(false),
            draft: RwSignal::default(),
            saving: RwSignal::default(),
            leads: RwSignal::default(),
            lead_filter: RwSignal::new(""),
            all_leads: RwSignal::default(),
            said: RwSignal::default(),
            guarded: RwSignal::new(None),
        }
    }

    /// A sentence in the person's language.
    pub(crate) fn t(self, key: &str) -> String {
        self.texts.with_value(|texts| texts.get(key))
    }

    /// A sentence with its names filled in.
    pub(crate) fn tw(self, key: &str, values: &[(&str, &str)]) -> String {
        self.texts.with_value(|texts| texts.with(key, values))
    }

    /// The sentence of the first key that there is.
    pub(crate) fn t_first(self, keys: &[&str]) -> String {
        self.texts.with_value(|texts| texts.first(keys))
    }

    /// The person's language.
    pub(crate) fn locale(self) -> String {
        self.setting.with_value(|setting| setting.locale.clone())
    }

    /// Whether changes would be lost.
    pub(crate) fn is_dirty(self) -> bool {
        self.editing.get_untracked() && self.draft.with_untracked(Draft::is_dirty)
    }
}
