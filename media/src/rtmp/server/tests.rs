//! The session as a publisher meets it. Rows named R… are faults that others had in the field.

use super::*;
use crate::demux::Demuxed;
use crate::rtmp::wire::{
    self, Shape, audio, audio_event, begin, command, feed, hello, live, video, video_event,
};
use crate::seeds;
use proptest::prelude::*;

/// Bytes of the server's side of the handshake.
const HELLO: usize = 1 + 2 * 1_536;

/// The `code` and `description` of every status in the output.
fn statuses(output: &[u8], skip: usize) -> Vec<(String, String)> {
    let text = |status: &Value, name| status.get(name).unwrap().as_str().unwrap().to_owned();
    wire::commands(output, skip)
        .iter()
        .filter(|command| command.name == "onStatus")
        .map(|command| (text(&command.values[1], "code"), text(&command.values[1], "description")))
        .collect()
}

#[test]
fn nothing_starts_before_the_caller_accepts() {
    // R12
    let mut session = Session::new(Limits::default());
    session.receive(&[begin("live", "KEY?token=a"), video(0, b"\x17\x00")].concat()).unwrap();
    let publish = Event::Publish {
        app: "live".to_owned(),
        key: "KEY".to_owned(),
        parameters: "token=a".to_owned(),
    };
    assert_eq!(session.poll(), Some(publish));
    assert_eq!(session.poll(), None);
    assert_eq!(statuses(&session.take_output(), HELLO), []);
    session.accept().unwrap();
    assert_eq!(session.poll(), Some(video_event(0, b"\x17\x00")));
    let start = ("NetStream.Publish.Start".to_owned(), "publishing".to_owned());
    assert_eq!(statuses(&session.take_output(), 0), [start]);
}

#[test]
fn a_refusal_names_its_reason_and_ends_the_session() {
    // R12
    for code in [RefusalCode::BadName, RefusalCode::Denied] {
        let mut session = Session::new(Limits::default());
        session.receive(&begin("live", "WRONG")).unwrap();
        session.take_output();
        session.refuse(&Refusal { code, reason: "no channel has this key".to_owned() });
        let output = session.take_output();
        let expected = (code.as_str().to_owned(), "no channel has this key".to_owned());
        assert_eq!(statuses(&output, 0), [expected]);
        assert_eq!(wire::messages(&output)[0].stream, 1, "on the stream that asked");
        assert!(session.is_finished());
        session.receive(&video(0, b"\x17\x01")).unwrap();
        session.accept().unwrap();
        assert!(session.take_output().is_empty());
    }
}

#[test]
fn a_live_publisher_can_be_turned_away() {
    let mut session = live();
    session.refuse(&Refusal { code: RefusalCode::Denied, reason: "taken down".to_owned() });
    let expected = ("NetStream.Publish.Denied".to_owned(), "taken down".to_owned());
    assert_eq!(statuses(&session.take_output(), 0), [expected]);
    assert!(session.is_finished());
}

#[test]
fn the_key_may_stand_in_the_application() {
    // R10, R11
    for (app, name) in [("live/KEY", ""), ("live/", "KEY"), ("KEY", ""), ("live", "KEY/")] {
        let mut session = Session::new(Limits::default());
        session.receive(&begin(app, name)).unwrap();
        let event = session.poll();
        assert!(matches!(&event, Some(Event::Publish { key, .. }) if key == "KEY"), "{event:?}");
    }
}

