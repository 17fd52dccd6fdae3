//! Any bytes as an Opus identification header and as a packet.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::codec::opus;

fuzz_target!(|bytes: &[u8]| {
    let samples = opus::packet_samples(bytes).unwrap_or(960);
    assert!((1..=5_760).contains(&samples));
    if let Ok(config) = opus::Config::parse(Bytes::copy_from_slice(bytes), samples) {
        assert!(config.channels > 0);
    }
});
