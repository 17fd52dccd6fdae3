//! Whole exports: a recording in a store, and the file read back by another reader.

use std::{
    fs::{self, File},
    path::Path,
    sync::Arc,
};

use domain::id::{BroadcastId, RecordingId};
use infra::object::{Memory, Meta};
use media::{
    hls::index::{Entry, decode, encode},
    testcard,
};
use mp4::Mp4Reader;

use super::*;
use crate::import::{
    self, boxes,
    tests::{FRAMES, movie_with, names, open},
};

/// Ticks of 1/15,360 s: two pictures that are shown before the one that is decoded first.
fn reordered(index: u64) -> i32 {
    match index % 3 {
        0 => 1_024,
        1 => 1_536,
        _ => 512,
    }
}

async fn stored() -> (Store, BroadcastId) {
    let store: Store = Arc::new(Memory::default());
    let source = open(&movie_with(reordered)).unwrap();
    import::package(&source, &store, names(), |_| {}).await.unwrap();
    (store, names().0)
}

async fn write(
    store: &Store,
    broadcast: BroadcastId,
    file: &Path,
) -> Result<Exported, ExportError> {
    let place = Place::take(file, Existing::Keep, "test")?;
    let recording = Recording::read(store, broadcast).await?;
    let exported = assemble(store, &recording, &place, |_| {}).await?;
    place.keep()?;
    Ok(exported)
}

fn read(file: &Path) -> Mp4Reader<std::io::BufReader<File>> {
    mp4::read_mp4(File::open(file).unwrap()).unwrap()
}

/// Changes the entries of a rendition's first page.
async fn change_page(store: &Store, broadcast: BroadcastId, change: impl Fn(&mut Entry)) {
    let key = format!("meta/{broadcast}/v0/0");
    let mut entries = decode(&store.get(&key, None).await.unwrap()).unwrap();
    entries.iter_mut().for_each(change);
    store.put(&key, vec![encode(&entries)], Meta::of_key(&key)).await.unwrap();
}

#[tokio::test]
async fn the_file_has_every_unit_with_its_times() {
    let (store, broadcast) = stored().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.mp4");
    let exported = write(&store, broadcast, &file).await.unwrap();
    assert_eq!((exported.duration_ms, exported.segments, exported.gaps), (16_000, 6, 0));
    assert_eq!(fs::metadata(&file).unwrap().len(), exported.bytes);
    let mut reader = read(&file);
    assert_eq!((reader.sample_count(1).unwrap(), reader.sample_count(2).unwrap()), (480, 750));
    let mut encoder = testcard::Encoder::new();
    for index in 0..FRAMES {
        let sent = encoder.frame(index, index * 33);
        let id = u32::try_from(index).unwrap() + 1;
        let sample = reader.read_sample(1, id).unwrap().unwrap();
        assert_eq!(sample.bytes, sent.data, "picture {index}");
        assert_eq!((sample.start_time, sample.duration), (index * 3_000, 3_000));
        assert_eq!(sample.rendering_offset * 512, reordered(index) * 3_000);
        assert_eq!(sample.is_sync, sent.is_sync, "picture {index}");
    }
    let last = reader.read_sample(2, 750).unwrap().unwrap();
    assert_eq!((last.start_time, last.duration), (749 * 1_024, 1_024));
    assert_eq!(&last.bytes[..], testcard::sound::SILENCE);
}

#[tokio::test]
async fn the_index_stands_in_front_of_the_media_and_says_the_whole_length() {
    let (store, broadcast) = stored().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.mp4");
    write(&store, broadcast, &path).await.unwrap();
    let file = File::open(&path).unwrap();
    let boxes = boxes::of_file(&file, file.metadata().unwrap().len()).unwrap();
    let names: Vec<_> = boxes.iter().map(|placed| placed.name).collect();
    assert_eq!(names, [*b"ftyp", *b"moov", *b"mdat"]);
    let reader = read(&path);
    assert_eq!((reader.moov.mvhd.timescale, reader.moov.mvhd.duration), (90_000, 16 * 90_000));
    let durations: Vec<_> = reader.moov.traks.iter().map(|trak| trak.tkhd.duration).collect();
    assert_eq!(durations, [16 * 90_000; 2]);
    assert!(reader.moov.traks[1].mdia.minf.stbl.stss.is_none(), "sound is sync throughout");
}

