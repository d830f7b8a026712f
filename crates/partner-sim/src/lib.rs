//! The partners on loopback: each simulator is a person who has read the partner's document and nothing else.
//!
//! It checks what arrives as the document says, keeps a [`Ledger`] of it, and does one thing wrong on purpose when a
//! [`Fault`] is set. It depends on nothing of ours, so that agreement between it and a connector means something.
//! One file a partner (`takepayments.rs`); everything that all of them need lies beside it.

mod answer;
mod console;
mod desk;
mod fault;
mod ledger;
mod object;
mod page;
mod redact;
mod server;
mod stream;

pub mod site;
pub mod takepayments;

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use axum::Router;
use axum::routing::get;

use crate::page::{assets, index};
use crate::server::Server;
use crate::takepayments::TakePayments;

pub use crate::fault::{Fault, FaultSetting, UnknownFault};
pub use crate::ledger::{KeyCheck, LeadEntry, Ledger, Request};

/// Says where the simulators listen and which credentials they know.
pub struct Options {
    /// The address to bind; loopback only, port 0 for any free one.
    pub listen: SocketAddr,
    /// The only `ApiKey` that TakePayments knows: 1 to 200 UTF-16 code units, as its document says.
    pub takepayments_api_key: String,
}

/// Binds the address and serves every partner in the background until stopped or dropped.
///
/// # Errors
/// When the address is not on loopback or cannot be bound, or when a credential breaks its partner's own rules.
pub async fn start(options: Options) -> anyhow::Result<Sim> {
    takepayments::check_api_key(&options.takepayments_api_key)?;
    let listener = server::bind(options.listen).await?;
    let addr = listener.local_addr().context("the simulators' socket has no address")?;
    let base_url = format!("http://{addr}");

    let takepayments = TakePayments::new(options.takepayments_api_key, &base_url);
    let partners = vec![takepayments::PARTNER];
    let router = Router::new()
        .route("/", get(async move || index(&partners)))
        .merge(assets())
        .merge(takepayments.routes());
    Ok(Sim { base_url, takepayments, server: Server::start(listener, addr, router) })
}

/// Keeps the simulators serving; dropping it ends them.
pub struct Sim {
    base_url: String,
    takepayments: TakePayments,
    server: Server,
}

impl Sim {
    /// Tells the bound address, with the port that was found when 0 was asked for.
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Tells the root of everything served, without a slash at the end.
    pub fn url(&self) -> String {
        self.base_url.clone()
    }

    /// Gives the TakePayments simulator: its address, its ledger, its faults.
    pub fn takepayments(&self) -> &TakePayments {
        &self.takepayments
    }

    /// Stops listening and cuts every open connection; when this returns the port is free.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// Refuses an address that others could reach: the ledger shows personal data to whoever asks.
fn check_loopback(listen: SocketAddr) -> anyhow::Result<()> {
    if !listen.ip().is_loopback() {
        bail!("{listen} is not a loopback address: simulators listen on 127.0.0.1 or [::1] only");
    }
    Ok(())
}
