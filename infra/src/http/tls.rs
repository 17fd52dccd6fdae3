//! TLS of our listeners: certificates from PEM files that can be read anew while connections last,
//! aws-lc-rs as the only provider.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::config;

mod renewal;

pub use renewal::keep;

/// The protocols of an HTTP listener, the better first.
pub const HTTP: &[&str] = &["h2", "http/1.1"];

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file can't be read.
    #[error("can't read `{path}`")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds something else.
    #[error("`{path}` holds no {wanted} in PEM form")]
    Pem {
        /// Which.
        path: PathBuf,
        /// What it should hold.
        wanted: &'static str,
    },
    /// Certificate and key are no pair, or use what is not supported.
    #[error("`{certificate}` and its key can't be used")]
    Unusable {
        /// The file of the chain.
        certificate: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

/// Makes aws-lc-rs the provider of this process; call once at the start. A second call is harmless.
pub fn install_provider() {
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("a crypto provider is installed already");
    }
}

/// A certificate with its key: each new connection gets what the files held when they were last read.
#[derive(Debug)]
pub struct Certificate {
    pair: config::Tls,
    current: ArcSwap<CertifiedKey>,
}

impl Certificate {
    /// Reads the chain and its key.
    ///
    /// # Errors
    /// [`Error`] names the file and what is wrong with it.
    pub fn read(pair: &config::Tls) -> Result<Arc<Self>, Error> {
        let current = ArcSwap::from_pointee(certified(pair)?);
        Ok(Arc::new(Self { pair: pair.clone(), current }))
    }

    /// Reads the files again; whether they hold another chain than before.
    ///
    /// # Errors
    /// [`Error`] when they can't be used: then the former pair stays.
    pub fn renew(&self) -> Result<bool, Error> {
        let read = certified(&self.pair)?;
        let is_new = read.cert != self.current.load().cert;
        self.current.store(Arc::new(read));
        Ok(is_new)
    }

    /// The file of the chain.
    pub fn path(&self) -> &Path {
        &self.pair.certificate
    }

    /// What a listener needs; `protocols` are offered by ALPN.
    ///
    /// # Errors
    /// [`Error::Unusable`] when the provider has no protocol version in common with us.
    pub fn server(self: &Arc<Self>, protocols: &[&str]) -> Result<Arc<ServerConfig>, Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Self>::clone(self);
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|source| unusable(&self.pair, source))?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        config.send_half_rtt_data = true;
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

fn certified(pair: &config::Tls) -> Result<CertifiedKey, Error> {
    let chain = read(&pair.certificate)?;
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&chain).collect::<Result<_, _>>().unwrap_or_default();
    if chain.is_empty() {
        return Err(Error::Pem { path: pair.certificate.clone(), wanted: "certificate" });
    }
    let key = PrivateKeyDer::from_pem_slice(&read(&pair.key)?)
        .map_err(|_| Error::Pem { path: pair.key.clone(), wanted: "private key" })?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    CertifiedKey::from_der(chain, key, &provider).map_err(|source| unusable(pair, source))
}

fn unusable(pair: &config::Tls, source: rustls::Error) -> Error {
    Error::Unusable { certificate: pair.certificate.clone(), source }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Read { path: path.into(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(folder: &Path) -> config::Tls {
        config::Tls { certificate: folder.join("c.pem"), key: folder.join("k.pem") }
    }

    /// Writes a new certificate and its key.
    fn issue(pair: &config::Tls) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&pair.certificate, made.cert.pem()).unwrap();
        std::fs::write(&pair.key, made.signing_key.serialize_pem()).unwrap();
    }

    #[test]
    fn the_refusal_names_the_file_and_what_it_lacks() {
        let folder = tempfile::tempdir().unwrap();
        let pair = pair(folder.path());
        let told = || Certificate::read(&pair).unwrap_err().to_string();
        let (certificate, key) = (pair.certificate.display(), pair.key.display());
        assert_eq!(told(), format!("can't read `{certificate}`"));
        std::fs::write(&pair.certificate, "nothing").unwrap();
        assert_eq!(told(), format!("`{certificate}` holds no certificate in PEM form"));
        issue(&pair);
        let other = std::fs::read(&pair.key).unwrap();
        std::fs::copy(&pair.certificate, &pair.key).unwrap();
        assert_eq!(told(), format!("`{key}` holds no private key in PEM form"));
        issue(&pair);
        std::fs::write(&pair.key, other).unwrap();
        assert_eq!(told(), format!("`{certificate}` and its key can't be used"));
    }

    #[test]
    fn a_renewed_pair_replaces_the_former_and_a_spoilt_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let pair = pair(folder.path());
        issue(&pair);
        let certificate = Certificate::read(&pair).unwrap();
        let shown = || certificate.current.load().cert.clone();
        let first = shown();
        assert!(!certificate.renew().unwrap());
        issue(&pair);
        assert!(certificate.renew().unwrap());
        let second = shown();
        assert_ne!(first, second);
        std::fs::write(&pair.key, "cut off").unwrap();
        assert!(certificate.renew().is_err());
        assert_eq!(shown(), second);
    }
}
