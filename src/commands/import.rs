//! `headwater import`: an MP4 file becomes a recording, without being encoded again.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use infra::config::Overrides;
use serde_json::json;
use workers::import::{self, Order, Progress};

use super::{Outcome, ground, print, say};
use crate::cli::{Common, Import};
use crate::compose::{self, Ground};

/// Works beside a running server and without one.
pub(crate) async fn run(common: &Common, arguments: Import) -> anyhow::Result<Outcome> {
    let (config, _) = ground::load(common, Overrides::new())?;
    let (ground, _) = Ground::open(&config).await?;
    let parts = workers::Parts {
        database: ground.database.clone(),
        store: compose::store(&config)?,
        ids: ground.ids.clone(),
        clock: Arc::clone(&ground.clock),
        tasks: ground.tasks.clone(),
    };
    let order = Order { file: arguments.file, slug: arguments.channel, title: arguments.title };
    let mut meter = Meter::new(&ground);
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

/// A line that grows on a terminal, else one line every five seconds.
struct Meter {
    clock: infra::clock::SharedClock,
    shown_at: Duration,
    terminal: bool,
}

impl Meter {
    fn new(ground: &Ground) -> Self {
        let clock = Arc::clone(&ground.clock);
        Self { shown_at: clock.monotonic(), clock, terminal: std::io::stderr().is_terminal() }
    }

    fn show(&mut self, progress: Progress) {
        let pause = if self.terminal { Duration::from_millis(100) } else { Duration::from_secs(5) };
        let now = self.clock.monotonic();
        let last = progress.done == progress.of;
        if now < self.shown_at + pause && !(last && self.terminal) {
            return;
        }
        self.shown_at = now;
        let line = format!("imported {} of {} segments", progress.done, progress.of);
        if self.terminal {
            let end = if last { "\n" } else { "" };
            // A closed stderr is nobody's loss.
            drop(write!(std::io::stderr().lock(), "\r{line}{end}"));
        } else {
            say(&line);
        }
    }
}
