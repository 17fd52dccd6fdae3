//! A playlist of either kind, and an index page.

#![no_main]

use libfuzzer_sys::fuzz_target;
use media::hls::{index, parse};

fuzz_target!(|data: &[u8]| {
    if let Ok(entries) = index::decode(data) {
        assert_eq!(index::decode(&index::encode(&entries)), Ok(entries));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(playlist) = parse::media(text) {
        playlist.merge(&playlist);
    }
    parse::multivariant(text);
});
