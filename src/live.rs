//! One form at work in the browser: between the visitor, the rules, the state and the network.
//!
//! Apart from the view, which only follows what is set here, and from the machine, which decides the moves. `listen` hears
//! the visitor, `send` goes to the proxy; the host page's side (mounting, take-over) is `embed`'s.

mod listen;
mod send;
mod steps;

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use lead_model::{Problem, RawValue, Values, check_field};
use leptos::prelude::{GetUntracked, Set, TimeoutHandle, set_timeout_with_handle};
use web_sys::HtmlElement;

pub(crate) use listen::Listening;

use crate::controls;
use crate::events::{Event, Teller};
use crate::key::KeptKey;
use crate::shown::{Shown, Sight};
use crate::state::machine::Machine;

/// One form at work.
pub(crate) struct Live {
    pub(crate) shown: Arc<Shown>,
    /// The element that the form was mounted into.
    pub(crate) root: HtmlElement,
    pub(crate) teller: Teller,
    /// Where submissions go.
    pub(crate) submit_url: String,
    key: RefCell<KeptKey>,
    machine: RefCell<Machine>,
    /// The body of the last submission: a retry sends the very same bytes.
    body: RefCell<String>,
    timer: Cell<Option<TimeoutHandle>>,
    /// Which fields were changed since the last submission, in the form's order.
    changed: RefCell<Vec<bool>>,
    started: Cell<bool>,
    /// A pointer is down. See `listen`.
    pressing: Cell<bool>,
    /// The field that was left meanwhile.
    waiting: Cell<Option<String>>,
    gone: Cell<bool>,
}

impl Live {
    /// A form that has just been shown.
    pub(crate) fn new(
        shown: Arc<Shown>,
        root: HtmlElement,
        teller: Teller,
        submit_url: String,
        key: KeptKey,
    ) -> Rc<Self> {
        let changed = shown.form.fields.iter().map(|_| false).collect();
        Rc::new(Self {
            shown,
            root,
            teller,
            submit_url,
            key: RefCell::new(key),
            machine: RefCell::default(),
            body: RefCell::default(),
            timer: Cell::new(None),
            changed: RefCell::new(changed),
            started: Cell::new(false),
            pressing: Cell::new(false),
            waiting: Cell::default(),
            gone: Cell::new(false),
        })
    }

    /// An empty form for another lead.
    fn start_over(&self) {
        self.stop_timer();
        self.key.borrow_mut().renew();
        self.machine.replace(Machine::default());
        self.shown.sight.set(Sight::first(&self.shown.form, Values::new()));
        self.set_problems(&[]);
        self.follow();
        self.focus_soon(".lf-input, .lf-option__input, .lf-box__input");
    }

    /// The view's phase becomes the machine's.
    fn follow(&self) {
        let phase = self.machine.borrow().phase().clone();
        if self.shown.phase.get_untracked() != phase {
            self.shown.phase.set(phase);
        }
    }

    /// Problems at their fields and in the summary, which takes focus: the visitor has just pressed send.
    fn show_problems(&self, problems: Vec<Problem>) {
        self.set_problems(&problems);
        if let Some(first) = problems.first() {
            self.show_step_of(&first.field);
        }
        self.teller.tell(&Event::Problem(&problems));
        self.focus_soon(".lf-summary");
    }

    /// Problems at their fields and in the summary; every other field has none.
    pub(crate) fn set_problems(&self, problems: &[Problem]) {
        for field in &self.shown.form.fields {
            let problem = problems.iter().find(|problem| problem.field == field.name);
            self.set_problem(&field.name, problem.cloned());
        }
        self.shown.summary.set(problems.to_vec());
    }

    fn set_problem(&self, name: &str, problem: Option<Problem>) {
        // Only what changes is set: a sentence set anew would be read out anew.
        if let Some(signal) = self.shown.problems_of(name) {
            let problems: Vec<Problem> = problem.into_iter().collect();
            if signal.get_untracked() != problems {
                signal.set(problems);
            }
        }
    }

    /// Asks the rules about one field.
    fn check_one(&self, name: &str) {
        let form = &self.shown.form;
        let values = controls::values(&self.root, form);
        let value: Option<&RawValue> = values.get(name);
        if let Some(field) = form.field(name) {
            self.set_problem(name, check_field(field, value).err());
        }
    }

    /// Focus on what the view is about to show: its effects were queued before this.
    fn focus_soon(&self, selector: &'static str) {
        let root = self.root.clone();
        spawn(Box::pin(async move {
            if let Some(element) = controls::first(&root, selector) {
                controls::focus(&element);
                controls::show(&element);
            }
        }));
    }

    fn after(self: &Rc<Self>, pause_ms: u64, task: fn(&Rc<Self>)) {
        self.stop_timer();
        let live = Rc::downgrade(self);
        let timer = set_timeout_with_handle(
            move || {
                if let Some(live) = live.upgrade() {
                    task(&live);
                }
            },
            Duration::from_millis(pause_ms),
        );
        self.timer.set(timer.ok());
    }

    fn stop_timer(&self) {
        if let Some(timer) = self.timer.take() {
            timer.clear();
        }
    }

    /// The form is being taken off the page.
    pub(crate) fn leave(&self) {
        self.gone.set(true);
        self.stop_timer();
    }
}

/// Runs a future. Boxed as Leptos's own are, so that the code to run one is in the download once.
fn spawn(future: Pin<Box<dyn Future<Output = ()>>>) {
    wasm_bindgen_futures::spawn_local(future);
}
