//! Configuration to running program: the only place where parts are wired together.

mod certificates;
mod front;
mod ingest;
mod ports;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use api::Api;
use infra::bus::Bus;
use infra::clock::{SharedClock, SystemClock};
use infra::config::{self, Config};
use infra::database::Database;
use infra::http::tls::{self, Certificate};
use infra::http::{self, Connections};
use infra::ids::Ids;
use infra::object::{Files, S3, Store};
use infra::tasks::Tasks;
use infra::telemetry::Metrics;
use infra::{bootstrap, outbox};
use workers::Workers;

use certificates::Certificates;
use front::Front;
pub(crate) use ports::Choice;

/// How long a stop lets work finish before it ends it: every segment and comment is written.
pub(crate) const GRACE: Duration = Duration::from_secs(30);

/// What every command has: the database, and how to make ids in it.
#[derive(Debug, Clone)]
pub(crate) struct Ground {
    pub(crate) database: Database,
    pub(crate) clock: SharedClock,
    pub(crate) ids: Ids,
    pub(crate) tasks: Tasks,
}

impl Ground {
    /// Opens the database, brings its schema up to date, and makes the owner at the first start.
    ///
    /// Also returns the token of the setup link, which only the first start has.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<(Self, Option<String>)> {
        prepare_folder(config)?;
        tls::install_provider();
        let (clock, tasks) = (SystemClock::shared(), Tasks::new());
        let ids = Ids::new(Arc::clone(&clock));
        let database = Database::open(&config.database, &tasks, Arc::clone(&clock))
            .await
            .with_context(|| format!("cannot open the database {}", config.database.engine))?;
        database.migrate().await.context("cannot bring the database up to date")?;
        let first = bootstrap::first_start(&database, &ids).await?;
        let ground = Self { database, clock, ids, tasks };
        Ok((ground, first.map(|first| first.setup_token)))
    }

    /// What background work and the commands like it are built on.
    pub(crate) fn workers(&self, store: Store) -> workers::Parts {
        workers::Parts {
            database: self.database.clone(),
            store,
            ids: self.ids.clone(),
            clock: Arc::clone(&self.clock),
            tasks: self.tasks.clone(),
        }
    }

    /// Ends the tasks of a short command.
    pub(crate) async fn close(self) {
        self.tasks.shutdown(GRACE).await;
    }
}

/// Makes the data folder and proves that it can be written.
fn prepare_folder(config: &Config) -> anyhow::Result<()> {
    let shown = config.data.display();
    let wrong = || format!("cannot write to the data folder {shown}: choose another with --data");
    try_folder(&config.data).with_context(wrong)
}

/// Makes a folder and proves that it can be written, whoever else does the same.
pub(crate) fn try_folder(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".writable-{}", std::process::id()));
    std::fs::create_dir_all(folder)?;
    std::fs::write(&probe, b"x")?;
    std::fs::remove_file(&probe)
}

/// The object store that the configuration names.
pub(crate) fn store(config: &Config) -> anyhow::Result<Store> {
    match (&config.store, config.store.bucket()) {
        (_, Some(bucket)) => Ok(Arc::new(S3::new(&bucket))),
        (config::Store::Files(path), None) => {
            let files = Files::open(path)
                .with_context(|| format!("cannot write objects to {}", path.display()))?;
            Ok(Arc::new(files.keeping_free(config.disk_reserve_bytes)))
        }
        (config::Store::S3 { bucket, .. }, None) => {
            anyhow::bail!("the bucket {bucket} is no bucket")
        }
    }
}

/// What `serve` was told on the command line beside the configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Serving {
    pub(crate) demo: bool,
    /// Whether a busy port is an error or the next one is tried.
    pub(crate) http: Choice,
    pub(crate) rtmp: Choice,
    pub(crate) rtmps: Choice,
}

/// The whole program, listening.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) ground: Ground,
    pub(crate) http_url: String,
    /// How this machine reaches itself, whatever the world calls us.
    pub(crate) local_http_url: String,
    pub(crate) rtmp_url: String,
    /// The same inside TLS, if there is a certificate.
    pub(crate) rtmps_url: Option<String>,
    pub(crate) local_rtmp_url: String,
    /// What to read again when certificates are renewed.
    pub(crate) certificates: Vec<Arc<Certificate>>,
    pub(crate) setup_token: Option<String>,
}

impl Running {
    /// Starts every role in this process.
    pub(crate) async fn start(
        config: &Config,
        serving: Serving,
        metrics: Metrics,
    ) -> anyhow::Result<Self> {
        let certificates = Certificates::read(config)?;
        let (listener, address) = ports::listen(config.http.listen, serving.http).await?;
        let (ground, setup_token) = Ground::open(config).await?;
        let bus = Bus::memory();
        let store = store(config)?;
        let node = ground.ids.uuid().to_string();
        outbox::start(
            ground.database.clone(),
            bus.clone(),
            node,
            Arc::clone(&ground.clock),
            &ground.tasks,
        );
        let connections = Connections::default();
        let parts = origin::Parts {
            database: ground.database.clone(),
            bus: bus.clone(),
            store: Arc::clone(&store),
            clock: Arc::clone(&ground.clock),
            tasks: ground.tasks.clone(),
            connections: connections.clone(),
        };
        let origin = ingest::start(config, serving, certificates.rtmps()?, parts).await?;
        Workers::spawn(&ground.workers(store));
        let rtmp = origin.rtmp_address().context("the origin takes no publishers")?;
        let rtmp_url = config.rtmp_url("rtmp", local(rtmp));
        let rtmps_url = origin.rtmps_address().map(|bound| config.rtmp_url("rtmps", local(bound)));
        let settings = api::Settings {
            rtmp_url: rtmp_url.clone(),
            rtmps_url: rtmps_url.clone(),
            allowed_origins: config.http.allowed_origins.clone(),
            demo: serving.demo,
            secure_cookies: config.http.tls.is_some(),
            quotas: api::Quotas::default(),
            metrics,
        };
        let api = Api::start(api::Parts {
            database: ground.database.clone(),
            bus,
            clock: Arc::clone(&ground.clock),
            ids: ground.ids.clone(),
            tasks: ground.tasks.clone(),
            settings,
        })
        .await?;
        let front = Front::new(origin.delivery(), api.router());
        let settings = http::Settings { connections, ..http::Settings::default() };
        let tls = certificates.http()?;
        let serving = http::serve(listener, tls, settings, front, ground.tasks.clone());
        ground.tasks.spawn("http listener", serving);
        let local_http_url = format!("http://{}", local(address));
        Ok(Self {
            http_url: config.http_url(address),
            local_http_url,
            rtmp_url,
            rtmps_url,
            local_rtmp_url: format!("rtmp://{}/live", local(rtmp)),
            certificates: certificates.distinct(),
            setup_token,
            ground,
        })
    }
}

/// An address that this machine can connect to: loopback for "all addresses".
fn local(address: SocketAddr) -> SocketAddr {
    let ip = if address.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address.ip() };
    SocketAddr::new(ip, address.port())
}