#[tokio::test]
async fn an_export_can_be_imported_again() {
    let (store, broadcast) = stored().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.mp4");
    write(&store, broadcast, &path).await.unwrap();
    let source = import::Source::open(&path).unwrap();
    assert_eq!((source.duration_ms(), source.skipped()), (16_000, &[][..]));
    let again: Store = Arc::new(Memory::default());
    let packaged = import::package(&source, &again, names(), |_| {}).await.unwrap();
    assert_eq!((packaged.duration_ms, packaged.segments), (16_000, 6));
    for (rid, msn) in [("v0", 0), ("v0", 1), ("v0", 2), ("a0", 0), ("a0", 1), ("a0", 2)] {
        let key = format!("media/{broadcast}/{rid}/1/{msn}.m4s");
        let (first, second) = (store.get(&key, None).await, again.get(&key, None).await);
        assert!(first.unwrap() == second.unwrap(), "{key}");
    }
}

#[tokio::test]
async fn over_a_gap_the_picture_before_it_stays() {
    let (store, broadcast) = stored().await;
    change_page(&store, broadcast, |entry| entry.gap = entry.msn == 1).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.mp4");
    let exported = write(&store, broadcast, &file).await.unwrap();
    assert_eq!((exported.duration_ms, exported.segments, exported.gaps), (16_000, 5, 1));
    let mut reader = read(&file);
    assert_eq!(reader.sample_count(1).unwrap(), 480 - 180);
    let held = reader.read_sample(1, 180).unwrap().unwrap();
    assert_eq!((held.start_time, held.duration), (179 * 3_000, 181 * 3_000));
}

#[tokio::test]
async fn what_the_store_changed_or_lost_is_refused_and_leaves_no_file() {
    let (store, broadcast) = stored().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.mp4");
    let key = format!("media/{broadcast}/v0/1/1.m4s");
    let mut bytes = store.get(&key, None).await.unwrap().to_vec();
    bytes[4_000] ^= 1;
    store.delete_many(std::slice::from_ref(&key)).await.unwrap();
    let missing = write(&store, broadcast, &file).await.unwrap_err();
    assert!(matches!(&missing, ExportError::Missing(lost) if *lost == key), "{missing}");
    store.put(&key, vec![bytes.into()], Meta::of_key(&key)).await.unwrap();
    let damaged = write(&store, broadcast, &file).await.unwrap_err();
    assert!(matches!(&damaged, ExportError::Damaged(wrong) if *wrong == key), "{damaged}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn parameters_that_change_in_the_middle_are_refused_by_name() {
    let (store, broadcast) = stored().await;
    change_page(&store, broadcast, |entry| entry.generation = u32::from(entry.msn == 2)).await;
    let folder = tempfile::tempdir().unwrap();
    let refused = write(&store, broadcast, &folder.path().join("out.mp4")).await.unwrap_err();
    assert!(refused.to_string().contains("change in the middle of v0"), "{refused}");
}

#[tokio::test]
async fn only_a_recording_that_is_finished_is_exported() {
    let world = crate::testing::World::with_channel("demo").await;
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("in.mp4");
    fs::write(&source, movie_with(reordered)).unwrap();
    let order = import::Order { file: source.clone(), slug: "demo".to_owned(), title: None };
    let imported = import::import(&world.parts, order, |_| {}).await.unwrap();
    let wanted = |recording: RecordingId, existing| Order {
        recording,
        file: folder.path().join("out.mp4"),
        existing,
    };
    let unknown = wanted(world.parts.ids.next(), Existing::Keep);
    let refused = movie(&world.parts, &unknown, |_| {}).await.unwrap_err();
    assert!(matches!(refused, ExportError::Unknown(_)), "{refused}");
    let mut steps = Vec::new();
    let order = wanted(imported.recording_id, Existing::Keep);
    let exported = movie(&world.parts, &order, |step| steps.push(step)).await.unwrap();
    assert_eq!((exported.duration_ms, steps.last()), (16_000, Some(&Progress { done: 6, of: 6 })));
    let refused = movie(&world.parts, &order, |_| {}).await.unwrap_err();
    assert!(matches!(refused, ExportError::Exists(_)), "{refused}");
    let order = wanted(imported.recording_id, Existing::Replace);
    assert_eq!(movie(&world.parts, &order, |_| {}).await.unwrap(), exported);
}
