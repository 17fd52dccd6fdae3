//! What a room costs: building a frame, and bringing one event to a thousand streams in process.
//!
//! `cargo bench -p api --bench room`

use std::sync::Arc;
use std::time::Duration;

use api::room::{Frame, Hub, Rooms, Sample, Stamped, Stream, Surroundings, Wanted};
use domain::id::{Id, RoomId};
use domain::time::Timestamp;
use infra::bus::Bus;
use infra::clock::{SharedClock, SystemClock};
use infra::config;
use infra::database::Database;
use infra::ids::Ids;
use infra::tasks::Tasks;
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

/// A comment of about 200 bytes.
fn comment(seq: u64) -> Stamped {
    Stamped {
        seq,
        class: 4,
        name: "comment.created".to_owned(),
        lot: seq.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        at: Timestamp(1_760_000_000_000),
        payload: format!(
            "{{\"type\":\"comment.created\",\"comment\":{{\"body\":\"{}\"}}}}",
            "words ".repeat(25)
        ),
    }
}

/// Serialising the events of one flush for every tier.
#[divan::bench(args = [1, 10, 50, 500])]
fn build_a_frame(bencher: divan::Bencher<'_, '_>, events: u64) {
    let events: Vec<_> = (1..=events).map(comment).collect();
    let sample = Sample::within(20.0, 80.0);
    bencher.bench(|| Frame::build("k7f3q2ab", &events, sample, Duration::ZERO));
}

/// A viewer at the head reading the next frame: what each connection pays.
#[divan::bench]
fn read_the_next_frame(bencher: divan::Bencher<'_, '_>) {
    let hub = Hub::new(Id::from_uuid(uuid::Uuid::nil()), "k7f3q2ab".to_owned(), 0);
    let frame = Frame::build("k7f3q2ab", &[comment(1)], Sample::ALL, Duration::ZERO);
    hub.publish(frame.expect("one event"), false);
    bencher.bench(|| hub.read(0, 0));
}

/// One event to a thousand streams, each woken and polled once.
#[divan::bench(sample_count = 20)]
fn one_event_to_a_thousand_streams(bencher: divan::Bencher<'_, '_>) {
    let runtime = Runtime::new().expect("a runtime");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (room, mut streams) = runtime.block_on(crowd(directory.path(), 1_000));
    let mut seq = 0;
    bencher.bench_local(|| {
        seq += 1;
        let frame = Frame::build(&room.hub.epoch, &[comment(seq)], Sample::ALL, Duration::ZERO);
        room.hub.publish(frame.expect("one event"), false);
        runtime.block_on(async {
            for stream in &mut streams {
                divan::black_box(stream.next().await);
            }
        });
    });
}

/// A room with this many streams that were greeted.
async fn crowd(path: &std::path::Path, count: usize) -> (Arc<api::room::Room>, Vec<Stream>) {
    let clock: SharedClock = SystemClock::shared();
    let (tasks, ids) = (Tasks::new(), Ids::new(Arc::clone(&clock)));
    let config = config::Database::sqlite(path.join("headwater.db"));
    let database = Database::open(&config, &tasks, Arc::clone(&clock)).await.expect("it opens");
    database.migrate().await.expect("it migrates");
    infra::bootstrap::first_start(&database, &ids).await.expect("it starts");
    let made =
        infra::bootstrap::channel(&database, &ids, "bench", "Bench").await.expect("a channel");
    let room_id: RoomId = made.room_id;
    let rooms = Rooms::start(Surroundings { database, bus: Bus::memory(), clock, ids, tasks });
    let room = rooms.open(room_id).await.expect("the room");
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        let wanted =
            Wanted { position: None, names: None, whole: false, expires_in: None, replaced: None };
        let mut stream = Stream::open(Arc::clone(&room), wanted);
        drop(stream.next().await);
        streams.push(stream);
    }
    (room, streams)
}
