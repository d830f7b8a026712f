//! The command line: one file a subcommand.
//!
//! Apart from `main` so that tests can read the same arguments.

mod accounts;
mod audit;
mod check;
mod connect;
mod deliveries;
mod forms;
mod history;
mod link;
mod operator;
mod prefill;
mod render;
mod serve;
mod snippet;
mod table;
mod token;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::account::Account;
use crate::config::{Config, ConfigError, Environment};
use crate::snippets::Way;

/// Status of a process that refused its configuration.
const REFUSED: u8 = 2;

/// Takes leads from lead-form and gets each to its partner, once.
#[derive(Debug, Parser)]
#[command(name = "lead-proxy", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve forms and deliver leads until told to stop.
    Serve(File),
    /// Check configuration, forms and accounts, and ask each partner what it tells without a lead.
    Check {
        /// Ask nobody: leave out whatever needs the network.
        #[arg(long)]
        offline: bool,
        #[command(flatten)]
        file: File,
    },
    /// List the forms.
    Forms(File),
    /// See and settle what has not reached its partner.
    #[command(subcommand)]
    Deliveries(deliveries::Deliveries),
    /// See which accounts let their leads go, stop and resume them.
    #[command(subcommand)]
    Accounts(accounts::Accounts),
    /// See what operators did.
    Audit(audit::Audit),
    /// Print the HTML of a form's hosted page.
    Render {
        /// The form's id.
        form: String,
        /// Language tag; the form's own where left out.
        #[arg(long)]
        locale: Option<String>,
        #[command(flatten)]
        file: File,
    },
    /// Print the address at which somebody completes one record, signed with the account's first panel key.
    Link {
        /// The id of a form with `completes = true`.
        form: String,
        /// Our reference of the record, as the partner has it.
        #[arg(long)]
        reference: String,
        /// For how many days it is good, 1 to 90.
        #[arg(long, default_value_t = 14)]
        days: u32,
        #[command(flatten)]
        file: File,
    },
    /// Print a panel token, and the address at which the panel stands open with it, signed with the account's first panel key.
    Token {
        /// The account's name.
        account: String,
        #[command(flatten)]
        wanted: token::Wanted,
        #[command(flatten)]
        file: File,
    },
    /// Print the address at which a person consents that we act for an account.
    Connect {
        /// The account's name.
        account: String,
        #[command(flatten)]
        file: File,
    },
    /// Print the address at which a form stands filled in, signed with the account's first panel key.
    Prefill {
        /// The form's id.
        form: String,
        #[command(flatten)]
        filling: prefill::Filling,
        #[command(flatten)]
        file: File,
    },
    /// Print what an embedder copies into a page.
    Snippet {
        /// The form's id.
        form: String,
        /// One way alone, and nothing else; all of them where left out.
        #[arg(long = "as", value_enum)]
        way: Option<Way>,
        #[command(flatten)]
        file: File,
    },
}

#[derive(Debug, clap::Args)]
struct File {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Does what the arguments say.
pub fn run(arguments: Arguments) -> ExitCode {
    match arguments.command {
        Command::Serve(file) => with_config(&file.config, serve::run),
        Command::Check { offline, file } => with_config(&file.config, |config| check::run(&config, offline)),
        Command::Forms(file) => with_config(&file.config, |config| forms::run(&config)),
        Command::Deliveries(command) => deliveries::run(command),
        Command::Accounts(command) => accounts::run(command),
        Command::Audit(audit) => audit::run(&audit),
        Command::Render { form, locale, file } => {
            with_config(&file.config, |config| render::run(config, &form, locale.as_deref()))
        }
        Command::Link { form, reference, days, file } => {
            with_config(&file.config, |config| link::run(&config, &form, &reference, days))
        }
        Command::Prefill { form, filling, file } => {
            with_config(&file.config, |config| prefill::run(&config, &form, &filling))
        }
        Command::Token { account, wanted, file } => {
            with_config(&file.config, |config| token::run(&config, &account, &wanted))
        }
        Command::Connect { account, file } => {
            with_config(&file.config, |config| connect::run(&config, &account))
        }
        Command::Snippet { form, way, file } => {
            with_config(&file.config, |config| snippet::run(&config, &form, way))
        }
    }
}

fn with_config(path: &Path, act: impl FnOnce(Config) -> anyhow::Result<()>) -> ExitCode {
    let config = match Config::load(path, &Environment::of_process()) {
        Ok(config) => config,
        Err(error) => return refuse(path, &error),
    };
    match act(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_wrong(&format!("lead-proxy: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn refuse(path: &Path, error: &ConfigError) -> ExitCode {
    say_wrong(&format!("{}: {error}", path.display()));
    ExitCode::from(REFUSED)
}

/// The origin under which browsers know the proxy of this configuration.
fn origin(config: &Config) -> String {
    match &config.public.origin {
        Some(origin) => origin.as_str().to_owned(),
        None => format!("http://{}", config.public.listen),
    }
}

/// The account of a name.
fn find_account<'c>(config: &'c Config, name: &str) -> anyhow::Result<&'c Account> {
    let known = || config.accounts.iter().map(Account::id).collect::<Vec<_>>().join(", ");
    let found = config.accounts.iter().find(|account| account.id() == name);
    found.with_context(|| format!("found no account {name:?}, expected one of {}", known()))
}

/// Why nothing is signed for an account.
fn no_key(account: &str) -> String {
    format!(
        "found no key to sign with: add the line panel_keys = [{{ env = \"NAME\" }}] below [accounts.{account}]"
    )
}

/// Prints a result. Whoever has stopped reading has read enough: `… | head` is no failure.
fn say(text: &str) {
    writeln!(std::io::stdout(), "{text}").unwrap_or_default();
}

/// Prints what went wrong.
fn say_wrong(text: &str) {
    writeln!(std::io::stderr(), "{text}").unwrap_or_default();
}
