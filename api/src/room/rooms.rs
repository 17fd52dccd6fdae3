//! The rooms that are open in this process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use domain::id::{ChannelId, OrgId, RoomId};
use infra::bus::Bus;
use infra::clock::SharedClock;
use infra::database::{self, Database, room_events, rooms as rows};
use infra::ids::Ids;
use infra::tasks::Tasks;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::airing::AiringCache;
use super::commit::Command;
use super::crowd::Crowd;
use super::frame::Stamped;
use super::hub::Hub;
use super::owner::Owner;
use super::settings::Settings;
use super::standing::Pace;

/// Commands that wait for a room's owner before a poster has to wait too.
const QUEUE_MAX: usize = 1_024;
/// How often rooms without a user are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(30);
/// Over this time the streams are closed when the process drains.
const DRAIN_SPREAD: Duration = Duration::from_secs(5);

/// Opens rooms, one owner task for each, and retires those that nobody uses.
#[derive(Clone)]
pub struct Rooms {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Rooms {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Rooms")
            .field("open", &self.shared.open.lock().len())
            .finish_non_exhaustive()
    }
}

/// What rooms need of the process.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Where facts are.
    pub database: Database,
    /// Where hints go.
    pub bus: Bus,
    /// The time.
    pub clock: SharedClock,
    /// Fresh ids and chance.
    pub ids: Ids,
    /// Who waits for the owners.
    pub tasks: Tasks,
}

struct Shared {
    around: Surroundings,
    open: Mutex<HashMap<RoomId, Arc<Room>>>,
    draining: Arc<AtomicBool>,
}

/// An open room. Whoever holds one keeps it open.
#[derive(Debug)]
pub struct Room {
    /// Which.
    pub id: RoomId,
    /// Whose channel it is.
    pub channel_id: ChannelId,
    /// Whose organisation.
    pub org_id: OrgId,
    /// The fan-out.
    pub hub: Arc<Hub>,
    /// The settings in force.
    pub settings: Arc<ArcSwap<Settings>>,
    /// Who wrote when, for slow mode and rates.
    pub pace: Pace,
    pub(super) queue: mpsc::Sender<Command>,
    pub(super) airing: AiringCache,
    crowd: OnceLock<Crowd>,
    around: Surroundings,
    draining: Arc<AtomicBool>,
}

/// Why a room was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such room.
    #[error("no such room")]
    NotFound,
    /// The process finishes and opens nothing.
    #[error("the server is shutting down")]
    Draining,
    /// Its row could not be read.
    #[error("the room's row could not be read")]
    Database(#[from] database::Error),
}

impl Rooms {
    /// No room is open yet.
    pub fn start(around: Surroundings) -> Self {
        let rooms = Self {
            shared: Arc::new(Shared {
                around,
                open: Mutex::new(HashMap::new()),
                draining: Arc::new(AtomicBool::new(false)),
            }),
        };
        let tasks = rooms.shared.around.tasks.clone();
        tasks.spawn("rooms: retire", rooms.clone().retire_idle());
        rooms
    }

    /// The room, opened when it is not.
    ///
    /// # Errors
    /// [`OpenError::NotFound`] when there is none.
    pub async fn open(&self, id: RoomId) -> Result<Arc<Room>, OpenError> {
        if let Some(room) = self.shared.open.lock().get(&id) {
            return Ok(Arc::clone(room));
        }
        if self.shared.draining.load(Ordering::Relaxed) {
            return Err(OpenError::Draining);
        }
        let row = rows::find(self.shared.around.database.read(), id).await?;
        let row = row.ok_or(OpenError::NotFound)?;
        let mut open = self.shared.open.lock();
        // Two callers may have read the row: the first one's room is the room.
        if let Some(room) = open.get(&id) {
            return Ok(Arc::clone(room));
        }
        let room = self.own(&row);
        open.insert(id, Arc::clone(&room));
        Ok(room)
    }

