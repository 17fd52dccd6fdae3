//! `headwater user link`: one more way in for the owner, for whoever holds the machine.

use anyhow::Context;
use infra::bootstrap;
use infra::config::Overrides;
use serde_json::json;

use super::{Outcome, ground, print};
use crate::cli::{Common, User};
use crate::compose::Ground;

/// Prints the link; it works once, for 30 minutes.
pub(crate) async fn run(common: &Common, command: &User) -> anyhow::Result<Outcome> {
    let User::Link = command;
    let (config, _) = ground::load(common, Overrides::new())?;
    let (ground, first) = Ground::open(&config).await?;
    let token = match first {
        Some(token) => Some(token),
        None => bootstrap::setup_link(&ground.database, &ground.ids).await?,
    };
    ground.close().await;
    let token = token.context("there is no owner to sign in")?;
    let url = format!("{}/studio?setup={token}", config.http_url(config.http.listen));
    print(&if common.json { json!({"url": url}).to_string() } else { url })?;
    Ok(Outcome::Good)
}
