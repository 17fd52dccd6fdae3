//! Where rows are.

use std::{fmt, path::PathBuf, time::Duration};

use url::Url;

use super::Secret;

/// The database and its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Which engine, and where.
    pub engine: Engine,
    /// Connections of the PostgreSQL pool.
    pub connections_max: u32,
    /// How long a write waits for its turn, and again for its commit.
    pub write_deadline: Duration,
}

/// A database engine with its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite(PathBuf),
    /// A server, as `postgres://…`; hidden, because it may hold a password.
    Postgres(Secret),
}

impl fmt::Display for Engine {
    /// The address as an operator may read it: no password, no parameters.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(formatter),
            Self::Postgres(url) => match Url::parse(url.expose()) {
                Ok(url) => {
                    let (host, port) = (url.host_str().unwrap_or("localhost"), url.port());
                    write!(
                        formatter,
                        "{} at {host}:{}",
                        url.path().trim_start_matches('/'),
                        port.unwrap_or(5432)
                    )
                }
                Err(_) => formatter.write_str("of PostgreSQL"),
            },
        }
    }
}

impl Database {
    /// A SQLite file with the usual limits.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self::of(Engine::Sqlite(path.into()))
    }

    /// A PostgreSQL server with the usual limits.
    pub fn postgres(url: Secret) -> Self {
        Self::of(Engine::Postgres(url))
    }

    fn of(engine: Engine) -> Self {
        Self { engine, connections_max: 16, write_deadline: Duration::from_secs(5) }
    }
}
