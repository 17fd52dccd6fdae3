//! What a publisher costs: bytes through an RTMP session and the demux, and the test picture.
//!
//! `cargo bench -p media --bench ingest`

use bytes::Bytes;
use divan::{Bencher, black_box, counter::BytesCount};
use media::demux::Demux;
use media::flv::Tag;
use media::rtmp::server::{Event, Session};
use media::rtmp::target::Address;
use media::rtmp::{Limits, client};
use media::testcard::{Encoder, sound::Sound};

fn main() {
    divan::main();
}

/// What a client sends to publish ten seconds of the test picture: all that the server reads.
fn published() -> Bytes {
    let address = Address::parse("rtmp://h/live/KEY").expect("a good address");
    let mut client = client::Session::new(Limits::default(), address);
    let mut server = Session::new(Limits::default());
    let mut sent = Vec::new();
    while !client.is_publishing() {
        let up = client.take_output();
        server.receive(&up).expect("our own client speaks RTMP");
        sent.extend_from_slice(&up);
        while server.poll().is_some() {
            server.accept().expect("little waits");
        }
        client.receive(&server.take_output()).expect("our own server speaks RTMP");
    }
    client.send(&Tag::config(&Encoder::config()));
    client.send(&Tag::config(&Sound::config()));
    let (mut encoder, sound) = (Encoder::new(), Sound::new(0));
    for index in 0..300 {
        client.send(&Tag::unit(&encoder.frame(index, index * 33)));
        client.send(&Tag::unit(&sound.frame(index)));
    }
    sent.extend_from_slice(&client.take_output());
    sent.into()
}

#[divan::bench]
fn receive(bencher: Bencher<'_, '_>) {
    let bytes = published();
    bencher.counter(BytesCount::new(bytes.len())).bench(|| {
        let mut session = Session::new(Limits::default());
        let mut demux = Demux::default();
        for piece in bytes.chunks(16 << 10) {
            session.receive(piece).expect("our own client speaks RTMP");
            while let Some(event) = session.poll() {
                match event {
                    Event::Publish { .. } => session.accept().expect("little waits"),
                    Event::Video { timestamp_ms, payload } => {
                        drop(black_box(demux.video(timestamp_ms, &payload)));
                    }
                    Event::Audio { timestamp_ms, payload } => {
                        drop(black_box(demux.audio(timestamp_ms, &payload)));
                    }
                    Event::Metadata(_) | Event::Unpublish => {}
                }
            }
            session.take_output();
        }
    });
}

/// One frame, a sync unit each 60th.
#[divan::bench]
fn test_picture(bencher: Bencher<'_, '_>) {
    let mut encoder = Encoder::new();
    let mut index = 0;
    bencher.bench_local(|| {
        index += 1;
        encoder.frame(index, index * 1_000 / 30)
    });
}

#[divan::bench]
fn test_picture_sync_unit(bencher: Bencher<'_, '_>) {
    let mut encoder = Encoder::new();
    let mut index = 0;
    bencher.bench_local(|| {
        index += 60;
        encoder.frame(index, index * 1_000 / 30)
    });
}
