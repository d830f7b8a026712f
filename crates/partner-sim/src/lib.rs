//! The partners on loopback: each simulator is a person who has read the partner's document and nothing else.
//!
//! It checks what arrives as the document says, keeps a [`Ledger`] of it, and does one thing wrong on purpose when a
//! [`Fault`] is set. It depends on nothing of ours, so that agreement between it and a connector means something.
//! One file a partner (`takepayments.rs`); everything that all of them need lies beside it.

mod answer;
mod arrival;
mod console;
mod controls;
mod credentials;
mod desk;
mod documented;
mod fault;
mod ledger;
mod object;
mod page;
mod receipt;
mod redact;
mod server;
mod stream;

pub mod crm;
pub mod oauth;
pub mod site;
// One line a partner.
pub mod algbra;
pub mod octorate;
pub mod partnerportal;
pub mod spotcap;
pub mod takepayments;
pub mod webhook;

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use axum::Router;
use axum::routing::get;

use crate::algbra::Algbra;
use crate::octorate::Octorate;
use crate::page::{Partner, assets, index};
use crate::partnerportal::PartnerPortal;
use crate::server::Server;
use crate::spotcap::Spotcap;
use crate::takepayments::TakePayments;
use crate::webhook::Webhook;

pub use crate::controls::Controls;
pub use crate::credentials::Credentials;
pub use crate::documented::{Documented, UnknownAnswer};
pub use crate::fault::{Fault, FaultSetting, UnknownFault};
pub use crate::ledger::{KeyCheck, LeadEntry, Ledger, Request};

/// Says where the simulators listen and which credentials they know.
pub struct Options {
    /// The address to bind; loopback only, port 0 for any free one.
    pub listen: SocketAddr,
    /// What each partner takes as good.
    pub credentials: Credentials,
}

impl Options {
    /// For one address and these credentials.
    pub fn new(listen: SocketAddr, credentials: Credentials) -> Self {
        Self { listen, credentials }
    }
}

/// Binds the address and serves every partner in the background until stopped or dropped.
///
/// # Errors
/// When the address is not on loopback or cannot be bound, or when a credential breaks its partner's own rules.
pub async fn start(options: Options) -> anyhow::Result<Sim> {
    let Options { listen, credentials } = options;
    takepayments::check_api_key(&credentials.takepayments_api_key)?;
    spotcap::check_api_key(&credentials.spotcap_api_key)?;
    algbra::check_public_key(&credentials.algbra_public_key_pem)?;
    let listener = server::bind(listen).await?;
    let addr = listener.local_addr().context("the simulators' socket has no address")?;
    let base_url = format!("http://{addr}");
    let partners = Partners::new(&credentials, &base_url)?;

    let (shown, routes): (Vec<_>, Vec<_>) = partners.register().into_iter().unzip();
    let pages = shown.iter().map(|partner| (partner.slug, format!("{base_url}/{}", partner.slug))).collect();
    let router = Router::new().route("/", get(async move || index(&shown))).merge(assets());
    let router = routes.into_iter().fold(router, Router::merge);
    Ok(Sim { base_url, pages, partners, server: Server::start(listener, addr, router) })
}

/// The simulators themselves, one line a partner.
struct Partners {
    takepayments: TakePayments,
    spotcap: Spotcap,
    partnerportal: PartnerPortal,
    octorate: Octorate,
    webhook: Webhook,
    algbra: Algbra,
}

impl Partners {
    fn new(credentials: &Credentials, base_url: &str) -> anyhow::Result<Self> {
        Ok(Self {
            takepayments: TakePayments::new(credentials, base_url),
            spotcap: Spotcap::new(credentials, base_url),
            partnerportal: PartnerPortal::new(credentials, base_url),
            octorate: Octorate::new(credentials, base_url),
            webhook: Webhook::new(credentials, base_url)?,
            algbra: Algbra::new(credentials, base_url),
        })
    }

    /// What the index shows and what is served, in the index's order.
    fn register(&self) -> Vec<(Partner, Router)> {
        vec![
            (takepayments::PARTNER, self.takepayments.routes()),
            (spotcap::PARTNER, self.spotcap.routes()),
            (algbra::PARTNER, self.algbra.routes()),
            (partnerportal::PARTNER, self.partnerportal.routes()),
            (octorate::PARTNER, self.octorate.routes()),
            (webhook::PARTNER, self.webhook.routes()),
        ]
    }
}

/// Keeps the simulators serving; dropping it ends them.
pub struct Sim {
    base_url: String,
    pages: Vec<(&'static str, String)>,
    partners: Partners,
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

    /// Lists every partner by its short name, with the address of its page.
    pub fn pages(&self) -> &[(&'static str, String)] {
        &self.pages
    }

    /// Gives the TakePayments simulator: its address, its ledger, its faults.
    pub fn takepayments(&self) -> &TakePayments {
        &self.partners.takepayments
    }

    /// Gives the Spotcap simulator: its addresses, its ledger, its faults.
    pub fn spotcap(&self) -> &Spotcap {
        &self.partners.spotcap
    }

    /// Gives the webhook's sink: its addresses, its ledger, its faults.
    pub fn webhook(&self) -> &Webhook {
        &self.partners.webhook
    }

    /// Gives the Algbra simulator: its address, its ledger, its faults, its prospects, how requests must be signed.
    pub fn algbra(&self) -> &Algbra {
        &self.partners.algbra
    }

    /// Gives the PartnerPortal.io simulator: its address, ledger and faults, its tokens, leads and schemas.
    pub fn partnerportal(&self) -> &PartnerPortal {
        &self.partners.partnerportal
    }

    /// Gives the Octorate simulator: its addresses, ledger and faults, its tokens and properties.
    pub fn octorate(&self) -> &Octorate {
        &self.partners.octorate
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
