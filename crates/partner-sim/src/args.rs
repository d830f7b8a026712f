//! The command line of `partner-sim`, by hand: so few options do not ask for a library.

use std::net::SocketAddr;
use std::path::PathBuf;

pub(crate) const HELP: &str = "\
Simulates the partners on loopback and shows what arrives.

Usage: partner-sim [OPTIONS]

  --listen ADDRESS             where the simulators listen [127.0.0.1:9101]
  --takepayments-key-env NAME  the environment variable that holds the ApiKey which TakePayments
                               shall know [TAKEPAYMENTS_API_KEY]
  --site DIR                   also serve this directory as a partner's website
  --site-listen ADDRESS        where the website listens [127.0.0.1:8090]
  --crm DIR                    also serve this directory as a CRM, which signs panel tokens
  --crm-listen ADDRESS         where the CRM listens [127.0.0.1:8091]
  --crm-key ACCOUNT=NAME       the environment variable that holds the account's panel key; give it
                               for each account. Each of them gets a few records to look at
  --crm-audience TEXT          for whom it signs them [panel]
  --proxy-url URL              what {{proxy}} stands for in its pages [http://127.0.0.1:8080]
  --help                       print this

What the other partners shall know is taken from SIM_SPOTCAP_API_KEY, SIM_PARTNERPORTAL_CLIENT_ID,
SIM_PARTNERPORTAL_CLIENT_SECRET, SIM_ALGBRA_API_TOKEN, SIM_ALGBRA_PUBLIC_KEY_PEM,
SIM_OCTORATE_CLIENT_ID, SIM_OCTORATE_CLIENT_SECRET, SIM_OCTORATE_API_KEY and SIM_WEBHOOK_SECRET;
what is not set is made up, and nobody knows it.
";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Wish {
    Help,
    Serve(Box<Args>),
}

#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) listen: SocketAddr,
    pub(crate) takepayments_key_env: String,
    pub(crate) site: Option<PathBuf>,
    pub(crate) site_listen: SocketAddr,
    pub(crate) crm: Option<PathBuf>,
    pub(crate) crm_listen: SocketAddr,
    pub(crate) crm_audience: String,
    /// Accounts, and the variables of their keys.
    pub(crate) crm_keys: Vec<(String, String)>,
    pub(crate) proxy_url: String,
}

/// Reads the arguments (without the program's name), or says everything that is wrong with them.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Wish, String> {
    let mut args = Args {
        listen: SocketAddr::from(([127, 0, 0, 1], 9101)),
        takepayments_key_env: "TAKEPAYMENTS_API_KEY".to_owned(),
        site: None,
        site_listen: SocketAddr::from(([127, 0, 0, 1], 8090)),
        crm: None,
        crm_listen: SocketAddr::from(([127, 0, 0, 1], 8091)),
        crm_audience: "panel".to_owned(),
        crm_keys: Vec::new(),
        proxy_url: "http://127.0.0.1:8080".to_owned(),
    };
    let mut problems = Vec::new();
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        if matches!(argument.as_str(), "--help" | "-h") {
            return Ok(Wish::Help);
        }
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        let mut value = || value.clone().or_else(|| arguments.next()).ok_or(format!("{name} wants a value"));
        let taken = match name {
            "--listen" => value().and_then(|value| address(name, &value)).map(|listen| args.listen = listen),
            "--takepayments-key-env" => value().map(|value| args.takepayments_key_env = value),
            "--site" => value().map(|value| args.site = Some(PathBuf::from(value))),
            "--site-listen" => {
                value().and_then(|value| address(name, &value)).map(|listen| args.site_listen = listen)
            }
            "--crm" => value().map(|value| args.crm = Some(PathBuf::from(value))),
            "--crm-listen" => {
                value().and_then(|value| address(name, &value)).map(|listen| args.crm_listen = listen)
            }
            "--crm-audience" => value().map(|value| args.crm_audience = value),
            "--crm-key" => value().and_then(|value| pair(name, &value)).map(|key| args.crm_keys.push(key)),
            "--proxy-url" => value().map(|value| args.proxy_url = value),
            _ => Err(format!("{argument} is not an option")),
        };
        problems.extend(taken.err());
    }
    if problems.is_empty() { Ok(Wish::Serve(Box::new(args))) } else { Err(problems.join("; ")) }
}

fn address(name: &str, value: &str) -> Result<SocketAddr, String> {
    value
        .parse()
        .map_err(|_| format!("{name} is {value}, expected an address with a port such as 127.0.0.1:9101"))
}

fn pair(name: &str, value: &str) -> Result<(String, String), String> {
    let pair = value.split_once('=').map(|(account, variable)| (account.to_owned(), variable.to_owned()));
    pair.ok_or_else(|| format!("{name} is {value}, expected an account and a variable such as bank=BANK_KEY"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, problem: &str) {
        assert_eq!(parse(line.split_whitespace().map(str::to_owned)).err().as_deref(), Some(problem));
    }

    #[test]
    fn every_problem_of_a_command_line_is_told_at_once() {
        check(
            "--listen here --nonsense",
            "--listen is here, expected an address with a port such as 127.0.0.1:9101; \
            --nonsense is not an option",
        );
        check("--site", "--site wants a value");
        check(
            "--crm-key bank",
            "--crm-key is bank, expected an account and a variable such as bank=BANK_KEY",
        );
    }

    #[test]
    fn value_follows_its_option_or_an_equals_sign() {
        let line = "--listen=127.0.0.1:1 --site pages".split_whitespace().map(str::to_owned);
        assert!(
            matches!(parse(line), Ok(Wish::Serve(args)) if args.listen.port() == 1 && args.site.is_some())
        );
    }
}
