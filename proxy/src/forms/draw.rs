//! Draws a form from a partner's schema: which questions it asks, and where each answer goes. Pure.
//!
//! Apart because it decides what a stranger's data may do on our page: names, kinds and lengths are ours, labels theirs.

use lead_model::{FieldDefinition, FieldKind, Fields, FormDefinition, LocalizedText, OptionDefinition};

use crate::account::Account;
use crate::connectors::{OwnFields, PartnerField, PartnerFieldKind, SchemaField};
use crate::mapping::{Mapping, Rule, own_field};

/// Most fields of a schema that are drawn; no visitor fills in more.
const FIELDS_MAX: usize = 200;
/// Longest label that is shown, in characters.
const LABEL_LENGTH_MAX: usize = 200;
/// Longest name of a form field.
const NAME_LENGTH_MAX: usize = 64;

/// A form as it was drawn.
pub(super) struct Drawn {
    /// The definition, complete.
    pub(super) definition: FormDefinition,
    /// The account's mapping, with the schema's own fields.
    pub(super) mapping: Mapping,
}

/// Draws the form of a definition that takes its fields from the schema.
pub(super) fn draw(definition: &FormDefinition, account: &Account, schema: &[SchemaField]) -> Drawn {
    let mut fields: Vec<FieldDefinition> = Vec::new();
    let mut carried: Vec<(PartnerField, String)> = Vec::new();
    for asked in schema.iter().filter(|asked| asked.creatable).take(FIELDS_MAX) {
        let Some((partner_field, rule)) = place_of(account, asked) else { continue };
        let taken = |name: &str| fields.iter().any(|field| field.name == name);
        let Some(name) = name_of(account, asked, rule).and_then(|name| match rule {
            // Two partner fields that one question fills.
            Some(_) => (!taken(&name)).then_some(name),
            None => Some(free_name(name, taken)),
        }) else {
            continue;
        };
        let own = definition.own_fields.iter().find(|own| own.name == name);
        let mut field = own.cloned().unwrap_or_else(|| field_of(asked, &name, &partner_field));
        field.required |= asked.required || partner_field.required;
        if rule.is_none() {
            carried.push((
                PartnerField { kind: partner_kind(&field, partner_field.kind), ..partner_field },
                name,
            ));
        }
        fields.push(field);
    }
    let behind =
        definition.own_fields.iter().filter(|own| !fields.iter().any(|field| field.name == own.name));
    let behind: Vec<FieldDefinition> = behind.cloned().collect();
    fields.extend(behind);
    let definition =
        FormDefinition { fields: Fields::new(fields), own_fields: Vec::new(), ..definition.clone() };
    Drawn { definition, mapping: account.mapping().with_fields(carried) }
}

/// The partner field of a schema's field and the account's rule for it; none where it is not the visitor's to fill.
fn place_of<'a>(account: &'a Account, asked: &SchemaField) -> Option<(PartnerField, Option<&'a Rule>)> {
    let connector = account.connector();
    let descriptor = connector.descriptor();
    let known = account.mapping().fields();
    // A schema says the name under which a field is written, so one of the account's own stands below its prefix already.
    let field = known
        .iter()
        .find(|field| field.name == asked.name)
        .cloned()
        .or_else(|| descriptor.own_fields.allow(&asked.name).then(|| own_field(&asked.name)))?;
    if descriptor.receipt.is_some_and(|slot| slot.field == field.name) {
        return None;
    }
    match account.mapping().rule(&field.name) {
        // The account has said it once for all.
        Some(Rule::Constant(_)) => None,
        rule => Some((field, rule)),
    }
}

/// The form field's name: as the account's rule has it, else the partner's in our spelling.
fn name_of(account: &Account, asked: &SchemaField, rule: Option<&Rule>) -> Option<String> {
    match rule {
        Some(Rule::Field(name)) => Some(name.clone()),
        Some(Rule::Template(template)) => {
            let mut names = template.fields().into_iter().filter(|name| *name != crate::mapping::RECEIPT);
            match (names.next(), names.next()) {
                (Some(name), None) => Some(name.to_owned()),
                _ => None,
            }
        }
        Some(Rule::Constant(_)) => None,
        None => {
            let own = match account.connector().descriptor().own_fields {
                OwnFields::Below(prefix) => asked.name.strip_prefix(prefix),
                OwnFields::Refused | OwnFields::Required | OwnFields::PassThrough => None,
            };
            Some(spell(own.unwrap_or(&asked.name))).filter(|name| !name.is_empty())
        }
    }
}

