//! The RTMP listener: a bounded number of connections, each driven by a task of its own.

use std::sync::Arc;
use std::time::Duration;

use infra::tasks::Tasks;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::admission::Admission;

mod connection;

/// The bounds of the listener.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at once; the next ones wait in the kernel's queue.
    pub(crate) connections_max: usize,
    /// From the first byte to an admitted publisher.
    pub(crate) publish_timeout: Duration,
    /// Without a byte from an admitted publisher.
    pub(crate) idle_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 1_000,
            publish_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
        }
    }
}

/// Takes publishers until the program drains.
pub(crate) async fn listen(
    listener: TcpListener,
    limits: Limits,
    admission: Arc<Admission>,
    tasks: Tasks,
) {
    let slots = Arc::new(Semaphore::new(limits.connections_max));
    let accepting = accept_all(&listener, &slots, limits, (&admission, &tasks));
    tokio::select! {
        () = accepting => {}
        () = tasks.draining() => {}
    }
}

async fn accept_all(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
    limits: Limits,
    (admission, tasks): (&Arc<Admission>, &Tasks),
) {
    // The semaphore is never closed, so this loop ends only with its future.
    while let Ok(slot) = Arc::clone(slots).acquire_owned().await {
        let socket = match listener.accept().await {
            Ok((socket, _)) => socket,
            Err(error) => {
                tracing::warn!(%error, "a publisher's connection was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        metrics::counter!("headwater_ingest_connections_total").increment(1);
        let admission = Arc::clone(admission);
        tasks.spawn("rtmp connection", async move {
            drive(socket, limits, admission).await;
            drop(slot);
        });
    }
}

async fn drive(socket: TcpStream, limits: Limits, admission: Arc<Admission>) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "a publisher's socket keeps Nagle's delay");
    }
    match connection::run(socket, limits, admission).await {
        Ok(()) => tracing::debug!("a publisher's connection ended"),
        Err(error) => tracing::info!(%error, "a publisher's connection ended"),
    }
}
