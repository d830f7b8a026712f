//! Where a lead is found again at its partner's simulator, each partner in its own way.
//!
//! Apart because this is all that the demo knows of partners: a partner without a line here is one that shows our receipt
//! somewhere.

use serde_json::Value;

/// How a partner's ledger shows which of our leads one of its own is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Its id for the lead is our receipt, or a text of the lead holds the receipt.
    Receipt,
    /// Its id for the lead is our receipt written as a UUID.
    Uuid,
    /// It has no place for a reference of ours: the person's email must do.
    Email,
}

/// The partners whose way is another.
const WAYS: &[(&str, Way)] = &[("algbra", Way::Uuid), ("octorate", Way::Email)];

/// One of our leads, as its partner may know it.
pub(super) struct Ours<'a> {
    pub(super) account: &'a str,
    pub(super) receipt: &'a str,
    pub(super) email: &'a str,
    /// The record that it completes, where it is no new one.
    pub(super) completes: Option<&'a str>,
}

impl Ours<'_> {
    /// The id that the lead has at its partner, once this ledger of the partner's shows it.
    pub(super) fn find(&self, ledger: &Value) -> Option<String> {
        if let Some(reference) = self.completes {
            let requests = ledger.get("requests")?.as_array()?;
            let changed = |request: &&Value| {
                text(request, "operation") == "update"
                    && text(request, "id") == reference
                    && request.get("status").and_then(Value::as_u64) == Some(200)
            };
            return requests.iter().find(changed).map(|_| reference.to_owned());
        }
        let leads = ledger.get("leads")?.as_array()?;
        leads.iter().find(|lead| self.is(lead)).map(|lead| text(lead, "id").to_owned())
    }

    fn is(&self, lead: &Value) -> bool {
        let id = text(lead, "id");
        let fields = lead.get("fields").unwrap_or(&Value::Null);
        match way(self.account) {
            Way::Receipt => id == self.receipt || holds(fields, self.receipt),
            Way::Uuid => Some(id) == uuid_of(self.receipt).as_deref(),
            Way::Email => holds(fields, self.email),
        }
    }
}

fn way(account: &str) -> Way {
    WAYS.iter().find(|(known, _)| *known == account).map_or(Way::Receipt, |(_, way)| *way)
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a text at any depth holds these words.
fn holds(value: &Value, words: &str) -> bool {
    match value {
        Value::String(text) => !words.is_empty() && text.contains(words),
        Value::Array(values) => values.iter().any(|value| holds(value, words)),
        Value::Object(members) => members.values().any(|value| holds(value, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The UUID that stands for a receipt where a partner wants one: its hundred bits around version 8 and the variant.
pub(super) fn uuid_of(receipt: &str) -> Option<String> {
    const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut bits: u128 = 0;
    for letter in receipt.chars().filter(|letter| *letter != '-') {
        bits = (bits << 5) | ALPHABET.find(letter).map(|place| place as u128)?;
    }
    let (high, middle, low) = (bits >> 52, (bits >> 40) & 0xFFF, bits & 0xFF_FFFF_FFFF);
    let hex = format!("{:032x}", (high << 80) | (0x8 << 76) | (middle << 64) | (0b10 << 62) | low);
    let parts = [hex.get(..8)?, hex.get(8..12)?, hex.get(12..16)?, hex.get(16..20)?, hex.get(20..)?];
    Some(parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const RECEIPT: &str = "7K3F9-0QXJ2-MM8TD-4VYBR";

    fn ours(account: &'static str) -> Ours<'static> {
        Ours { account, receipt: RECEIPT, email: "ada@analytical.example", completes: None }
    }

    #[test]
    fn lead_is_found_by_the_receipt_as_its_id_or_within_a_text() {
        let ledger = json!({ "leads": [
            { "id": "a", "fields": { "notes": "none" } },
            { "id": "lead-2", "fields": { "notes": format!("Two chairs.\nReference: {RECEIPT}") } },
        ] });
        assert_eq!(ours("partnerportal").find(&ledger).as_deref(), Some("lead-2"));
        let ledger = json!({ "leads": [{ "id": RECEIPT, "fields": {} }] });
        assert_eq!(ours("takepayments").find(&ledger).as_deref(), Some(RECEIPT));
        assert_eq!(ours("algbra").find(&ledger), None);
    }

    #[test]
    fn lead_without_a_reference_is_found_by_its_email() {
        let ledger =
            json!({ "leads": [{ "id": "100001", "fields": { "email": "ada@analytical.example" } }] });
        assert_eq!(ours("octorate").find(&ledger).as_deref(), Some("100001"));
        assert_eq!(ours("spotcap").find(&ledger), None);
    }

    #[test]
    fn completion_is_found_by_its_change_and_not_by_the_record() {
        let uuid = uuid_of(RECEIPT).unwrap();
        let ours = Ours { completes: Some(&uuid), ..ours("algbra") };
        let lead = json!({ "id": uuid, "fields": {} });
        let request = |status| json!({ "operation": "update", "id": uuid, "status": status });
        assert_eq!(ours.find(&json!({ "leads": [lead], "requests": [request(400)] })), None);
        assert!(ours.find(&json!({ "leads": [lead], "requests": [request(400), request(200)] })).is_some());
    }

    #[test]
    fn receipt_becomes_one_uuid_and_another_text_none() {
        let uuid = uuid_of(RECEIPT).unwrap();
        assert_eq!(uuid, "3cc6f482-fd90-8a94-8000-00469a4df978", "as the proxy's fixture of Algbra has it");
        assert_ne!(uuid_of("7K3F9-0QXJ2-MM8TD-4VYBS").unwrap(), uuid);
        assert_eq!(uuid_of("not a receipt"), None);
    }
}
