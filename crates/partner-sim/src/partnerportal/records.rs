//! The company's leads: kept, found, listed, changed.
//!
//! Apart because a list of 100,000 must cost nothing until it is read: a lead that nobody touched is its number, and
//! becomes members only when it is answered.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::fields::CUSTOM_FIELDS;

/// What the simulator says of a lead besides what was sent, `null` until somebody sets it.
const COMPUTED: [&str; 4] = ["totalCommission", "revenue", "commissionPercent", "lockCommissionPercent"];

/// The document's 23 members of an answered lead, in its order.
const ANSWERED: [&str; 23] = [
    "lastName",
    "agentId",
    "notes",
    "companyName",
    "phaseId",
    "partnerOrganizationId",
    "submissionDate",
    "totalCommission",
    "platform",
    "closeDate",
    "firstName",
    "createdAt",
    "companyId",
    "revenue",
    "phone",
    "websiteUrl",
    "commissionPercent",
    "lockCommissionPercent",
    "id",
    "value",
    "email",
    "status",
    "updatedAt",
];

/// The members that the document prints as `{ }`: of a type that may be null.
const UNIONS: [&str; 14] = [
    "agentId",
    "notes",
    "companyName",
    "phaseId",
    "partnerOrganizationId",
    "totalCommission",
    "companyId",
    "revenue",
    "phone",
    "websiteUrl",
    "commissionPercent",
    "lockCommissionPercent",
    "value",
    "email",
];

/// Every lead, oldest first; its place is its number.
#[derive(Default)]
pub(super) struct Records(Vec<Record>);

enum Record {
    /// Made up: everything about it follows from its number.
    Seeded,
    /// Sent or changed: everything that is known of it, custom fields included.
    Kept(Box<Map<String, Value>>),
}

impl Records {
    pub(super) fn seed(&mut self, count: usize) {
        self.0.extend((0..count).map(|_| Record::Seeded));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Finds a lead by its id; gives its place.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        let number: usize = id.strip_prefix("lead-")?.parse().ok()?;
        let place = number.checked_sub(1)?;
        (id_at(place) == id && place < self.0.len()).then_some(place)
    }

    /// Tells the id that the next lead will have.
    pub(super) fn next_id(&self) -> String {
        id_at(self.0.len())
    }

    pub(super) fn create(&mut self, company_id: &str, sent: Map<String, Value>, now: Timestamp) {
        let lead = draft(&self.next_id(), company_id, sent, now);
        self.0.push(Record::Kept(Box::new(lead)));
    }

    pub(super) fn update(
        &mut self,
        place: usize,
        company_id: &str,
        sent: Map<String, Value>,
        now: Timestamp,
    ) {
        let Some(lead) = self.changed(place, company_id, sent, now) else { return };
        if let Some(record) = self.0.get_mut(place) {
            *record = Record::Kept(Box::new(lead));
        }
    }

    /// Gives everything that would be known of a lead after a change.
    pub(super) fn changed(
        &self,
        place: usize,
        company_id: &str,
        sent: Map<String, Value>,
        now: Timestamp,
    ) -> Option<Map<String, Value>> {
        let mut lead = self.get(place, company_id)?;
        lead.extend(sent);
        lead.insert("updatedAt".to_owned(), time(now));
        Some(lead)
    }

    /// Gives everything that is known of a lead.
    pub(super) fn get(&self, place: usize, company_id: &str) -> Option<Map<String, Value>> {
        match self.0.get(place)? {
            Record::Seeded => Some(seeded(place, company_id)),
            Record::Kept(lead) => Some((**lead).clone()),
        }
    }

    /// Gives one page of answers.
    pub(super) fn page(&self, skip: usize, limit: usize, company_id: &str, objects: bool) -> Vec<Value> {
        let end = skip.saturating_add(limit).min(self.0.len());
        let places = (skip..end).filter_map(|place| self.get(place, company_id));
        places.map(|lead| answered(lead, objects)).collect()
    }
}

/// Makes what will be known of a new lead.
pub(super) fn draft(
    id: &str,
    company_id: &str,
    sent: Map<String, Value>,
    now: Timestamp,
) -> Map<String, Value> {
    let mut lead = sent;
    let made = time(now);
    for name in ["createdAt", "updatedAt", "submissionDate"] {
        lead.insert(name.to_owned(), made.clone());
    }
    lead.insert("companyId".to_owned(), json!(company_id));
    lead.insert("id".to_owned(), json!(id));
    lead.insert("status".to_owned(), json!("active"));
    lead
}

/// Gives a lead as the partner answers it: 23 members, `customFields` never; with `objects` each that the document
/// prints as `{ }` is just that.
pub(super) fn answered(mut lead: Map<String, Value>, objects: bool) -> Value {
    let members = ANSWERED.iter().map(|name| {
        let as_object = objects && UNIONS.contains(name);
        let value = if as_object { json!({}) } else { lead.swap_remove(*name).unwrap_or_default() };
        ((*name).to_owned(), value)
    });
    Value::Object(members.collect())
}

