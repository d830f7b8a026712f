//! `GET /v1/accounts/{account}/records`: a page of a partner's records, in the same terms for every partner.
//!
//! Apart because the address comes from outside: search, page and limit are held against what the partner can.

use axum::Json;
use http::Uri;
use lead_model::{Problem, ProblemCode};
use serde::Serialize;

use crate::connectors::parts::text::utf16_length;
use crate::connectors::{Call, Limits, ListQuery, OperationKind, Reading};
use crate::problem::{ApiProblem, ApiReason};
use crate::signed::Scope;

use super::token::Caller;
use super::{RecordView, ask, unreadable};

/// Records on a page where nobody says how many.
const LIMIT_DEFAULT: u32 = 25;
const LIMIT_MAX: u32 = 100;
/// No person pages so far.
const PAGE_MAX: u32 = 1_000_000;
const SEARCH_LENGTH_MAX: u32 = 200;

/// A page as it is answered.
#[derive(Serialize)]
pub(crate) struct PageView {
    records: Vec<RecordView>,
    page: u32,
    limit: u32,
    /// How many there are in all, where the partner says so.
    total: Option<u64>,
    /// Whether there is a page behind this one, as far as is known.
    more: bool,
}

/// A page of the account's records.
pub(crate) async fn list_records(caller: Caller, uri: Uri) -> Result<Json<PageView>, ApiProblem> {
    caller.check_scope(Scope::Read)?;
    caller.check_all_records()?;
    caller.check_operation(OperationKind::List)?;
    let limits = caller.account()?.connector().descriptor().limits;
    let query = read_query(uri.query().unwrap_or_default(), limits)?;
    let Reading::Page(page) = ask(&caller, &Call::List(&query), &[]).await? else {
        return Err(unreadable());
    };
    let so_far = u64::from(query.page) * u64::from(query.limit);
    let more = match page.total {
        Some(total) => so_far < total,
        None => u64::try_from(page.records.len()).unwrap_or(u64::MAX) >= u64::from(query.limit),
    };
    let sensitive = &caller.account()?.panel().sensitive;
    let masking = |record| RecordView::masking(record, sensitive, &[]);
    Ok(Json(PageView {
        records: page.records.into_iter().map(masking).collect(),
        page: query.page,
        limit: query.limit,
        total: page.total,
        more,
    }))
}

/// Most records on a page of this partner's.
pub(super) fn limit_max(limits: Limits) -> u32 {
    limits.page_limit_max.unwrap_or(LIMIT_MAX).min(LIMIT_MAX)
}

/// The parameters, or everything that is wrong with them.
fn read_query(query: &str, limits: Limits) -> Result<ListQuery, ApiProblem> {
    let limit_max = limit_max(limits);
    let mut read = ListQuery { search: None, page: 1, limit: LIMIT_DEFAULT.min(limit_max) };
    let (mut seen, mut problems) = (Vec::new(), Vec::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if seen.contains(&name) {
            problems.push(Problem::new(known(&name), ProblemCode::WrongType));
            continue;
        }
        let result = match &*name {
            "page" => number(&value, PAGE_MAX).map(|page| read.page = page),
            "limit" => number(&value, limit_max).map(|limit| read.limit = limit),
            "search" => check_search(&value).map(|search| read.search = search),
            _ => Err((ProblemCode::UnknownField, None)),
        };
        if let Err((code, bound)) = result {
            problems.push(match bound {
                Some((bound, wanted)) => Problem::with(known(&name), code, bound, &wanted.to_string()),
                None => Problem::new(known(&name), code),
            });
        }
        seen.push(name);
    }
    let mut told: Vec<Problem> = Vec::new();
    for problem in problems {
        if !told.iter().any(|known| known.field == problem.field) {
            told.push(problem);
        }
    }
    if read.search.is_some() && !limits.searches {
        return Err(ApiProblem::with_problems(ApiReason::SearchNotSupported, told));
    }
    if told.is_empty() { Ok(read) } else { Err(ApiProblem::with_problems(ApiReason::QueryInvalid, told)) }
}

