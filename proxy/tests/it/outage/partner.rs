//! A partner that goes away in one of several ways and comes back, and counts what it is asked.
//!
//! Apart because its counts are what an outage is judged by, and nothing of the proxy's own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use fault_net::{Answer, Answers, Fault, FaultPartner, Plan, Position, Request};

/// How a partner is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Away {
    /// Every connection is cut before a byte is read.
    Refusing,
    /// Every request is read, and none is answered.
    Silent,
    /// Every request is answered with 503.
    Unavailable,
    /// The same, with the word that a second later it may be back.
    BackInASecond,
}

/// What it has taken, and how it answers now.
#[derive(Default)]
struct Desk {
    away: Option<Away>,
    /// How often it has said of a lead that it has it, by the lead's receipt.
    taken: BTreeMap<String, u32>,
}

/// The partner.
pub(crate) struct Partner {
    wire: FaultPartner,
    desk: Arc<Mutex<Desk>>,
}

impl Partner {
    pub(crate) fn open() -> Self {
        let desk = Arc::new(Mutex::new(Desk::default()));
        let answers = Arc::clone(&desk);
        let wire = FaultPartner::start(Answers::by(move |request| answer(&answers, request))).unwrap();
        Self { wire, desk }
    }

    pub(crate) fn url(&self) -> String {
        self.wire.url("/leads")
    }

    pub(crate) fn go_away(&self, away: Away) {
        self.desk.lock().unwrap().away = Some(away);
        let plan = match away {
            Away::Refusing => Plan { position: Position::Connect, fault: Fault::Reset },
            Away::Silent => Plan { position: Position::WholeBody, fault: Fault::Silence },
            Away::Unavailable | Away::BackInASecond => return self.wire.heal(),
        };
        self.wire.arm(plan, None);
    }

    pub(crate) fn come_back(&self) {
        self.desk.lock().unwrap().away = None;
        self.wire.heal();
    }

    /// How often it was asked, whatever it did: each exchange has a connection of its own.
    pub(crate) fn asked(&self) -> u32 {
        u32::try_from(self.wire.arrived()).unwrap()
    }

    /// How many leads it has taken.
    pub(crate) fn leads(&self) -> usize {
        self.desk.lock().unwrap().taken.len()
    }

    /// How often it has taken each lead.
    pub(crate) fn taken(&self) -> BTreeMap<String, u32> {
        self.desk.lock().unwrap().taken.clone()
    }
}

fn answer(desk: &Mutex<Desk>, request: Request<'_>) -> Answer {
    let mut desk = desk.lock().unwrap();
    match desk.away {
        Some(Away::BackInASecond) => {
            Answer::raw("HTTP/1.1 503 Away\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n")
        }
        Some(_) => Answer::json(503, "{}"),
        None => {
            let head = String::from_utf8_lossy(request.head);
            let id = head.lines().find_map(|line| line.strip_prefix("webhook-id: ")).unwrap();
            *desk.taken.entry(id.to_owned()).or_default() += 1;
            Answer::json(200, "{}")
        }
    }
}
