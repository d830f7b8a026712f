//! `GET /v1/accounts/{account}/schema`: the fields of a partner's records, for a panel that draws them.
//!
//! Apart because two sources become one answer: what the partner tells of its fields now, or its document.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use http::Uri;
use lead_model::{Problem, ProblemCode};
use serde::Serialize;

use crate::account::Account;
use crate::clock::Timestamp;
use crate::connectors::{Call, OperationKind, PartnerFieldKind, Reading, SchemaField};
use crate::problem::{ApiProblem, ApiReason};
use crate::signed::Scope;

use super::token::Caller;
use super::{ID_BYTES_MAX, ask, check_id, unreadable};

/// How long a partner's word on its fields is taken for its last.
const LIFE: Duration = Duration::from_secs(5 * 60);
/// Most schemas that are kept: accounts and organisations are few, and their names come from outside.
const KEPT_MAX: usize = 64;

/// An account, and the organisation that was asked for.
type Key = (String, Option<String>);
type Schema = Arc<Vec<SchemaField>>;

/// What partners have told of their fields a moment ago.
#[derive(Default)]
pub(crate) struct SchemaCache(Mutex<HashMap<Key, (Timestamp, Schema)>>);

impl SchemaCache {
    fn get(&self, key: &Key, now: Timestamp) -> Option<Schema> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, schema) = kept.get(key)?;
        (now < *until).then(|| Arc::clone(schema))
    }

    fn put(&self, key: Key, schema: Schema, now: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (until, _)| now < *until);
        if kept.len() >= KEPT_MAX && !kept.contains_key(&key) {
            let oldest = kept.iter().min_by_key(|(_, (until, _))| *until).map(|(key, _)| key.clone());
            oldest.and_then(|key| kept.remove(&key));
        }
        kept.insert(key, (now.after(LIFE), schema));
    }
}

/// The fields as they are answered.
#[derive(Serialize)]
pub(crate) struct SchemaView {
    fields: Vec<SchemaField>,
    /// `partner` where it has told them, `document` where nobody can be asked.
    source: &'static str,
}

/// The fields of the account's records.
pub(crate) async fn get_schema(caller: Caller, uri: Uri) -> Result<Json<SchemaView>, ApiProblem> {
    caller.check_scope(Scope::Read)?;
    let organization = read_query(uri.query().unwrap_or_default())?;
    let kind = match organization {
        Some(_) => OperationKind::PartnerSchema,
        None => OperationKind::Schema,
    };
    let has = caller.account()?.connector().descriptor().has(kind);
    if organization.is_some() && !has {
        return Err(ApiReason::OperationNotSupported.into());
    }
    let told = if has { ask_schema(&caller, organization).await? } else { None };
    let (fields, source) = match told {
        Some(schema) => (Vec::clone(&schema), "partner"),
        None => (of_document(caller.account()?), "document"),
    };
    Ok(Json(SchemaView { fields, source }))
}

/// What the partner tells of its fields, now or a moment ago; none where the account has no address to ask at.
async fn ask_schema(caller: &Caller, organization: Option<String>) -> Result<Option<Schema>, ApiProblem> {
    let (app, key) = (&caller.app, (caller.claims.account.clone(), organization));
    if let Some(schema) = app.schemas.get(&key, app.clock.now()) {
        return Ok(Some(schema));
    }
    let call = match &key.1 {
        Some(organization) => Call::PartnerSchema { organization },
        None => Call::Schema,
    };
    let schema = match ask(caller, &call, &[]).await {
        Ok(Reading::Schema(fields)) => Arc::new(fields),
        Ok(Reading::Page(_) | Reading::Record(_)) => return Err(unreadable()),
        Err(problem) if problem.reason() == ApiReason::OperationNotSupported && key.1.is_none() => {
            return Ok(None);
        }
        Err(problem) => return Err(problem),
    };
    app.schemas.put(key, Arc::clone(&schema), app.clock.now());
    Ok(Some(schema))
}

/// The organisation, or everything that is wrong with the parameters.
fn read_query(query: &str) -> Result<Option<String>, ApiProblem> {
    let mut organization: Option<String> = None;
    let mut problems: Vec<Problem> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let problem = match (&*name, &organization) {
            ("organization", None) if check_id(&value).is_ok() => {
                organization = Some(value.into_owned());
                continue;
            }
            ("organization", None) => {
                let max = ID_BYTES_MAX.to_string();
                Problem::with("organization", ProblemCode::PatternMismatch, "max", &max)
            }
            ("organization", Some(_)) => Problem::new("organization", ProblemCode::WrongType),
            _ => Problem::new("", ProblemCode::UnknownField),
        };
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    if problems.is_empty() {
        Ok(organization)
    } else {
        Err(ApiProblem::with_problems(ApiReason::QueryInvalid, problems))
    }
}

