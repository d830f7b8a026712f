//! What every route may use, put together once at start.
//!
//! Apart so that a route's needs are named fields and not globals.

use std::sync::Arc;

use lead_model::Origin;

use crate::account::{Account, Accounts};
use crate::assets::Assets;
use crate::clock::Clock;
use crate::config::PublicConfig;
use crate::exchange::Exchange;
use crate::forms::Forms;
use crate::intake::Intake;
use crate::intake::purpose::Links;
use crate::left_behind::LeftBehind;
use crate::locales::Locales;
use crate::middleware::limits::BodyLimits;
use crate::routes::records::SchemaCache;
use crate::store::Store;
use crate::store::operator::KnownAccounts;
use crate::token::Tokens;

/// The running proxy, as its routes see it.
pub(crate) struct App {
    pub(crate) public: PublicConfig,
    /// The origin under which browsers know us.
    pub(crate) own_origin: Origin,
    pub(crate) forms: Arc<Forms>,
    pub(crate) locales: Arc<Locales>,
    pub(crate) assets: Assets,
    pub(crate) store: Arc<dyn Store>,
    /// The partner accounts.
    pub(crate) accounts: Arc<Accounts>,
    /// The road to partners.
    pub(crate) exchange: Exchange,
    /// What partners have told of their fields a moment ago.
    pub(crate) schemas: SchemaCache,
    /// What goes on when its caller goes away.
    pub(crate) left_behind: LeftBehind,
    pub(crate) intake: Intake,
    pub(crate) links: Links,
    pub(crate) tokens: Tokens,
    pub(crate) clock: Clock,
}

impl App {
    /// The accounts of the configuration, as the store is told of them.
    pub(crate) fn known_accounts(&self) -> KnownAccounts {
        known_accounts(&self.accounts)
    }

    pub(crate) fn body_limits(&self) -> BodyLimits {
        BodyLimits { bytes_max: self.public.body_bytes_max, time_max: self.public.body_max }
    }
}

/// The accounts of the configuration, as the store is told of them.
pub(crate) fn known_accounts(accounts: &Accounts) -> KnownAccounts {
    let names = |wanted: fn(&Account) -> bool| {
        accounts.iter().filter(|account| wanted(account)).map(|account| account.id().to_owned()).collect()
    };
    KnownAccounts { known: names(|_| true), disabled: names(|account| !account.is_enabled()) }
}
