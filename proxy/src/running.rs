//! The whole proxy, started and stopped.
//!
//! Apart from `cli` so that a test starts the same proxy in its own process.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use lead_model::Origin;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::account::Accounts;
use crate::alerts::Alerts;
use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, PublicConfig};
use crate::crash;
use crate::credentials::tokens::TokenKeeper;
use crate::delivery::Delivery;
use crate::entrance::Entrance;
use crate::exchange::Exchange;
use crate::forms::Forms;
use crate::forms::keeper::SchemaKeeper;
use crate::intake::Intake;
use crate::intake::purpose::Links;
use crate::keys::{Keyring, Keys};
use crate::left_behind::LeftBehind;
use crate::robots::Robots;
use crate::routes::records::SchemaCache;
use crate::server::{self, Server, ServerLimits};
use crate::store::{Store, StorePlace};
use crate::token::Tokens;
use crate::transport::Transport;
use crate::upkeep::{Upkeep, open_keys};

/// Longest wait at a stop for what goes on without its caller, which is bounded by a request's own deadline.
const LEFT_BEHIND_MAX: Duration = Duration::from_secs(30);

/// A proxy at work.
pub struct Running {
    /// Where browsers reach it.
    pub public_addr: SocketAddr,
    /// Where operators reach it.
    pub operator_addr: SocketAddr,
    public: Server,
    operator: Server,
    delivery: Arc<Delivery>,
    left_behind: LeftBehind,
    tokens: Arc<TokenKeeper>,
    schemas: Option<JoinHandle<()>>,
    upkeep: JoinHandle<()>,
    alerts: JoinHandle<()>,
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
    config.assets.keep().map_err(|finding| anyhow::anyhow!("{finding}"))?;
    let sockets = Sockets::bind(&config.public, config.operator.listen).await?;
    let (accounts, locales) = (Arc::new(Accounts::new(config.accounts)), Arc::new(config.locales));
    let (store, keys) = open_store(config.store, config.keys, &clock).await?;
    let transport = Transport::build(config.delivery.transport_limits())?;
    let keeper = TokenKeeper::new(Arc::clone(&store), transport.clone(), clock.clone(), Arc::clone(&keys));
    let alerts =
        Alerts::start(config.alerts, Arc::clone(&store), &accounts, transport.clone(), clock.clone());
    let exchange = Exchange::new(transport, Arc::new(keeper), clock.clone());
    let forms = Arc::new(Forms::new(config.forms, &accounts, Arc::clone(&locales)));
    // Before anything is delivered: a lead of such a form is said in words that the schema gives.
    let schemas =
        SchemaKeeper::new(&forms, &accounts, &exchange, &store, &clock, config.schema_life).start().await;
    let delivery = Arc::new(Delivery::start(
        Arc::clone(&store),
        Arc::clone(&accounts),
        exchange.clone(),
        Arc::clone(&keys),
        clock.clone(),
        config.delivery,
    ));
    let left_behind = LeftBehind::default();
    let intake = Intake {
        store: Arc::clone(&store),
        delivery: Arc::clone(&delivery),
        accounts: Arc::clone(&accounts),
        keys: Arc::clone(&keys),
        clock: clock.clone(),
        inline_wait: config.public.inline_wait,
        left_behind: left_behind.clone(),
        robots: Robots::new(&keys.index, clock.clone()),
    };
    let app = Arc::new(App {
        left_behind,
        own_origin: sockets.own_origin.clone(),
        forms,
        locales,
        assets: config.assets,
        intake,
        links: Links { accounts: Arc::clone(&accounts), clock: clock.clone() },
        accounts,
        exchange,
        schemas: SchemaCache::default(),
        store: Arc::clone(&store),
        tokens: Tokens::new(&keys.index, clock.clone()),
        clock,
        public: config.public,
    });
    let (public, operator) = sockets.serve(&app)?;
    Ok(Running {
        public_addr: public.addr(),
        operator_addr: operator.addr(),
        public,
        operator,
        delivery,
        left_behind: app.left_behind.clone(),
        tokens: Arc::clone(app.exchange.tokens()),
        schemas,
        upkeep: Upkeep::new(Arc::clone(&store), keys, config.retention, app.clock.clone()).start(),
        alerts,
        store,
    })
}

/// The store with what opens it. A store that is not let in is closed again.
async fn open_store(
    store: StorePlace,
    keys: Keyring,
    clock: &Clock,
) -> anyhow::Result<(Arc<dyn Store>, Arc<Keys>)> {
    let store = store.open(clock.clone()).await?;
    match open_keys(keys, &*store).await {
        Ok(keys) => Ok((store, Arc::new(keys))),
        Err(error) => {
            store.close().await;
            Err(error.into())
        }
    }
}

/// Both listeners' sockets, and what the public one is called.
struct Sockets {
    public: TcpListener,
    operator: TcpListener,
    own_origin: Origin,
}

impl Sockets {
    async fn bind(config: &PublicConfig, operator: SocketAddr) -> anyhow::Result<Self> {
        let public = bind(config.listen, "public.listen").await?;
        let operator = bind(operator, "operator.listen").await?;
        let own_origin = own_origin(config, &public)?;
        Ok(Self { public, operator, own_origin })
    }

    /// Answers on both from now on: the public server and the operator's.
    fn serve(self, app: &Arc<App>) -> anyhow::Result<(Server, Server)> {
        let limits = ServerLimits::of(&app.public);
        server::warn_if_too_few_files(app.public.connections_max);
        let public = Server::start(self.public, Entrance::public(app), limits)?;
        let operator = Server::start(self.operator, Entrance::operator(app), limits)?;
        tracing::info!(public.origin = %app.own_origin, public.addr = %public.addr(), operator.addr = %operator.addr(), "listening");
        Ok((public, operator))
    }
}

/// The origin under which browsers know us: as configured, else the bound address.
fn own_origin(public: &PublicConfig, listener: &TcpListener) -> anyhow::Result<Origin> {
    if let Some(origin) = &public.origin {
        return Ok(origin.clone());
    }
    let addr = listener.local_addr().context("the public socket has no address")?;
    Origin::parse(&format!("http://{addr}")).with_context(|| format!("http://{addr} is no origin"))
}

async fn bind(addr: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(addr)
        .await
        .with_context(|| format!("{key}: could not listen on {addr}; is the port taken?"))
}

impl Running {
    /// Waits for a part of it to end that was not told to: nothing is delivered any more.
    pub async fn broke(&self) {
        self.delivery.ended().await;
    }

    /// Takes nothing more, lets open requests and attempts end, and closes the store.
    pub async fn stop(self) {
        crash::point("stop.begun");
        // Before anything that takes time: from here on we are not ready, and what is due is somebody else's, or waits.
        self.delivery.begin_stop();
        self.public.stop().await;
        self.operator.stop().await;
        // What it has fetched is kept already, or will be fetched again.
        self.schemas.inspect(JoinHandle::abort);
        // Each of its steps is whole in itself, and the next start goes on.
        self.upkeep.abort();
        self.alerts.abort();
        // Who has gone away has left work behind that is not theirs to cut off.
        tokio::join!(self.delivery.stop(), self.left_behind.finish(LEFT_BEHIND_MAX));
        self.tokens.settle().await;
        crash::point("stop.drained");
        self.store.close().await;
    }
}
