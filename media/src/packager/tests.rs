//! Laws of the grid, over any source.

use super::simulation::{START, Source, Stand};
use super::*;
use crate::fmp4::timescale;
use crate::hls::parse::{self, Media};
use crate::hls::{Position, playlist};
use mp4_atom::{Decode as _, Moof};
use proptest::prelude::*;

mod scenarios;

/// Samples of a part: decode time, duration, composition offset, sync.
fn samples(part: &Part) -> (u64, Vec<(u32, i64, bool)>) {
    let moof = Moof::decode(&mut part.bytes.clone()).unwrap();
    let traf = &moof.traf[0];
    let samples = traf.trun[0].samples.iter().map(|sample| {
        let flags = sample.flags.or(traf.tfhd.default_sample_flags).unwrap();
        (sample.duration.unwrap(), sample.cts.unwrap_or(0), flags & 0x1_0000 == 0)
    });
    (traf.tfdt.as_ref().unwrap().base_media_decode_time, samples.collect())
}

/// LL2, LL3, LL5, LL8, L12, P5, MF4 of everything that was said about one rendition.
fn check_rendition(stand: &Stand, rid: Rid, config: &TrackConfig) {
    let control = stand.control();
    let parts = stand.parts(rid);
    let scale = timescale(config);
    let mut expected = None;
    for (part, next) in parts.iter().zip(parts.iter().skip(1).map(Some).chain([None])) {
        let target = control.part_target.unwrap_or(Span(u64::MAX));
        let is_last = next.is_none_or(|next| next.at.msn != part.at.msn);
        let before_gap = next.is_some_and(|next| next.gap);
        if !(is_last || part.independent || part.gap || before_gap) {
            assert!(
                part.duration.0 * 100 >= target.0 * 85,
                "LL3 {rid} {} {}",
                part.at,
                part.duration
            );
        }
        if let Some(next) = next {
            let follows =
                next.at == part.at.next_part() || next.at == Position::start_of(part.at.msn + 1);
            assert!(follows, "{rid} {} then {}", part.at, next.at);
        }
        if part.gap {
            assert!(part.bytes.is_empty());
            expected = None;
            continue;
        }
        let (tfdt, samples) = samples(part);
        let is_continuous = part.opens.is_none_or(|opens| !opens.discontinuity);
        if let Some(expected) = expected.filter(|_| is_continuous) {
            assert_eq!(tfdt, expected, "MF4 {rid} {}", part.at);
        }
        let ticks: u64 = samples.iter().map(|(duration, ..)| u64::from(*duration)).sum();
        expected = Some(tfdt + ticks);
        let media = Span::from_ticks(i64::try_from(ticks).unwrap(), scale);
        assert!(media.0.abs_diff(part.duration.0) <= 2, "L12 {rid} {}: {media}", part.at);
        assert!(samples.iter().all(|(duration, ..)| *duration > 0), "{rid} {}", part.at);
        assert_eq!(
            part.independent,
            samples.iter().any(|(.., sync)| *sync),
            "LL5 {rid} {}",
            part.at
        );
    }
    check_lengths(stand, rid);
}

/// LL2, L12, P5, L1 of what is printed about one rendition.
fn check_lengths(stand: &Stand, rid: Rid) {
    let (control, parts) = (stand.control(), stand.parts(rid));
    let target = control.part_target.unwrap_or(Span(u64::MAX));
    for part in &parts {
        assert!(part.duration <= target, "LL2 {rid} {} {}", part.at, part.duration);
        assert!(part.duration > Span::ZERO, "LL8 {rid} {}", part.at);
    }
    for segment in stand.segments(rid) {
        let own = parts.iter().filter(|part| part.at.msn == segment.msn);
        assert_eq!(own.clone().map(|part| part.duration).sum::<Span>(), segment.duration, "L12");
        assert_eq!(own.clone().all(|part| part.gap), segment.gap);
        assert!(
            segment.duration.round_seconds() <= u64::from(control.target_seconds),
            "P5 {rid} {}",
            segment.duration
        );
    }
    let numbers: Vec<_> = stand.segments(rid).iter().map(|segment| segment.msn).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{rid} {numbers:?}");
}

