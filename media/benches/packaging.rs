//! What one part costs: muxing, rendering, compressing.
//!
//! `cargo bench -p media --bench packaging`

use bytes::Bytes;
use divan::{Bencher, black_box, counter::BytesCount};
use media::hls::splice::Pages;
use media::hls::{Position, Window, gzip, playlist};
use media::packager::{Control, Output, Part, Rid, Segment, SegmentOpen};
use media::time::{Span, Wall};
use media::unit::{AccessUnit, Kind};

fn main() {
    divan::main();
}

/// Ten pictures of 6 000 bytes: a third of a second at 1.4 Mbit/s.
fn units() -> Vec<AccessUnit> {
    let unit = |at: i64| AccessUnit {
        kind: Kind::Video,
        decode: at * 3_000,
        composition_offset: 0,
        duration: 3_000,
        is_sync: at == 0,
        data: Bytes::from(vec![0x5a; 6_000]),
    };
    (0..10).map(unit).collect()
}

#[divan::bench]
fn mux_one_part(bencher: Bencher<'_, '_>) {
    let units = units();
    bencher.counter(BytesCount::new(60_000_u32)).bench(|| media::fmp4::chunk(7, black_box(&units)));
}

/// A window of `minutes`, six parts a segment.
fn window(minutes: u64) -> Window {
    let control =
        Control { target_seconds: 2, part_target: Some(Span(33_334)), independent_segments: true };
    let mut window = Window::new(Rid::VIDEO, control, Span::from_seconds(minutes * 60), 0);
    for msn in 6..6 + minutes * 30 + 6 {
        for part in 0..6 {
            window.apply(&Output::Part(self::part(msn, part)));
        }
        let duration = Span(199_998);
        window.apply(&Output::Segment(Segment { rid: Rid::VIDEO, msn, duration, gap: false }));
    }
    window
}

fn part(msn: u64, part: u32) -> Part {
    let at = Position { msn, part };
    let pdt = Wall(1_764_000_000_000).plus_ms(i64::try_from(msn * 2_000).unwrap_or(0));
    let opens = SegmentOpen { fence: 1, generation: 0, pdt, discontinuity: false };
    Part {
        rid: Rid::VIDEO,
        at,
        bytes: Bytes::from_static(&[0; 1_000]),
        duration: Span(33_333),
        independent: part == 0,
        gap: false,
        intra: if part == 0 { 200 } else { 0 },
        opens: (part == 0).then_some(opens),
        next: at.next_part(),
    }
}

#[divan::bench(args = [1, 15, 60])]
fn render_full(bencher: Bencher<'_, '_>, minutes: u64) {
    let window = window(minutes);
    bencher.bench(|| playlist::full(black_box(&window), &[]));
}

#[divan::bench(args = [1, 15, 60, 1_440])]
fn render_delta(bencher: Bencher<'_, '_>, minutes: u64) {
    let window = window(minutes);
    bencher.bench(|| playlist::delta(black_box(&window), &[]));
}

/// What an answer costs without pages, and with them.
#[divan::bench(args = [1, 15, 60, 1_440])]
fn render_and_gzip_full(bencher: Bencher<'_, '_>, minutes: u64) {
    let window = window(minutes);
    bencher.bench(|| gzip(playlist::full(black_box(&window), &[]).as_bytes()));
}

#[divan::bench(args = [1, 15, 60, 1_440])]
fn splice_full(bencher: Bencher<'_, '_>, minutes: u64) {
    let window = window(minutes);
    let mut pages = Pages::default();
    pages.full(&window, &[]);
    bencher.bench_local(|| pages.full(black_box(&window), &[]));
}

#[divan::bench(args = [1, 15, 60])]
fn gzip_full(bencher: Bencher<'_, '_>, minutes: u64) {
    let text = playlist::full(&window(minutes), &[]);
    bencher.counter(BytesCount::of_str(text.as_str())).bench(|| gzip(black_box(text.as_bytes())));
}

#[divan::bench]
fn gzip_delta(bencher: Bencher<'_, '_>) {
    let text = playlist::delta(&window(15), &[]).unwrap_or_default();
    bencher.counter(BytesCount::of_str(text.as_str())).bench(|| gzip(black_box(text.as_bytes())));
}
