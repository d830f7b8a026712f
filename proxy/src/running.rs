//! The whole proxy, started and stopped.
//!
//! Apart from `cli` so that a test starts the same proxy in its own process.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use lead_model::Origin;
use tokio::net::TcpListener;

use crate::account::Accounts;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::credentials::tokens::TokenKeeper;
use crate::delivery::Delivery;
use crate::exchange::Exchange;
use crate::forms::Forms;
use crate::intake::Intake;
use crate::intake::purpose::Links;
use crate::router;
use crate::server::{self, Server, ServerLimits};
use crate::store::{SqliteStore, Store};
use crate::token::Tokens;
use crate::transport::Transport;

/// A proxy at work.
pub struct Running {
    /// Where browsers reach it.
    pub public_addr: SocketAddr,
    /// Where operators reach it.
    pub operator_addr: SocketAddr,
    public: Server,
    operator: Server,
    delivery: Arc<Delivery>,
    store: Arc<dyn Store>,
}

/// Starts everything by the machine's clock.
///
/// # Errors
/// When an address can't be bound, or store or transport can't be opened.
pub async fn serve(config: Config) -> anyhow::Result<Running> {
    serve_by(config, Clock::system()).await
}

/// Starts everything by this clock.
///
/// # Errors
/// As [`serve`].
pub async fn serve_by(config: Config, clock: Clock) -> anyhow::Result<Running> {
    let Config { public, operator, forms, locales, assets, store, delivery, accounts, token_key, .. } =
        config;
    let public_listener = bind(public.listen, "public.listen").await?;
    let operator_listener = bind(operator.listen, "operator.listen").await?;
    let own_origin = match public.origin.clone() {
        Some(origin) => origin,
        None => {
            let addr = public_listener.local_addr().context("the public socket has no address")?;
            Origin::parse(&format!("http://{addr}")).with_context(|| format!("http://{addr} is no origin"))?
        }
    };
    let accounts = Arc::new(Accounts::new(accounts));
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&store, clock.clone()).await?);
    let transport = Transport::build(delivery.transport_limits())?;
    let keeper = TokenKeeper::new(Arc::clone(&store), transport.clone(), clock.clone(), &token_key);
    let exchange = Exchange::new(transport, Arc::new(keeper), clock.clone());
    let limits = ServerLimits::of(&public);
    server::warn_if_too_few_files(public.connections_max);
    let delivery = Arc::new(Delivery::start(
        Arc::clone(&store),
        Arc::clone(&accounts),
        exchange.clone(),
        clock.clone(),
        delivery,
    ));
    let app = Arc::new(App {
        own_origin,
        forms: Forms::new(forms, &locales),
        locales,
        assets,
        intake: Intake {
            store: Arc::clone(&store),
            delivery: Arc::clone(&delivery),
            accounts: Arc::clone(&accounts),
            inline_wait: public.inline_wait,
        },
        links: Links { accounts: Arc::clone(&accounts), clock: clock.clone() },
        accounts,
        exchange,
        store: Arc::clone(&store),
        tokens: Tokens::new(&token_key, clock.clone()),
        clock,
        public,
    });
    let public = Server::start(public_listener, router::public(&app), limits)?;
    let operator = Server::start(operator_listener, router::operator(&app), limits)?;
    tracing::info!(public.origin = %app.own_origin, public.addr = %public.addr(), operator.addr = %operator.addr(), "listening");
    Ok(Running {
        public_addr: public.addr(),
        operator_addr: operator.addr(),
        public,
        operator,
        delivery,
        store,
    })
}

async fn bind(addr: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(addr)
        .await
        .with_context(|| format!("{key}: could not listen on {addr}; is the port taken?"))
}

impl Running {
    /// Takes nothing more, lets open requests and attempts end, and closes the store.
    pub async fn stop(self) {
        self.public.stop().await;
        self.operator.stop().await;
        match Arc::into_inner(self.delivery) {
            Some(delivery) => delivery.stop().await,
            None => tracing::warn!("attempts were cut off; they are taken up at the next start"),
        }
        self.store.close().await;
    }
}
