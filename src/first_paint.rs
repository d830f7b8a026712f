//! The form as HTML, made natively by the proxy from the same view that runs in the browser.
//!
//! Apart because it is the proxy's only door into this crate. What comes out works as it stands: a plain form that posts
//! to `action`, with values, problems and summary filled in after a submission that had some.

use lead_model::{Form, Problem, SubmissionState, Values};
use std::sync::Arc;

use leptos::prelude::{Owner, RenderHtml, Set};

use serde_json::Value;

use crate::form::{LeadForm, LeadFormProps, frame};
use crate::shown::{Plain, Shown};
use crate::state::Phase;

/// Everything that a first paint shows.
#[derive(Clone, Copy, Debug)]
pub struct FirstPaint<'a> {
    /// The form, in one language.
    pub form: &'a Form,
    /// Address that the plain form posts to.
    pub action: &'a str,
    /// Signed token that the proxy wants back as `_token`.
    pub token: &'a str,
    /// What the controls hold: nothing at first, what was sent after a submission with problems.
    pub values: &'a Values,
    /// The problems of that submission, for the summary and the fields.
    pub problems: &'a [Problem],
    /// Makes the ids unique on the page; letters, digits and hyphens.
    pub instance: &'a str,
    /// A sentence above the button, such as that the page was open for too long.
    pub notice: Option<&'a str>,
}

/// The form's HTML: `<div class="lf">…</div>`. Every text in it is escaped.
pub fn first_paint(paint: &FirstPaint<'_>) -> String {
    Owner::new().with(|| html(shown(paint)))
}

/// The same as a tree of `[tag, {attributes}, …children]`, of which the loader makes nodes on a page that is not ours.
pub fn first_paint_tree(paint: &FirstPaint<'_>) -> Value {
    Owner::new().with(|| frame(shown(paint)).into_tree())
}

fn shown(paint: &FirstPaint<'_>) -> Arc<Shown> {
    let plain = Plain {
        action: paint.action.to_owned(),
        token: paint.token.to_owned(),
        notice: paint.notice.map(str::to_owned),
    };
    let shown = Shown::new(paint.form.clone(), paint.instance, paint.values.clone(), Some(plain));
    for problem in paint.problems {
        if let Some(signal) = shown.problems_of(&problem.field) {
            signal.set(vec![problem.clone()]);
        }
    }
    shown.summary.set(paint.problems.to_vec());
    shown
}

/// The thanks in the form's place, for a submission that is safe.
pub fn thanks(form: &Form, receipt: &str, state: SubmissionState) -> String {
    let plain = Plain { action: String::new(), token: String::new(), notice: None };
    let receipt = receipt.to_owned();
    Owner::new().with(|| {
        let shown = Shown::new(form.clone(), "thanks", Values::new(), Some(plain));
        shown.phase.set(match state {
            SubmissionState::Received => Phase::Received { receipt },
            SubmissionState::Delivered => Phase::Delivered { receipt },
        });
        html(shown)
    })
}

fn html(shown: Arc<Shown>) -> String {
    LeadForm(LeadFormProps { shown }).to_html()
}

#[cfg(test)]
mod tests;
