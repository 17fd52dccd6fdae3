//! The RTMP listeners, plain and inside TLS: a bounded number of connections, each driven by a task of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use infra::tasks::Tasks;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use super::admission::Admission;
use crate::Context;

mod connection;
mod secure;

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

/// One address that publishers connect to.
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    pub(crate) address: SocketAddr,
    /// With which a publisher's first bytes are answered, if it has to speak TLS.
    pub(crate) tls: Option<TlsAcceptor>,
}

/// What all connections share.
#[derive(Clone)]
struct Reception {
    limits: Limits,
    slots: Arc<Semaphore>,
    admission: Arc<Admission>,
    tasks: Tasks,
}

/// Takes publishers at every door until the program drains.
pub(crate) fn listen(doors: Vec<Door>, context: &Arc<Context>) {
    let limits = Limits { connections_max: context.settings.publishers_max, ..Limits::default() };
    let reception = Reception {
        limits,
        slots: Arc::new(Semaphore::new(limits.connections_max)),
        admission: Arc::new(Admission::new(Arc::clone(context))),
        tasks: context.tasks.clone(),
    };
    for door in doors {
        let reception = reception.clone();
        context.tasks.spawn("rtmp listener", async move {
            tokio::select! {
                () = reception.accept_all(&door) => {}
                () = reception.tasks.draining() => {}
            }
        });
    }
}

impl Reception {
    async fn accept_all(&self, door: &Door) {
        // The semaphore is never closed, so this loop ends only with its future.
        while let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await {
            let socket = match door.listener.accept().await {
                Ok((socket, _)) => socket,
                Err(error) => {
                    tracing::warn!(%error, "a publisher's connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            metrics::counter!("headwater_ingest_connections_total").increment(1);
            let (reception, tls) = (self.clone(), door.tls.clone());
            self.tasks.spawn("rtmp connection", async move {
                reception.drive(socket, tls).await;
                drop(slot);
            });
        }
    }

    async fn drive(&self, socket: TcpStream, tls: Option<TlsAcceptor>) {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a publisher's socket keeps Nagle's delay");
        }
        let admission = Arc::clone(&self.admission);
        let ended = match tls {
            None => connection::run(socket, self.limits, admission).await,
            Some(tls) => match secure::handshake(&tls, socket, self.limits.publish_timeout).await {
                Ok(stream) => connection::run(stream, self.limits, admission).await,
                Err(refusal) => {
                    let why = &refusal as &dyn std::error::Error;
                    tracing::info!(code = refusal.code(), error = why, "a publisher got no TLS");
                    return;
                }
            },
        };
        match ended {
            Ok(()) => tracing::debug!("a publisher's connection ended"),
            Err(error) => tracing::info!(%error, "a publisher's connection ended"),
        }
    }
}
