//! What an Octorate account sets, what is wrong between its settings, and how its requests are sealed by them.
//!
//! Apart from the connector, because three ways of authentication and two modes make most of what there is to set.

use http::HeaderName;

use crate::connectors::parts::seal::{ClientAuthentication, Grant, TokenEncoding, TokenPlan};
use crate::connectors::{
    AccountSettings, CredentialPlace, CredentialSlot, Presence, Seal, Setting, SettingFault, SettingKind,
};

const PRODUCTION_URL: &str = "https://api.octorate.com/connect";
const PRODUCTION_AUTHORIZE_URL: &str = "https://admin.octorate.com/octobook/identity/oauth.xhtml";
const API_KEY_HEADER: &str = "key";

/// Whether an account is in test mode.
pub(super) fn is_test(settings: &AccountSettings) -> bool {
    settings.text("mode") == "test"
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "mode",
        kind: SettingKind::Word(&["production", "test"]),
        presence: Presence::Required,
        meaning: "\"production\" or \"test\"; test mode leaves listings alone, and its address no document gives",
    },
    Setting {
        name: "property_sign_up",
        kind: SettingKind::Flag,
        presence: Presence::Required,
        meaning: "true, to say that each lead is meant to make a property at Octorate, which takes leads in no other way",
    },
    Setting {
        name: "currency",
        kind: SettingKind::Text { length_max: 3 },
        presence: Presence::Required,
        meaning: "the ISO code of the properties' currency, such as \"EUR\"",
    },
    Setting {
        name: "base_url",
        kind: SettingKind::BaseUrl,
        presence: Presence::Default(PRODUCTION_URL),
        meaning: "the address before rest_prefix",
    },
    Setting {
        name: "rest_prefix",
        kind: SettingKind::Path(&[]),
        presence: Presence::Default("/rest/v1"),
        meaning: "what stands before every path; from integrators, no document prints it",
    },
    Setting {
        name: "sign_up_path",
        kind: SettingKind::Path(&[]),
        presence: Presence::Default("/accommodation"),
        meaning: "the path of the sign-up; from a tutorial of 2019",
    },
    Setting {
        name: "authentication",
        kind: SettingKind::Word(&["api_login", "consent", "api_key"]),
        presence: Presence::Default("api_login"),
        meaning: "\"api_login\" by client id and secret alone, \"consent\" by a person's consent once, or \"api_key\" by \
                  a key in a header",
    },
    Setting {
        name: "api_login_path",
        kind: SettingKind::Path(&[]),
        presence: Presence::Default("/identity/apilogin"),
        meaning: "the path of tokens for api_login; from integrators",
    },
    Setting {
        name: "token_path",
        kind: SettingKind::Path(&[]),
        presence: Presence::Default("/identity/token"),
        meaning: "the path of the first token after a consent; from the partner's page on authentication",
    },
    Setting {
        name: "refresh_path",
        kind: SettingKind::Path(&[]),
        presence: Presence::Default("/identity/refresh"),
        meaning: "the path of further tokens after a consent; from the partner's page on authentication",
    },
    Setting {
        name: "authorize_url",
        kind: SettingKind::Url,
        presence: Presence::Default(PRODUCTION_AUTHORIZE_URL),
        meaning: "the page on which a person consents",
    },
    Setting {
        name: "redirect_uri",
        kind: SettingKind::Url,
        presence: Presence::If { setting: "authentication", is: "consent" },
        meaning: "where Octorate sends the person back to, as it is registered there",
    },
    Setting {
        name: "grant_type",
        kind: SettingKind::Text { length_max: 100 },
        presence: Presence::Default("code"),
        meaning: "the value of grant_type with which a code is exchanged: the partner's page has \"code\", some \
                  integrators \"authorization_code\"",
    },
    Setting {
        name: "api_key_header",
        kind: SettingKind::HeaderName,
        presence: Presence::Default(API_KEY_HEADER),
        meaning: "the header of the key; from tutorials of 2019, today's name no document prints",
    },
];

pub(super) const CREDENTIALS: &[CredentialSlot] = &[
    CredentialSlot {
        name: "client_id",
        place: CredentialPlace::TokenRequest,
        presence: Presence::Unless { setting: "authentication", is: "api_key" },
        length_max: 500,
        meaning: "the client id that Octorate gives you",
    },
    CredentialSlot {
        name: "client_secret",
        place: CredentialPlace::TokenRequest,
        presence: Presence::Unless { setting: "authentication", is: "api_key" },
        length_max: 500,
        meaning: "the client secret that Octorate gives you",
    },
    CredentialSlot {
        name: "api_key",
        place: CredentialPlace::Header(API_KEY_HEADER),
        presence: Presence::If { setting: "authentication", is: "api_key" },
        length_max: 500,
        meaning: "the Api Key, where Octorate has agreed to one",
    },
];