/// The fields of the partner's document, and those that the account names.
fn of_document(account: &Account) -> Vec<SchemaField> {
    let (connector, descriptor) = (account.connector(), account.connector().descriptor());
    let (makes, changes) = (descriptor.has(OperationKind::Create), descriptor.has(OperationKind::Update));
    let created = account.mapping().fields();
    let only_updated = connector.update_fields().iter();
    let only_updated = only_updated.filter(|field| !created.iter().any(|known| known.name == field.name));
    let fields = created.iter().map(|field| (field, true)).chain(only_updated.map(|field| (field, false)));
    let fields = (1..).zip(fields).map(|(order, (field, created))| {
        let ours = descriptor.receipt.is_some_and(|slot| slot.field == field.name);
        let in_document =
            |fields: &[crate::connectors::PartnerField]| fields.iter().any(|known| known.name == field.name);
        let (kind, display) = words(field.kind);
        SchemaField {
            name: field.name.clone(),
            label: label_of(&field.name),
            kind: kind.to_owned(),
            display: display.to_owned(),
            // The proxy fills that of the receipt.
            required: field.required && !ours,
            creatable: created && makes && !ours,
            updateable: changes && in_document(connector.update_fields()),
            standard: in_document(connector.fields()) || in_document(connector.update_fields()),
            order,
            options: Vec::new(),
        }
    });
    fields.collect()
}

fn words(kind: PartnerFieldKind) -> (&'static str, &'static str) {
    match kind {
        PartnerFieldKind::Text { .. } | PartnerFieldKind::Any { .. } => ("string", "input"),
        PartnerFieldKind::Bool => ("boolean", "checkbox"),
        PartnerFieldKind::Number => ("number", "input"),
    }
}

/// A field's name in words: `address.line1` becomes `Address line 1`, `dateOfBirth` becomes `Date of birth`.
fn label_of(name: &str) -> String {
    let mut label = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for c in name.chars() {
        let starts = (c.is_uppercase() && before.is_lowercase())
            || (c.is_ascii_digit() && before.is_alphabetic())
            || (c.is_uppercase() && before.is_ascii_digit());
        if !c.is_alphanumeric() || starts {
            label.push(' ');
        }
        match (label.trim().is_empty(), c.is_alphanumeric()) {
            (_, false) => {}
            (true, true) => label.extend(c.to_uppercase()),
            (false, true) => label.extend(c.to_lowercase()),
        }
        before = c;
    }
    label.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Key {
        ("account".to_owned(), Some(number.to_string()))
    }

    #[test]
    fn names_are_said_in_words() {
        for (name, label) in [
            ("firstName", "First name"),
            ("FirstName", "First name"),
            ("address.line1", "Address line 1"),
            ("dateOfBirth", "Date of birth"),
            ("customFields.till_count", "Custom fields till count"),
            ("MRR2024Value", "Mrr 2024 value"),
            ("email", "Email"),
            ("__", ""),
        ] {
            assert_eq!(label_of(name), label);
        }
    }

    #[test]
    fn schema_is_kept_for_five_minutes() {
        let (cache, then) = (SchemaCache::default(), Timestamp::from_ms(1_000));
        cache.put(key(1), Arc::default(), then);
        let after = |seconds| then.after(Duration::from_secs(seconds));
        assert!(cache.get(&key(1), after(299)).is_some());
        assert!(cache.get(&key(1), after(300)).is_none());
        assert!(cache.get(&key(2), then).is_none());
    }

    #[test]
    fn cache_keeps_so_many_and_forgets_the_oldest_first() {
        let (cache, then) = (SchemaCache::default(), Timestamp::from_ms(1_000));
        for number in 0..1_000 {
            cache.put(key(number), Arc::default(), then.after(Duration::from_millis(number as u64)));
        }
        let kept = (0..1_000).filter(|number| cache.get(&key(*number), then).is_some());
        assert_eq!(kept.collect::<Vec<_>>(), (936..1_000).collect::<Vec<_>>());
    }
}
