//! `headwater migrate`: the schema, under a lock, without serving anything.

use infra::clock::SystemClock;
use infra::config::Overrides;
use infra::database::Database;
use infra::tasks::Tasks;
use serde_json::json;

use super::{Outcome, ground, print};
use crate::cli::Common;
use crate::compose::GRACE;

/// Applies what is missing and says how much that was.
pub(crate) async fn run(common: &Common) -> anyhow::Result<Outcome> {
    let (config, _) = ground::load(common, Overrides::new())?;
    std::fs::create_dir_all(&config.data)?;
    infra::http::tls::install_provider();
    let tasks = Tasks::new();
    let database = Database::open(&config.database, &tasks, SystemClock::shared()).await?;
    let applied = database.migrate().await?;
    tasks.shutdown(GRACE).await;
    let text = if common.json {
        json!({"applied": applied}).to_string()
    } else {
        format!("{applied} migrations applied")
    };
    print(&text)?;
    Ok(Outcome::Good)
}
