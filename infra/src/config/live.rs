//! How broadcasts are cut and kept.

use std::time::Duration;

/// Settings of live broadcasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// The latency profile: one of [`Live::PROFILES`].
    pub profile: String,
    /// How far back viewers of a live broadcast may seek.
    pub dvr_window: Duration,
    /// How long a broadcast waits for its publisher to come back.
    pub reconnect_window: Duration,
    /// Whether a publisher's clean goodbye ends the broadcast; otherwise it counts as a drop.
    pub end_on_unpublish: bool,
    /// Bytes that may wait for the store before the oldest are given up.
    pub backlog_bytes: u64,
    /// The header that carries a CDN's cache tag: `Cache-Tag`, `Surrogate-Key` or `xkey`.
    pub cache_tag: Option<String>,
}

impl Live {
    /// The names of the latency profiles.
    pub const PROFILES: [&'static str; 4] = ["low", "standard", "relaxed", "classic"];
    /// The longest segment of any profile; a window holds six at least.
    pub const SEGMENT_MAX: Duration = Duration::from_secs(6);
}
