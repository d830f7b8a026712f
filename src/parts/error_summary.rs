//! All problems of a submission in one place, above the fields; it takes focus after a submission with problems.
//!
//! Each line is a link to its field. `live` moves focus and sight there; without our script the browser's own jump does.

use std::sync::Arc;

use leptos::prelude::Get;

use crate::shown::Shown;
use crate::view::{Element, element};

/// A function that gives the summary while there is something to sum up. It stays as it is while the visitor mends one
/// field after another, so that the page does not jump under the fingers; the next submission renews it.
pub(crate) fn error_summary(shown: &Arc<Shown>) -> impl FnMut() -> Option<Vec<Element>> + Send + 'static {
    let shown = Arc::clone(shown);
    move || {
        let problems = shown.summary.get();
        if problems.is_empty() {
            return Some(Vec::new());
        }
        let title = shown.id("summary-title");
        let mut list = element("ul", "lf-summary__list");
        for problem in &problems {
            let to = ["#", &shown.id(&problem.field)].concat();
            let link = element("a", "").attribute("href", to).attribute("data-field", problem.field.clone());
            list = list.child(element("li", "").child(link.text(shown.summary_line(problem))));
        }
        let summary = element("div", "lf-summary")
            .attribute("role", "alert")
            .attribute("tabindex", "-1")
            .attribute("aria-labelledby", title.clone())
            .child(
                element("h3", "lf-summary__title").attribute("id", title).text(shown.text("summary_title")),
            )
            .child(list);
        Some(vec![summary])
    }
}
