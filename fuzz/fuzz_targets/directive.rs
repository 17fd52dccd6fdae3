//! The query of a playlist request.

#![no_main]

use libfuzzer_sys::fuzz_target;
use media::hls::directive::{Limits, MsnOnly, decide, parse};
use media::hls::{Edge, Position};

fuzz_target!(|query: &str| {
    let Ok(directives) = parse(query) else { return };
    let edge = Edge {
        first_msn: 10,
        complete: Some(20),
        complete_parts: 6,
        last: Some(Position { msn: 21, part: 2 }),
        ended: false,
    };
    for msn_only in [MsnOnly::Segment, MsnOnly::FirstPart] {
        decide(&edge, &directives, &Limits { advance_parts: 9, msn_only });
    }
});
