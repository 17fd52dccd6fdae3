//! Any bytes as an H.265 configuration record and as an access unit.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::codec::hevc;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(config) = hevc::Config::parse(Bytes::copy_from_slice(bytes)) {
        assert!((1..=hevc::Config::SIDE_MAX).contains(&config.width));
        assert!((1..=hevc::Config::SIDE_MAX).contains(&config.height));
        config.without_parameter_sets(&Bytes::copy_from_slice(bytes));
    }
    for length_size in [1, 2, 4] {
        hevc::inspect(bytes, length_size);
    }
});
