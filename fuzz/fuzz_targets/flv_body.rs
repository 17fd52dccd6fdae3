//! Any bodies of video and audio tags, one after the other: a byte of kind and length before each.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::demux::{Demux, Demuxed};

fuzz_target!(|bytes: &[u8]| {
    let mut demux = Demux::default();
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        let length = usize::from(first >> 1).min(after.len());
        let (body, after) = after.split_at(length);
        rest = after;
        let body = Bytes::copy_from_slice(body);
        let demuxed = if first & 1 == 0 { demux.video(0, &body) } else { demux.audio(0, &body) };
        if let Ok(Demuxed::Unit(unit)) = demuxed {
            assert!(!unit.data.is_empty());
        }
    }
});
