//! `headwater export`: a recording becomes a file: picture and sound, or what was said beside them.

use std::path::Path;

use domain::id::RecordingId;
use infra::config::Overrides;
use serde_json::json;
use workers::export::{self, Existing, ExportError, Order};

use super::meter::Meter;
use super::{Outcome, ground, print};
use crate::cli::{Common, Export};
use crate::compose::{self, Ground};

/// What is written, by the name of the file.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// `.mp4`
    Movie,
    /// `.jsonl`
    Comments,
}

impl Form {
    fn of(file: &Path) -> Result<Self, ground::Usage> {
        let ends =
            |wanted: &str| file.extension().is_some_and(|end| end.eq_ignore_ascii_case(wanted));
        if ends("mp4") {
            Ok(Self::Movie)
        } else if ends("jsonl") {
            Ok(Self::Comments)
        } else {
            Err(ground::Usage(format!("`{}` ends neither in .mp4 nor in .jsonl", file.display())))
        }
    }
}

/// Works beside a running server and without one.
pub(crate) async fn run(common: &Common, arguments: Export) -> anyhow::Result<Outcome> {
    let recording: RecordingId = arguments
        .recording
        .parse()
        .map_err(|_| ground::Usage(format!("`{}` is no recording's id", arguments.recording)))?;
    let form = Form::of(&arguments.output)?;
    let (config, _) = ground::load(common, Overrides::new())?;
    let (ground, _) = Ground::open(&config).await?;
    let parts = ground.workers(compose::store(&config)?);
    let existing = if arguments.force { Existing::Replace } else { Existing::Keep };
    let order = Order { recording, file: arguments.output, existing };
    let told = match form {
        Form::Movie => movie(&parts, &order, common.json).await,
        Form::Comments => comments(&parts, &order, common.json).await,
    };
    ground.close().await;
    print(&told?)?;
    Ok(Outcome::Good)
}

async fn movie(
    parts: &workers::Parts,
    order: &Order,
    as_json: bool,
) -> Result<String, ExportError> {
    let mut meter = Meter::new("exported", &parts.clock);
    let exported = export::movie(parts, order, |progress| meter.show(progress)).await?;
    let (bytes, ms, gaps) = (exported.bytes, exported.duration_ms, exported.gaps);
    Ok(if as_json {
        json!({
            "recording_id": order.recording, "file": order.file,
            "bytes": bytes, "duration_ms": ms, "gaps": gaps,
        })
        .to_string()
    } else {
        let (seconds, rest) = (ms / 1_000, ms % 1_000);
        format!("{}: {bytes} bytes, {seconds}.{rest:03} s, {gaps} gaps", order.file.display())
    })
}

async fn comments(
    parts: &workers::Parts,
    order: &Order,
    as_json: bool,
) -> Result<String, ExportError> {
    let said = export::comments(parts, order).await?.comments;
    Ok(if as_json {
        json!({"recording_id": order.recording, "file": order.file, "comments": said}).to_string()
    } else {
        format!("{}: {said} comments", order.file.display())
    })
}