fn id_at(place: usize) -> String {
    format!("lead-{:06}", place + 1)
}

/// Makes a lead up from its place; every third has little to say, and numbers come as numbers, text or not at all.
fn seeded(place: usize, company_id: &str) -> Map<String, Value> {
    const FIRST: [&str; 5] = ["Ada", "Grace", "Émilie", "Katherine", "Sofya"];
    const LAST: [&str; 7] =
        ["Lovelace", "Hopper", "du Châtelet", "Johnson", "Kovalevskaya", "Noether", "O'Neil"];
    let pick = |names: &[&str]| names.get(place % names.len()).copied().unwrap_or_default().to_owned();
    let number = place + 1;
    let minutes = i64::try_from(number).unwrap_or_default();
    // 2026-01-01T00:00:00Z and a minute for each: the list has an order that can be seen.
    let made = Timestamp::from_second(1_767_225_600 + 60 * minutes).unwrap_or_default();
    let Value::Object(sent) = json!({
        "firstName": pick(&FIRST),
        "lastName": pick(&LAST),
        "platform": "website",
        "email": format!("person{number}@example.com"),
        "notes": if place.is_multiple_of(3) { Value::Null } else { json!(format!("Made up, number {number}")) },
        CUSTOM_FIELDS: null,
    }) else {
        return Map::new();
    };
    let mut lead = draft(&id_at(place), company_id, sent, made);
    for name in COMPUTED {
        let value = match place % 3 {
            0 => Value::Null,
            1 => json!(number),
            _ => json!(format!("{number}.50")),
        };
        lead.insert(name.to_owned(), value);
    }
    if !place.is_multiple_of(3) {
        lead.insert("value".to_owned(), json!(number * 100));
        lead.insert("closeDate".to_owned(), time(made + SignedDuration::from_hours(720)));
    }
    lead
}

fn time(time: Timestamp) -> Value {
    json!(format!("{time:.3}"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const COMPANY: &str = "company-1";

    fn sent(members: Value) -> Map<String, Value> {
        members.as_object().cloned().unwrap()
    }

    #[test]
    fn lead_is_found_by_its_id_and_by_nothing_like_it() {
        let mut records = Records::default();
        records.seed(3);
        let id = records.next_id();
        records.create(COMPANY, sent(json!({ "firstName": "Ada" })), Timestamp::UNIX_EPOCH);
        assert_eq!(records.find(&id), Some(3));
        assert_eq!(records.find("lead-000001"), Some(0));
        for wrong in ["lead-000000", "lead-000005", "lead-1", "lead-+00001", "lead-", "1", ""] {
            assert_eq!(records.find(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn answered_lead_has_the_documents_members_and_no_custom_fields() {
        let lead =
            draft("lead-000001", COMPANY, sent(json!({ "customFields": { "a": 1 } })), Timestamp::now());
        let answer = answered(lead.clone(), false);
        let names: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ANSWERED);
        assert_eq!(answer["notes"], Value::Null);
        let objects = answered(lead, true);
        for name in ANSWERED {
            assert_eq!(objects[name] == json!({}), UNIONS.contains(&name), "{name}");
        }
    }

    #[test]
    fn change_keeps_what_was_not_sent_and_moves_the_time_of_the_change_alone() {
        let mut records = Records::default();
        records.seed(2);
        let before = records.get(1, COMPANY).unwrap();
        let now = "2027-01-01T00:00:00Z".parse().unwrap();
        records.update(1, COMPANY, sent(json!({ "notes": null, "phaseId": "won" })), now);
        let after = records.get(1, COMPANY).unwrap();
        assert_eq!((&after["notes"], &after["phaseId"]), (&json!(null), &json!("won")));
        assert_eq!((&after["email"], &after["createdAt"]), (&before["email"], &before["createdAt"]));
        assert_eq!(after["updatedAt"], "2027-01-01T00:00:00.000Z");
    }

    #[test]
    fn pages_meet_every_lead_once() {
        let mut records = Records::default();
        records.seed(1050);
        let mut ids = HashSet::new();
        for skip in (0..).step_by(100).take_while(|skip| *skip < records.count()) {
            let page = records.page(skip, 100, COMPANY, false);
            assert_eq!(page.len(), 100.min(1050 - skip));
            ids.extend(page.iter().map(|lead| lead["id"].as_str().unwrap().to_owned()));
        }
        assert_eq!(ids.len(), 1050);
    }

    #[test]
    fn end_of_a_hundred_thousand_is_as_near_as_the_start() {
        let mut records = Records::default();
        records.seed(100_000);
        assert_eq!(records.page(99_999, usize::MAX, COMPANY, false)[0]["id"], "lead-100000");
        assert!(records.page(100_000, 10, COMPANY, false).is_empty());
    }

    #[test]
    fn unions_of_made_up_leads_are_null_number_and_text() {
        let kinds: HashSet<_> =
            (0..3).map(|place| super::super::fields::kind_of(&seeded(place, COMPANY)["revenue"])).collect();
        assert_eq!(kinds, HashSet::from(["null", "a number", "a string"]));
    }
}
