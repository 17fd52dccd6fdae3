//! Multivariant playlists as text.

use super::Rates;
use crate::packager::Rid;
use crate::unit::{FrameRate, Kind, TrackConfig};
use std::fmt::{self, Write as _};

/// One rendition as the multivariant playlist describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name in URIs.
    pub rid: Rid,
    /// What its track carries.
    pub config: TrackConfig,
    /// Pictures per second, if known; the track's own header is asked next.
    pub frame_rate: Option<FrameRate>,
    /// As measured.
    pub rates: Rates,
    /// Of its I-frame playlist; none where it has none.
    pub iframes: Option<Rates>,
    /// RFC 5646, of an audio rendition: `en`, `zh-Hans`, `und`.
    pub language: String,
    /// For people, of an audio rendition.
    pub name: String,
}

/// Headroom over the measured peak, in percent: live pictures get harder without warning.
const HEADROOM_PERCENT: u64 = 10;

/// The multivariant playlist of a broadcast.
///
/// `prefix` stands before each rendition's path: empty for the broadcast's own playlist,
/// `../brd_…/` for the channel's.
pub fn render(prefix: &str, entries: &[Entry]) -> String {
    let mut text = String::from("#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    let of = |kind: Kind| entries.iter().filter(move |entry| entry.rid.kind == kind);
    let has_video = of(Kind::Video).next().is_some();
    let audio: Vec<_> = of(Kind::Audio).collect();
    if has_video {
        for (at, entry) in audio.iter().enumerate() {
            media(&mut text, prefix, entry, at == 0);
        }
        for entry in of(Kind::Video) {
            scrubbing(&mut text, prefix, entry);
        }
        for entry in of(Kind::Video) {
            variant(&mut text, prefix, entry, &audio);
        }
    } else {
        for entry in audio {
            variant(&mut text, prefix, entry, &[]);
        }
    }
    text
}

const AUDIO_GROUP: &str = "audio";

fn media(text: &mut String, prefix: &str, entry: &Entry, is_default: bool) {
    let TrackConfig::Audio(config) = &entry.config else { return };
    let default = if is_default { "YES" } else { "NO" };
    push(
        text,
        format_args!(
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{AUDIO_GROUP}\",NAME=\"{}\",LANGUAGE=\"{}\",\
             DEFAULT={default},AUTOSELECT=YES,CHANNELS=\"{}\",URI=\"{prefix}{}/media.m3u8\"",
            Quoted(&entry.name),
            Quoted(&entry.language),
            config.channels(),
            entry.rid
        ),
    );
}

fn variant(text: &mut String, prefix: &str, entry: &Entry, audio: &[&Entry]) {
    let peak = audio.iter().map(|entry| entry.rates.peak).max().unwrap_or(0) + entry.rates.peak;
    let average = audio.iter().map(|entry| entry.rates.average).max().unwrap_or(0);
    let bandwidth = with_headroom(peak);
    let average = (average + entry.rates.average).clamp(1, bandwidth);
    let mut codecs = vec![entry.config.codec()];
    for other in audio {
        if !codecs.contains(&other.config.codec()) {
            codecs.push(other.config.codec());
        }
    }
    let codecs = codecs.join(",");
    // Captions are announced or denied, never left to be searched for: to search, Shaka reads
    // segments that a young playlist only hints at, and fails.
    let captions = if entry.rid.kind == Kind::Video { ",CLOSED-CAPTIONS=NONE" } else { "" };
    push(
        text,
        format_args!(
            "#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},AVERAGE-BANDWIDTH={average},\
             CODECS=\"{codecs}\"{}{}{}",
            Picture(entry),
            captions,
            if audio.is_empty() { "" } else { ",AUDIO=\"audio\"" }
        ),
    );
    push(text, format_args!("{prefix}{}/media.m3u8", entry.rid));
}

/// The I-frame playlist of a video rendition.
fn scrubbing(text: &mut String, prefix: &str, entry: &Entry) {
    let Some(rates) = entry.iframes else { return };
    let bandwidth = with_headroom(rates.peak);
    let average = rates.average.clamp(1, bandwidth);
    let TrackConfig::Video(config) = &entry.config else { return };
    push(
        text,
        format_args!(
            "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={bandwidth},AVERAGE-BANDWIDTH={average},\
             CODECS=\"{}\",RESOLUTION={}x{},URI=\"{prefix}{}/iframes.m3u8\"",
            entry.config.codec(),
            config.width(),
            config.height(),
            entry.rid
        ),
    );
}

fn with_headroom(peak: u64) -> u64 {
    peak.saturating_mul(100 + HEADROOM_PERCENT).div_ceil(100).max(1)
}

fn push(text: &mut String, line: fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("writing to a string does not fail");
}

/// `,RESOLUTION=…,FRAME-RATE=…` of a video rendition.
struct Picture<'a>(&'a Entry);

impl fmt::Display for Picture<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TrackConfig::Video(config) = &self.0.config else { return Ok(()) };
        write!(formatter, ",RESOLUTION={}x{}", config.width(), config.height())?;
        let Some(rate) = self.0.frame_rate.or(config.frame_rate()) else { return Ok(()) };
        let denominator = u64::from(rate.denominator.get());
        let thousandths = (u64::from(rate.numerator.get()) * 1_000 + denominator / 2) / denominator;
        write!(formatter, ",FRAME-RATE={}.{:03}", thousandths / 1_000, thousandths % 1_000)
    }
}

/// Text inside an attribute's quotes, where a quote and a line's end can't stand.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .chars()
            .filter(|character| !character.is_control() && *character != '"')
            .try_for_each(|character| formatter.write_char(character))
    }
}
