//! Tests of whole imports: files written by another muxer, read back from the object store.

use std::io::{Cursor, Write as _};

use super::*;
use bytes::Bytes;
use infra::object::{Memory, Store};
use media::{hls::index::decode, testcard};
use mp4::{AacConfig, AvcConfig, MediaConfig, Mp4Config, Mp4Sample, Mp4Writer, TrackConfig};

pub(crate) const FRAMES: u64 = 480;

/// 16 s of the test picture (a sync unit every 2 s) and its silence.
fn movie() -> Vec<u8> {
    movie_with(|_| 0)
}

/// The same, each picture shown so many ticks of 1/15,360 s later than it is decoded.
pub(crate) fn movie_with(offset: fn(u64) -> i32) -> Vec<u8> {
    let brand = |name: &str| name.parse().unwrap();
    let config = Mp4Config {
        major_brand: brand("isom"),
        minor_version: 512,
        compatible_brands: vec![brand("isom"), brand("mp41")],
        timescale: 1_000,
    };
    let mut writer = Mp4Writer::write_start(Cursor::new(Vec::new()), &config).unwrap();
    let media::unit::TrackConfig::Video(avc) = testcard::Encoder::config() else { panic!("video") };
    let [sps, pps] = parameter_sets(avc.record());
    let avc = AvcConfig { width: 1_280, height: 720, seq_param_set: sps, pic_param_set: pps };
    let track = |kind, scale, media_conf| TrackConfig {
        track_type: kind,
        timescale: scale,
        language: "und".to_owned(),
        media_conf,
    };
    let video = track(mp4::TrackType::Video, 15_360, MediaConfig::AvcConfig(avc));
    let aac = AacConfig {
        bitrate: 40_000,
        profile: mp4::AudioObjectType::AacLowComplexity,
        freq_index: mp4::SampleFreqIndex::Freq48000,
        chan_conf: mp4::ChannelConfig::Mono,
    };
    let audio = track(mp4::TrackType::Audio, 48_000, MediaConfig::AacConfig(aac));
    writer.add_track(&video).unwrap();
    writer.add_track(&audio).unwrap();
    let mut encoder = testcard::Encoder::new();
    for index in 0..FRAMES {
        let frame = encoder.frame(index, index * 33);
        let sample = Mp4Sample {
            start_time: index * 512,
            duration: 512,
            rendering_offset: offset(index),
            is_sync: frame.is_sync,
            bytes: frame.data,
        };
        writer.write_sample(1, &sample).unwrap();
    }
    for index in 0..750 {
        let sample = Mp4Sample {
            start_time: index * 1_024,
            duration: 1_024,
            rendering_offset: 0,
            is_sync: true,
            bytes: Bytes::from_static(testcard::sound::SILENCE),
        };
        writer.write_sample(2, &sample).unwrap();
    }
    writer.write_end().unwrap();
    writer.into_writer().into_inner()
}

/// The only SPS and PPS of an `avcC` record.
fn parameter_sets(record: &[u8]) -> [Vec<u8>; 2] {
    let length = |at: usize| usize::from(u16::from_be_bytes([record[at], record[at + 1]]));
    let sps = &record[8..8 + length(6)];
    let at = 8 + sps.len() + 1;
    [sps.to_vec(), record[at + 2..at + 2 + length(at)].to_vec()]
}

pub(crate) fn open(bytes: &[u8]) -> Result<Source, ImportError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    Source::open(file.path())
}

pub(crate) fn names() -> (domain::id::BroadcastId, domain::id::RecordingId, domain::time::Timestamp)
{
    let id = |prefix: &str| format!("{prefix}_{}", "0123456789abcdef".repeat(2));
    let starts_at = domain::time::Timestamp(1_700_000_000_000);
    (id("brd").parse().unwrap(), id("rec").parse().unwrap(), starts_at)
}

async fn text(store: &Store, key: &str) -> String {
    String::from_utf8(store.get(key, None).await.unwrap().to_vec()).unwrap()
}

/// Where a box with this name starts, by its size field.
fn find(bytes: &[u8], name: [u8; 4]) -> usize {
    bytes.windows(4).position(|window| *window == name).unwrap() - 4
}

