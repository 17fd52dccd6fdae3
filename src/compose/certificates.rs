//! The certificates of our listeners, each file read once.

use std::sync::Arc;

use infra::config::Config;
use infra::http::tls::{self, Certificate};
use rustls::ServerConfig;

/// Which listener has which certificate.
pub(super) struct Certificates {
    http: Option<Arc<Certificate>>,
    rtmps: Option<Arc<Certificate>>,
}

impl Certificates {
    /// Reads what is configured.
    pub(super) fn read(config: &Config) -> anyhow::Result<Self> {
        let http = config.http.tls.as_ref().map(Certificate::read).transpose()?;
        let rtmps = match &config.rtmp.tls {
            Some(rtmps) if Some(&rtmps.pair) == config.http.tls.as_ref() => http.clone(),
            Some(rtmps) => Some(Certificate::read(&rtmps.pair)?),
            None => None,
        };
        Ok(Self { http, rtmps })
    }

    /// For the HTTP listener.
    pub(super) fn http(&self) -> Result<Option<Arc<ServerConfig>>, tls::Error> {
        self.http.as_ref().map(|certificate| certificate.server(tls::HTTP)).transpose()
    }

    /// For the RTMPS listener, on which no protocol is negotiated.
    pub(super) fn rtmps(&self) -> Result<Option<Arc<ServerConfig>>, tls::Error> {
        self.rtmps.as_ref().map(|certificate| certificate.server(&[])).transpose()
    }

    /// Each of them once.
    pub(super) fn distinct(self) -> Vec<Arc<Certificate>> {
        let mut all: Vec<_> = self.http.into_iter().chain(self.rtmps).collect();
        all.dedup_by(|one, other| Arc::ptr_eq(one, other));
        all
    }
}
