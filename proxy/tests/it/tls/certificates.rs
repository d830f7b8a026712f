//! Certificate authorities and certificates, made anew for every test.
//!
//! Apart so that a test names the one thing that is wrong with a certificate; all else about it is right.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The name under which the tests reach the partner.
pub(crate) const NAME: &str = "localhost";

/// A certificate authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// What a server shows, and the key to it.
pub(crate) struct Identity {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its own certificate, as an operator has it in a file.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// Its key, which has no business in that file.
    pub(crate) fn key_pem(&self) -> String {
        self.0.key().serialize_pem()
    }

    /// A good certificate for [`NAME`].
    pub(crate) fn issue(&self) -> Identity {
        self.issue_with(|_| {})
    }

    /// One that differs from the good one.
    pub(crate) fn issue_with(&self, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = server_params();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        identity(params.signed_by(&key, &self.0).unwrap(), &key)
    }
}

/// A certificate for [`NAME`] that nobody but itself vouches for.
pub(crate) fn self_signed() -> Identity {
    let key = KeyPair::generate().unwrap();
    identity(server_params().self_signed(&key).unwrap(), &key)
}

fn server_params() -> CertificateParams {
    let mut params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn identity(certificate: rcgen::Certificate, key: &KeyPair) -> Identity {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    Identity { certificate: certificate.der().clone(), key }
}
