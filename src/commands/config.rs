//! `headwater config …`: what the configuration says, and where each value came from.

use infra::config::Overrides;
use serde_json::json;

use super::{Outcome, ground, print};
use crate::cli::{Common, ConfigCommand};

/// Loading is the check; a mistake ends with exit code 2 before this prints anything.
pub(crate) fn run(common: &Common, command: &ConfigCommand) -> anyhow::Result<Outcome> {
    let (_, shown) = ground::load(common, Overrides::new())?;
    let text = match command {
        ConfigCommand::Check if common.json => json!({"good": true}).to_string(),
        ConfigCommand::Check => "the configuration is good".to_owned(),
        ConfigCommand::Show if common.json => {
            let values = shown.iter().map(|value| {
                json!({"key": value.key, "value": value.value, "from": value.origin.to_string()})
            });
            json!(values.collect::<Vec<_>>()).to_string()
        }
        ConfigCommand::Show => {
            let lines = shown
                .iter()
                .map(|value| format!("{:<26} {:<28} {}", value.key, value.value, value.origin));
            lines.collect::<Vec<_>>().join("\n")
        }
    };
    print(&text)?;
    Ok(Outcome::Good)
}
