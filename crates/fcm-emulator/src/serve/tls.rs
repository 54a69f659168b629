//! TLS for clients that speak nothing else. In: the address listened on. Out: an acceptor that offers `h2` and
//! `http/1.1`, and the authority to trust. Next: `listener`. The authority lives as long as the emulator.
//!
//! The certificate names Google's hosts too, so that a line in `/etc/hosts` is enough to redirect a client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use crate::options::StartError;

const NAMES: [&str; 5] = [
    "localhost",
    "fcm.googleapis.com",
    "iid.googleapis.com",
    "oauth2.googleapis.com",
    "fcmregistrations.googleapis.com",
];

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What a TLS listener needs, and what its clients need.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) ca_pem: String,
}

impl Tls {
    /// Makes an authority and a certificate for this machine's names and `listen`.
    pub(crate) fn generate(listen: IpAddr) -> Result<Self, StartError> {
        make(listen).map_err(|source| StartError::Certificate { source })
    }
}

fn make(listen: IpAddr) -> Result<Tls, Cause> {
    let authority = authority()?;
    let key = KeyPair::generate()?;
    let certificate = leaf(listen)?.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    // Named, not the process's default: the program around may use another.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem: authority.pem() })
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Pushbridge FCM emulator");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn leaf(listen: IpAddr) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(NAMES.map(String::from))?;
    params.distinguished_name.push(DnType::CommonName, "fcm.googleapis.com");
    for ip in [listen, Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()] {
        params.subject_alt_names.push(SanType::IpAddress(ip));
    }
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}
