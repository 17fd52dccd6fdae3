//! TLS of our listeners: certificates from PEM files, aws-lc-rs as the only provider.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

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
    #[error("certificate and key can't be used")]
    Unusable(#[source] rustls::Error),
}

/// Makes aws-lc-rs the provider of this process; call once at the start. A second call is harmless.
pub fn install_provider() {
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("a crypto provider is installed already");
    }
}

/// Reads a certificate chain and its key. Offers HTTP/2 and HTTP/1.1.
pub fn from_files(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, Error> {
    let chain = read(certificate)?;
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&chain).collect::<Result<_, _>>().unwrap_or_default();
    if chain.is_empty() {
        return Err(Error::Pem { path: certificate.into(), wanted: "certificate" });
    }
    let key_pem = read(key)?;
    let private = PrivateKeyDer::from_pem_slice(&key_pem)
        .map_err(|_| Error::Pem { path: key.into(), wanted: "private key" })?;
    with_chain(chain, private)
}

/// The same for a chain and a key in memory.
pub fn with_chain(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::Unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(Error::Unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.send_half_rtt_data = true;
    Ok(Arc::new(config))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Read { path: path.into(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_names_the_file_and_what_it_lacks() {
        let directory = tempfile::tempdir().unwrap();
        let (certificate, key) = (directory.path().join("c.pem"), directory.path().join("k.pem"));
        let told = |what: Result<_, Error>| what.err().unwrap().to_string();
        assert_eq!(
            told(from_files(&certificate, &key)),
            format!("can't read `{}`", certificate.display())
        );
        std::fs::write(&certificate, "nothing").unwrap();
        assert_eq!(
            told(from_files(&certificate, &key)),
            format!("`{}` holds no certificate in PEM form", certificate.display())
        );
        let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&certificate, pair.cert.pem()).unwrap();
        std::fs::write(&key, pair.cert.pem()).unwrap();
        assert_eq!(
            told(from_files(&certificate, &key)),
            format!("`{}` holds no private key in PEM form", key.display())
        );
        std::fs::write(&key, pair.signing_key.serialize_pem()).unwrap();
        assert!(from_files(&certificate, &key).is_ok());
    }
}
