//! The page on which a property's owner allows a client: at once with `approve=true`, else by a button.
//!
//! The partner's page names the address and its three params; what the owner sees there is ours. It is no operation of
//! the API, so no fault meets it.

use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION};
use axum::http::{HeaderValue, Method, StatusCode};

use crate::answer::Answer;
use crate::arrival::Arrival;
use crate::desk::Verdict;
use crate::ledger::KeyCheck;
use crate::oauth::OAuth;
use crate::oauth::params::Params;

/// Without `form-action`: browsers apply it to the redirect as well, which leads to another origin.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";
const OPERATION: &str = "authorize";
const HTML: &str = "text/html; charset=utf-8";

pub(super) fn judge(oauth: &OAuth, arrival: &Arrival) -> Verdict {
    if arrival.method != Method::GET {
        let problems = vec![format!("the method is {}, expected GET", arrival.method)];
        return Verdict {
            problems,
            ..Verdict::new(OPERATION, Answer::method_not_allowed("GET"), KeyCheck::Missing)
        };
    }
    let params = Params::from_form(arrival.query.as_deref().unwrap_or_default().as_bytes());
    let (client_id, redirect_uri) = (params.get("client_id"), params.get("redirect_uri"));
    let credential = match client_id {
        None => KeyCheck::Missing,
        Some(id) if id == oauth.client().id => KeyCheck::Valid,
        Some(_) => KeyCheck::Wrong,
    };
    let problems = find_problems(oauth, credential, redirect_uri);
    let answer = match (redirect_uri, problems.first(), params.get("approve")) {
        // Never redirected: the address may be somebody else's.
        (_, Some(_), _) => page(StatusCode::BAD_REQUEST, &refusal(&problems)),
        (Some(uri), None, Some("true")) => {
            redirect(uri, &[("code", Some(&oauth.give_code(uri))), ("state", params.get("state"))])
        }
        (Some(uri), None, Some("false")) => {
            redirect(uri, &[("error", Some("access_denied")), ("state", params.get("state"))])
        }
        (uri, None, _) => page(
            StatusCode::OK,
            &form(client_id.unwrap_or_default(), uri.unwrap_or_default(), params.get("state")),
        ),
    };
    let secrets = params.values_of(&["state"]);
    Verdict { spared: true, problems, secrets, ..Verdict::new(OPERATION, answer, credential) }
}

fn find_problems(oauth: &OAuth, credential: KeyCheck, redirect_uri: Option<&str>) -> Vec<String> {
    let mut problems = Vec::new();
    if credential != KeyCheck::Valid {
        problems.push(format!("client_id is {credential}"));
    }
    match redirect_uri {
        None => problems.push("redirect_uri is missing".to_owned()),
        Some(uri) if !(uri.starts_with("https://") || uri.starts_with("http://")) || uri.contains('#') => {
            problems.push("redirect_uri is not an address without a fragment".to_owned());
        }
        Some(uri) if !oauth.may_redirect_to(uri) => {
            problems.push("redirect_uri is not one of this client's".to_owned());
        }
        Some(_) => {}
    }
    problems
}

/// Goes back to the client, with what its address had in its query already.
fn redirect(uri: &str, params: &[(&str, Option<&str>)]) -> Answer {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in params {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let joint = if uri.contains('?') { '&' } else { '?' };
    let mut answer = Answer::from(StatusCode::FOUND);
    match HeaderValue::try_from(format!("{uri}{joint}{}", query.finish())) {
        Ok(location) => answer.headers.push((LOCATION, location)),
        Err(_) => return page(StatusCode::BAD_REQUEST, "<h1>redirect_uri is not an address</h1>"),
    }
    answer
}

fn refusal(problems: &[String]) -> String {
    let list: String = problems.iter().map(|problem| format!("<li>{}</li>", escape(problem))).collect();
    format!("<h1>This request cannot be allowed</h1><ul>{list}</ul>")
}

fn form(client_id: &str, redirect_uri: &str, state: Option<&str>) -> String {
    let hidden = [("client_id", Some(client_id)), ("redirect_uri", Some(redirect_uri)), ("state", state)];
    let hidden: String = hidden
        .iter()
        .filter_map(|(name, value)| Some((name, (*value)?)))
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value)))
        .collect();
    format!(
        "<h1>Allow {}?</h1><p>It will act for your properties, and go on to {}.</p>\
         <form method=\"get\">{hidden}<button name=\"approve\" value=\"true\">Allow</button> \
         <button class=\"quiet\" name=\"approve\" value=\"false\">Refuse</button></form>",
        escape(client_id),
        escape(redirect_uri),
    )
}

fn page(status: StatusCode, main: &str) -> Answer {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Octorate simulator: consent</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"stylesheet\" href=\"/assets/page.css\"></head><body><main><section class=\"intro\">{main}\
         </section></main></body></html>"
    );
    Answer::text(status, HTML, html).with(CONTENT_SECURITY_POLICY, POLICY)
}

fn escape(text: &str) -> String {
    html_escape::encode_safe(text).into_owned()
}
