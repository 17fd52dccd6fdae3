//! Connecting: pragmas and pools of both engines.

use std::{path::Path, sync::Arc, time::Duration};

use sea_orm::{ConnectOptions, DatabaseConnection, DbErr};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use tokio::sync::watch;

use super::{Database, Engine, Error, Inner, writer::Writer};
use crate::{
    clock::SharedClock,
    config::{self, Secret},
    tasks::Tasks,
};

/// Reading connections of SQLite.
const READERS: u32 = 4;
/// How long a statement of SQLite waits for another process's short transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

impl Database {
    /// Connects and, on SQLite, makes the file and starts the writer's task.
    ///
    /// The schema is not touched: see [`Database::migrate`].
    pub async fn open(
        config: &config::Database,
        tasks: &Tasks,
        clock: SharedClock,
    ) -> Result<Self, Error> {
        let commits = watch::Sender::new(0);
        let (engine, read) = match &config.engine {
            config::Engine::Sqlite(path) => {
                let connection = open_writer(path).await?;
                let read = open_readers(path).await?;
                let writer = Writer::start(
                    connection.clone(),
                    config.write_deadline,
                    tasks,
                    Arc::clone(&clock),
                    commits.clone(),
                );
                (Engine::Sqlite { writer, connection, path: path.clone() }, read)
            }
            config::Engine::Postgres(url) => {
                let read = open_postgres(url, config.connections_max).await?;
                (Engine::Postgres { url: url.clone() }, read)
            }
        };
        let write_deadline = config.write_deadline;
        Ok(Self { inner: Arc::new(Inner { engine, read, commits, write_deadline, clock }) })
    }
}

async fn open_writer(path: &Path) -> Result<DatabaseConnection, Error> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(Error::File)?;
    }
    let path = path.to_owned();
    connect(sqlite(1, move |options| {
        options
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("temp_store", "memory")
            .pragma("cache_size", "-65536")
    }))
    .await
}

async fn open_readers(path: &Path) -> Result<DatabaseConnection, Error> {
    let path = path.to_owned();
    connect(sqlite(READERS, move |options| {
        options
            .filename(&path)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("query_only", "on")
            .pragma("temp_store", "memory")
    }))
    .await
}

fn sqlite(
    connections: u32,
    map: impl Fn(SqliteConnectOptions) -> SqliteConnectOptions + Send + Sync + 'static,
) -> ConnectOptions {
    // The name is replaced by `map`, which needs no escaping of the path.
    let mut options = ConnectOptions::new("sqlite:headwater.db");
    options
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(5))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(map);
    options
}

async fn open_postgres(url: &Secret, connections: u32) -> Result<DatabaseConnection, Error> {
    connect(postgres(url, connections)).await
}

pub(super) fn postgres(url: &Secret, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.expose());
    options
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(5))
        .sqlx_logging(false)
        .set_application_name("headwater")
        .map_sqlx_postgres_opts(|options| {
            options.options([
                ("idle_in_transaction_session_timeout", "15000"),
                ("tcp_user_timeout", "15000"),
                ("tcp_keepalives_idle", "30"),
            ])
        });
    options
}

async fn connect(options: ConnectOptions) -> Result<DatabaseConnection, Error> {
    sea_orm::Database::connect(options).await.map_err(|cause: DbErr| match cause {
        down @ (DbErr::Conn(_) | DbErr::ConnectionAcquire(_)) => Error::Unavailable(down),
        other => other.into(),
    })
}
