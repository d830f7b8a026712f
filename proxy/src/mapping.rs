//! From a form's fields to a partner's: default mapping, an account's own rules, and the checks of both. Pure.
//!
//! Apart so that the start-up check, the check before accept and the delivery all ask one place what a lead becomes.

mod cover;
mod payload;
mod rule;
mod template;

use std::borrow::Cow;
use std::collections::BTreeMap;

use lead_model::{Normal, NormalValues};
use serde_json::Number;

use crate::account::Account;
use crate::config::Finding;
use crate::connectors::{
    AccountSettings, Connector, DefaultRule, Descriptor, Lead, OwnFields, PartnerField, PartnerFieldKind,
    PartnerValue, ReceiptForm,
};
use crate::consents::{self, Consent};
use crate::ids::Receipt;
use crate::keys::LeadContent;

pub use cover::{check_cover, check_cover_by, unmapped_fields};
pub use payload::{check_payload, refused_fields, refused_record_fields};
pub use rule::{ConstantValue, MappingRule};
pub use template::Template;

/// The name that stands for the receipt in a template.
pub(crate) const RECEIPT: &str = "receipt";
/// Most UTF-16 units of a text in a field that no document names. The length is ours.
pub const OWN_LENGTH_MAX: u32 = 2_000;

/// How every partner field of one account is filled.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The document's fields in its order, then those that the account names.
    fields: Vec<PartnerField>,
    rules: Vec<(PartnerField, Rule)>,
    /// Whether the form's own fields go out under their own names.
    passes_through: bool,
}

/// How one partner field is filled.
#[derive(Clone, Debug)]
pub(crate) enum Rule {
    Field(String),
    Constant(PartnerValue),
    Template(Template),
}

impl Mapping {
    /// Lays an account's rules over the connector's default mapping.
    ///
    /// # Errors
    /// Every rule that can't be used.
    pub fn build(
        path: &str,
        connector: &dyn Connector,
        settings: &AccountSettings,
        own: &BTreeMap<String, MappingRule>,
    ) -> Result<Self, Vec<Finding>> {
        let descriptor = connector.descriptor();
        let mut findings = rule::find_unknown(path, connector, own);
        if descriptor.own_fields == OwnFields::Required && own.is_empty() {
            let expected = "the partner's names for its fields, as it has told you: no document prints them. Add lines \
                 such as partner_name = \"email\" below";
            findings.push(Finding::new(
                format!("{path}.mapping"),
                "nothing",
                format!("{expected} [{path}.mapping]"),
            ));
        }
        let fields = all_fields(connector, own);
        let mut rules = Vec::new();
        for field in &fields {
            let path = format!("{path}.mapping.{}", field.name);
            let rule = match own.get(&field.name) {
                Some(rule) => rule::read(&path, field, rule),
                None => default_rule(descriptor.default_mapping, settings, field),
            };
            match rule {
                Ok(Some(rule)) => rules.push((field.clone(), rule)),
                Ok(None) => {}
                Err(finding) => findings.push(finding),
            }
        }
        let passes_through = descriptor.own_fields == OwnFields::PassThrough && own.is_empty();
        if findings.is_empty() { Ok(Self { fields, rules, passes_through }) } else { Err(findings) }
    }

    /// Every partner field that this account knows of, with a rule or without.
    pub(crate) fn fields(&self) -> &[PartnerField] {
        &self.fields
    }

    /// The partner fields that have a rule, in the document's order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&PartnerField, &Rule)> {
        self.rules.iter().map(|(field, rule)| (field, rule))
    }

    /// The rule of a partner field.
    pub(crate) fn rule(&self, partner_field: &str) -> Option<&Rule> {
        self.iter().find(|(field, _)| field.name == partner_field).map(|(_, rule)| rule)
    }

    /// Whether the form's own fields go out under their own names.
    pub(crate) fn passes_through(&self) -> bool {
        self.passes_through
    }

    /// The same mapping with further partner fields, each filled by a form field; one that is known already is replaced.
    #[must_use]
    pub(crate) fn with_fields(&self, more: impl IntoIterator<Item = (PartnerField, String)>) -> Self {
        let mut mapping = self.clone();
        for (field, form_field) in more {
            mapping.fields.retain(|known| known.name != field.name);
            mapping.rules.retain(|(known, _)| known.name != field.name);
            mapping.fields.push(field.clone());
            mapping.rules.push((field, Rule::Field(form_field)));
        }
        mapping
    }
}