/// The name itself, or with the first number behind it under which it is free.
fn free_name(name: String, taken: impl Fn(&str) -> bool) -> String {
    if !taken(&name) {
        return name;
    }
    let numbered = (2_usize..).map(|number| format!("{name}_{number}"));
    numbered.take(FIELDS_MAX + 1).find(|name| !taken(name)).unwrap_or(name)
}

/// A partner's name in small letters, digits and underscores: `annualRevenue` becomes `annual_revenue`.
fn spell(name: &str) -> String {
    let mut spelt = String::new();
    let mut before = ' ';
    for c in name.chars() {
        if c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            spelt.push('_');
        }
        match c {
            _ if c.is_ascii_alphanumeric() => spelt.push(c.to_ascii_lowercase()),
            _ if !spelt.is_empty() && !spelt.ends_with('_') => spelt.push('_'),
            _ => {}
        }
        before = c;
    }
    let mut spelt = spelt.trim_matches('_').to_owned();
    if spelt.starts_with(|first: char| first.is_ascii_digit()) {
        spelt.insert_str(0, "field_");
    }
    spelt.chars().take(NAME_LENGTH_MAX).collect()
}

fn field_of(asked: &SchemaField, name: &str, partner_field: &PartnerField) -> FieldDefinition {
    let label: String = match asked.label.trim() {
        "" => asked.name.as_str(),
        label => label,
    }
    .chars()
    .filter(|c| !c.is_control())
    .take(LABEL_LENGTH_MAX)
    .collect();
    let mut field = FieldDefinition { name: name.to_owned(), ..FieldDefinition::default() };
    field.label = Some(LocalizedText::One(label));
    let kind = kind_of(asked, &field, partner_field.kind);
    field.kind = Some(kind);
    if matches!(kind, FieldKind::Text | FieldKind::Textarea | FieldKind::Url | FieldKind::Email) {
        field.max_length = partner_field.kind.length_max();
    }
    if kind.has_options() {
        let option = |value: &String| OptionDefinition { value: value.clone(), label: None };
        field.options = asked.options.iter().filter(|value| !value.trim().is_empty()).map(option).collect();
    }
    field
}

/// The kind: what the partner's field must hold, else its choices, else what our vocabulary knows, else its own words.
fn kind_of(asked: &SchemaField, field: &FieldDefinition, partner: PartnerFieldKind) -> FieldKind {
    match partner {
        PartnerFieldKind::Number => return FieldKind::Number,
        PartnerFieldKind::Bool => return FieldKind::Checkbox,
        PartnerFieldKind::Text { .. } | PartnerFieldKind::Any { .. } => {}
    }
    if asked.options.iter().any(|value| !value.trim().is_empty()) {
        return FieldKind::Select;
    }
    match field.kind() {
        FieldKind::Text | FieldKind::Hidden | FieldKind::Consent => {}
        known => return known,
    }
    let says = |words: &[&str]| {
        let said = [asked.display.to_ascii_lowercase(), asked.kind.to_ascii_lowercase()];
        words.iter().any(|word| said.iter().any(|said| said == word))
    };
    let kinds: [(&[&str], FieldKind); 7] = [
        (&["boolean", "bool", "checkbox", "switch", "toggle"], FieldKind::Checkbox),
        (&["number", "integer", "float", "decimal", "currency", "percent"], FieldKind::Number),
        (&["date"], FieldKind::Date),
        (&["email"], FieldKind::Email),
        (&["phone", "tel"], FieldKind::Phone),
        (&["url", "link", "website"], FieldKind::Url),
        (&["textarea", "longtext", "long_text", "multiline", "richtext"], FieldKind::Textarea),
    ];
    kinds.into_iter().find(|(words, _)| says(words)).map_or(FieldKind::Text, |(_, kind)| kind)
}

/// What the partner gets: a number where the form asks for one, also in a field that no document names.
fn partner_kind(field: &FieldDefinition, partner: PartnerFieldKind) -> PartnerFieldKind {
    match (field.kind(), partner) {
        (FieldKind::Number, PartnerFieldKind::Any { .. }) => PartnerFieldKind::Number,
        (FieldKind::Checkbox, PartnerFieldKind::Any { .. }) => PartnerFieldKind::Bool,
        (_, partner) => partner,
    }
}

#[cfg(test)]
mod tests {
    use super::spell;

    #[test]
    fn partners_names_are_spelt_as_ours() {
        for (name, spelt) in [
            ("annualRevenue", "annual_revenue"),
            ("Number of Employees", "number_of_employees"),
            ("URLOfShop", "urlof_shop"),
            ("2nd-contact", "field_2nd_contact"),
            ("__ä__", ""),
            ("a.b/c", "a_b_c"),
        ] {
            assert_eq!(spell(name), spelt, "{name}");
        }
    }
}
