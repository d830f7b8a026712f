//! What an operator should know of a configuration that is not wrong.
//!
//! Apart from the findings, which keep the proxy from starting: a notice is said by `check` and at each start, and the
//! proxy runs.

use lead_model::FormDefinition;

use crate::config::Config;
use crate::mapping::unmapped_fields;
use crate::store::Retention;

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
        notices.extend(forgotten_persons(form, &config.retention));
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

/// A window for duplicates that is longer than the leads are known.
fn forgotten_persons(form: &FormDefinition, retention: &Retention) -> Option<String> {
    let (window, days) = (form.duplicates.window_hours, retention.delivered_days);
    (window > days.saturating_mul(24)).then(|| {
        format!(
            "form {}: duplicates.window_hours is {window}, but what tells a person is erased {days} days after the lead was \
             delivered, so later ones count as no duplicates; raise [retention] delivered_days, or lower the window to {}",
            form.id,
            days.saturating_mul(24)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_that_is_longer_than_persons_are_known_is_told() {
        let form = |hours: u32| -> FormDefinition {
            let mut form: FormDefinition = toml::from_str(include_str!("../../forms/callback.toml")).unwrap();
            form.duplicates.window_hours = hours;
            form
        };
        let month = Retention { delivered_days: 30, dead_days: 0 };
        assert_eq!(forgotten_persons(&form(720), &month), None);
        let told = forgotten_persons(&form(721), &month).unwrap();
        assert!(told.contains("form callback") && told.contains("721") && told.contains("720"), "{told}");
    }
}
