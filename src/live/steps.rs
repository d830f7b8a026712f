//! Going from step to step, and asking what depends on an answer.
//!
//! Apart from the rest of a form at work because most forms have neither steps nor conditions.

use std::rc::Rc;

use lead_model::check;
use leptos::prelude::{GetUntracked, Set};

use super::{Live, spawn};
use crate::controls;
use crate::events::Event;
use crate::shown::Sight;

impl Live {
    /// Goes on to the next step where this one is good, and tells its problems where it is not; false on the last one.
    pub(super) fn step_on(&self) -> bool {
        let sight = self.shown.sight.get_untracked();
        let Some(next) = self.shown.road(&sight).next else {
            return false;
        };
        let form = &self.shown.form;
        let mut problems = check(form, &controls::values(&self.root, form)).err().unwrap_or_default();
        // What stands on later steps was not asked yet.
        problems.retain(|problem| form.field(&problem.field).is_none_or(|field| field.on_step <= sight.step));
        if problems.is_empty() {
            self.go_to(Sight { step: next, ..sight });
        } else {
            self.show_problems(problems);
        }
        true
    }

    /// Goes back by one step.
    pub(super) fn step_back(&self) {
        let sight = self.shown.sight.get_untracked();
        if let Some(step) = self.shown.road(&sight).before {
            self.go_to(Sight { step, ..sight });
        }
    }

    /// Another step, whose heading takes focus, so that it is read out and the keyboard goes on from there.
    fn go_to(&self, sight: Sight) {
        self.set_problems(&[]);
        self.shown.sight.set(sight);
        self.teller.tell(&Event::Step(self.shown.progress()));
        self.focus_soon(".lf-step:not([hidden]) .lf-step__title");
    }

    /// Brings the step of a field into sight, where it is not: whoever wants its focus must wait for the view then.
    pub(super) fn show_step_of(&self, name: &str) -> bool {
        let mut sight = self.shown.sight.get_untracked();
        if let Some(field) = self.shown.form.field(name)
            && field.on_step != sight.step
        {
            sight.step = field.on_step;
            self.shown.sight.set(sight);
            return true;
        }
        false
    }

    /// Focus on a field, on whatever step it is.
    pub(super) fn go_to_field(self: &Rc<Self>, name: &str) {
        let (root, id) = (self.root.clone(), self.shown.id(name));
        if !self.show_step_of(name) {
            return controls::focus_field(&root, &id);
        }
        spawn(Box::pin(async move { controls::focus_field(&root, &id) }));
    }

    /// What is asked may depend on what was entered.
    pub(super) fn ask_anew(&self) {
        let form = &self.shown.form;
        if self.shown.has_conditions {
            let mut sight = self.shown.sight.get_untracked();
            let asked = form.asked(&controls::values(&self.root, form));
            if sight.asked != asked {
                sight.asked = asked;
                self.shown.sight.set(sight);
            }
        }
    }
}