    /// Rooms that are open now.
    pub fn count(&self) -> usize {
        self.shared.open.lock().len()
    }

    fn own(&self, row: &rows::Model) -> Arc<Room> {
        let around = self.shared.around.clone();
        let head = u64::try_from(row.head_seq).unwrap_or(0);
        let id = RoomId::from_uuid(row.id);
        let hub = Arc::new(Hub::new(id, row.epoch.clone(), head));
        let settings = Arc::new(ArcSwap::from_pointee(Settings::of_row(row)));
        let (queue, commands) = mpsc::channel(QUEUE_MAX);
        let owner = Owner::new(around.clone(), Arc::clone(&hub), Arc::clone(&settings), commands);
        around.tasks.spawn("room: owner", owner.run());
        Arc::new(Room {
            id,
            channel_id: ChannelId::from_uuid(row.channel_id),
            org_id: OrgId::from_uuid(row.org_id),
            hub,
            settings,
            pace: Pace::new(Arc::clone(&around.clock)),
            queue,
            airing: AiringCache::default(),
            crowd: OnceLock::new(),
            draining: Arc::clone(&self.shared.draining),
            around,
        })
    }

    /// Closes rooms that nobody holds; at the drain, tells every stream.
    async fn retire_idle(self) {
        let draining = self.shared.around.tasks.draining();
        let mut draining = std::pin::pin!(draining);
        loop {
            tokio::select! {
                () = tokio::time::sleep(SWEEP_EVERY) => {
                    self.shared.open.lock().retain(|_, room| Arc::strong_count(room) > 1);
                }
                () = &mut draining => break,
            }
        }
        self.shared.draining.store(true, Ordering::Relaxed);
        let open = std::mem::take(&mut *self.shared.open.lock());
        for room in open.values() {
            room.hub.wake();
        }
    }
}

impl Room {
    /// The clock of the room.
    pub fn clock(&self) -> &SharedClock {
        &self.around.clock
    }

    /// The version of the settings in force.
    pub fn settings_version(&self) -> i64 {
        self.settings.load().version
    }

    /// How long events are gathered before they are shown, by the number of viewers.
    pub fn flush_window(&self) -> Duration {
        flush_window(self.hub.streams())
    }

    /// `around` give or take `share` of it.
    pub fn jitter(&self, around: Duration, share: f64) -> Duration {
        let [byte] = self.around.ids.bytes::<1>();
        let turn = f64::from(byte) / 127.5 - 1.0;
        around.mul_f64(1.0 + share * turn)
    }

    /// When, within the spread, this stream ends at the drain.
    pub fn drain_spread(&self) -> Duration {
        let [byte] = self.around.ids.bytes::<1>();
        DRAIN_SPREAD.mul_f64(f64::from(byte) / 255.0)
    }

    /// Whether the process finishes.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Whether the room is over for good.
    pub fn is_over(&self) -> bool {
        self.settings.load().closed
    }

    /// Events of the table after `position`, in order, at most `limit`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn history(
        &self,
        position: u64,
        limit: u64,
    ) -> Result<Vec<Stamped>, database::Error> {
        let read = self.around.database.read();
        let rows = room_events::page_after(read, self.id, &self.hub.epoch, position, limit).await?;
        Ok(rows.into_iter().map(super::commit::stamped).collect())
    }

    /// Its viewers on plain sockets.
    pub(super) fn crowd(&self) -> &Crowd {
        let around = &self.around;
        self.crowd.get_or_init(|| Crowd::start(&self.hub, &around.clock, &around.tasks))
    }

    pub(super) fn around(&self) -> &Surroundings {
        &self.around
    }
}

/// The flush window of API 5.3: the more viewers, the fewer writes.
pub(super) fn flush_window(streams: usize) -> Duration {
    Duration::from_millis(match streams {
        ..1_000 => 0,
        1_000..10_000 => 50,
        10_000..50_000 => 100,
        50_000.. => 250,
    })
}