fn check(stand: &Stand, source: &Source) {
    if source.video && stand.windows.iter().any(|window| window.rid() == Rid::VIDEO) {
        check_rendition(stand, Rid::VIDEO, &source.video_config(640));
    }
    if let Some(config) = source.audio_config() {
        check_rendition(stand, Rid::AUDIO, &config);
    }
}

/// Starts of the same segment lie within `bound` on all renditions, by their wall clock.
fn check_edges(stand: &Stand, bound_ms: i64) {
    let starts = |rid| -> Vec<_> {
        stand.parts(rid).iter().filter_map(|part| Some((part.at.msn, part.opens?.pdt))).collect()
    };
    let (video, audio) = (starts(Rid::VIDEO), starts(Rid::AUDIO));
    for (msn, pdt) in &video {
        if let Some((_, other)) = audio.iter().find(|(other, _)| other == msn) {
            assert!(pdt.since(*other).abs() <= bound_ms, "{msn}: {pdt} {other}");
        }
    }
}

/// Pictures are shown when the source shows them, to the millisecond.
fn check_shown(stand: &Stand, source: &Source, tolerance_ms: i64) {
    let mut shown = Vec::new();
    for part in stand.parts(Rid::VIDEO).iter().filter(|part| !part.gap) {
        let (tfdt, samples) = samples(part);
        let mut decode = i64::try_from(tfdt).unwrap();
        for (duration, offset, _) in samples {
            shown.push((decode + offset) / 90);
            decode += i64::from(duration);
        }
    }
    let pictures = source.units(120).into_iter().filter(|(_, unit)| unit.kind == Kind::Video);
    let sent: Vec<_> = pictures
        .map(|(_, unit)| {
            i64::from(unit.timestamp_ms.wrapping_sub(source.clock_ms))
                + i64::from(unit.composition_offset_ms)
        })
        .collect();
    let first = sent[0];
    for (shown, sent) in shown.iter().zip(&sent) {
        assert!(
            (shown - (sent - first)).abs() <= tolerance_ms,
            "shown {shown}, sent {}",
            sent - first
        );
    }
}

const RATES: [(u32, u32); 12] = [
    (30, 1),
    (25, 1),
    (24, 1),
    (60, 1),
    (50, 1),
    (30_000, 1_001),
    (60_000, 1_001),
    (24_000, 1_001),
    (15, 1),
    (10, 1),
    (5, 1),
    (12, 1),
];

#[test]
fn every_frame_rate_and_profile_makes_legal_parts() {
    for profile in Profile::ALL {
        for (numerator, denominator) in RATES {
            let source = Source::new(numerator, denominator);
            let mut stand = Stand::new(profile);
            let now = stand.publish(&source, 20, START);
            stand.end(now);
            check(&stand, &source);
            check_edges(&stand, 25);
            check_shown(&stand, &source, 2);
            assert!(stand.segments(Rid::VIDEO).len() >= 3, "{profile} {numerator}/{denominator}");
        }
    }
}

#[test]
fn a_part_is_a_whole_number_of_pictures() {
    let part_target = |profile, numerator, denominator| {
        let mut stand = Stand::new(profile);
        stand.publish(&Source::new(numerator, denominator), 4, START);
        stand.control().part_target.map(|target| target.to_string())
    };
    let cases = [
        (Profile::Low, 30, 1, "0.33334"),
        (Profile::Low, 25, 1, "0.32000"),
        (Profile::Low, 30_000, 1_001, "0.33367"),
        (Profile::Low, 5, 1, "0.40000"),
        (Profile::Low, 10, 1, "0.30000"),
        (Profile::Standard, 25, 1, "0.48000"),
        (Profile::Standard, 30, 1, "0.50000"),
        (Profile::Relaxed, 30_000, 1_001, "1.00100"),
    ];
    for (profile, numerator, denominator, target) in cases {
        let got = part_target(profile, numerator, denominator);
        assert_eq!(got.as_deref(), Some(target), "{profile} {numerator}/{denominator}");
    }
    assert_eq!(part_target(Profile::Classic, 30, 1), None);
}

