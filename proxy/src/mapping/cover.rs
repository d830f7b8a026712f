//! The start-up check: does every form give its account's partner what the partner insists on, and no more than fits?
//!
//! Apart because it reasons about forms without a lead, so that no visitor ever meets a form that can't be delivered.

use lead_model::{
    FROM_PARTNER_SCHEMA, FieldDefinition, FieldKind, FormDefinition, LocalizedText, vocabulary_entry,
};

use crate::account::Account;
use crate::config::Finding;
use crate::connectors::parts::text::utf16_length;
use crate::connectors::{Call, OperationKind, PartnerField, PartnerFieldKind};
use crate::consents::part_of;
use crate::mapping::{Mapping, RECEIPT, Rule};

/// Longest address that mail systems carry, which the form's own rule keeps to.
const EMAIL_LENGTH_MAX: u32 = 254;
/// Longest E.164 number with its plus sign.
const PHONE_LENGTH_MAX: u32 = 16;
/// What the form's own rule keeps a text to that sets no maximum.
const DEFAULT_LENGTH_MAX: u32 = 2_000;

/// Longest of what a consent says beside its words: a hash in hexadecimal.
const CONSENT_PART_LENGTH_MAX: u32 = 64;

/// Checks one form against the account that gets its leads; all findings at once.
///
/// A template's parts are not added up here: what is composed too long is told to the visitor before accept.
pub fn check_cover(definition: &FormDefinition, account: &Account) -> Vec<Finding> {
    if definition.fields.from_partner_schema() {
        return check_schema(definition, account);
    }
    check_cover_by(definition, account, account.mapping())
}

/// The same by another mapping than the account's own, as a form has that was drawn from the partner's schema.
pub fn check_cover_by(definition: &FormDefinition, account: &Account, mapping: &Mapping) -> Vec<Finding> {
    let receipt_field = account.connector().descriptor().receipt.map(|slot| slot.field);
    let fields = mapping.fields().iter();
    let fields = fields.filter(|field| Some(field.name.as_str()) != receipt_field);
    let mut findings: Vec<Finding> =
        fields.flat_map(|field| Cover { definition, account, mapping, field }.check()).collect();
    if definition.completes {
        findings.extend(check_completion(definition, account));
    }
    findings
}

/// A form whose fields come from the partner's schema needs a partner that can be asked for it. What it covers is known
/// when it is drawn.
fn check_schema(definition: &FormDefinition, account: &Account) -> Vec<Finding> {
    let call = match &definition.partner_organization {
        Some(organization) => Call::PartnerSchema { organization },
        None => Call::Schema,
    };
    let descriptor = account.connector().descriptor();
    let path = format!("forms/{} fields", definition.id);
    let found = format!("{FROM_PARTNER_SCHEMA:?} for account {:?} of {}", account.id(), descriptor.name);
    if !descriptor.has(call.kind()) {
        return vec![Finding::new(path, found, "[[fields]]: this partner has no schema to ask for")];
    }
    match account.connector().request(&call, account.settings()) {
        Ok(_) => Vec::new(),
        Err(_) => {
            let expected = format!(
                "the settings of the operation {} in [accounts.{}.settings]",
                call.kind().as_str(),
                account.id()
            );
            vec![Finding::new(path, found, expected)]
        }
    }
}

/// A form that completes records needs a partner whose records can be found and changed, and a key for its links.
fn check_completion(definition: &FormDefinition, account: &Account) -> Vec<Finding> {
    let descriptor = account.connector().descriptor();
    let mut findings = Vec::new();
    if !descriptor.has(OperationKind::GetByReference) || !descriptor.has(OperationKind::Update) {
        let found = format!("completes = true for account {:?} of {}", account.id(), descriptor.name);
        let expected = "an account whose partner finds a record by our reference and changes it";
        findings.push(Finding::new(format!("forms/{} completes", definition.id), found, expected));
    }
    if account.panel_keys().is_empty() {
        let expected = "the key that signs this form's links: panel_keys = [{ env = \"NAME\" }]";
        findings.push(Finding::new(format!("accounts.{}.panel_keys", account.id()), "nothing", expected));
    }
    findings
}

