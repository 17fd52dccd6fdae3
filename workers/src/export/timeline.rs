//! The clock of the file: each stretch between discontinuities has decode times of its own, and all
//! its tracks share them; the playlist's durations say where the stretch lies.

use std::collections::BTreeMap;

use media::{time::Span, unit::Timescale};

use super::recording::Track;

/// Hundred-thousandths of a second, as [`Span`] counts them, but signed.
type Signed = i64;

/// Where each stretch lies.
#[derive(Debug)]
pub(super) struct Timeline {
    /// By its first segment: what is added to its decode times, once its first media is known.
    stretches: BTreeMap<u64, Option<Signed>>,
    /// Of each track: its first segment, and where each of its segments starts.
    starts: Vec<(u64, Vec<Signed>)>,
}

impl Timeline {
    /// The stretches of a recording.
    pub(super) fn new(tracks: &[Track]) -> Self {
        let mut stretches = BTreeMap::from([(0, None)]);
        let mut starts = Vec::with_capacity(tracks.len());
        for track in tracks {
            let breaks = track.entries.iter().filter(|entry| entry.discontinuity);
            stretches.extend(breaks.map(|entry| (entry.msn, None)));
            let mut at = Span::ZERO;
            let places = track.entries.iter().map(|entry| {
                let start = signed(at);
                at += entry.duration;
                start
            });
            starts.push((track.entries.first().map_or(0, |entry| entry.msn), places.collect()));
        }
        Self { stretches, starts }
    }

    /// What is added to the decode times of a segment, in ticks of its track. `shown` is when the
    /// segment's first unit is shown by its own clock.
    ///
    /// The first media of a stretch fixes it for all tracks, so that they stay in step.
    pub(super) fn shift(&mut self, track: usize, msn: u64, shown: i64, scale: Timescale) -> i64 {
        let start = self.starts.get(track).and_then(|(first, starts)| {
            starts.get(usize::try_from(msn.checked_sub(*first)?).ok()?).copied()
        });
        let Some((_, stretch)) = self.stretches.range_mut(..=msn).next_back() else { return 0 };
        let shift = *stretch.get_or_insert_with(|| {
            start.unwrap_or(0).saturating_sub(rescale(shown, scale.get(), SPAN_SCALE))
        });
        rescale(shift, SPAN_SCALE, scale.get())
    }
}

const SPAN_SCALE: u32 = 100_000;

fn signed(span: Span) -> Signed {
    i64::try_from(span.0).unwrap_or(i64::MAX)
}

/// From one count of ticks per second to another, to the nearest.
pub(super) fn rescale(ticks: i64, from: u32, to: u32) -> i64 {
    let (from, to) = (i128::from(from), i128::from(to));
    let scaled = (i128::from(ticks) * to + from / 2).div_euclid(from);
    i64::try_from(scaled).unwrap_or(if scaled < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use media::{
        codec::{Audio, aac},
        hls::index::Entry,
        packager::{Control, Rendition, Rid},
        time::Wall,
        unit::TrackConfig,
    };

    use super::*;

    fn scale(ticks: u32) -> Timescale {
        Timescale::new(ticks).unwrap()
    }

    /// One letter a segment of two seconds: `.` media, `|` media after a discontinuity, `_` a gap.
    fn track(first_msn: u64, pattern: &str) -> Track {
        let config = aac::Config::parse(bytes::Bytes::from_static(&[0x11, 0x90])).unwrap();
        let about = Rendition {
            rid: Rid::AUDIO,
            config: TrackConfig::Audio(Audio::Aac(config)),
            frame_rate: None,
            control: Control { target_seconds: 2, part_target: None, independent_segments: true },
            first_msn,
            discontinuity_sequence: 0,
        };
        let entry = |(msn, letter): (u64, char)| Entry {
            msn,
            fence: 1,
            generation: 0,
            pdt: Wall(0),
            duration: Span::from_seconds(2),
            discontinuity: letter == '|',
            gap: letter == '_',
            bytes: 1,
            crc32c: 0,
            parts: Vec::new(),
        };
        Track { about, entries: (first_msn..).zip(pattern.chars()).map(entry).collect() }
    }

    #[test]
    fn the_first_picture_of_a_recording_is_shown_at_zero() {
        let mut timeline = Timeline::new(&[track(5, "..")]);
        assert_eq!(timeline.shift(0, 5, 6_000, scale(90_000)), -6_000);
        assert_eq!(timeline.shift(0, 6, 186_000, scale(90_000)), -6_000);
    }

    #[test]
    fn all_tracks_of_a_stretch_are_shifted_alike() {
        let mut timeline = Timeline::new(&[track(0, ".."), track(0, "..")]);
        assert_eq!(timeline.shift(0, 0, 9_000, scale(90_000)), -9_000);
        // The sound begins 20 ms later, and stays 20 ms later.
        assert_eq!(timeline.shift(1, 0, 5_760, scale(48_000)), -4_800);
    }

    #[test]
    fn a_stretch_after_a_discontinuity_lies_where_the_playlist_has_it() {
        let mut timeline = Timeline::new(&[track(0, "._|."), track(0, "._|.")]);
        assert_eq!(timeline.shift(0, 0, 0, scale(1_000)), 0);
        assert_eq!(timeline.shift(0, 2, 70, scale(1_000)), 3_930);
        assert_eq!(timeline.shift(1, 2, 100, scale(1_000)), 3_930);
        assert_eq!(timeline.shift(0, 3, 2_070, scale(1_000)), 3_930);
    }

    #[test]
    fn ticks_are_rounded_to_the_nearest_either_side_of_zero() {
        let cases = [(1, 3, 100, 33), (-1, 3, 100, -33), (2, 3, 100, 67), (-2, 3, 100, -67)];
        for (ticks, from, to, wanted) in cases {
            assert_eq!(rescale(ticks, from, to), wanted, "{ticks} of {from} in {to}");
        }
    }
}
