//! Any bytes as a media segment, and as the sheet of a recording.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::fmp4::{UNITS_MAX, units};
use media::hls::sheet::Sheet;
use media::unit::Kind;

fuzz_target!(|data: &[u8]| {
    let segment = Bytes::copy_from_slice(data);
    for kind in [Kind::Video, Kind::Audio] {
        if let Ok(units) = units(kind, &segment) {
            assert!(units.len() <= UNITS_MAX);
            assert!(units.iter().all(|unit| unit.data.len() <= data.len()));
        }
    }
    if let Ok(sheet) = Sheet::parse(data) {
        for row in &sheet.renditions {
            drop(row.about());
        }
    }
});
