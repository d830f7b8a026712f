//! What is shown of one form: its definition and everything that may change while the visitor looks at it.
//!
//! Apart from `live`, which changes it, and from the view, which follows it: natively nothing changes, and the same view
//! is read once.

use std::sync::Arc;

use lead_model::{Field, FieldKind, Form, Problem, RawValue, Values, message, summary_line, text_for};
use leptos::prelude::{ArcRwSignal, Get};

use crate::state::Phase;
use crate::view::Text;

/// One form in one place of a page. Its signals live as long as it does, not as long as Leptos's owner of the view: an
/// answer that comes after the form was taken off finds them still there.
pub struct Shown {
    /// The form, in one language.
    pub(crate) form: Form,
    /// What the controls hold when the form is shown.
    pub(crate) values: Values,
    /// How far the form has come.
    pub(crate) phase: ArcRwSignal<Phase>,
    /// What is in sight. One signal, for each type of signal is a kilobyte of the download.
    pub(crate) sight: ArcRwSignal<Sight>,
    /// Whether that can ever change.
    #[cfg_attr(not(feature = "csr"), expect(dead_code, reason = "natively nothing changes"))]
    pub(crate) has_conditions: bool,
    /// The problems of each field, in the form's order: none or one.
    pub(crate) problems: Vec<ArcRwSignal<Vec<Problem>>>,
    /// The problems of the last submission, for the summary.
    pub(crate) summary: ArcRwSignal<Vec<Problem>>,
    /// Start of every id, so that two forms on one page don't collide.
    ids: String,
    /// Where a browser without our script posts to; absent where the script runs.
    pub(crate) plain: Option<Plain>,
}

/// What the plain HTML form needs beside its fields.
#[derive(Clone, Debug)]
pub struct Plain {
    /// Address that the form posts to.
    pub action: String,
    /// Signed token that the proxy wants back.
    pub token: String,
    /// A sentence above the button, where there is something to say.
    pub notice: Option<String>,
}

/// What of a form is in sight.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sight {
    /// The step, from 0.
    pub(crate) step: u32,
    /// Of each field whether it is asked, in the form's order.
    pub(crate) asked: Vec<bool>,
}

/// The way through the steps that are asked.
pub(crate) struct Road {
    /// The step before the one in sight.
    pub(crate) before: Option<u32>,
    /// The step behind it.
    pub(crate) next: Option<u32>,
    /// Which of those that are asked is in sight, from 1.
    pub(crate) place: u32,
    /// How many are asked.
    pub(crate) count: u32,
}

impl Sight {
    /// The first step, and what is asked while nothing but this and the definition's own values is entered.
    pub(crate) fn first(form: &Form, mut values: Values) -> Self {
        for field in &form.fields {
            if let (Some(value), None) = (&field.value, values.get(&field.name)) {
                values.set(&field.name, RawValue::Text(value.clone()));
            }
        }
        Self { step: 0, asked: form.asked(&values) }
    }
}

impl Shown {
    /// A form as it is shown at first, in the place named by `instance` (unique on its page).
    pub fn new(form: Form, instance: &str, values: Values, plain: Option<Plain>) -> Arc<Self> {
        let problems = form.fields.iter().map(|_| ArcRwSignal::new(Vec::new())).collect();
        let sight = Sight::first(&form, values.clone());
        let has_conditions = !form.fields.iter().all(|field| form.is_always_asked(field));
        let ids = ["lf-", &form.id, "-", instance, "-"].concat();
        Arc::new(Self {
            form,
            values,
            phase: ArcRwSignal::new(Phase::Idle),
            sight: ArcRwSignal::new(sight),
            has_conditions,
            problems,
            summary: ArcRwSignal::new(Vec::new()),
            ids,
            plain,
        })
    }

    /// Where a visitor stands among the steps that are asked.
    pub(crate) fn road(&self, sight: &Sight) -> Road {
        let mut road = Road { before: None, next: None, place: 0, count: 0 };
        let mut last = None;
        for (field, asked) in self.form.fields.iter().zip(&sight.asked) {
            let step = field.on_step;
            if !asked || field.kind == FieldKind::Hidden || last.replace(step) == Some(step) {
                continue;
            }
            road.count += 1;
            if step < sight.step {
                road.before = Some(step);
            } else if step > sight.step && road.next.is_none() {
                road.next = Some(step);
            }
            if step <= sight.step {
                road.place = road.count;
            }
        }
        road
    }

    /// Which step is in sight, from 1, and of how many; whoever asks follows both.
    pub(crate) fn progress(&self) -> (u32, u32) {
        let Road { place, count, .. } = self.road(&self.sight.get());
        (place, count)
    }

    /// The id of a field's control, or of another part.
    pub(crate) fn id(&self, name: &str) -> String {
        [&self.ids, name].concat()
    }

    /// The form's text for a key of its locale.
    pub(crate) fn text(&self, key: &str) -> Text {
        text_for(&self.form, key).to_owned().into()
    }

    /// The sentence of a problem.
    pub(crate) fn sentence(&self, problem: &Problem) -> Text {
        message(&self.form, problem).into()
    }

    /// The sentence of a problem away from its field.
    pub(crate) fn summary_line(&self, problem: &Problem) -> Text {
        summary_line(&self.form, problem).into()
    }

    /// The signal with the problems of a field.
    pub(crate) fn problems_of(&self, name: &str) -> Option<ArcRwSignal<Vec<Problem>>> {
        let index = self.form.fields.iter().position(|field| field.name == name)?;
        self.problems.get(index).cloned()
    }

    /// The problem of a field, if it has one; whoever asks follows it.
    pub(crate) fn problem(&self, name: &str) -> Option<Problem> {
        self.problems_of(name)?.get().pop()
    }

    /// What a field holds: what was typed before, where it is shown for the `first` time, else the definition's value.
    pub(crate) fn first_value(&self, field: &Field, first: bool) -> String {
        match self.values.get(&field.name) {
            Some(RawValue::Text(text)) if first => text.clone(),
            _ => field.value.clone().unwrap_or_default(),
        }
    }

    /// Whether a box was ticked before.
    pub(crate) fn is_ticked(&self, field: &Field) -> bool {
        self.values.get(&field.name) == Some(&RawValue::Bool(true))
    }
}
