//! Any bytes as an H.264 configuration record and as an access unit.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::codec::avc;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(config) = avc::Config::parse(Bytes::copy_from_slice(bytes)) {
        assert!((1..=avc::Config::SIDE_MAX).contains(&config.width));
        assert!((1..=avc::Config::SIDE_MAX).contains(&config.height));
    }
    for length_size in [1, 2, 4] {
        avc::inspect(bytes, length_size);
    }
});
