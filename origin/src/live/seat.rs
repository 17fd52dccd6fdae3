//! A publisher's seat at a broadcast: it sends media there, and learns when it must go.

use std::sync::Arc;

use media::rtmp::metadata::Metadata;
use media::unit::{RawUnit, TrackConfig};
use tokio::sync::{mpsc, oneshot, watch};

use super::Live;
use super::pump::Command;
use crate::ingest::Refusal;

/// What a publisher sends.
#[derive(Debug)]
pub(crate) enum Input {
    /// What a track's decoder needs from here on.
    Config(TrackConfig),
    /// One coded picture or audio frame.
    Unit(RawUnit),
    /// What the encoder says about itself.
    Metadata(Metadata),
}

/// The place of the one publisher of a broadcast.
#[derive(Debug)]
pub(crate) struct Seat {
    live: Arc<Live>,
    /// Counts publishers of this broadcast: a former one is no longer heard.
    number: u64,
    commands: mpsc::Sender<Command>,
    dismissed: watch::Receiver<Option<Refusal>>,
}

/// Tells when the publisher must go.
#[derive(Debug)]
pub(crate) struct Dismissal(watch::Receiver<Option<Refusal>>);

impl Dismissal {
    /// Waits for the reason.
    pub(crate) async fn told(&mut self) -> Refusal {
        match self.0.wait_for(Option::is_some).await {
            Ok(refusal) => refusal.unwrap_or(Refusal::Ended),
            // The broadcast's task is gone, and the broadcast with it.
            Err(_) => Refusal::Ended,
        }
    }
}

impl Seat {
    /// Takes the seat, if nobody who sends has it; a silent former publisher is dismissed.
    pub(crate) async fn take(live: Arc<Live>) -> Result<Self, Refusal> {
        let (dismiss, dismissed) = watch::channel(None);
        let (taken, answer) = oneshot::channel();
        let number = live.next_seat();
        let commands = live.commands();
        let sit = Command::Sit { number, dismiss, taken };
        commands.send(sit).await.map_err(|_| Refusal::Ended)?;
        match answer.await {
            Ok(true) => Ok(Self { live, number, commands, dismissed }),
            Ok(false) => Err(Refusal::AlreadyLive),
            Err(_) => Err(Refusal::Ended),
        }
    }

    /// The broadcast.
    pub(crate) fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// When this publisher must go.
    pub(crate) fn dismissal(&self) -> Dismissal {
        Dismissal(self.dismissed.clone())
    }

    /// Hands on what was sent. A broadcast that is gone tells through the dismissal.
    pub(crate) async fn send(&self, input: Input) {
        let command = Command::Input { number: self.number, input };
        if self.commands.send(command).await.is_err() {
            tracing::trace!("media for a broadcast that has ended was dropped");
        }
    }

    /// Gives the seat up: `clean` when the publisher said goodbye, else its connection broke.
    pub(crate) async fn leave(self, clean: bool) {
        let command = Command::Leave { number: self.number, clean };
        if self.commands.send(command).await.is_err() {
            tracing::trace!("a publisher left a broadcast that has ended");
        }
    }
}
