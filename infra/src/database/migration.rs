//! The schema, one migration an area; the same tables on SQLite and PostgreSQL.
//!
//! Ids are `uuid` (16 bytes), times are milliseconds since 1970 in `bigint`, documents are JSON,
//! closed sets are text. A table that says so in its migration grows without bound and is swept.

mod m0001_identity;
mod m0002_publishing;
mod m0003_rooms;
mod m0004_money;
mod m0005_moderation;
mod m0006_platform;
mod m0007_recording_gaps;

use sea_orm::{ConnectionTrait as _, DbBackend, DbErr};
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager, async_trait};

/// Every migration, oldest first.
#[derive(Debug)]
pub(super) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_identity::MIGRATION),
            Box::new(m0002_publishing::MIGRATION),
            Box::new(m0003_rooms::MIGRATION),
            Box::new(m0004_money::MIGRATION),
            Box::new(m0005_moderation::MIGRATION),
            Box::new(m0006_platform::MIGRATION),
            Box::new(m0007_recording_gaps::MIGRATION),
        ]
    }
}

/// The newest migration of this program.
pub(super) fn newest() -> String {
    Migrator::migrations().last().map(|last| last.name().to_owned()).unwrap_or_default()
}

/// One migration as text: what both engines read, then what only one of them does.
///
/// `$uuid`, `$json` and `$bytes` stand for the engine's own type.
struct Script {
    name: &'static str,
    shared: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

impl sea_orm_migration::MigrationName for Script {
    fn name(&self) -> &str {
        self.name
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait's macro sees only written lifetimes")]
#[async_trait::async_trait]
impl MigrationTrait for Script {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let (uuid, json, bytes, own) = match backend {
            DbBackend::Postgres => ("uuid", "jsonb", "bytea", self.postgres),
            _ => ("blob", "text", "blob", self.sqlite),
        };
        let shared =
            self.shared.replace("$uuid", uuid).replace("$json", json).replace("$bytes", bytes);
        let connection = manager.get_connection();
        connection.execute_unprepared(&shared).await?;
        if !own.is_empty() {
            connection.execute_unprepared(own).await?;
        }
        Ok(())
    }
}
