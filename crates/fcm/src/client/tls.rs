//! TLS towards FCM: rustls with aws-lc-rs, named here.
//!
//! The process's default provider is neither read nor installed: one process may hold this server and the phone's
//! core, which uses ring.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::SetupError;

/// Trusts the system's certificates and those in `ca_pem`.
pub(super) fn client_config(ca_pem: Option<&[u8]>) -> Result<ClientConfig, SetupError> {
    let mut roots = RootCertStore::empty();
    // Single certificates that cannot be read are common on real machines and no reason to stop.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(pem) = ca_pem {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| SetupError::BadCaPem)?;
            roots.add(certificate).map_err(|_| SetupError::BadCaPem)?;
        }
        if roots.len() == before {
            return Err(SetupError::BadCaPem);
        }
    }
    if roots.is_empty() {
        return Err(SetupError::NoRootCertificates);
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(SetupError::Tls)?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// For plain HTTP by reqwest, which would otherwise look for the process's default provider.
pub(crate) fn trusting_nobody() -> Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}