/// The document's fields, then those that only the account names.
fn all_fields(connector: &dyn Connector, own: &BTreeMap<String, MappingRule>) -> Vec<PartnerField> {
    let known = connector.fields();
    let new = own.keys().filter(|name| !known.iter().any(|field| field.name == **name));
    let new = new.filter(|name| connector.descriptor().own_fields.allow(name));
    let new = new.map(|name| own_field(name));
    known.iter().cloned().chain(new).collect()
}

/// A partner field that no document names.
pub(crate) fn own_field(name: &str) -> PartnerField {
    PartnerField {
        name: name.to_owned(),
        required: false,
        kind: PartnerFieldKind::Any { length_max: OWN_LENGTH_MAX },
        own_cap: true,
        meaning: String::new(),
    }
}

fn default_rule(
    defaults: &[(&str, DefaultRule)],
    settings: &AccountSettings,
    field: &PartnerField,
) -> Result<Option<Rule>, Finding> {
    let rule = defaults.iter().find(|(name, _)| *name == field.name).map(|(_, rule)| *rule);
    Ok(match rule {
        Some(DefaultRule::Field(name)) => Some(Rule::Field(name.to_owned())),
        Some(DefaultRule::Constant(text)) => Some(Rule::Constant(PartnerValue::Text(text.to_owned()))),
        Some(DefaultRule::Setting(name)) => {
            settings.get(name).map(|text| Rule::Constant(PartnerValue::Text(text.to_owned())))
        }
        Some(DefaultRule::Template(text)) => {
            let broken =
                |why: String| Finding::new(format!("connector default of {}", field.name), why, "a template");
            Some(Rule::Template(Template::parse(text).map_err(broken)?))
        }
        Some(DefaultRule::Unmapped) | None => None,
    })
}

/// What a submission says: its checked values, and what was agreed to.
#[derive(Clone, Copy, Debug)]
pub struct Said<'l> {
    /// The values.
    pub values: &'l NormalValues,
    /// What a mapping may ask for besides, such as `consent-text`.
    pub consents: &'l [Consent],
}

impl<'l> Said<'l> {
    /// All that is said of a lead's content.
    pub(crate) fn of(content: &'l LeadContent) -> Self {
        Self { values: &content.values, consents: &content.consents }
    }

    fn get(self, name: &str) -> Option<Cow<'l, Normal>> {
        let value = self.values.get(name).map(Cow::Borrowed);
        value.or_else(|| consents::say(self.consents, name).map(|text| Cow::Owned(Normal::Text(text))))
    }
}

impl<'l> From<&'l NormalValues> for Said<'l> {
    fn from(values: &'l NormalValues) -> Self {
        Self { values, consents: &[] }
    }
}

/// Says a submission's values in the partner's words, with the receipt.
pub fn compose(account: &Account, receipt: &Receipt, values: &NormalValues) -> Lead {
    compose_by(account.mapping(), account.connector().descriptor(), receipt, values.into())
}

/// The same for a lead of this form, whose mapping may have more fields than the account's own.
pub fn compose_for(account: &Account, form: &str, receipt: &Receipt, said: Said<'_>) -> Lead {
    compose_by(&account.mapping_for(form), account.connector().descriptor(), receipt, said)
}

