//! `headwater import`: an MP4 file becomes a recording, without being encoded again.

use infra::config::Overrides;
use serde_json::json;
use workers::import::{self, Order};

use super::meter::Meter;
use super::{Outcome, ground, print, say};
use crate::cli::{Common, Import};
use crate::compose::{self, Ground};

/// Works beside a running server and without one.
pub(crate) async fn run(common: &Common, arguments: Import) -> anyhow::Result<Outcome> {
    let (config, _) = ground::load(common, Overrides::new())?;
    let (ground, _) = Ground::open(&config).await?;
    let parts = ground.workers(compose::store(&config)?);
    let order = Order { file: arguments.file, slug: arguments.channel, title: arguments.title };
    let mut meter = Meter::new("imported", &ground.clock);
    let imported = import::import(&parts, order, |progress| meter.show(progress)).await;
    ground.close().await;
    let imported = imported?;
    for skipped in &imported.skipped {
        say(&format!("left out track {} ({}): {}", skipped.track, skipped.codec, skipped.reason));
    }
    let hls = format!("/vod/{}/index.m3u8", imported.recording_id);
    let text = if common.json {
        json!({"recording_id": imported.recording_id, "hls": hls, "duration_ms": imported.duration_ms})
            .to_string()
    } else {
        format!(
            "recording {}\nplays at  {}{hls}",
            imported.recording_id,
            config.http_url(config.http.listen)
        )
    };
    print(&text)?;
    Ok(Outcome::Good)
}
