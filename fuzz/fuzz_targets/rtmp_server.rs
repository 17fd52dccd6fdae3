//! Any bytes from a publisher, whole and in pieces: no panic, and the same events.
#![no_main]

use libfuzzer_sys::fuzz_target;
use media::demux::Demux;
use media::rtmp::Limits;
use media::rtmp::server::{Event, Session};

fn events(bytes: &[u8], piece: usize) -> Vec<Event> {
    let mut session = Session::new(Limits::default());
    let mut demux = Demux::default();
    let mut events = Vec::new();
    for piece in bytes.chunks(piece) {
        let mut outcome = session.receive(piece);
        while let Some(event) = session.poll() {
            match &event {
                Event::Publish { .. } => outcome = outcome.and(session.accept()),
                Event::Video { timestamp_ms, payload } => {
                    drop(demux.video(*timestamp_ms, payload));
                }
                Event::Audio { timestamp_ms, payload } => {
                    drop(demux.audio(*timestamp_ms, payload));
                }
                Event::Metadata(_) | Event::Unpublish => {}
            }
            events.push(event);
        }
        session.take_output();
        if outcome.is_err() {
            break;
        }
    }
    events
}

fuzz_target!(|bytes: &[u8]| {
    let whole = events(bytes, bytes.len().max(1));
    let pieces = events(bytes, 97);
    assert_eq!(whole, pieces);
});
