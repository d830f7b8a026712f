//! From a form's fields to a partner's: default mapping, an account's own rules, and the checks of both. Pure.
//!
//! Apart so that the start-up check, the check before accept and the delivery all ask one place what a lead becomes.

mod cover;
mod payload;
mod rule;
mod template;

use std::collections::BTreeMap;

use lead_model::{Normal, NormalValues};

use crate::account::Account;
use crate::config::Finding;
use crate::connectors::parts::descriptor::DefaultRule;
use crate::connectors::{Connector, Lead, PartnerField, PartnerFieldKind, PartnerValue};
use crate::ids::Receipt;

pub use cover::{check_cover, unmapped_fields};
pub use payload::{check_payload, refused_fields};
pub use rule::{ConstantValue, MappingRule};
pub use template::Template;

/// How every partner field of one account is filled.
#[derive(Clone, Debug)]
pub struct Mapping(Vec<(PartnerField, Rule)>);

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
        own: &BTreeMap<String, MappingRule>,
    ) -> Result<Self, Vec<Finding>> {
        let descriptor = connector.descriptor();
        let mut findings = rule::find_unknown(path, connector, own);
        let mut rules = Vec::new();
        for field in connector.fields() {
            let path = format!("{path}.mapping.{}", field.name);
            let rule = match own.get(&field.name) {
                Some(rule) => rule::read(&path, field, rule),
                None => default_rule(descriptor.default_mapping, field),
            };
            match rule {
                Ok(Some(rule)) => rules.push((field.clone(), rule)),
                Ok(None) => {}
                Err(finding) => findings.push(finding),
            }
        }
        if findings.is_empty() { Ok(Self(rules)) } else { Err(findings) }
    }

    /// The partner fields that have a rule, in the document's order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&PartnerField, &Rule)> {
        self.0.iter().map(|(field, rule)| (field, rule))
    }

    /// The rule of a partner field.
    pub(crate) fn rule(&self, partner_field: &str) -> Option<&Rule> {
        self.iter().find(|(field, _)| field.name == partner_field).map(|(_, rule)| rule)
    }
}

fn default_rule(defaults: &[(&str, DefaultRule)], field: &PartnerField) -> Result<Option<Rule>, Finding> {
    let rule = defaults.iter().find(|(name, _)| *name == field.name).map(|(_, rule)| *rule);
    Ok(match rule {
        Some(DefaultRule::Field(name)) => Some(Rule::Field(name.to_owned())),
        Some(DefaultRule::Template(text)) => {
            let broken =
                |why: String| Finding::new(format!("connector default of {}", field.name), why, "a template");
            Some(Rule::Template(Template::parse(text).map_err(broken)?))
        }
        Some(DefaultRule::Unmapped) | None => None,
    })
}

/// Says a submission's values in the partner's words, with the receipt.
pub fn compose(account: &Account, receipt: &Receipt, values: &NormalValues) -> Lead {
    let mut lead = BTreeMap::new();
    for (field, rule) in account.mapping().iter() {
        let value = match rule {
            Rule::Constant(value) => Some(value.clone()),
            Rule::Field(name) => values.get(name).map(|value| say(value, field.kind)),
            Rule::Template(template) => {
                template.fill(|name| values.get(name).map(say_in_text)).map(PartnerValue::Text)
            }
        };
        if let Some(value) = value {
            lead.insert(field.name.clone(), value);
        }
    }
    if let Some(name) = account.connector().descriptor().receipt_field {
        lead.insert(name.to_owned(), PartnerValue::Text(receipt.to_string()));
    }
    Lead::new(lead)
}

fn say(value: &Normal, kind: PartnerFieldKind) -> PartnerValue {
    match (value, kind) {
        (Normal::Bool(ticked), PartnerFieldKind::Bool) => PartnerValue::Bool(*ticked),
        (value, _) => PartnerValue::Text(say_in_text(value)),
    }
}

fn say_in_text(value: &Normal) -> String {
    match value {
        Normal::Text(text) => text.clone(),
        Normal::Bool(true) => "yes".to_owned(),
        Normal::Bool(false) => "no".to_owned(),
    }
}
