//! From a record that a person makes in the panel to a stored lead: the partner's own rules, then the store, like any lead.
//!
//! Apart from a form's intake because the values stand under the partner's names, and no form has a say in them.

use lead_model::{NormalValues, Problem, ProblemCode, Source};
use serde_json::{Map, Number, Value};

use crate::account::Account;
use crate::connectors::parts::text::utf16_length;
use crate::connectors::{Fault, FieldFault, OwnFields, PartnerFieldKind};
use crate::ids::{IdempotencyKey, Receipt};
use crate::intake::{Intake, Verdict, sealed};
use crate::keys::LeadContent;
use crate::mapping::{OWN_LENGTH_MAX, compose_record};
use crate::store::Purpose;

/// Longest name of a field that is told of by its name, in bytes: the document's are shorter, an account's own as well.
const NAME_BYTES_MAX: usize = 200;

/// A record as a person made it.
pub(crate) struct RecordOffer<'a> {
    pub(crate) account: &'a Account,
    pub(crate) key: IdempotencyKey,
    /// By partner field, each name once.
    pub(crate) values: Vec<(String, RecordValue)>,
}

/// One value as it came.
pub(crate) enum RecordValue {
    Text(String),
    Bool(bool),
    Number(Number),
}

impl Intake {
    /// Checks, stores and, for a moment, waits.
    pub(crate) async fn take_record(&self, offer: RecordOffer<'_>) -> Verdict {
        let (account, receipt) = (offer.account, Receipt::at(self.clock.now()));
        let values = match check_record(account, &receipt, &offer.values) {
            Ok(values) => values,
            Err(problems) => return Verdict::Invalid(problems),
        };
        // No form is called so, and one account's keys say nothing to another.
        let form = format!("panel/{}", account.id());
        let content =
            LeadContent { values, source: Source::default(), purpose: Purpose::Record, consents: Vec::new() };
        let submission = sealed(&self.keys, receipt, (&form, account.id()), &offer.key, &content);
        self.keep(submission).await
    }
}

/// Holds the values against the partner's rules; all problems at once, under the partner's names.
fn check_record(
    account: &Account,
    receipt: &Receipt,
    values: &[(String, RecordValue)],
) -> Result<NormalValues, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut normal = Map::new();
    for (name, value) in values {
        let said = match kind_of(account, name) {
            Some(kind) => say(name, value, kind),
            None => Err(unknown(name, account)),
        };
        match said {
            Ok(Value::String(text)) if text.is_empty() => {}
            Ok(value) => _ = normal.insert(name.clone(), value),
            Err(problem) => add(&mut problems, problem),
        }
    }
    let normal = serde_json::from_value::<NormalValues>(Value::Object(normal))
        .map_err(|_| vec![Problem::new("", ProblemCode::WrongType)])?;
    let lead = compose_record(account, receipt, &normal);
    add_faults(&mut problems, account, &account.connector().check(&lead));
    if problems.is_empty() { Ok(normal) } else { Err(problems) }
}

/// One problem a field: the first that was found.
fn add(problems: &mut Vec<Problem>, problem: Problem) {
    if !problems.iter().any(|known| known.field == problem.field) {
        problems.push(problem);
    }
}

/// What a field holds that may be given; none for one that the account does not know, and for that of the receipt, which
/// the proxy fills.
fn kind_of(account: &Account, name: &str) -> Option<PartnerFieldKind> {
    let descriptor = account.connector().descriptor();
    if descriptor.receipt.is_some_and(|slot| slot.field == name) || !is_tellable(name) {
        return None;
    }
    let mapping = account.mapping();
    if let Some(field) = mapping.fields().iter().find(|field| field.name == name) {
        return Some(field.kind);
    }
    let is_free = match descriptor.own_fields {
        OwnFields::Refused | OwnFields::Required => false,
        OwnFields::Below(_) => descriptor.own_fields.allow(name),
        OwnFields::PassThrough => mapping.passes_through(),
    };
    is_free.then_some(PartnerFieldKind::Any { length_max: OWN_LENGTH_MAX })
}

/// The value as it is kept: trimmed text, or true or false. A number is kept as text, and becomes a number again by its
/// field's kind.
fn say(name: &str, value: &RecordValue, kind: PartnerFieldKind) -> Result<Value, Problem> {
    use PartnerFieldKind::{Any, Bool, Number, Text};
    match (value, kind) {
        // Told here, too: a connector looks at lengths only when all else is right.
        (RecordValue::Text(text), Text { length_max } | Any { length_max })
            if utf16_length(text.trim()) > length_max =>
        {
            Err(Problem::with(name, ProblemCode::TooLong, "max", &length_max.to_string()))
        }
        (RecordValue::Text(text), Text { .. } | Number | Any { .. }) => Ok(text.trim().into()),
        (RecordValue::Number(number), Number | Any { .. }) => Ok(number.to_string().into()),
        (RecordValue::Bool(ticked), Bool | Any { .. }) => Ok((*ticked).into()),
        (RecordValue::Text(_), Bool)
        | (RecordValue::Number(_), Bool | Text { .. })
        | (RecordValue::Bool(_), Number | Text { .. }) => Err(Problem::new(name, ProblemCode::WrongType)),
    }
}

/// Says what is wrong with a change of a record, under the partner's names.
pub(crate) fn problems_of(account: &Account, faults: &[FieldFault]) -> Vec<Problem> {
    let mut problems = Vec::new();
    add_faults(&mut problems, account, faults);
    problems
}

fn add_faults(problems: &mut Vec<Problem>, account: &Account, faults: &[FieldFault]) {
    for fault in faults {
        add(problems, problem_of(account, fault));
    }
}

fn problem_of(account: &Account, fault: &FieldFault) -> Problem {
    let name = &fault.partner_field;
    match fault.fault {
        Fault::Missing => Problem::new(name, ProblemCode::Required),
        Fault::TooLong { max } => Problem::with(name, ProblemCode::TooLong, "max", &max.to_string()),
        Fault::WrongType => Problem::new(name, ProblemCode::WrongType),
        Fault::WrongForm => Problem::new(name, ProblemCode::PatternMismatch),
        Fault::Unknown => unknown(name, account),
    }
}

/// A name that nobody has comes from outside: told once and not repeated.
fn unknown(name: &str, account: &Account) -> Problem {
    let connector = account.connector();
    let mut known = account.mapping().fields().iter().chain(connector.update_fields());
    let is_known = known.any(|field| field.name == name);
    Problem::new(if is_known { name } else { "" }, ProblemCode::UnknownField)
}

/// Whether a name may stand in an answer and in the store.
pub(crate) fn is_tellable(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME_BYTES_MAX && !name.chars().any(char::is_control)
}
