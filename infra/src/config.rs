//! What the operator decides: a TOML file, `HEADWATER_*` variables and flags, in one typed value.
//!
//! A flag stands above the environment, the environment above the file, the file above the default.
//! A key that nobody knows is an error with its line and a suggestion, never ignored.

mod database;
mod file;
mod live;
mod load;
mod secret;
mod settings;
mod store;
mod units;

use std::net::SocketAddr;
use std::path::PathBuf;

pub use database::{Database, Engine};
pub use live::Live;
pub use load::{Error, Origin, Overrides, Shown};
pub use secret::Secret;
pub use store::Store;

/// Everything that a process is told at its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The folder of database, objects and spool; nothing is written outside it.
    pub data: PathBuf,
    /// The HTTP side.
    pub http: Http,
    /// The publishers' side.
    pub rtmp: Rtmp,
    /// Where rows are.
    pub database: Database,
    /// Where objects are.
    pub store: Store,
    /// Bytes of the disk that media leaves free.
    pub disk_reserve_bytes: u64,
    /// Bytes of media kept in memory for DVR and replay beside the live window.
    pub cache_bytes: u64,
    /// How broadcasts are cut and kept.
    pub live: Live,
    /// What is logged, as `tracing` filters: `info`, `info,origin=debug`.
    pub log: String,
}

/// Where HTTP listens and how the world names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// TLS with ALPN, when a certificate is configured.
    pub tls: Option<Tls>,
    /// How viewers reach us, when that is not `listen`: `https://live.example`.
    pub public_url: Option<String>,
    /// Origins of other sites whose pages may call the API with a browser.
    pub allowed_origins: Vec<String>,
}

/// A certificate and its key, as PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Where publishers connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtmp {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// RTMP inside TLS, when a certificate is configured.
    pub tls: Option<Rtmps>,
    /// The name by which publishers reach us, when that is not the address: `ingest.example`.
    pub public_host: Option<String>,
    /// Publishers at once.
    pub publishers_max: usize,
}

/// Where publishers connect with TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtmps {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The certificate; that of HTTP unless another is named.
    pub pair: Tls,
}

impl Config {
    /// How clients reach our HTTP side, without a slash at the end; `bound` is the real address.
    pub fn http_url(&self, bound: SocketAddr) -> String {
        let scheme = if self.http.tls.is_some() { "https" } else { "http" };
        self.http.public_url.clone().unwrap_or_else(|| format!("{scheme}://{bound}"))
    }

    /// Where publishers send, without the key; `bound` is the real address.
    pub fn rtmp_url(&self, scheme: &str, bound: SocketAddr) -> String {
        match &self.rtmp.public_host {
            Some(host) => format!("{scheme}://{host}:{}/live", bound.port()),
            None => format!("{scheme}://{bound}/live"),
        }
    }
}