#[test]
fn every_hint_names_the_part_that_comes() {
    for profile in [Profile::Low, Profile::Standard, Profile::Relaxed] {
        for (numerator, denominator) in RATES {
            for (gop_seconds, b_frames) in [(1, 0), (1, 2), (2, 0), (4, 0)] {
                let mut source = Source::new(numerator, denominator);
                source.gop_frames = u64::from((gop_seconds * numerator).div_ceil(denominator));
                source.b_frames = b_frames;
                let mut stand = Stand::new(profile);
                stand.publish(&source, 30, START);
                let case = format!("{profile} {numerator}/{denominator} GOP {gop_seconds} s");
                for rid in [Rid::VIDEO, Rid::AUDIO] {
                    // The first GOP of an unknown length may mislead.
                    check_hints(&stand, rid, 3, &case);
                }
            }
        }
    }
}

/// From segment `first` on.
fn check_hints(stand: &Stand, rid: Rid, first: u64, case: &str) {
    let parts = stand.parts(rid);
    let settled = parts.iter().position(|part| part.at.msn >= first).unwrap();
    for pair in parts[settled..].windows(2) {
        let [part, next] = pair else { unreachable!() };
        assert_eq!(part.next, next.at, "{rid} {case}");
    }
}

#[test]
fn hints_are_right_again_after_a_hole_shorter_than_a_picture() {
    for profile in [Profile::Low, Profile::Standard] {
        for hole_ms in 0..=33 {
            let source = Source { gop_frames: 30, ..Source::new(30, 1) };
            let mut stand = Stand::new(profile);
            let now = stand.publish(&source, 12, START);
            let rest = Source { clock_ms: 12_000 + hole_ms, ..source };
            stand.publish(&rest, 20, now);
            check_hints(&stand, Rid::VIDEO, 9, &format!("{profile}, {hole_ms} ms"));
        }
    }
}

#[test]
fn sound_alone_and_picture_alone_make_a_broadcast() {
    for audio_rate in [48_000, 44_100, 24_000] {
        let mut source = Source::new(30, 1);
        (source.video, source.audio_rate) = (false, Some(audio_rate));
        let mut stand = Stand::new(Profile::Low);
        let now = stand.publish(&source, 20, START);
        stand.end(now);
        check(&stand, &source);
        assert_eq!(stand.windows.len(), 1);
        assert!(stand.segments(Rid::AUDIO).len() >= 9);
    }
    let source = Source { audio_rate: None, ..Source::new(30, 1) };
    let mut stand = Stand::new(Profile::Low);
    let now = stand.publish(&source, 20, START);
    stand.end(now);
    check(&stand, &source);
    assert_eq!(stand.segments(Rid::VIDEO).len(), 10);
}

#[test]
fn a_playlist_is_there_three_seconds_after_the_first_key_frame_though_sound_was_promised() {
    let source = Source { audio_rate: None, ..Source::new(25, 1) };
    let mut stand = Stand::new(Profile::Low);
    let sound = Source::new(25, 1).audio_config().unwrap();
    stand.packager.configure(sound, START).unwrap();
    stand.publish(&source, 3, START);
    assert!(!stand.parts(Rid::VIDEO).is_empty());
}

#[test]
fn a_long_gop_is_cut_at_the_target_and_the_encoder_is_named() {
    let source = Source { gop_frames: 240, ..Source::new(30, 1) };
    let mut stand = Stand::new(Profile::Low);
    let now = stand.publish(&source, 30, START);
    stand.end(now);
    check(&stand, &source);
    let alarm =
        |(_, output): &(Wall, Output)| matches!(output, Output::Alarm(Alarm::GopOverTarget { .. }));
    assert!(stand.outputs.iter().any(alarm));
}

#[test]
fn a_known_long_gop_makes_the_target_longer_and_needs_no_forced_cut() {
    let source = Source { gop_frames: 120, ..Source::new(30, 1) };
    let longest_gop = Some(Span::from_seconds(4));
    let settings = Settings { longest_gop, ..Settings::new(Profile::Low, 1) };
    let mut stand = Stand::with(settings);
    let now = stand.publish(&source, 30, START);
    stand.end(now);
    check(&stand, &source);
    assert_eq!(stand.control().target_seconds, 4);
    let alarms = stand.outputs.iter().filter(|(_, output)| matches!(output, Output::Alarm(_)));
    assert_eq!(alarms.count(), 0);
}

