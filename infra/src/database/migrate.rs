//! Bringing the schema up to this program, and refusing to run on another one.

use std::path::Path;

use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};
use sea_orm_migration::MigratorTrait as _;

use super::{
    Database, Engine, Error,
    migration::{Migrator, newest},
    open,
};

/// The PostgreSQL advisory lock that one migrating process holds: "headwatr" as a number.
const ADVISORY_LOCK: i64 = 0x6865_6164_7761_7472;

impl Database {
    /// Applies what is missing. SQLite: after a copy of the file. PostgreSQL: under a lock.
    ///
    /// Returns how many migrations were applied.
    pub async fn migrate(&self) -> Result<usize, Error> {
        match &self.inner.engine {
            Engine::Sqlite { connection, path, .. } => {
                let (found, missing) = state(connection).await?;
                if missing == 0 {
                    return Ok(0);
                }
                if let Some(found) = found {
                    copy(connection, path, &found).await?;
                }
                synchronous(connection, "normal").await?;
                let migrated = Migrator::up(connection, None).await;
                synchronous(connection, "full").await?;
                migrated?;
                Ok(missing)
            }
            Engine::Postgres { url } => {
                // One connection, so that the lock and the work are in one session.
                let own = sea_orm::Database::connect(open::postgres(url, 1)).await?;
                let migrated = migrate_locked(&own).await;
                own.close().await?;
                migrated
            }
        }
    }

    /// Refuses a schema that is not exactly this program's: for roles that do not migrate.
    pub async fn check_schema(&self) -> Result<(), Error> {
        let (found, missing) = state(&self.inner.read).await?;
        if missing == 0 {
            return Ok(());
        }
        let found = found.unwrap_or_else(|| "nothing".into());
        Err(Error::Schema { found, needed: newest() })
    }
}

/// Whether each commit of SQLite's one connection waits for the disk.
///
/// Migrations are a hundred small commits. Without a sync for each a power cut still leaves a prefix of
/// them, as it does with; the first commit of anything else syncs them all.
async fn synchronous(connection: &DatabaseConnection, level: &str) -> Result<(), Error> {
    let pragma = format!("pragma synchronous = {level}");
    connection.execute_raw(Statement::from_string(DbBackend::Sqlite, pragma)).await?;
    Ok(())
}

async fn migrate_locked(own: &DatabaseConnection) -> Result<usize, Error> {
    let lock = |verb: &str| {
        let sql = format!("select pg_advisory_{verb}({ADVISORY_LOCK})");
        Statement::from_string(DbBackend::Postgres, sql)
    };
    own.execute_raw(lock("lock")).await?;
    let (_, missing) = state(own).await?;
    if missing > 0 {
        Migrator::up(own, None).await?;
    }
    own.execute_raw(lock("unlock")).await?;
    Ok(missing)
}

/// The newest migration that was applied, and how many are missing. Writes nothing.
async fn state(connection: &DatabaseConnection) -> Result<(Option<String>, usize), Error> {
    let backend = connection.get_database_backend();
    let known = match backend {
        DbBackend::Postgres => {
            "select 1 from information_schema.tables where table_schema = current_schema() \
             and table_name = 'seaql_migrations'"
        }
        _ => "select 1 from sqlite_master where name = 'seaql_migrations'",
    };
    let all = Migrator::migrations();
    let known = connection.query_one_raw(Statement::from_string(backend, known)).await?;
    if known.is_none() {
        return Ok((None, all.len()));
    }
    let applied = "select version from seaql_migrations order by version";
    let rows = connection.query_all_raw(Statement::from_string(backend, applied)).await?;
    let applied: Vec<String> =
        rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    let missing = all.iter().filter(|one| applied.iter().all(|name| name != one.name())).count();
    Ok((applied.last().cloned(), missing))
}

/// A consistent copy beside the file, named by what it holds.
async fn copy(connection: &DatabaseConnection, path: &Path, found: &str) -> Result<(), Error> {
    let copy = path.with_extension(format!("{found}.db"));
    if copy.exists() {
        std::fs::remove_file(&copy).map_err(Error::File)?;
    }
    let into = copy.to_string_lossy().into_owned();
    let statement =
        Statement::from_sql_and_values(DbBackend::Sqlite, "vacuum into ?", [into.into()]);
    connection.execute_raw(statement).await?;
    tracing::info!(file = %copy.display(), "database copied before its migration");
    Ok(())
}