#[test]
fn chunks_of_two_messages_may_interleave_on_long_chunk_stream_ids() {
    // R3: one whole audio message with a type 1 header after every third video chunk.
    let picture: Vec<u8> = (0..2_000).map(|index| u8::try_from(index % 253).unwrap()).collect();
    let sound = |count: u8| [b"\xaf\x01".to_vec(), vec![count; 60]].concat();
    let first = Shape { form: 0, ..Shape::new(400, 128) };
    let next = Shape { form: 1, ..first };
    let mut bytes = wire::message(2, message::SET_CHUNK_SIZE, 0, &128_u32.to_be_bytes());
    bytes.extend(first.chunks(message::AUDIO, 100, &sound(0)).concat());
    let mut expected = vec![audio_event(100, &sound(0))];
    let chunks = Shape::new(70, 128).chunks(message::VIDEO, 120, &picture);
    for (index, chunk) in (1_u8..).zip(&chunks) {
        bytes.extend(chunk);
        if index % 3 == 0 {
            bytes.extend(next.chunks(message::AUDIO, 21, &sound(index)).concat());
            expected.push(audio_event(100 + u32::from(index / 3) * 21, &sound(index)));
        }
    }
    expected.push(video_event(120, &picture));
    assert_eq!(feed(&mut live(), &bytes), expected);
}

#[test]
fn extended_times_may_or_may_not_repeat_in_later_chunks() {
    // R5: after 4 h 39 min the time no longer fits 24 bits.
    let picture = [b"\x27\x01\x00\x00\x00".to_vec(), vec![7; 10 * wire::CHUNK_SIZE]].concat();
    for repeats in [true, false] {
        let shape = Shape { repeats, ..Shape::new(6, wire::CHUNK_SIZE) };
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for time in [16_777_180, 16_777_214, 16_777_215, 16_777_300, 16_777_333] {
            bytes.extend(shape.chunks(message::VIDEO, time, &picture).concat());
            expected.push(video_event(time, &picture));
        }
        assert_eq!(feed(&mut live(), &bytes), expected, "repeats: {repeats}");
    }
}

#[test]
fn an_extended_time_in_a_type_1_header_is_a_delta() {
    // R5: some senders mean an absolute time there; the session goes on.
    let shape = Shape::new(6, wire::CHUNK_SIZE);
    let delta = 0x00ff_fc18;
    let bytes = [
        shape.chunks(message::VIDEO, 1_000, b"\x27\x01").concat(),
        // The field is forced to be extended, though the value would fit.
        [&wire::basic(1, 6)[..], &[0xff; 3], &[0, 0, 2, message::VIDEO], &[0, 0xff, 0xfc, 0x18]]
            .concat(),
        b"\x27\x01".to_vec(),
    ]
    .concat();
    let expected = [video_event(1_000, b"\x27\x01"), video_event(1_000 + delta, b"\x27\x01")];
    assert_eq!(feed(&mut live(), &bytes), expected);
}

#[test]
fn unusual_data_messages_are_ignored_and_counted() {
    // R6
    let mut data = BytesMut::new();
    Value::text("@setDataFrame").write(&mut data);
    Value::text("additionalMedia").write(&mut data);
    for marker in [10, 16, 17] {
        let payload = [&data[..], &[3, 0, 1, b'x', marker], &vec![0xfe; 20_000]].concat();
        for kind in [message::DATA, message::DATA_AMF3] {
            let mut session = live();
            let bytes = [wire::message(4, kind, 0, &payload), audio(21, b"\xaf\x01\x21")].concat();
            assert_eq!(feed(&mut session, &bytes), [audio_event(21, b"\xaf\x01\x21")]);
            assert_eq!(session.ignored().unknown, 1);
        }
    }
}

#[test]
fn unknown_long_and_broken_messages_do_not_end_a_session() {
    let long = vec![2; Limits::default().command_bytes_max + 1];
    let bytes = [
        command("shareObject", 0.0, [Value::Null]),
        wire::message(3, message::COMMAND, 0, &long),
        wire::message(3, message::COMMAND, 0, &[]),
        wire::message(3, 19, 0, b"shared object"),
        wire::message(2, message::ABORT, 0, b"abc"),
        video(0, b""),
    ]
    .concat();
    let mut session = live();
    assert_eq!(feed(&mut session, &bytes), []);
    assert_eq!(session.ignored(), Ignored { empty: 1, unknown: 5, early: 0 });
}