#[test]
fn a_clock_that_wraps_is_no_discontinuity() {
    for clock_ms in [u32::MAX - 5_000, (1 << 31) - 5_000, (1 << 24) - 5_000] {
        let source = Source { clock_ms, ..Source::new(30, 1) };
        let mut stand = Stand::new(Profile::Low);
        let now = stand.publish(&source, 12, START);
        stand.end(now);
        check(&stand, &source);
        let opens = stand.parts(Rid::VIDEO).into_iter().filter_map(|part| part.opens);
        assert!(opens.into_iter().all(|opens| !opens.discontinuity));
    }
}

/// How playlists of one rendition may change (P13, L1, P11, DC1): checked pair by pair.
fn check_mutations(stand: &Stand, rid: Rid) {
    let texts = stand.playlists.iter().filter(|(other, ..)| *other == rid);
    let versions: Vec<Media> = texts.map(|(.., text)| parse::media(text).unwrap()).collect();
    for pair in versions.windows(2) {
        let [old, new] = pair else { unreachable!() };
        check_mutation(old, new);
    }
}

fn check_mutation(old: &Media, new: &Media) {
    assert!(new.media_sequence >= old.media_sequence, "L1");
    assert!(new.next_msn() >= old.next_msn(), "L1");
    assert_eq!((new.target_seconds, new.part_target), (old.target_seconds, old.part_target), "P6");
    assert_eq!(new.control, old.control, "P6");
    for segment in &new.segments {
        let listed = old.segments.iter().find(|listed| listed.msn == segment.msn);
        if let Some(listed) = listed {
            let parts = if segment.parts.is_empty() { Vec::new() } else { listed.parts.clone() };
            let map = segment.map.clone();
            assert_eq!(
                *segment,
                parse::Segment { parts, map: map.clone(), ..listed.clone() },
                "P13"
            );
            assert_eq!(listed.map, map, "P13");
        } else if segment.msn == old.next_msn() && !old.open.parts.is_empty() {
            assert_eq!(segment.parts.get(..old.open.parts.len()), Some(&old.open.parts[..]), "P13");
            assert_eq!(segment.pdt, old.open.pdt, "DC1");
        }
    }
    if new.next_msn() == old.next_msn() && !new.ended {
        let kept = new.open.parts.get(..old.open.parts.len());
        assert_eq!(kept, Some(&old.open.parts[..]), "parts only grow");
    }
    assert!(old.ended <= new.ended);
    assert_eq!(new.hints.len(), usize::from(!new.ended && new.part_target.is_some()), "PH1, PH7");
    assert!(new.misplaced.is_empty(), "LL6");
    let removed = new.media_sequence > old.media_sequence;
    assert!(!removed || new.segments.len() >= 6, "L4");
}

/// Delta updates against every recent version (SK6).
fn check_deltas(stand: &Stand, rid: Rid, current: &Media) {
    let window = stand.window(rid);
    let Some(delta) = playlist::delta(window, &stand.reports()) else { return };
    let delta = parse::media(&delta).unwrap();
    assert!(delta.skipped.is_some_and(|skipped| skipped > 0), "SK7");
    let kept: Span = delta.segments.iter().map(|segment| segment.duration).sum();
    let boundary = stand.control().skip_until();
    assert!(kept >= boundary, "SK2 {kept}");
    assert!(kept.minus(delta.segments[0].duration) < boundary, "SK2 {kept}");
    let texts = stand.playlists.iter().filter(|(other, ..)| *other == rid).rev();
    for (.., text) in texts.take(12) {
        let base = parse::media(text).unwrap();
        let merged = base.merge(&delta).expect("a recent playlist holds what is skipped");
        let strip = |media: &Media| -> Vec<_> { media.segments.clone() };
        assert_eq!(strip(&merged), strip(current), "SK6");
        assert_eq!(merged.open, current.open, "SK6");
        assert_eq!(
            (merged.reports, merged.hints),
            (current.reports.clone(), current.hints.clone())
        );
    }
}

