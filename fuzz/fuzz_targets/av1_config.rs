//! Any bytes as an AV1 configuration record and as a temporal unit.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::codec::av1;

fuzz_target!(|bytes: &[u8]| {
    let bytes = Bytes::copy_from_slice(bytes);
    if let Ok(config) = av1::Config::parse(bytes.clone()) {
        assert!((1..=av1::Config::SIDE_MAX).contains(&config.width));
        assert!((1..=av1::Config::SIDE_MAX).contains(&config.height));
    }
    let kept = av1::without_delimiters(&bytes);
    assert!(av1::inspect(&kept).is_none_or(|contents| !contents.has_delimiter));
});