#[test]
fn media_before_publish_are_counted_and_dropped() {
    let mut session = Session::new(Limits::default());
    session.receive(&[hello(), audio(0, b"\xaf\x01")].concat()).unwrap();
    assert_eq!(session.poll(), None);
    assert_eq!(session.ignored().early, 1);
}

#[test]
fn metadata_comes_as_numbers() {
    let metadata = Metadata { width: Some(640.0), audio_codec: Some(10.0), ..Metadata::default() };
    let amf0 = metadata.message(1).payload;
    let amf3 = [&[0], &amf0[..]].concat();
    for (kind, payload) in [(message::DATA, &amf0[..]), (message::DATA_AMF3, &amf3)] {
        let events = feed(&mut live(), &wire::message(4, kind, 0, payload));
        assert_eq!(events, [Event::Metadata(metadata.clone())]);
    }
}

#[test]
fn an_amf3_command_is_an_amf0_command_behind_a_zero() {
    let payload = Command::new("deleteStream", 4.0, [Value::Null]).message(0).payload;
    let bytes = wire::message(3, message::COMMAND_AMF3, 0, &[&[0], &payload[..]].concat());
    assert_eq!(feed(&mut live(), &bytes), [Event::Unpublish]);
}

#[test]
fn every_way_to_stop_is_told_once() {
    for name in ["FCUnpublish", "deleteStream", "closeStream"] {
        let bytes = [command(name, 5.0, [Value::Null]), command("deleteStream", 6.0, [])].concat();
        assert_eq!(feed(&mut live(), &bytes), [Event::Unpublish], "{name}");
    }
}

#[test]
fn an_aggregate_is_its_tags_at_the_time_of_the_message() {
    let mut tags = BytesMut::new();
    for (kind, timestamp_ms, body) in [(9, 500, &b"\x27\x01"[..]), (8, 521, b"\xaf\x01")] {
        let tag = crate::flv::Tag { kind, timestamp_ms, body: Bytes::copy_from_slice(body) };
        crate::flv::file::write_tag(&tag, &mut tags);
    }
    let events = feed(&mut live(), &wire::message(6, message::AGGREGATE, 9_000, &tags));
    assert_eq!(events, [video_event(9_000, b"\x27\x01"), audio_event(9_021, b"\xaf\x01")]);
}

#[test]
fn a_ping_is_answered_with_its_time() {
    let mut session = live();
    feed(&mut session, &wire::message(2, message::USER_CONTROL, 0, &[0, 6, 1, 2, 3, 4]));
    let answers = wire::messages(&session.take_output());
    assert_eq!(answers[0].payload[..], [0, 7, 1, 2, 3, 4]);
}

#[test]
fn bytes_are_acknowledged_at_half_the_window() {
    let mut session = live();
    feed(&mut session, &wire::message(2, 5, 0, &10_000_u32.to_be_bytes()));
    assert!(session.take_output().is_empty());
    feed(&mut session, &video(0, &[0x27; 6_000]));
    let answers = wire::messages(&session.take_output());
    assert_eq!(answers[0].kind, message::ACKNOWLEDGEMENT);
    assert_eq!(answers.len(), 1);
}

#[test]
fn an_abort_drops_the_message_under_way() {
    let chunks = Shape::new(6, wire::CHUNK_SIZE).chunks(message::VIDEO, 0, &[0x27; 9_000]);
    let bytes = [
        chunks[0].clone(),
        wire::message(2, message::ABORT, 0, &6_u32.to_be_bytes()),
        video(40, b"\x27\x01"),
    ]
    .concat();
    assert_eq!(feed(&mut live(), &bytes), [video_event(40, b"\x27\x01")]);
}

