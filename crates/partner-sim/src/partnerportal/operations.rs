//! Which operation a method and a path are, and what they name. The paths are our pick: the document has lost its own.

use axum::http::Method;
use percent_encoding::percent_decode_str;

/// What lies under one path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    Leads { company: String },
    Lead { company: String, lead: String },
    Schema { company: String, object: String },
    PartnerSchema { company: String, organization: String, object: String },
}

impl Place {
    /// Finds the place of a path below the partner's own, such as `companies/company-1/leads`.
    pub(super) fn find(path: &str) -> Option<Self> {
        let segments = path.split('/').map(decode).collect::<Option<Vec<_>>>()?;
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        match *segments.as_slice() {
            ["companies", company, "leads"] => Some(Self::Leads { company: named(company)? }),
            ["companies", company, "leads", lead] => {
                Some(Self::Lead { company: named(company)?, lead: named(lead)? })
            }
            ["companies", company, "schemas", object] => {
                Some(Self::Schema { company: named(company)?, object: named(object)? })
            }
            ["companies", company, "partner-organizations", organization, "schemas", object] => {
                Some(Self::PartnerSchema {
                    company: named(company)?,
                    organization: named(organization)?,
                    object: named(object)?,
                })
            }
            _ => None,
        }
    }

    pub(super) fn company(&self) -> &str {
        match self {
            Self::Leads { company }
            | Self::Lead { company, .. }
            | Self::Schema { company, .. }
            | Self::PartnerSchema { company, .. } => company,
        }
    }

    /// Names the operation as the ledger does; without one, the methods that there are.
    pub(super) fn operation(&self, method: &Method) -> Result<&'static str, &'static str> {
        match (self, method.as_str()) {
            (Self::Leads { .. }, "GET") => Ok("list"),
            (Self::Leads { .. }, "POST") => Ok("create"),
            (Self::Lead { .. }, "GET") => Ok("get"),
            (Self::Lead { .. }, "PATCH") => Ok("update"),
            (Self::Schema { .. }, "GET") => Ok("schema"),
            (Self::PartnerSchema { .. }, "GET") => Ok("partner_schema"),
            (Self::Leads { .. }, _) => Err("GET, POST"),
            (Self::Lead { .. }, _) => Err("GET, PATCH"),
            (Self::Schema { .. } | Self::PartnerSchema { .. }, _) => Err("GET"),
        }
    }
}

fn decode(segment: &str) -> Option<String> {
    percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_decoded_segment_by_segment() {
        let lead = |lead: &str| Some(Place::Lead { company: "c 1".to_owned(), lead: lead.to_owned() });
        assert_eq!(Place::find("companies/c%201/leads/a%2Fb"), lead("a/b"));
        for wrong in
            ["companies//leads", "companies/c/leads/", "companies/c/leads/%FF", "companies", "leads", ""]
        {
            assert_eq!(Place::find(wrong), None, "{wrong}");
        }
    }
}
