//! `partner-sim`: the simulators, and if wanted a partner's website, until Ctrl-C or SIGTERM.

mod args;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use partner_sim::{Credentials, Options, Sim, crm, site, start};

use crate::args::{Args, Wish};

#[tokio::main]
async fn main() -> ExitCode {
    let wish = args::parse(std::env::args().skip(1));
    let (text, code) = match wish {
        Ok(Wish::Help) => (args::HELP.to_owned(), ExitCode::SUCCESS),
        Ok(Wish::Serve(args)) => match run(*args).await {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => (format!("partner-sim: {error:#}\n"), ExitCode::FAILURE),
        },
        Err(problems) => (format!("partner-sim: {problems}\n\n{}", args::HELP), ExitCode::from(2)),
    };
    // Nothing is left to do when nobody listens on stderr.
    std::io::stderr().write_all(text.as_bytes()).unwrap_or_default();
    code
}

async fn run(args: Args) -> anyhow::Result<()> {
    let takepayments_api_key = std::env::var(&args.takepayments_key_env).with_context(|| {
        let name = &args.takepayments_key_env;
        format!(
            "the environment variable {name} is not set: set it to the ApiKey that TakePayments shall know"
        )
    })?;
    let sim = start(Options::new(args.listen, credentials(takepayments_api_key))).await?;
    let site = match &args.site {
        Some(dir) => Some(site::start(dir, args.site_listen, args.proxy_url.clone()).await?),
        None => None,
    };
    let crm = match &args.crm {
        Some(dir) => {
            seed(&sim);
            let keys = panel_keys(&args.crm_keys)?;
            Some(crm::start(dir, args.crm_listen, args.proxy_url, args.crm_audience, keys).await?)
        }
        None => None,
    };

    let pages = sim.pages().iter();
    let mut lines: String = pages.map(|(slug, url)| format!("{slug} simulator: {url}\n")).collect();
    if let Some(site) = &site {
        lines.push_str(&format!("partner website: {}/\n", site.url()));
    }
    if let Some(crm) = &crm {
        lines.push_str(&format!("CRM: {}/\n", crm.url()));
    }
    let mut stdout = std::io::stdout();
    stdout.write_all(lines.as_bytes()).and_then(|()| stdout.flush()).context("stdout is closed")?;

    stop_signal().await?;
    sim.stop().await;
    for site in [site, crm].into_iter().flatten() {
        site.stop().await;
    }
    Ok(())
}

/// Records to look at, for those partners that tell theirs.
fn seed(sim: &Sim) {
    const FIRST: [&str; 8] = ["Amara", "Bea", "Chidi", "Dalia", "Emre", "Fay", "Goran", "Hana"];
    const LAST: [&str; 7] = ["Okafor", "Lind", "Marsh", "Haddad", "Yilmaz", "Novak", "Sato"];
    for (number, first) in FIRST.iter().cycle().take(FIRST.len() * LAST.len()).enumerate() {
        let last = LAST.iter().cycle().nth(number).copied().unwrap_or_default();
        let record = serde_json::json!({
            "firstName": first, "lastName": last, "email": format!("{first}.{last}@example.com").to_lowercase(),
            "phoneNumber": format!("+4420794600{number:02}"), "dateOfBirth": format!("19{:02}-03-1{}", 60 + number % 40, number % 10),
        });
        // One that the simulator does not take is one less to look at.
        drop(sim.algbra().insert(&record));
    }
    sim.partnerportal().seed_records(40);
}

/// The accounts' panel keys, out of their variables.
fn panel_keys(names: &[(String, String)]) -> anyhow::Result<Vec<(String, String)>> {
    let key = |(account, name): &(String, String)| {
        let key = std::env::var(name).with_context(|| {
            format!("the environment variable {name} is not set: set it to the panel key of {account}")
        })?;
        Ok((account.clone(), key))
    };
    names.iter().map(key).collect()
}

/// Takes each credential from its variable; one that is not set is made up, and nobody knows it.
fn credentials(takepayments_api_key: String) -> Credentials {
    let mut credentials = Credentials::with_takepayments(takepayments_api_key);
    let variables = [
        ("SIM_SPOTCAP_API_KEY", &mut credentials.spotcap_api_key),
        ("SIM_PARTNERPORTAL_CLIENT_ID", &mut credentials.partnerportal_client_id),
        ("SIM_PARTNERPORTAL_CLIENT_SECRET", &mut credentials.partnerportal_client_secret),
        ("SIM_ALGBRA_API_TOKEN", &mut credentials.algbra_api_token),
        ("SIM_ALGBRA_PUBLIC_KEY_PEM", &mut credentials.algbra_public_key_pem),
        ("SIM_OCTORATE_CLIENT_ID", &mut credentials.octorate_client_id),
        ("SIM_OCTORATE_CLIENT_SECRET", &mut credentials.octorate_client_secret),
        ("SIM_OCTORATE_API_KEY", &mut credentials.octorate_api_key),
        ("SIM_WEBHOOK_SECRET", &mut credentials.webhook_secret),
    ];
    for (name, credential) in variables {
        if let Ok(value) = std::env::var(name) {
            *credential = value;
        }
    }
    credentials
}

#[cfg(unix)]
async fn stop_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        pressed = tokio::signal::ctrl_c() => pressed.context("Ctrl-C cannot be listened for"),
    }
}

#[cfg(not(unix))]
async fn stop_signal() -> anyhow::Result<()> {
    tokio::signal::ctrl_c().await.context("Ctrl-C cannot be listened for")
}