/// The same by another mapping than the account's own.
pub fn compose_by(mapping: &Mapping, descriptor: &Descriptor, receipt: &Receipt, said: Said<'_>) -> Lead {
    let mut lead = BTreeMap::new();
    if mapping.passes_through() {
        for (name, value) in said.values.iter() {
            lead.insert(name.to_owned(), say_by_itself(value));
        }
    }
    for (field, rule) in mapping.iter() {
        let value = match rule {
            Rule::Constant(value) => Some(value.clone()),
            Rule::Field(name) => said.get(name).map(|value| say(&value, field.kind)),
            Rule::Template(template) => {
                let fill = |name: &str| match name {
                    RECEIPT => Some(receipt.as_str().to_owned()),
                    name => said.get(name).map(|value| say_in_text(&value)),
                };
                template.fill(fill).map(PartnerValue::Text)
            }
        };
        if let Some(value) = value {
            lead.insert(field.name.clone(), value);
        }
    }
    put_receipt(&mut lead, descriptor, receipt);
    Lead::new(lead)
}

/// A record made in the panel: the values stand under the partner's names already. What the account says once for all is
/// filled in where the person left it out, and a template that carries the receipt carries it here, too: only by that can
/// the record be found again after a doubt.
pub fn compose_record(account: &Account, receipt: &Receipt, values: &NormalValues) -> Lead {
    let kind_of = |name: &str| {
        let field = account.mapping().fields().iter().find(|field| field.name == name);
        field.map_or(PartnerFieldKind::Any { length_max: OWN_LENGTH_MAX }, |field| field.kind)
    };
    let mut lead: BTreeMap<String, PartnerValue> =
        values.iter().map(|(name, value)| (name.to_owned(), say(value, kind_of(name)))).collect();
    for (field, rule) in account.mapping().iter() {
        let given = lead.get(&field.name);
        let filled = match rule {
            Rule::Constant(value) if given.is_none() => Some(value.clone()),
            Rule::Template(template) if template.fields().contains(&RECEIPT) => {
                let own = given.and_then(|value| match value {
                    PartnerValue::Text(text) => Some(text.clone()),
                    PartnerValue::Bool(_) | PartnerValue::Number(_) => None,
                });
                let fill = |name: &str| if name == RECEIPT { Some(receipt.to_string()) } else { own.clone() };
                template.fill(fill).map(PartnerValue::Text)
            }
            Rule::Constant(_) | Rule::Template(_) | Rule::Field(_) => None,
        };
        if let Some(value) = filled {
            lead.insert(field.name.clone(), value);
        }
    }
    put_receipt(&mut lead, account.connector().descriptor(), receipt);
    Lead::new(lead)
}

fn put_receipt(lead: &mut BTreeMap<String, PartnerValue>, descriptor: &Descriptor, receipt: &Receipt) {
    if let Some(slot) = descriptor.receipt {
        let text = match slot.form {
            ReceiptForm::Text => receipt.as_str().to_owned(),
            ReceiptForm::Uuid => receipt.to_uuid().to_string(),
        };
        lead.insert(slot.field.to_owned(), PartnerValue::Text(text));
    }
}

fn say(value: &Normal, kind: PartnerFieldKind) -> PartnerValue {
    match (value, kind) {
        (Normal::Bool(ticked), PartnerFieldKind::Bool | PartnerFieldKind::Any { .. }) => {
            PartnerValue::Bool(*ticked)
        }
        (Normal::Text(text), PartnerFieldKind::Number) => {
            number(text).map_or_else(|| PartnerValue::Text(text.clone()), PartnerValue::Number)
        }
        (value, _) => PartnerValue::Text(say_in_text(value)),
    }
}

fn say_by_itself(value: &Normal) -> PartnerValue {
    say(value, PartnerFieldKind::Any { length_max: OWN_LENGTH_MAX })
}

/// A decimal as a JSON number with the same digits, where a JSON number can say it.
pub(crate) fn number(text: &str) -> Option<Number> {
    serde_json::from_str(text.trim()).ok()
}

fn say_in_text(value: &Normal) -> String {
    match value {
        Normal::Text(text) => text.clone(),
        Normal::Bool(true) => "yes".to_owned(),
        Normal::Bool(false) => "no".to_owned(),
    }
}
