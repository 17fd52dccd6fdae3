//! Any bytes as an AAC configuration.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::codec::aac;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(config) = aac::Config::parse(Bytes::copy_from_slice(bytes)) {
        assert!((1..=aac::Config::SAMPLE_RATE_MAX).contains(&config.sample_rate));
        assert!((1..=8).contains(&config.channels));
    }
});