/// What happens to a broadcast.
#[derive(Debug, Clone)]
enum Act {
    Publish { seconds: u64 },
    Reconnect { clock_ms: u32 },
    Silence { seconds: u64 },
    Resize,
    OtherSound,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (1_u64..12).prop_map(|seconds| Act::Publish { seconds }),
        1 => any::<u32>().prop_map(|clock_ms| Act::Reconnect { clock_ms }),
        1 => (1_u64..9).prop_map(|seconds| Act::Silence { seconds }),
        1 => Just(Act::Resize),
        1 => Just(Act::OtherSound),
    ]
}

fn source() -> impl Strategy<Value = Source> {
    let shape = (prop::sample::select(RATES.to_vec()), 1_u64..150, 0_u64..4, 0_u32..12);
    let rest = (
        prop::option::of(20_u64..80),
        any::<bool>(),
        prop::option::of(prop::sample::select(vec![48_000, 44_100, 24_000])),
    );
    (shape, rest).prop_map(
        |((rate, gop_frames, b_frames, jitter_ms), (lose_every, declares_rate, audio_rate))| {
            Source {
                gop_frames,
                b_frames: b_frames.min(gop_frames.saturating_sub(1)),
                // Less than the pictures' distance: a clock that steps back is another test.
                jitter_ms: jitter_ms.min((1_000 * rate.1 / rate.0).saturating_sub(2) / 2),
                lose_every,
                declares_rate,
                audio_rate,
                ..Source::new(rate.0, rate.1)
            }
        },
    )
}

fn run(source: &Source, acts: &[Act]) -> Stand {
    let mut stand = Stand::new(Profile::Low);
    stand.renders = true;
    let mut source = source.clone();
    let mut now = stand.publish(&source, 4, START);
    let mut sent = 4_000;
    for act in acts {
        match act {
            Act::Publish { seconds } => {
                let clock_ms = source.clock_ms;
                source.clock_ms = clock_ms.wrapping_add(sent);
                now = stand.publish(&source, *seconds, now);
                source.clock_ms = clock_ms;
                sent += u32::try_from(seconds * 1_000).unwrap();
            }
            Act::Reconnect { clock_ms } => {
                stand.packager.reconnect(now).unwrap();
                (source.clock_ms, sent) = (*clock_ms, 0);
            }
            Act::Silence { seconds } => {
                now = stand.wait(*seconds, now);
                sent += u32::try_from(seconds * 1_000).unwrap();
            }
            Act::Resize => {
                stand.packager.configure(source.video_config(1_280), now).unwrap();
            }
            Act::OtherSound => {
                source.audio_rate =
                    source.audio_rate.map(|rate| if rate == 48_000 { 44_100 } else { 48_000 });
            }
        }
        for rid in stand.windows.iter().map(crate::hls::Window::rid).collect::<Vec<_>>() {
            let text = playlist::full(stand.window(rid), &stand.reports());
            check_deltas(&stand, rid, &parse::media(&text).unwrap());
        }
    }
    stand.end(now);
    check_rendition(&stand, Rid::VIDEO, &source.video_config(640));
    stand
}

fn opens(stand: &Stand, rid: Rid) -> Vec<(u64, SegmentOpen)> {
    let parts = stand.parts(rid);
    parts.iter().filter_map(|part| Some((part.at.msn, part.opens?))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_are_legal_for_any_source(source in source()) {
        let mut stand = Stand::new(Profile::Low);
        let now = stand.publish(&source, 25, START);
        stand.end(now);
        check(&stand, &source);
        if source.audio_rate.is_some() {
            check_edges(&stand, 400);
        }
        check_shown(&stand, &source, 4 + 2 * i64::from(source.jitter_ms));
    }

    #[test]
    fn playlists_change_only_as_they_may(source in source(), acts in prop::collection::vec(act(), 1..8)) {
        let stand = run(&source, &acts);
        for window in &stand.windows {
            check_mutations(&stand, window.rid());
            check_lengths(&stand, window.rid());
        }
    }
}