/// Finds what is wrong between the settings.
pub(super) fn review(settings: &AccountSettings) -> Vec<SettingFault> {
    let mut faults = Vec::new();
    let mut fault = |setting, found: &str, expected: &str| {
        faults.push(SettingFault { setting, found: found.to_owned(), expected: expected.to_owned() });
    };
    if !settings.flag("property_sign_up") {
        fault(
            "property_sign_up",
            "false",
            "true: each lead makes a property at Octorate; write property_sign_up = true if that is meant, else use \
             another connector",
        );
    }
    let currency = settings.text("currency");
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        fault(
            "currency",
            "another text",
            "the ISO code of a currency: three capital letters, such as \"EUR\"",
        );
    }
    let undocumented = "the one that Octorate gives you for tests: no document prints it";
    if is_test(settings) && settings.text("base_url") == PRODUCTION_URL {
        fault("base_url", "the address of production beside mode = \"test\"", undocumented);
    }
    let consents = settings.text("authentication") == "consent";
    if is_test(settings) && consents && settings.text("authorize_url") == PRODUCTION_AUTHORIZE_URL {
        fault("authorize_url", "the page of production beside mode = \"test\"", undocumented);
    }
    faults
}

/// An address below the API's prefix.
pub(super) fn address(settings: &AccountSettings, path: &str) -> String {
    [settings.text("base_url"), settings.text("rest_prefix"), settings.text(path)].concat()
}

/// How requests are sealed.
pub(super) fn seals(settings: &AccountSettings) -> Vec<Seal> {
    vec![match settings.text("authentication") {
        "api_key" => {
            let name = HeaderName::from_bytes(settings.text("api_key_header").as_bytes())
                .unwrap_or(HeaderName::from_static(API_KEY_HEADER));
            Seal::Header { slot: "api_key", name, prefix: "" }
        }
        "consent" => {
            let grant = Grant::Consent {
                authorize_url: settings.text("authorize_url").to_owned(),
                redirect_uri: settings.text("redirect_uri").to_owned(),
                grant_type: settings.text("grant_type").to_owned(),
            };
            let refresh_url = address(settings, "refresh_path");
            bearer(grant, address(settings, "token_path"), Some(refresh_url))
        }
        _ => bearer(Grant::ApiLogin, address(settings, "api_login_path"), None),
    }]
}

fn bearer(grant: Grant, token_url: String, refresh_url: Option<String>) -> Seal {
    Seal::Bearer(TokenPlan {
        grant,
        token_url,
        refresh_url,
        client_id: "client_id",
        client_secret: "client_secret",
        client_authentication: ClientAuthentication::Post,
        encoding: TokenEncoding::Form,
        parameters: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn settings(changes: &[(&'static str, &str)]) -> AccountSettings {
        let defaults = SETTINGS.iter().filter_map(|setting| match setting.presence {
            Presence::Default(default) => Some((setting.name, default)),
            _ => None,
        });
        let own = [("mode", "production"), ("property_sign_up", "true"), ("currency", "EUR")];
        let all = defaults.chain(own).chain(changes.iter().copied());
        AccountSettings::new(all.map(|(name, value)| (name, value.to_owned())).collect::<BTreeMap<_, _>>())
    }

    fn named(changes: &[(&'static str, &str)]) -> Vec<&'static str> {
        review(&settings(changes)).into_iter().map(|fault| fault.setting).collect()
    }

    #[test]
    fn account_that_does_not_say_that_properties_are_meant_is_refused() {
        assert_eq!(named(&[]), [""; 0]);
        assert_eq!(named(&[("property_sign_up", "false")]), ["property_sign_up"]);
    }

    #[test]
    fn currency_is_an_iso_code() {
        for currency in ["eur", "EU", "E R", "€"] {
            assert_eq!(named(&[("currency", currency)]), ["currency"], "{currency}");
        }
    }

    #[test]
    fn test_mode_never_goes_to_production() {
        let own = ("base_url", "https://sandbox.example/connect");
        assert_eq!(named(&[("mode", "test")]), ["base_url"]);
        assert_eq!(named(&[("mode", "test"), own]), [""; 0]);
        assert_eq!(named(&[("mode", "test"), own, ("authentication", "consent")]), ["authorize_url"]);
    }

    #[test]
    fn token_is_got_where_the_way_of_authentication_says() {
        let root = "https://api.octorate.com/connect/rest/v1/identity";
        for (authentication, token_url, refresh_url) in
            [("api_login", "apilogin", None), ("consent", "token", Some(format!("{root}/refresh")))]
        {
            let seals = seals(&settings(&[("authentication", authentication)]));
            let [Seal::Bearer(plan)] = seals.as_slice() else { panic!("{seals:?}") };
            assert_eq!(plan.token_url, format!("{root}/{token_url}"));
            assert_eq!(plan.refresh_url, refresh_url);
        }
    }

    #[test]
    fn key_goes_into_the_header_that_the_account_names() {
        let name = HeaderName::from_static("x-octorate-key");
        let seals = seals(&settings(&[("authentication", "api_key"), ("api_key_header", "X-Octorate-Key")]));
        assert_eq!(seals, [Seal::Header { slot: "api_key", name, prefix: "" }]);
    }
}
