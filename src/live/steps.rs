//! Going from step to step, and asking what depends on an answer.
//!
//! Apart from the rest of a form at work because most forms have neither steps nor conditions.

use std::rc::Rc;

use lead_model::check;
use leptos::prelude::{GetUntracked, Set};

use super::{Live, spawn};
use crate::controls;
use crate::events::Event;

impl Live {
    /// Goes on to the next step where this one is good, and tells its problems where it is not; false on the last one.
    pub(super) fn step_on(&self) -> bool {
        let step = self.shown.at_step.get_untracked();
        let Some(next) = self.shown.road().into_iter().find(|other| *other > step) else {
            return false;
        };
        let form = &self.shown.form;
        let mut problems = check(form, &controls::values(&self.root, form)).err().unwrap_or_default();
        // What stands on later steps was not asked yet.
        problems
            .retain(|problem| form.field(&problem.field).is_none_or(|field| field.on_step as usize <= step));
        if problems.is_empty() {
            self.set_problems(&[]);
            self.go_to(next);
        } else {
            self.show_problems(problems);
        }
        true
    }

    /// Goes back by one step.
    pub(super) fn step_back(&self) {
        let step = self.shown.at_step.get_untracked();
        if let Some(before) = self.shown.road().into_iter().rev().find(|other| *other < step) {
            self.set_problems(&[]);
            self.go_to(before);
        }
    }

    /// Another step, whose heading takes focus, so that it is read out and the keyboard goes on from there.
    fn go_to(&self, step: usize) {
        self.shown.at_step.set(step);
        let (place, count) = self.shown.progress();
        self.teller.tell(&Event::Step { place, count });
        self.focus_soon(".lf-step:not([hidden]) .lf-step__title");
    }

    /// Brings the step of a field into sight; whoever wants its focus must wait for the view.
    pub(super) fn show_step_of(&self, name: &str) {
        let step = self.shown.form.field(name).map(|field| field.on_step as usize);
        if let Some(step) = step.filter(|step| *step != self.shown.at_step.get_untracked()) {
            self.shown.at_step.set(step);
        }
    }

    /// Focus on a field, on whatever step it is.
    pub(super) fn go_to_field(self: &Rc<Self>, name: &str) {
        self.show_step_of(name);
        let (root, id) = (self.root.clone(), self.shown.id(name));
        spawn(Box::pin(async move { controls::focus_field(&root, &id) }));
    }

    /// What is asked may depend on what was entered.
    pub(super) fn ask_anew(&self) {
        if self.shown.has_conditions {
            let form = &self.shown.form;
            let asked = form.asked(&controls::values(&self.root, form));
            if self.shown.asked.get_untracked() != asked {
                self.shown.asked.set(asked);
            }
        }
    }
}
