//! The network of a world: brings requests to partners, or does not, and holds each departure against what must be true.
//!
//! Apart because the real transport stands above it: deadlines, permits and the question whether a byte left are its own.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, header};
use lead_proxy::transport::{Departure, NotPermitted, TransportErrorKind, Wire};
use tokio::sync::oneshot;

use crate::accounts::{Kind, number_in};
use crate::faults::{Back, Trip};
use crate::model::Owner;
use crate::partner::{BodyId, is_clear};
use crate::process::Body;
use crate::sabotage::Sabotage;
use crate::world::World;

/// One process's way to the partners.
pub struct SimWire {
    world: Arc<World>,
    owner: Owner,
    body: Arc<Body>,
}

impl SimWire {
    /// For this process.
    pub fn new(world: Arc<World>, owner: Owner, body: Arc<Body>) -> Self {
        Self { world, owner, body }
    }

    /// A place at which a process may be stopped.
    fn pass(&self, request: &Request<Bytes>, departed: bool) {
        if let Some(lasts) = self.world.passes(self.owner, is_for_token(request), departed) {
            let body = Arc::clone(&self.body);
            body.stop();
            tokio::spawn(async move {
                tokio::time::sleep(lasts).await;
                body.go_on();
            });
        }
    }

    /// The first byte leaves, if it may.
    fn depart(
        &self,
        kind: Kind,
        request: &Request<Bytes>,
        departure: &Departure,
    ) -> Result<Left, NotPermitted> {
        match self.world.sabotage {
            Some(Sabotage::PermitIgnored) if !is_for_token(request) => drop(departure.begin()),
            Some(Sabotage::TokenPermitIgnored) if is_for_token(request) => drop(departure.begin()),
            Some(Sabotage::LeavingDenied) if !is_for_token(request) => {}
            _ => departure.begin()?,
        }
        Ok(if is_for_token(request) {
            let flight = self.world.token_departs(self.owner, kind, request.body());
            let world = Arc::clone(&self.world);
            flight.map_or(Left::Unwatched, |flight| Left::Token(Flight { world, kind, flight }))
        } else {
            let number = number_in(request.body());
            number.map_or(Left::Unwatched, |number| {
                Left::Lead(self.world.lead_departs(self.owner, kind, number, request.body()))
            })
        })
    }
}

/// What has left.
enum Left {
    Unwatched,
    Lead(BodyId),
    /// Under way as long as somebody waits for its answer.
    Token(#[expect(dead_code, reason = "held for its end")] Flight),
}

struct Flight {
    world: Arc<World>,
    kind: Kind,
    flight: u64,
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.world.token_landed(self.kind, self.flight);
    }
}

#[async_trait]
impl Wire for SimWire {
    async fn carry(
        &self,
        request: Request<Bytes>,
        departure: Departure,
    ) -> Result<Response<Bytes>, TransportErrorKind> {
        let kind = Kind::of(request.uri().host().and_then(|host| host.split('.').next()).unwrap_or_default());
        let trip = self.world.trip(kind, is_for_token(&request));
        let Trip { connect, blocked, up, cut, treat, down, back } = trip;
        if connect > self.world.connect_timeout() {
            tokio::time::sleep(self.world.connect_timeout()).await;
            return Err(TransportErrorKind::TimedOut);
        }
        self.pass(&request, false);
        tokio::time::sleep(connect).await;
        if let Some(kind) = blocked {
            return Err(kind);
        }
        // A body that is empty is never asked for.
        let left = match request.body().is_empty() {
            true => Left::Unwatched,
            false => self.depart(kind, &request, &departure).map_err(|_| TransportErrorKind::LeaseLost)?,
        };
        self.pass(&request, true);
        let (answers, answer) = oneshot::channel();
        let world = Arc::clone(&self.world);
        // What is on its way arrives, whatever becomes of whoever sent it.
        tokio::spawn(async move {
            tokio::time::sleep(up).await;
            if !cut {
                let response = world.arrives(kind, &request, treat);
                tokio::time::sleep(down).await;
                // Whoever has hung up does not hear it.
                answers.send(response).ok();
            }
        });
        let response = answer.await.map_err(|_| TransportErrorKind::Broken)?;
        match back {
            Back::Whole => {}
            Back::Broken => return Err(TransportErrorKind::Broken),
            Back::Never => std::future::pending().await,
            Back::TooLong => return Err(TransportErrorKind::AnswerTooLarge),
        }
        if let Left::Lead(body) = left
            && is_clear(kind, &response)
        {
            self.world.refused(body, response.status().as_u16());
        }
        Ok(response)
    }
}

fn is_for_token(request: &Request<Bytes>) -> bool {
    request.uri().path().ends_with("/token")
}

/// The access token of a request.
pub fn bearer(request: &Request<Bytes>) -> Option<&str> {
    request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}
