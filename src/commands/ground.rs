//! What the commands share: the configuration as file, environment and flags have it.

use infra::config::{Config, Overrides, Shown};

use crate::cli::Common;

/// A mistake in what the user typed or configured: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// The configuration with the common flags above it.
pub(crate) fn load(common: &Common, mut flags: Overrides) -> anyhow::Result<(Config, Vec<Shown>)> {
    if let Some(data) = &common.data {
        flags.insert("data", data.display().to_string());
    }
    let loaded = Config::load(common.config.as_deref(), &flags);
    loaded.map_err(|error| Usage(error.to_string()).into())
}
