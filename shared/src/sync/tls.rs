//! Which certificates are trusted.
//!
//! The provider, ring, is passed by hand and never installed for the process: the app, or a server in the same
//! process, may use another one.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

/// Roots of trust for the connection to the server.
#[derive(Clone, Default)]
pub enum TlsRoots {
    /// Mozilla's, as of this version of the core. The platform's own would need set-up over JNI on Android.
    #[default]
    Bundled,
    /// These alone: for a server with a certificate of its own.
    Custom {
        /// One or more certificates as PEM.
        pem: String,
    },
}

/// The TLS configuration with `roots`; none if they hold no usable certificate.
pub(super) fn client_config(roots: &TlsRoots) -> Option<ClientConfig> {
    let mut store = RootCertStore::empty();
    match roots {
        TlsRoots::Bundled => {
            store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        TlsRoots::Custom { pem } => {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                store.add(certificate.ok()?).ok()?;
            }
        }
    }
    if store.is_empty() {
        return None;
    }
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()
        .map(|config| config.with_root_certificates(store).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundled_roots_work_and_a_broken_pem_is_refused() {
        assert!(client_config(&TlsRoots::Bundled).is_some());
        assert!(client_config(&TlsRoots::Custom { pem: "no certificate".to_owned() }).is_none());
    }

    #[test]
    fn no_provider_is_installed_for_the_process() {
        assert!(client_config(&TlsRoots::Bundled).is_some());
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    }
}