#[tokio::test]
async fn a_file_becomes_segments_pages_and_playlists() {
    let store: Store = Arc::new(Memory::default());
    let source = open(&movie()).unwrap();
    let mut steps = Vec::new();
    let packaged = package(&source, &store, names(), |step| steps.push(step)).await.unwrap();
    assert_eq!((packaged.duration_ms, packaged.segments), (16_000, 6));
    assert_eq!(steps.last(), Some(&Progress { done: 6, of: 6 }));
    let (brd, rec, _) = names();
    let playlist = text(&store, &format!("media/{rec}/v0/media.m3u8")).await;
    let lengths: Vec<_> = playlist.lines().filter(|line| line.starts_with("#EXTINF")).collect();
    assert_eq!(lengths, ["#EXTINF:6.00000,", "#EXTINF:6.00000,", "#EXTINF:4.00000,"]);
    assert!(playlist.contains(&format!("../../{brd}/v0/1/0.m4s")), "{playlist}");
    let multivariant = text(&store, &format!("media/{rec}/index.m3u8")).await;
    assert!(
        multivariant.contains("CODECS=\"avc1.") && multivariant.contains("RESOLUTION=1280x720")
    );
    let page = store.get(&format!("meta/{brd}/v0/0"), None).await.unwrap();
    for entry in decode(&page).unwrap() {
        let key = format!("media/{brd}/v0/{}/{}.m4s", entry.fence, entry.msn);
        let object = store.get(&key, None).await.unwrap();
        assert_eq!((object.len() as u64, crc32c::crc32c(&object)), (entry.bytes, entry.crc32c));
    }
    let sheet = text(&store, &format!("meta/{brd}/renditions")).await;
    assert!(sheet.contains("\"rid\":\"v0\"") && sheet.contains("\"rid\":\"a0\""), "{sheet}");
}

#[tokio::test]
async fn every_byte_of_every_unit_is_carried_over() {
    let store: Store = Arc::new(Memory::default());
    let source = open(&movie()).unwrap();
    package(&source, &store, names(), |_| {}).await.unwrap();
    let (brd, ..) = names();
    let mut media = Vec::new();
    for msn in 0..3 {
        let key = format!("media/{brd}/v0/1/{msn}.m4s");
        let object = store.get(&key, None).await.unwrap();
        let at = find(&object, *b"mdat");
        media.extend_from_slice(&object[at + 8..]);
    }
    let mut encoder = testcard::Encoder::new();
    let sent: Vec<u8> =
        (0..FRAMES).flat_map(|index| encoder.frame(index, index * 33).data.to_vec()).collect();
    assert!(media == sent, "{} and {} bytes", media.len(), sent.len());
}

#[test]
fn the_order_of_boxes_in_the_sample_entry_does_not_matter() {
    let mut bytes = movie();
    // Put a `pasp` box before `avcC`, and let every box around them grow.
    let at = find(&bytes, *b"avcC");
    let pasp = [&16_u32.to_be_bytes()[..], b"pasp", &1_u32.to_be_bytes(), &1_u32.to_be_bytes()];
    let pasp = pasp.concat();
    bytes.splice(at..at, pasp.iter().copied());
    for name in [*b"moov", *b"trak", *b"mdia", *b"minf", *b"stbl", *b"stsd", *b"avc1"] {
        let at = find(&bytes, name);
        let size = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) + 16;
        bytes[at..at + 4].copy_from_slice(&size.to_be_bytes());
    }
    assert!(open(&bytes).is_ok());
}

#[test]
fn a_turned_picture_is_refused_by_name() {
    let mut bytes = movie();
    let tkhd = find(&bytes, *b"tkhd");
    let matrix = tkhd + 8 + 4 + 20 + 8 + 8;
    let one = 0x1_0000_i32.to_be_bytes();
    let turned = [[0; 4], one, [0; 4], (-0x1_0000_i32).to_be_bytes(), [0; 4]].concat();
    bytes[matrix..matrix + 20].copy_from_slice(&turned);
    let refused = open(&bytes).unwrap_err();
    assert!(matches!(refused, ImportError::Rotated { degrees: Some(90) }), "{refused}");
}

