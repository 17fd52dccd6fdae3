//! The origin: takes publishers in, keeps the live window, stores every segment, and answers all
//! media requests below `/hls/` and `/vod/`.
//!
//! A frame goes forward only: socket → session → packager → ring, cache and store → snapshot →
//! whoever waits. Nothing here serves anything but media; comments, gifts and pages meet the
//! origin in the database, on the bus and in the object store.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::id::{BroadcastId, ChannelId};
use domain::time::Timestamp;
use infra::bus::Bus;
use infra::clock::SharedClock;
use infra::database::Database;
use infra::http::Connections;
use infra::ids::Ids;
use infra::object::Store;
use infra::tasks::Tasks;
use media::packager::Profile;
use media::time::Wall;
use moka::future::Cache;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

pub use delivery::Delivery;
use ingest::rtmp::Door;

mod archive;
mod board;
mod cache;
mod control;
mod delivery;
pub mod ingest;
mod journal;
mod live;
mod records;
mod stats;
mod store;
#[cfg(test)]
mod tests;

/// Lines of the ingest log that may wait for the database.
const LINES_MAX: usize = 256;
/// Broadcasts that are over and whose index stays in memory: about 100 kB for an hour.
const ARCHIVES_MAX: u64 = 200;
/// Broadcasts that are over and whose row is not read again at once.
const STANDINGS_MAX: u64 = 10_000;

/// The share of the reserve that media on its way to a full disk may take.
const FULL_SHARE: u64 = 4;

/// For how long rows are not asked for again: as late may a takedown be, or a change of a channel.
const FRESH: Duration = Duration::from_secs(2);

/// What an operator decides.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where RTMP publishers connect; `None` takes none.
    pub rtmp: Option<SocketAddr>,
    /// Where they connect with TLS.
    pub rtmps: Option<Rtmps>,
    /// Publishers at once.
    pub publishers_max: usize,
    /// The latency profile of new broadcasts.
    pub profile: Profile,
    /// How far back viewers of a live broadcast may seek.
    pub dvr_window: Duration,
    /// How long a broadcast waits for its publisher to come back.
    pub reconnect_window: Duration,
    /// Whether broadcasts leave recordings.
    pub record: bool,
    /// Whether a publisher's clean goodbye ends the broadcast; otherwise it is like a drop.
    pub end_on_unpublish: bool,
    /// Bytes of media kept for DVR and replay beside the live window.
    pub cache_bytes_max: u64,
    /// Bytes that may wait for the store before the oldest are given up.
    pub backlog_bytes_max: u64,
    /// Segments after which an unfinished index page is written again: what a crash can lose.
    pub index_every_segments: u64,
    /// Bytes of the disk that objects and the spool leave free; less is an alarm.
    pub disk_reserve_bytes: u64,
    /// Requests that may wait for media at once.
    pub waiting_max: usize,
    /// Where journals and spool files lie; without them a crash loses what is not stored yet.
    pub journal: Option<PathBuf>,
    /// Header that carries the CDN's cache tag: `Cache-Tag`, `Surrogate-Key`, `xkey`.
    pub cache_tag: Option<String>,
}

/// RTMP inside TLS.
#[derive(Debug, Clone)]
pub struct Rtmps {
    /// Where publishers connect.
    pub address: SocketAddr,
    /// With which certificate.
    pub tls: Arc<ServerConfig>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rtmp: None,
            rtmps: None,
            publishers_max: 1_000,
            profile: Profile::Low,
            dvr_window: Duration::from_mins(15),
            reconnect_window: Duration::from_mins(2),
            record: true,
            end_on_unpublish: true,
            cache_bytes_max: 256 << 20,
            backlog_bytes_max: 1 << 30,
            index_every_segments: 1,
            disk_reserve_bytes: 256 << 20,
            waiting_max: 100_000,
            journal: None,
            cache_tag: None,
        }
    }
}

/// What the origin is built on.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Rows.
    pub database: Database,
    /// Hints.
    pub bus: Bus,
    /// Objects.
    pub store: Store,
    /// Time.
    pub clock: SharedClock,
    /// Tasks.
    pub tasks: Tasks,
    /// Whom the listeners of this process have connected.
    pub connections: Connections,
}

/// What every piece of the origin reads.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) database: Database,
    pub(crate) bus: Bus,
    pub(crate) clock: SharedClock,
    pub(crate) tasks: Tasks,
    pub(crate) ids: Ids,
    /// Names this process among the holders of leases.
    pub(crate) node: String,
    pub(crate) store: Store,
    pub(crate) writer: store::Writer,
    pub(crate) journals: journal::Journals,
    pub(crate) media: cache::Media,
    pub(crate) registry: live::Registry,
    /// Held by whoever takes a broadcast of a former process up: only one of them may.
    pub(crate) taking_up: Semaphore,
    pub(crate) log: ingest::log::Log,
    /// What operators read of the last hours.
    pub(crate) happened: board::Happened,
    /// Lines of the ingest log on their way to the database.
    pub(crate) lines: mpsc::Sender<(ChannelId, ingest::log::Line)>,
    /// Broadcasts that are over, by their index.
    pub(crate) archives: Cache<BroadcastId, Arc<archive::Archived>>,
    /// What the database says of them, for two seconds: how late a takedown may be.
    pub(crate) standings: Cache<BroadcastId, records::Standing>,
    /// What channels give while they are not live, for two seconds.
    pub(crate) replays: Cache<String, Option<BroadcastId>>,
    /// The wall clock less the monotonic one, read once: media time never steps.
    epoch_ms: i64,
}