/// The form's fields whose values no partner field carries: what a visitor enters there stays in the store. Consents are
/// left out, since they speak to us.
pub fn unmapped_fields<'a>(definition: &'a FormDefinition, account: &Account) -> Vec<&'a str> {
    let carried = |name: &str| {
        account.mapping().passes_through()
            || account.mapping().iter().any(|(_, rule)| match rule {
                Rule::Field(field) => field == name,
                Rule::Template(template) => template.fields().contains(&name),
                Rule::Constant(_) => false,
            })
    };
    let fields = definition.fields.iter().filter(|field| field.kind() != FieldKind::Consent);
    fields.map(|field| field.name.as_str()).filter(|name| !carried(name)).collect()
}

struct Cover<'a> {
    definition: &'a FormDefinition,
    account: &'a Account,
    mapping: &'a Mapping,
    field: &'a PartnerField,
}

impl Cover<'_> {
    fn check(&self) -> Vec<Finding> {
        match self.mapping.rule(&self.field.name) {
            Some(Rule::Constant(_)) => Vec::new(),
            Some(Rule::Field(name)) => self.check_field(name).into_iter().collect(),
            Some(Rule::Template(template)) => {
                let mut findings: Vec<_> =
                    template.fields().into_iter().filter_map(|name| self.check_known(name)).collect();
                let sure = |name: &str| {
                    let field = self.form_field(name).or_else(|| self.consent(name));
                    name == RECEIPT || field.is_some_and(|field| self.is_always_filled(field))
                };
                if self.is_required() && !template.is_filled_by(sure) {
                    findings.push(
                        self.finding("a template that can come out empty", "a required form field in it"),
                    );
                }
                findings
            }
            None if self.is_required() => {
                vec![self.finding("nothing that fills it", "a form field or a constant for it")]
            }
            None => Vec::new(),
        }
    }

    /// A completion sends what was filled in; the record has the rest.
    fn is_required(&self) -> bool {
        self.field.required && !self.definition.completes
    }

    fn check_field(&self, name: &str) -> Option<Finding> {
        if let Some(consent) = self.consent(name) {
            return self.check_consent(name, consent);
        }
        let Some(form_field) = self.form_field(name) else {
            return self.check_known(name).or_else(|| {
                let found = format!("no form field {name:?}");
                let expected = format!("a required form field {name:?}, or another rule for it");
                self.is_required().then(|| self.finding(&found, &expected))
            });
        };
        if self.is_required() && !self.is_always_filled(form_field) {
            let is_always_asked = self.definition.is_always_asked(name);
            let (why, expected) = match is_always_asked {
                true => ("may be left empty", "required = true"),
                false => ("is not asked of everybody", "no condition (nor on its step)"),
            };
            let found = format!("form field {name:?}, which {why}");
            return Some(self.finding(&found, &format!("{expected} on form field {name:?}")));
        }
        match self.field.kind {
            PartnerFieldKind::Bool if !form_field.kind().is_box() => {
                let found = format!("form field {name:?} of kind {}", form_field.kind().as_str());
                Some(self.finding(
                    &found,
                    "a field of kind checkbox, or a constant: the partner wants true or false",
                ))
            }
            PartnerFieldKind::Number if form_field.kind() != FieldKind::Number => {
                let found = format!("form field {name:?} of kind {}", form_field.kind().as_str());
                Some(
                    self.finding(&found, "a field of kind number, or a constant: the partner wants a number"),
                )
            }
            PartnerFieldKind::Text { length_max } | PartnerFieldKind::Any { length_max }
                if length_max_of(form_field) > length_max =>
            {
                let found = format!("form field {name:?} of up to {} characters", length_max_of(form_field));
                Some(
                    self.finding(
                        &found,
                        &format!("max_length = {length_max} or less on form field {name:?}"),
                    ),
                )
            }
            _ => None,
        }
    }

    /// What is said of a consent is ours to keep within the partner's bounds: no visitor could mend it.
    fn check_consent(&self, name: &str, consent: &FieldDefinition) -> Option<Finding> {
        if self.is_required() && !(consent.required && self.definition.is_always_asked(&consent.name)) {
            let expected = format!("required = true, and no condition, on form field {:?}", consent.name);
            return Some(self.finding(&format!("{name:?}, which not everybody gives"), &expected));
        }
        let (PartnerFieldKind::Text { length_max } | PartnerFieldKind::Any { length_max }) = self.field.kind
        else {
            return Some(self.finding(&format!("{name:?}, a text"), "a field of the right kind"));
        };
        let longest = match (name.ends_with("-text"), &consent.label) {
            (true, Some(LocalizedText::One(text))) => utf16_length(text),
            (true, Some(LocalizedText::ByLocale(texts))) => {
                texts.iter().map(|(_, text)| utf16_length(text)).max().unwrap_or(0)
            }
            _ => CONSENT_PART_LENGTH_MAX,
        };
        let expected = format!("a text of {length_max} characters or less, or its sha256");
        (longest > length_max)
            .then(|| self.finding(&format!("{name:?} of up to {longest} characters"), &expected))
    }

    /// The field of a name such as `consent-text`.
    fn consent(&self, name: &str) -> Option<&FieldDefinition> {
        let (field, _) = part_of(name)?;
        self.form_field(field).filter(|field| field.kind() == FieldKind::Consent)
    }

    /// Whether every accepted submission has a value here: asked of everybody, and required, a box, or hidden with a value
    /// of its own.
    fn is_always_filled(&self, field: &FieldDefinition) -> bool {
        let fixed = field.kind() == FieldKind::Hidden
            && field.value.as_deref().is_some_and(|value| !value.trim().is_empty());
        self.definition.is_always_asked(&field.name) && (field.required || fixed || field.kind().is_box())
    }

    /// A name that neither this form nor the vocabulary knows is a misspelling.
    fn check_known(&self, name: &str) -> Option<Finding> {
        let field = part_of(name).map_or(name, |(field, _)| field);
        let of_form = || self.form_field(name).or_else(|| self.consent(name)).is_some();
        let known = name == RECEIPT || of_form() || vocabulary_entry(field).is_some();
        let found = format!("field {name:?}, which neither the form nor the vocabulary knows");
        (!known).then(|| self.finding(&found, "the name of a form field"))
    }

    fn form_field(&self, name: &str) -> Option<&FieldDefinition> {
        self.definition.fields.iter().find(|field| field.name == name)
    }

    fn finding(&self, found: &str, expected: &str) -> Finding {
        let Self { definition, account, field, .. } = self;
        let path =
            format!("forms/{} for accounts.{}, partner field {}", definition.id, account.id(), field.name);
        let remedy = format!("{expected} (or set accounts.{}.mapping.{})", account.id(), field.name);
        Finding::new(path, found, remedy)
    }
}

/// Most UTF-16 units that a value of this field can have.
fn length_max_of(field: &FieldDefinition) -> u32 {
    let by_kind = match field.kind() {
        FieldKind::Email => EMAIL_LENGTH_MAX,
        FieldKind::Phone => PHONE_LENGTH_MAX,
        FieldKind::Date => 10,
        FieldKind::Checkbox | FieldKind::Consent => 3,
        FieldKind::Select | FieldKind::Radio => {
            field.options.iter().map(|option| utf16_length(&option.value)).max().unwrap_or(0)
        }
        FieldKind::Hidden if field.value.is_some() => field.value.as_deref().map_or(0, utf16_length),
        // Here `max_length` stands in the place of the default, so it may also be higher.
        FieldKind::Hidden | FieldKind::Text | FieldKind::Textarea | FieldKind::Url | FieldKind::Number => {
            return field.max_length.unwrap_or(DEFAULT_LENGTH_MAX);
        }
    };
    field.max_length.map_or(by_kind, |max| max.min(by_kind))
}
