//! `headwater export`: a recording becomes an MP4 file, without being encoded again.

use std::sync::Arc;

use domain::id::RecordingId;
use infra::config::Overrides;
use serde_json::json;
use workers::export::{self, Existing, Order};

use super::meter::Meter;
use super::{Outcome, ground, print};
use crate::cli::{Common, Export};
use crate::compose::{self, Ground};

/// Works beside a running server and without one.
pub(crate) async fn run(common: &Common, arguments: Export) -> anyhow::Result<Outcome> {
    let recording: RecordingId = arguments
        .recording
        .parse()
        .map_err(|_| ground::Usage(format!("`{}` is no recording's id", arguments.recording)))?;
    if arguments.output.extension().is_none_or(|kind| !kind.eq_ignore_ascii_case("mp4")) {
        let shown = arguments.output.display();
        return Err(ground::Usage(format!("`{shown}` does not end in .mp4")).into());
    }
    let (config, _) = ground::load(common, Overrides::new())?;
    let (ground, _) = Ground::open(&config).await?;
    let parts = workers::Parts {
        database: ground.database.clone(),
        store: compose::store(&config)?,
        ids: ground.ids.clone(),
        clock: Arc::clone(&ground.clock),
        tasks: ground.tasks.clone(),
    };
    let existing = if arguments.force { Existing::Replace } else { Existing::Keep };
    let order = Order { recording, file: arguments.output, existing };
    let mut meter = Meter::new("exported", &ground.clock);
    let exported = export::export(&parts, &order, |progress| meter.show(progress)).await;
    ground.close().await;
    let exported = exported?;
    let text = if common.json {
        json!({
            "recording_id": recording,
            "file": order.file,
            "bytes": exported.bytes,
            "duration_ms": exported.duration_ms,
            "gaps": exported.gaps,
        })
        .to_string()
    } else {
        let (bytes, ms) = (exported.bytes, exported.duration_ms);
        format!(
            "{}: {bytes} bytes, {}.{:03} s, {} gaps",
            order.file.display(),
            ms / 1_000,
            ms % 1_000,
            exported.gaps
        )
    };
    print(&text)?;
    Ok(Outcome::Good)
}
