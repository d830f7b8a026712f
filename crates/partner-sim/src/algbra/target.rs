//! What a request asks for, by its path and query.
//!
//! Apart because a path is signed as it was sent, but read decoded.

use axum::extract::Query;
use axum::http::{Method, Uri};

use super::prospect::Problem;

/// Where the partner lies; what follows is signed.
pub(super) const BASE: &str = "/algbra";
/// The one resource.
pub(super) const PROSPECTS: &str = "/v1/partner/prospects/personal";
const LIMIT_MAX: usize = 100;

/// What a path names, decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    All,
    Id(String),
    Reference(String),
}

impl Target {
    /// Reads a path as sent; `None` names nothing of this partner.
    pub(super) fn read(path: &str) -> Option<Self> {
        let rest = path.strip_prefix(BASE)?.strip_prefix(PROSPECTS)?;
        let mut segments = rest.split('/').skip(1).map(decode);
        match (rest, segments.next(), segments.next(), segments.next()) {
            ("", ..) => Some(Self::All),
            (_, Some(id), None, None) if rest.starts_with('/') && !id.is_empty() => Some(Self::Id(id)),
            (_, Some(by), Some(reference), None) if by == "externalReference" && !reference.is_empty() => {
                Some(Self::Reference(reference))
            }
            _ => None,
        }
    }

    /// Names the operation, or says which methods there are.
    pub(super) fn operation(&self, method: &Method) -> Result<&'static str, &'static str> {
        match (self, method.as_str()) {
            (Self::All, "GET") => Ok("list"),
            (Self::All, "POST") => Ok("create"),
            (Self::All, _) => Err("GET, POST"),
            (Self::Id(_), "GET") => Ok("get"),
            (Self::Id(_), "PATCH") => Ok("update"),
            (Self::Id(_), _) => Err("GET, PATCH"),
            (Self::Reference(_), "GET") => Ok("get_by_reference"),
            (Self::Reference(_), _) => Err("GET"),
        }
    }
}

/// Decodes a segment of a path, in which a plus is a plus.
fn decode(segment: &str) -> String {
    let query = format!("v={}", segment.replace('+', "%2B").replace('&', "%26"));
    pairs(&query).pop().map(|(_, value)| value).unwrap_or_default()
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let uri = format!("/?{query}").parse::<Uri>().unwrap_or_default();
    Query::try_from_uri(&uri).map(|Query(pairs)| pairs).unwrap_or_default()
}

/// What a list asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) keyword: Option<String>,
    /// From 1.
    pub(super) page: usize,
    /// 1 to 100.
    pub(super) limit: usize,
}

impl Page {
    /// Reads a list's query: what it asks for, or everything that is wrong with it.
    pub(super) fn read(query: &str) -> Result<Self, Vec<Problem>> {
        let query = pairs(query);
        let mut problems = Vec::new();
        for (place, (name, _)) in query.iter().enumerate() {
            if !["searchKeyword", "page", "limit"].contains(&name.as_str()) {
                problems.push((name.clone(), "is not a parameter of this operation".to_owned()));
            } else if query.iter().take(place).any(|(other, _)| other == name) {
                problems.push((name.clone(), "is given twice".to_owned()));
            }
        }
        let value =
            |name: &str| query.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
        let number = |name: &str, most: usize, expected: &str| match value(name).map(str::parse) {
            Some(Ok(number)) if (1..=most).contains(&number) => Ok(number),
            Some(_) => Err((name.to_owned(), format!("expected {expected}"))),
            None => Err((name.to_owned(), "is required".to_owned())),
        };
        let page = number("page", usize::MAX, "a number from 1");
        let limit = number("limit", LIMIT_MAX, "a number from 1 to 100");
        // Nullable in the document: an empty one asks for all.
        let keyword = value("searchKeyword").filter(|keyword| !keyword.is_empty()).map(str::to_owned);
        match (page, limit) {
            (Ok(page), Ok(limit)) if problems.is_empty() => Ok(Self { keyword, page, limit }),
            (page, limit) => {
                problems.extend(page.err().into_iter().chain(limit.err()));
                Err(problems)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, target: Option<Target>) {
        assert_eq!(Target::read(&format!("{BASE}{PROSPECTS}{path}")), target, "{path}");
    }

    #[test]
    fn path_names_all_or_one_by_id_or_one_by_reference() {
        check("", Some(Target::All));
        check("/a1", Some(Target::Id("a1".to_owned())));
        check("/externalReference", Some(Target::Id("externalReference".to_owned())));
        check("/externalReference/a%2Fb%20c+d&e=f%25", Some(Target::Reference("a/b c+d&e=f%".to_owned())));
        for nothing in ["/", "x", "/externalReference/", "/a/b", "/externalReference/a/b", "x/a"] {
            check(nothing, None);
        }
        assert_eq!(Target::read("/other/v1/partner/prospects/personal"), None);
    }

    fn check_query(query: &str, problems: &[(&str, &str)]) {
        let found = Page::read(query).err().unwrap_or_default();
        let found: Vec<_> = found.iter().map(|(name, problem)| (name.as_str(), problem.as_str())).collect();
        assert_eq!(found, problems, "{query}");
    }

    #[test]
    fn query_is_decoded() {
        let wanted = Page { keyword: Some("Zoë O'N+ x".to_owned()), page: 2, limit: 100 };
        assert_eq!(Page::read("searchKeyword=Zo%C3%AB+O%27N%2B%20x&page=2&limit=100"), Ok(wanted));
        let all = Page { keyword: None, page: 1, limit: 10 };
        assert_eq!(Page::read("page=1&limit=10&searchKeyword="), Ok(all));
    }

    #[test]
    fn query_without_page_and_limit_or_with_more_is_refused_with_every_problem() {
        let (page, limit) = (("page", "is required"), ("limit", "is required"));
        check_query("", &[page, limit]);
        check_query("page=1", &[limit]);
        check_query("limit=10", &[page]);
        for (limit, fits) in [
            ("1", true),
            ("100", true),
            ("101", false),
            ("0", false),
            ("-1", false),
            ("ten", false),
            ("", false),
        ] {
            let problem = [("limit", "expected a number from 1 to 100")];
            check_query(&format!("page=1&limit={limit}"), if fits { &[] } else { &problem });
        }
        check_query("page=0&limit=1", &[("page", "expected a number from 1")]);
        let unknown = [("skip", "is not a parameter of this operation"), ("page", "is given twice")];
        check_query("page=1&limit=10&skip=1&page=2", &unknown);
    }
}
