//! One exchange with a partner: sealed, sent, read; after a refused token once more with a new one.
//!
//! Apart from delivery, which writes down what it does, because records are read and changed on the same road.

use std::sync::Arc;

use crate::account::Account;
use crate::clock::Clock;
use crate::connectors::parts::seal::TokenPlan;
use crate::connectors::{
    Answer, Call, CallFault, OperationKind, Outcome, PartnerRequest, Reading, Seal, Why,
};
use crate::credentials::seal::seal;
use crate::credentials::tokens::{AccessToken, TokenFault, TokenKeeper};
use crate::transport::{Permit, Transport, TransportError, TransportErrorKind};

/// Speaks with partners for whoever may.
#[derive(Clone)]
pub struct Exchange {
    transport: Transport,
    tokens: Arc<TokenKeeper>,
    clock: Clock,
}

/// How an exchange ended.
#[derive(Debug)]
pub struct Exchanged {
    /// What the connector makes of it.
    pub outcome: Outcome,
    /// The partner's answer, where there was a complete one.
    pub answer: Option<Answer>,
}

impl Exchanged {
    fn without_answer(outcome: Outcome) -> Self {
        Self { outcome, answer: None }
    }

    /// The partner's status, where it answered.
    pub fn status(&self) -> Option<u16> {
        self.answer.as_ref().map(|answer| answer.status)
    }
}

/// What a request is sealed with, got before the attempt is written down: a slow token endpoint leaves no doubt behind.
pub struct Seals {
    seals: Vec<Seal>,
    token: Option<(TokenPlan, AccessToken)>,
}

impl Exchange {
    /// Speaks through this transport, with these tokens.
    pub fn new(transport: Transport, tokens: Arc<TokenKeeper>, clock: Clock) -> Self {
        Self { transport, tokens, clock }
    }

    /// The keeper of tokens.
    pub fn tokens(&self) -> &Arc<TokenKeeper> {
        &self.tokens
    }

    /// Readies an account's seals; fetches or renews its token where it has one.
    ///
    /// # Errors
    /// The outcome where no token can be had: nothing was sent.
    pub async fn ready(&self, account: &Account) -> Result<Seals, Outcome> {
        let seals = account.connector().seals(account.settings());
        let plan = seals.iter().find_map(|seal| match seal {
            Seal::Bearer(plan) => Some(plan.clone()),
            _ => None,
        });
        let token = match plan {
            None => None,
            Some(plan) => {
                let token = self.tokens.token(account, &plan).await.map_err(outcome_of_fault)?;
                Some((plan, token))
            }
        };
        Ok(Seals { seals, token })
    }

    /// Sends a request, as long as the permit is good; where the partner refuses its token, once more with a new one: a 401
    /// is a complete answer of a partner that has done nothing.
    pub async fn send(
        &self,
        account: &Account,
        kind: OperationKind,
        request: &PartnerRequest,
        seals: Seals,
        permit: Option<&Permit>,
    ) -> Exchanged {
        let first = self.send_once(account, kind, request, &seals, permit).await;
        let (Outcome::Credential { can_renew: true, .. }, Some((plan, refused))) =
            (&first.outcome, &seals.token)
        else {
            return first;
        };
        match self.tokens.renew(account, plan, refused).await {
            Ok(token) => {
                let seals = Seals { seals: seals.seals.clone(), token: Some((plan.clone(), token)) };
                self.send_once(account, kind, request, &seals, permit).await
            }
            Err(fault) => Exchanged { outcome: outcome_of_fault(fault), answer: first.answer },
        }
    }

    /// Builds a call's request and exchanges it: for calls that bring no lead.
    ///
    /// # Errors
    /// When no request can be built.
    pub async fn call(&self, account: &Account, call: &Call<'_>) -> Result<Exchanged, CallFault> {
        let request = account.connector().request(call, account.settings())?;
        Ok(match self.ready(account).await {
            Ok(seals) => self.send(account, call.kind(), &request, seals, None).await,
            Err(outcome) => Exchanged::without_answer(outcome),
        })
    }

    /// The same, with what the answer holds.
    ///
    /// # Errors
    /// When no request can be built.
    pub async fn ask(
        &self,
        account: &Account,
        call: &Call<'_>,
    ) -> Result<Result<Reading, Exchanged>, CallFault> {
        let exchanged = self.call(account, call).await?;
        if !matches!(exchanged.outcome, Outcome::Delivered { .. }) {
            return Ok(Err(exchanged));
        }
        let read =
            exchanged.answer.as_ref().and_then(|answer| account.connector().reading(call.kind(), answer));
        let unreadable = Outcome::InDoubt { why: Why::UnreadableBody };
        Ok(read.ok_or(Exchanged { outcome: unreadable, answer: exchanged.answer }))
    }

    async fn send_once(
        &self,
        account: &Account,
        kind: OperationKind,
        request: &PartnerRequest,
        seals: &Seals,
        permit: Option<&Permit>,
    ) -> Exchanged {
        let token = seals.token.as_ref().map(|(_, token)| &token.secret);
        let Ok(sealed) = seal(account, request, &seals.seals, token, &self.clock) else {
            return Exchanged::without_answer(Outcome::NotSent { why: Why::NotBuilt });
        };
        match self.transport.exchange_with(sealed, permit.cloned()).await {
            Ok(response) => {
                let (head, body) = response.into_parts();
                let answer =
                    Answer { status: head.status.as_u16(), headers: head.headers, body: body.into() };
                let outcome = account.connector().outcome(kind, &answer, account.settings());
                Exchanged { outcome, answer: Some(answer) }
            }
            Err(error) => Exchanged::without_answer(outcome_of_error(&error)),
        }
    }
}

/// No token: nothing was sent.
fn outcome_of_fault(fault: TokenFault) -> Outcome {
    match fault {
        TokenFault::Later => Outcome::NotSent { why: Why::Token },
        TokenFault::Refused => Outcome::Credential { can_renew: false, why: Why::TokenRefused },
    }
}

/// No complete answer: whether a byte of the body left decides between "not sent" and "in doubt", and this is the place.
fn outcome_of_error(error: &TransportError) -> Outcome {
    let why = why_of(error.kind);
    if error.body_left { Outcome::InDoubt { why } } else { Outcome::NotSent { why } }
}

/// The code of an exchange without a complete answer.
pub(crate) fn why_of(kind: TransportErrorKind) -> Why {
    match kind {
        TransportErrorKind::Dns => Why::Dns,
        TransportErrorKind::Blocked => Why::Blocked,
        TransportErrorKind::Connect => Why::Connect,
        TransportErrorKind::Tls => Why::Tls,
        TransportErrorKind::TimedOut => Why::TimedOut,
        TransportErrorKind::Broken => Why::Broken,
        TransportErrorKind::AnswerTooLarge => Why::AnswerTooLarge,
        TransportErrorKind::LeaseLost => Why::LeaseLost,
    }
}
