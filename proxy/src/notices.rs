//! What an operator should know of a configuration that is not wrong.
//!
//! Apart from the findings, which keep the proxy from starting: a notice is said by `check` and at each start, and the
//! proxy runs.

use crate::config::Config;
use crate::mapping::unmapped_fields;

/// Every notice, each a sentence that says what was found and what to do.
pub(crate) fn notices(config: &Config) -> Vec<String> {
    let mut notices = Vec::new();
    if config.assets.parts().is_none() {
        notices.push(
            "found no browser files in this program and no [assets] dir: pages are plain HTML and /embed.js is missing; \
             use the program that `cargo xtask release` builds, or name the folder that `cargo xtask assets` fills"
                .to_owned(),
        );
    }
    let delivery = &config.delivery;
    if delivery.doubt_wait_ms < delivery.exchange_timeout_ms {
        notices.push(format!(
            "delivery.doubt_wait_ms is {}, less than delivery.exchange_timeout_ms ({}): a partner that is still at work on a \
             lead is asked for it too early, says that it has none, and gets it twice; make it the longer one",
            delivery.doubt_wait_ms, delivery.exchange_timeout_ms
        ));
    }
    for form in &config.forms {
        let Some(account) = config.accounts.iter().find(|account| account.id() == form.account) else {
            continue;
        };
        let unmapped = unmapped_fields(form, account);
        if !unmapped.is_empty() {
            notices.push(format!(
                "form {}: {} reach no field of account {}, so the partner never sees them; map them in \
                 [accounts.{}.mapping], or take them out of the form",
                form.id,
                unmapped.join(", "),
                form.account,
                form.account
            ));
        }
    }
    let origin = config.public.origin.as_ref().map(lead_model::Origin::as_str).unwrap_or_default();
    if origin.starts_with("http://") && !config.public.listen.ip().is_loopback() {
        notices.push(format!(
            "public.origin is {origin}: what visitors type crosses the network in the clear; put TLS before the proxy and \
             write https"
        ));
    }
    notices
}
