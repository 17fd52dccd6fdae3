//! What others learn of a broadcast while it runs: its state, its encoder's health, its viewers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::time::Timestamp;
use media::rtmp::metadata::Metadata;
use media::unit::{Kind, RawUnit};
use serde_json::json;

use crate::live::{Live, Stage};
use crate::{Context, Moment};
use health::Watchman;
use meter::{Meter, Seen, Track};

pub(crate) mod health;
pub(crate) mod lateness;
pub(crate) mod meter;
pub(crate) mod viewers;

/// How often the state is told when nothing changes.
const STATE_EVERY: Duration = Duration::from_secs(2);
/// How often the encoder's health is told.
const HEALTH_EVERY: Duration = Duration::from_secs(1);

/// What a picture and a broadcast promise, as far as known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) target: Duration,
    pub(crate) part: Duration,
}

/// What its publisher sends, as of the newest second with media.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pulse {
    pub(crate) encoder: Option<String>,
    pub(crate) bitrate_bps: u64,
    /// The part target, or the target duration where there are no parts.
    pub(crate) part: Duration,
}

/// Tells the bus about one broadcast; owned by its task.
#[derive(Debug)]
pub(crate) struct Reporter {
    live: Arc<Live>,
    context: Arc<Context>,
    meter: Meter,
    watchman: Watchman,
    encoder: Option<String>,
    sittings: u32,
    shape: Shape,
    /// When the newest part begins.
    edge: Option<Timestamp>,
    viewers: u64,
    told: Option<Stage>,
    next_state: Duration,
    next_health: Duration,
}

impl Reporter {
    /// A reporter that has told nothing yet.
    pub(crate) fn new(live: Arc<Live>, context: Arc<Context>) -> Self {
        Self {
            live,
            context,
            meter: Meter::default(),
            watchman: Watchman::default(),
            encoder: None,
            sittings: 0,
            shape: Shape {
                width: 0,
                height: 0,
                target: Duration::from_secs(2),
                part: Duration::from_millis(333),
            },
            edge: None,
            viewers: 0,
            told: None,
            next_state: Duration::ZERO,
            next_health: Duration::ZERO,
        }
    }

    /// A unit came.
    pub(crate) fn seen(&mut self, unit: &RawUnit, now: Duration) {
        let track = match unit.kind {
            Kind::Video => Track::Video,
            Kind::Audio => Track::Audio,
        };
        let (bytes, timestamp_ms, is_sync) = (unit.data.len(), unit.timestamp_ms, unit.is_sync);
        self.meter.push(Seen { track, bytes, timestamp_ms, is_sync }, now);
    }

    /// A publisher took the seat: its clock is another one.
    pub(crate) fn restart(&mut self) {
        self.sittings += 1;
        self.meter.restart();
    }

    /// The encoder described itself.
    pub(crate) fn describe(&mut self, metadata: Metadata) {
        self.encoder = metadata.encoder;
    }

    /// The live edge moved.
    pub(crate) fn at_edge(&mut self, edge: Timestamp) {
        self.edge = Some(edge);
    }

    /// What the playlists promise changed.
    pub(crate) fn shaped(&mut self, change: impl FnOnce(&mut Shape)) {
        change(&mut self.shape);
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are floats")]
    /// Figures of the whole process, by whichever broadcast comes along.
    fn gauges(&self) {
        let lives = self.context.registry.all();
        let renditions = lives.iter().flat_map(|live| live.renditions().to_vec());
        let ring: u64 = renditions.map(|rendition| rendition.ring_bytes()).sum();
        let viewers: u64 = lives.iter().map(|live| live.viewers.count()).sum();
        let on_air = lives.iter().filter(|live| live.stage().is_on_air()).count();
        metrics::gauge!("headwater_ring_bytes").set(ring as f64);
        metrics::gauge!("headwater_viewers").set(viewers as f64);
        metrics::gauge!("headwater_broadcasts_on_air").set(on_air as f64);
    }

    /// Tells what is due.
    pub(crate) fn tick(&mut self, now: Moment) {
        if now.monotonic >= self.next_state {
            let shape = self.shape;
            self.viewers = self.live.viewers.estimate(STATE_EVERY, shape.part, shape.target);
            self.next_state = now.monotonic + STATE_EVERY;
            self.told = None;
            self.gauges();
        }
        let stage = self.live.stage();
        if self.told != Some(stage) {
            self.told = Some(stage);
            self.state(stage, now);
        }
        if now.monotonic >= self.next_health {
            self.next_health = now.monotonic + HEALTH_EVERY;
            self.health(now);
        }
    }

    /// Tells the state at once: it changed for good.
    pub(crate) fn finish(&mut self, now: Moment) {
        self.state(self.live.stage(), now);
    }

    fn state(&self, stage: Stage, now: Moment) {
        let identity = &self.live.identity;
        let state = json!({
            "broadcast_id": identity.broadcast,
            "channel_id": identity.channel,
            "recording_id": identity.recording,
            "state": stage.as_str(),
            "edge_pdt": self.edge.map(|edge| edge.0),
            "viewers": self.viewers,
            "width": self.shape.width,
            "height": self.shape.height,
            "at": now.wall.0,
        });
        self.publish("state", &state);
    }

    fn health(&mut self, now: Moment) {
        if self.live.stage() != Stage::Live && self.live.stage() != Stage::Starting {
            return;
        }
        let figures = self.meter.figures(now.monotonic);
        let target_ms = u32::try_from(self.shape.target.as_millis()).unwrap_or(u32::MAX);
        let warnings = self.watchman.observe(&figures, target_ms, now.wall);
        *self.live.pulse.lock() = Pulse {
            encoder: self.encoder.clone(),
            bitrate_bps: figures.bitrate_bps,
            part: self.shape.part,
        };
        let health = json!({
            "at": now.wall,
            "bitrate_bps": figures.bitrate_bps,
            "fps": figures.frame_rate,
            "frame_interval_ms": figures.frame_interval_ms,
            "gop_ms": figures.gop_ms,
            "av_skew_ms": figures.av_skew_ms,
            "audio": { "present": figures.has_audio, "bitrate_bps": figures.audio_bitrate_bps },
            "video": { "width": self.shape.width, "height": self.shape.height },
            "encoder": self.encoder,
            "reconnects": self.sittings.saturating_sub(1),
            "warnings": warnings,
        });
        self.publish("health", &health);
    }

    fn publish(&self, what: &str, value: &serde_json::Value) {
        let subject = format!("hw.broadcast.{}.{what}", self.live.identity.broadcast);
        self.context.bus.publish(subject, Bytes::from(value.to_string()));
    }
}