/// The parameter's name, where it is one of ours: another comes from outside and is not repeated.
fn known(name: &str) -> &str {
    if matches!(name, "page" | "limit" | "search") { name } else { "" }
}

type Broken = (ProblemCode, Option<(&'static str, u32)>);

fn number(text: &str, max: u32) -> Result<u32, Broken> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u32>() {
        _ if !digits => Err((ProblemCode::InvalidNumber, None)),
        Ok(0) => Err((ProblemCode::TooSmall, Some(("min", 1)))),
        Ok(number) if number <= max => Ok(number),
        // Also a number that is larger than any that we count in.
        Ok(_) | Err(_) => Err((ProblemCode::TooLarge, Some(("max", max)))),
    }
}

/// What is searched for; a search for nothing is none.
fn check_search(text: &str) -> Result<Option<String>, Broken> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err((ProblemCode::PatternMismatch, None));
    }
    if utf16_length(text) > SEARCH_LENGTH_MAX {
        return Err((ProblemCode::TooLong, Some(("max", SEARCH_LENGTH_MAX))));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAN: Limits = Limits { page_limit_max: Some(50), searches: true, quota_wait: None };

    fn read(query: &str, limits: Limits) -> Result<ListQuery, (ApiReason, serde_json::Value)> {
        read_query(query, limits).map_err(|problem| {
            let body: serde_json::Value = serde_json::from_str(&problem.body("id")).unwrap();
            (problem.reason(), body.get("problems").cloned().unwrap_or_default())
        })
    }

    #[test]
    fn parameters_left_out_have_defaults_within_what_the_partner_gives() {
        let query =
            |search: Option<&str>, page, limit| ListQuery { search: search.map(str::to_owned), page, limit };
        for (text, limits, expected) in [
            ("", CAN, query(None, 1, 25)),
            ("", Limits { page_limit_max: Some(10), ..CAN }, query(None, 1, 10)),
            ("limit=100", Limits::default(), query(None, 1, 100)),
            ("page=7&limit=50&search=a%20b", CAN, query(Some("a b"), 7, 50)),
            ("search=+&page=1000000", Limits::default(), query(None, 1_000_000, 25)),
        ] {
            assert_eq!(read(text, limits), Ok(expected), "{text}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_and_no_foreign_name_repeated() {
        let all = format!("page=0&limit=51&search={}&token=secret&x=1", "a".repeat(201));
        let (reason, problems) = read(&all, CAN).unwrap_err();
        assert_eq!(reason, ApiReason::QueryInvalid);
        assert_eq!(
            problems,
            serde_json::json!([
                { "field": "page", "code": "too_small", "params": { "min": "1" } },
                { "field": "limit", "code": "too_large", "params": { "max": "50" } },
                { "field": "search", "code": "too_long", "params": { "max": "200" } },
                { "field": "", "code": "unknown_field" },
            ])
        );
        for (text, code) in [
            ("page=", "invalid_number"),
            ("page=-1", "invalid_number"),
            ("page=1.5", "invalid_number"),
            ("page=%2B1", "invalid_number"),
            ("page=99999999999999999999", "too_large"),
            ("page=1&page=2", "wrong_type"),
            ("search=a%00b", "pattern_mismatch"),
        ] {
            let (_, problems) = read(text, CAN).unwrap_err();
            assert_eq!(problems[0]["code"], code, "{text}");
        }
    }

    #[test]
    fn list_that_cant_be_searched_says_so_beside_what_else_is_wrong() {
        let cannot = Limits { searches: false, ..CAN };
        let (reason, problems) = read("search=ada&page=x", cannot).unwrap_err();
        assert_eq!(reason, ApiReason::SearchNotSupported);
        assert_eq!(problems[0]["field"], "page");
    }
}