#[test]
fn enhanced_senders_hear_what_we_take() {
    let mut session = Session::new(Limits::default());
    let list = Value::Array(["hvc1", "avc1"].map(Value::text).into());
    let connect = Value::object([("app", Value::text("live")), ("fourCcList", list)]);
    session.receive(&[hello(), command("connect", 1.0, [connect])].concat()).unwrap();
    let answers = wire::commands(&session.take_output(), HELLO);
    let ours = Value::Array(["avc1", "hvc1", "av01", "mp4a", "Opus"].map(Value::text).into());
    assert_eq!(answers[0].values[1].get("fourCcList"), Some(&ours));
}

#[test]
fn every_bound_is_an_error_that_names_it() {
    let limits = Limits {
        input_bytes_max: 10_000,
        output_bytes_max: 20_000,
        events_max: 10,
        ..Limits::default()
    };
    let mut waiting = Session::new(limits);
    waiting.receive(&begin("live", "KEY")).unwrap();
    let refused = waiting.receive(&[0; 10_001]);
    assert_eq!(refused, Err(SessionError::InputBacklog(10_000)));

    let mut pinged = Session::new(limits);
    feed(&mut pinged, &begin("live", "KEY"));
    let ping = wire::message(2, message::USER_CONTROL, 0, &[0, 6, 0, 0, 0, 0]);
    assert_eq!(pinged.receive(&ping.repeat(2_000)), Err(SessionError::OutputBacklog(20_000)));

    let mut flooded = Session::new(limits);
    feed(&mut flooded, &begin("live", "KEY"));
    let refused = flooded.receive(&audio(0, b"\xaf\x01").repeat(11));
    assert_eq!(refused, Err(SessionError::EventBacklog(10)));

    let mut other = Session::new(limits);
    assert_eq!(other.receive(b"GET / HTTP/1.1"), Err(SessionError::Version(b'G')));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..2_000),
        cut in 0..2_000_usize,
    ) {
        for start in [hello(), begin("live", "KEY")] {
            let mut session = Session::new(Limits::default());
            session.receive(&start).unwrap();
            session.accept().unwrap();
            let (before, after) = bytes.split_at(cut.min(bytes.len()));
            if session.receive(before).is_ok() {
                // Whatever it says, it says it in order.
                let _outcome = session.receive(after).is_ok();
            }
        }
    }
}

#[test]
fn what_ffmpeg_sends_is_met() {
    // Received from `ffmpeg -c:v libx264 -bf 2 -c:a aac -f flv rtmp://…/live/KEY?token=a`: one
    // second of 25 pictures of 64×64 and 44.1 kHz mono.
    let mut session = Session::new(Limits::default());
    let mut demux = crate::demux::Demux::default();
    let mut counts = std::collections::BTreeMap::new();
    for event in feed(&mut session, include_bytes!("ffmpeg.bin")) {
        let name = match event {
            Event::Video { timestamp_ms, payload } => demux.video(timestamp_ms, &payload),
            Event::Audio { timestamp_ms, payload } => demux.audio(timestamp_ms, &payload),
            Event::Metadata(_) | Event::Unpublish | Event::Publish { .. } => {
                *counts.entry("other events".to_owned()).or_default() += 1;
                continue;
            }
        };
        let name = match name.unwrap() {
            Demuxed::Config(config) => config.codec().to_owned(),
            Demuxed::Unit(unit) => format!("{:?}, sync: {}", unit.kind, unit.is_sync),
            Demuxed::Ignored(ignored) => ignored.as_str().to_owned(),
        };
        *counts.entry(name).or_insert(0) += 1;
    }
    let expected = [
        ("avc1.4d400a", 1),
        ("mp4a.40.2", 1),
        ("Video, sync: true", 1),
        ("Video, sync: false", 24),
        ("Audio, sync: true", 45),
        ("end_of_track", 1),
        ("other events", 2),
    ];
    assert_eq!(counts, expected.map(|(name, count)| (name.to_owned(), count)).into());
    assert_eq!(session.ignored(), Ignored::default());
}

#[test]
fn the_seeds_are_sessions() {
    seeds::each("rtmp_server", |bytes| {
        let mut session = Session::new(Limits::default());
        assert!(!feed(&mut session, bytes).is_empty());
    });
}