/// One reading of all clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// For durations.
    pub(crate) monotonic: Duration,
    /// For what is stored and shown.
    pub(crate) wall: Timestamp,
    /// For media: never steps.
    pub(crate) steady: Wall,
}

impl Context {
    fn new(
        settings: Settings,
        parts: Parts,
        lines: mpsc::Sender<(ChannelId, ingest::log::Line)>,
    ) -> Result<Self, StartError> {
        let Parts { database, bus, store, clock, tasks, connections: _ } = parts;
        let ids = Ids::new(Arc::clone(&clock));
        let name = || ids.uuid().simple().to_string();
        let journals = journal::Journals::open(settings.journal.as_deref(), name, tasks.clone())?;
        let writer = store::Writer::start(
            Arc::clone(&store),
            store::Limits {
                bytes_max: settings.backlog_bytes_max,
                full_bytes_max: settings.disk_reserve_bytes / FULL_SHARE,
            },
            Arc::clone(&clock),
            &tasks,
        );
        Ok(Self {
            media: cache::Media::new(Arc::clone(&store), settings.cache_bytes_max),
            registry: live::Registry::default(),
            taking_up: Semaphore::new(1),
            log: ingest::log::Log::new(bus.clone()),
            happened: board::Happened::default(),
            lines,
            archives: Cache::new(ARCHIVES_MAX),
            standings: Cache::builder().max_capacity(STANDINGS_MAX).time_to_live(FRESH).build(),
            replays: Cache::builder().max_capacity(STANDINGS_MAX).time_to_live(FRESH).build(),
            epoch_ms: clock.now().0 - millis(clock.monotonic()),
            node: if database.is_shared() {
                journals.node().map_or_else(name, str::to_owned)
            } else {
                // One process at a time: what it held before a restart is still its own.
                "only".to_owned()
            },
            ids,
            journals,
            settings,
            database,
            bus,
            clock,
            tasks,
            store,
            writer,
        })
    }

    /// The time.
    pub(crate) fn now(&self) -> Moment {
        let monotonic = self.clock.monotonic();
        Moment {
            monotonic,
            wall: self.clock.now(),
            steady: Wall(self.epoch_ms + millis(monotonic)),
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Why the origin did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address for publishers can't be bound.
    #[error("publishers can't connect to {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Whether it is the one for TLS.
        is_tls: bool,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// Another process works in the data directory.
    #[error("another headwater works in {0}: stop it, or give this one a directory of its own")]
    InUse(PathBuf),
    /// The data directory can't be written.
    #[error("{path} can't be written")]
    Directory {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The name of the cache tag is no header name.
    #[error("`{0}` is no header name for the cache tag")]
    CacheTag(String),
}

/// The running origin.
#[derive(Debug)]
pub struct Origin {
    context: Arc<Context>,
    delivery: Delivery,
    rtmp: Option<SocketAddr>,
    rtmps: Option<SocketAddr>,
}

impl Origin {
    /// Binds, restores what a former process left, and starts every task.
    ///
    /// # Errors
    /// [`StartError`] when an address or a setting can't be used.
    pub async fn start(settings: Settings, parts: Parts) -> Result<Self, StartError> {
        let delivery_settings = delivery::Settings::read(&settings)?;
        let mut doors = Vec::new();
        if let Some(address) = settings.rtmp {
            doors.push(bind(address, None).await?);
        }
        if let Some(Rtmps { address, tls }) = &settings.rtmps {
            doors.push(bind(*address, Some(TlsAcceptor::from(Arc::clone(tls)))).await?);
        }
        let address = |is_tls| {
            let door = doors.iter().find(|door| door.tls.is_some() == is_tls);
            door.map(|door| door.address)
        };
        let (rtmp, rtmps) = (address(false), address(true));
        let (lines, written) = mpsc::channel(LINES_MAX);
        let connections = parts.connections.clone();
        let context = Arc::new(Context::new(settings, parts, lines)?);
        let keeping = ingest::log::keep(Arc::clone(&context), written);
        context.tasks.spawn("ingest log", keeping);
        archive::restore(&context).await;
        let delivery = Delivery::new(Arc::clone(&context), delivery_settings);
        let board = board::write(Arc::clone(&context), delivery.clone(), connections);
        context.tasks.spawn("operator board", board);
        ingest::rtmp::listen(doors, &context);
        let closing = Arc::clone(&context);
        context.tasks.spawn("origin shutdown", async move {
            closing.tasks.draining().await;
            archive::close(&closing).await;
        });
        Ok(Self { context, delivery, rtmp, rtmps })
    }

    /// Answers media requests; clones share everything.
    pub fn delivery(&self) -> Delivery {
        self.delivery.clone()
    }

    /// Where RTMP publishers connect.
    pub fn rtmp_address(&self) -> Option<SocketAddr> {
        self.rtmp
    }

    /// Where they connect with TLS.
    pub fn rtmps_address(&self) -> Option<SocketAddr> {
        self.rtmps
    }

    /// What the origin saw of each channel's publishers.
    pub fn ingest_log(&self) -> &ingest::log::Log {
        &self.context.log
    }
}

async fn bind(address: SocketAddr, tls: Option<TlsAcceptor>) -> Result<Door, StartError> {
    let is_tls = tls.is_some();
    let refused = |source| StartError::Bind { address, is_tls, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok(Door { listener, address, tls })
}
