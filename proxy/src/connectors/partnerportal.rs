//! PartnerPortal.io: keeps the leads that partners refer to a company, and shows them who is at which phase.
//!
//! Rules: the partner's API document, of which parameters, bodies and samples are known, and neither addresses, methods
//! nor errors. What it leaves open is a setting without a default, or is decided here and said at the place.

mod answers;
mod date_time;
mod descriptor;
mod payload;
mod reading;
#[cfg(test)]
mod tests;
mod update;

use http::Method;
use serde::Serialize;

use crate::connectors::parts::seal::{ClientAuthentication, Grant, Seal, TokenEncoding, TokenPlan};
use crate::connectors::parts::setting::encode_segment;
use crate::connectors::{
    AccountSettings, Answer, Call, CallFault, Connector, Descriptor, Fault, FieldFault, Lead, ListQuery,
    OperationKind, Outcome, PartnerField, PartnerRequest, Reading, Record, SettingFault,
};

pub use descriptor::DESCRIPTOR;

/// The paths, each with the setting's name.
const PATHS: [&str; 4] = ["leads_path", "lead_path", "schema_path", "partner_schema_path"];

/// The connector.
pub struct PartnerPortal;

impl Connector for PartnerPortal {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn fields(&self) -> &'static [PartnerField] {
        &payload::FIELDS
    }

    fn update_fields(&self) -> &'static [PartnerField] {
        &update::FIELDS
    }

    /// The company stands in every path or in none: `company_id_place` says which.
    fn review(&self, settings: &AccountSettings) -> Vec<SettingFault> {
        let in_query = is_in_query(settings);
        let wrong = |path: &&str| {
            settings.get(path).is_some_and(|template| template.contains("{companyId}") == in_query)
        };
        let fault = |setting| {
            let (found, expected) = if in_query {
                ("{companyId} in the path", "a path without it, or company_id_place = \"path\"")
            } else {
                ("no {companyId} in the path", "a path with it, or company_id_place = \"query\"")
            };
            SettingFault { setting, found: found.to_owned(), expected: expected.to_owned() }
        };
        PATHS.into_iter().filter(wrong).map(fault).collect()
    }

    fn seals(&self, settings: &AccountSettings) -> Vec<Seal> {
        let parameter = |name: &'static str| settings.get(name).map(|value| (name, value.to_owned()));
        vec![Seal::Bearer(TokenPlan {
            grant: Grant::ClientCredentials,
            token_url: settings.text("token_url").to_owned(),
            refresh_url: None,
            client_id: "client_id",
            client_secret: "client_secret",
            client_authentication: match settings.text("client_authentication") {
                "basic" => ClientAuthentication::Basic,
                _ => ClientAuthentication::Post,
            },
            encoding: match settings.text("token_encoding") {
                "json" => TokenEncoding::Json,
                _ => TokenEncoding::Form,
            },
            parameters: ["audience", "scope"].into_iter().filter_map(parameter).collect(),
        })]
    }

    fn check(&self, lead: &Lead) -> Vec<FieldFault> {
        payload::of_lead(lead).err().unwrap_or_default()
    }

    fn request(&self, call: &Call<'_>, settings: &AccountSettings) -> Result<PartnerRequest, CallFault> {
        match call {
            Call::Create(lead) => {
                let payload = payload::of_lead(lead).map_err(CallFault::Fields)?;
                let url = address(settings, "leads_path", &[])?;
                Ok(PartnerRequest::json(Method::POST, url, to_bytes(&payload)))
            }
            Call::List(query) => list(query, settings),
            Call::Get { id } => Ok(PartnerRequest::get(address(settings, "lead_path", &[("leadId", id)])?)),
            Call::Update { id, change } => {
                let payload = update::of_change(change).map_err(CallFault::Fields)?;
                let url = address(settings, "lead_path", &[("leadId", id)])?;
                Ok(PartnerRequest::json(Method::PATCH, url, to_bytes(&payload)))
            }
            Call::Schema => Ok(PartnerRequest::get(address(settings, "schema_path", &[])?)),
            Call::PartnerSchema { organization } => {
                let parts = [("partnerOrganizationId", *organization)];
                Ok(PartnerRequest::get(address(settings, "partner_schema_path", &parts)?))
            }
            Call::GetByReference { .. } => Err(CallFault::Unsupported),
        }
    }

    fn outcome(&self, kind: OperationKind, answer: &Answer, _settings: &AccountSettings) -> Outcome {
        answers::outcome(kind, answer)
    }

    fn reading(&self, kind: OperationKind, answer: &Answer) -> Option<Reading> {
        if answer.is_html() { None } else { reading::read(kind, &answer.json()?) }
    }

    fn carries_receipt(&self, record: &Record, receipt: &str) -> bool {
        reading::carries_receipt(record, receipt)
    }
}

fn is_in_query(settings: &AccountSettings) -> bool {
    settings.text("company_id_place") == "query"
}

/// The address of an operation; none where the operator has not given its path.
fn address(settings: &AccountSettings, path: &str, parts: &[(&str, &str)]) -> Result<String, CallFault> {
    if settings.get(path).is_none() {
        return Err(CallFault::Unsupported);
    }
    // An empty id would make the address that of the whole list.
    let empty = parts.iter().filter(|(_, value)| value.trim().is_empty());
    let faults: Vec<FieldFault> = empty
        .map(|(name, _)| FieldFault { partner_field: (*name).to_owned(), fault: Fault::Missing })
        .collect();
    if !faults.is_empty() {
        return Err(CallFault::Fields(faults));
    }
    let company = settings.text("company_id");
    let ours = [("companyId", company), ("object", settings.text("object"))];
    let parts: Vec<(&str, &str)> = ours.into_iter().chain(parts.iter().copied()).collect();
    let address = settings.address("base_url", path, &parts);
    let query = is_in_query(settings).then(|| format!("?companyId={}", encode_segment(company)));
    Ok(address + query.as_deref().unwrap_or_default())
}

/// The list is paged by how many leads are skipped; both numbers are text in the document, as all of a query is.
fn list(query: &ListQuery, settings: &AccountSettings) -> Result<PartnerRequest, CallFault> {
    if query.search.is_some() {
        return Err(CallFault::Query("PartnerPortal.io's list can't be searched: ask without a search"));
    }
    let Some(before) = query.page.checked_sub(1) else {
        return Err(CallFault::Query("pages are counted from 1"));
    };
    if query.limit == 0 {
        return Err(CallFault::Query("a page has one record or more"));
    }
    let skip = u64::from(before) * u64::from(query.limit);
    let address = address(settings, "leads_path", &[])?;
    let mark = if address.contains('?') { '&' } else { '?' };
    Ok(PartnerRequest::get(format!("{address}{mark}skip={skip}&limit={}", query.limit)))
}

fn to_bytes(payload: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(payload).expect("texts, numbers and JSON under text names always have a JSON form")
}
