//! A whole origin over SQLite and files in a temporary directory, and its viewers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use infra::bus::Bus;
use infra::clock::SystemClock;
use infra::database::Database;
use infra::http::Connections;
use infra::object::{Files, Store};
use infra::tasks::Tasks;
use tempfile::TempDir;

use super::rows;
use crate::{Delivery, Origin, Parts, Settings};

/// The directory that outlives a process.
pub(super) struct Disk {
    directory: TempDir,
}

/// A running origin.
pub(super) struct World {
    pub(super) origin: Origin,
    pub(super) bus: Bus,
    pub(super) database: Database,
    pub(super) tasks: Tasks,
    delivery: Delivery,
}

/// An answer, read whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Disk {
    pub(super) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(super) fn store(&self) -> Store {
        Arc::new(Files::open(self.directory.path().join("objects")).unwrap())
    }

    /// As if the next process ran on another machine: no journal, no spool.
    pub(super) fn lose_journal(&self) {
        for name in ["journal", "spool"] {
            std::fs::remove_dir_all(self.directory.path().join(name)).unwrap();
        }
    }

    /// Starts an origin on this disk.
    pub(super) async fn start(&self, settings: Settings) -> World {
        self.start_with(settings, self.store()).await
    }

    pub(super) async fn start_with(&self, settings: Settings, store: Store) -> World {
        let tasks = Tasks::new();
        let clock = SystemClock::shared();
        let database = rows::open(self.directory.path(), &tasks, Arc::clone(&clock)).await;
        let bus = Bus::memory();
        let parts = Parts {
            database: database.clone(),
            bus: bus.clone(),
            store,
            clock,
            tasks: tasks.clone(),
            connections: Connections::default(),
        };
        let settings = Settings {
            rtmp: Some("127.0.0.1:0".parse().unwrap()),
            journal: Some(self.directory.path().to_owned()),
            ..settings
        };
        let origin = Origin::start(settings, parts).await.unwrap();
        let delivery = origin.delivery();
        World { origin, bus, database, tasks, delivery }
    }
}

impl World {
    pub(super) fn rtmp(&self) -> SocketAddr {
        self.origin.rtmp_address().unwrap()
    }

    pub(super) async fn get(&self, uri: &str) -> Answer {
        self.get_with(uri, &[]).await
    }

    pub(super) async fn get_with(&self, uri: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(Method::GET).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let answer = self.delivery.respond(&parts).await;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: head.status, headers: head.headers, body }
    }

    /// Ends like a process that was killed: nothing more is written.
    pub(super) async fn kill(self) {
        let held = Arc::downgrade(&self.origin.context);
        drop(self.origin);
        drop(self.delivery);
        self.tasks.begin_stop();
        drop(self.tasks.shutdown(Duration::ZERO).await);
        // The system frees what a process held once the process is gone.
        while held.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Stops like a process that was asked to.
    pub(super) async fn stop(self) {
        drop(self.origin);
        drop(self.delivery);
        let left = self.tasks.shutdown(Duration::from_secs(20)).await;
        assert_eq!(left, Vec::<&str>::new(), "every task ends by itself");
    }
}

impl Answer {
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