#[test]
fn an_unknown_track_is_left_out_and_named() {
    let mut bytes = movie();
    let entry = find(&bytes, *b"mp4a");
    bytes[entry + 4..entry + 8].copy_from_slice(b"apac");
    let source = open(&bytes).unwrap();
    let [skipped] = source.skipped() else { panic!("{:?}", source.skipped()) };
    assert_eq!((skipped.track, skipped.codec.as_str()), (2, "apac"));
    let entry = find(&bytes, *b"avc1");
    bytes[entry + 4..entry + 8].copy_from_slice(b"hvc1");
    let refused = open(&bytes).unwrap_err();
    assert!(refused.to_string().contains("track 1 (`hvc1`)"), "{refused}");
}

#[test]
fn an_edit_list_moves_the_whole_track() {
    use super::movie::Edit;
    let check = |edits: &[Edit], expected: i64| {
        assert_eq!(plan::shift(edits, 1_000, 48_000), expected);
    };
    check(&[], 0);
    check(&[Edit { duration: 16_000, media_time: 1_024 }], -1_024);
    let empty = Edit { duration: 3_000, media_time: -1 };
    check(&[empty, Edit { duration: 16_000, media_time: 0 }], 144_000);
    check(&[empty, Edit { duration: 16_000, media_time: 1_024 }], 142_976);
}

#[test]
fn a_file_cut_anywhere_is_refused_or_whole() {
    let bytes = movie();
    let moov = find(&bytes, *b"moov");
    let places = (0..moov).step_by(1 << 18).chain((moov..bytes.len()).step_by(97));
    for cut in places.chain([bytes.len() - 1]) {
        match open(&bytes[..cut]) {
            Ok(source) => assert_eq!(source.plan.renditions.len(), 2, "{cut}"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

#[test]
fn a_fragmented_file_is_refused_by_name() {
    let mut bytes = movie();
    bytes.extend_from_slice(&[0, 0, 0, 8]);
    bytes.extend_from_slice(b"moof");
    assert!(matches!(open(&bytes), Err(ImportError::Fragmented)));
    assert!(matches!(open(b"not a movie at all"), Err(ImportError::NoIndex)));
}

#[tokio::test]
async fn an_imported_recording_is_registered_and_its_channel_must_exist() {
    let world = crate::testing::World::with_channel("demo").await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&movie()).unwrap();
    let order = |slug: &str| Order {
        file: file.path().to_owned(),
        slug: slug.to_owned(),
        title: Some("Lecture 1".to_owned()),
    };
    let refused = import(&world.parts, order("other"), |_| {}).await.unwrap_err();
    assert!(matches!(refused, ImportError::UnknownChannel(_)));
    let imported = import(&world.parts, order("demo"), |_| {}).await.unwrap();
    let read = world.parts.database.read();
    let row =
        infra::database::recordings::find(read, imported.recording_id).await.unwrap().unwrap();
    assert_eq!((row.status.as_str(), row.title.as_str()), ("ready", "Lecture 1"));
    assert_eq!((row.duration_ms, imported.duration_ms), (Some(16_000), 16_000));
    let broadcast = infra::database::broadcasts::of_recording(read, imported.recording_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(broadcast.status, "ended");
}

proptest::proptest! {
    #[test]
    fn no_damaged_index_makes_the_reader_panic(
        places in proptest::collection::vec((0_usize..2_000, proptest::prelude::any::<u8>()), 1..8),
    ) {
        static INDEX: std::sync::LazyLock<(Vec<u8>, u64)> = std::sync::LazyLock::new(|| {
            let bytes = movie();
            let moov = find(&bytes, *b"moov");
            (bytes[moov + 8..].to_vec(), bytes.len() as u64)
        });
        let (mut moov, size) = (INDEX.0.clone(), INDEX.1);
        for (place, value) in places {
            if let Some(byte) = moov.get_mut(place) {
                *byte = value;
            }
        }
        if let Some(movie) = movie::Movie::parse(&moov)
            && let Ok(plan) = plan::plan(&movie, size)
        {
            proptest::prop_assert!(plan.renditions.len() <= 2);
        }
    }
}
