//! `headwater channel new`: a channel with its room and its first stream key.

use anyhow::Context;
use domain::channel::Slug;
use infra::bootstrap;
use infra::config::Overrides;
use infra::database::Refused;
use serde_json::json;

use super::ground::Usage;
use super::{Outcome, ground, print};
use crate::cli::{Channel, Common};
use crate::compose::Ground;

/// Works beside a running server and without one.
pub(crate) async fn run(common: &Common, command: Channel) -> anyhow::Result<Outcome> {
    let Channel::New { slug, title } = command;
    let slug: Slug = slug.parse().map_err(|error| Usage(format!("`{slug}`: {error}")))?;
    let (config, _) = ground::load(common, Overrides::new())?;
    let (ground, _) = Ground::open(&config).await?;
    let title = title.unwrap_or_else(|| slug.as_str().to_owned());
    let made = bootstrap::channel(&ground.database, &ground.ids, slug.as_str(), &title).await;
    ground.close().await;
    let made = match made {
        Ok(made) => made,
        Err(Refused::Rule(error)) => return Err(error.into()),
        Err(Refused::Database(error)) => return Err(error).context("cannot make the channel"),
    };
    let key = made.stream_key.expose();
    let text = if common.json {
        json!({
            "id": made.channel_id,
            "slug": made.slug,
            "room_id": made.room_id,
            "stream_key": key,
        })
        .to_string()
    } else {
        format!(
            "channel    {}\nroom       {}\nstream key {key}   (shown once)\nserver     {}",
            made.channel_id,
            made.room_id,
            config.rtmp_url("rtmp", config.rtmp.listen)
        )
    };
    print(&text)?;
    Ok(Outcome::Good)
}
