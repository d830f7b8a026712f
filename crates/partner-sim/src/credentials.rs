//! The credentials that the simulated partners know.
//!
//! Apart so that a test can name those it gives to a client, and leave the others to chance.

use base64ct::{Base64, Encoding as _};

/// One credential or more for each partner. Never shown: it has no `Debug`.
#[derive(Clone)]
pub struct Credentials {
    /// TakePayments' `ApiKey`: 1 to 200 UTF-16 code units, as its document says.
    pub takepayments_api_key: String,
    /// What Spotcap wants as `X-Api-Key`.
    pub spotcap_api_key: String,
    /// PartnerPortal.io's OAuth client.
    pub partnerportal_client_id: String,
    /// And its secret.
    pub partnerportal_client_secret: String,
    /// What Algbra wants as `authorization`.
    pub algbra_api_token: String,
    /// The public half of the key that signs requests to Algbra, as PEM. Empty until a test gives its own: then no
    /// signature is good.
    pub algbra_public_key_pem: String,
    /// Octorate's OAuth client.
    pub octorate_client_id: String,
    /// And its secret.
    pub octorate_client_secret: String,
    /// Octorate's key of the secondary method.
    pub octorate_api_key: String,
    /// The webhook's secret as Standard Webhooks write it: `whsec_` and base64.
    pub webhook_secret: String,
}

impl Credentials {
    /// Takes TakePayments' key and makes up all others, new ones at each call.
    pub fn with_takepayments(api_key: impl Into<String>) -> Self {
        Self {
            takepayments_api_key: api_key.into(),
            spotcap_api_key: made_up("spotcap-key"),
            partnerportal_client_id: made_up("partnerportal-client"),
            partnerportal_client_secret: made_up("partnerportal-secret"),
            algbra_api_token: made_up("algbra-token"),
            algbra_public_key_pem: String::new(),
            octorate_client_id: made_up("octorate-client"),
            octorate_client_secret: made_up("octorate-secret"),
            octorate_api_key: made_up("octorate-key"),
            webhook_secret: format!("whsec_{}", Base64::encode_string(&random_bytes())),
        }
    }
}

/// Makes up a value that nobody has seen before; the prefix tells a reader what it is.
pub(crate) fn made_up(prefix: &str) -> String {
    let hex: String = random_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{prefix}-{hex}")
}

fn random_bytes() -> [u8; 24] {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).expect("a system that cannot give 24 random bytes runs no server");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_values_are_never_the_same_twice() {
        let [one, two] = ["k", "k"].map(Credentials::with_takepayments);
        assert_ne!(one.spotcap_api_key, two.spotcap_api_key);
        assert_ne!(one.webhook_secret, two.webhook_secret);
        assert_eq!(Base64::decode_vec(one.webhook_secret.trim_start_matches("whsec_")).unwrap().len(), 24);
    }
}
