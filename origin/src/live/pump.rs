//! The owner task of one broadcast: it alone drives the packager and changes the stage.

use std::sync::Arc;
use std::time::Duration;

use domain::time::Timestamp;
use media::packager::{MediaError, Packager};
use media::unit::FrameRate;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::MissedTickBehavior;

use super::lifecycle::Fact;
use super::{Input, Live, Stage};
use crate::archive::Archived;
use crate::ingest::Refusal;
use crate::journal::Journal;
use crate::stats::Reporter;
use crate::{Context, records};

/// How often the grid is looked at without media.
const TICK: Duration = Duration::from_millis(50);
/// Inputs that may wait for the owner task; a full queue slows the publisher down.
pub(crate) const INPUTS_MAX: usize = 512;
/// Without media for so long, a publisher counts as gone.
const SILENCE_MAX: Duration = Duration::from_secs(5);
/// Without media for so long, another publisher may take the seat.
const TAKE_OVER_AFTER: Duration = Duration::from_secs(3);

/// What others ask of the owner task.
#[derive(Debug)]
pub(crate) enum Command {
    /// A publisher takes the seat.
    Sit { number: u64, dismiss: watch::Sender<Option<Refusal>>, taken: oneshot::Sender<bool> },
    /// A publisher sends.
    Input { number: u64, input: Input },
    /// A publisher is gone; `clean` when it said goodbye.
    Leave { number: u64, clean: bool },
    /// The broadcast ends now, for this reason.
    End(Refusal),
    /// The publisher must go, and the broadcast waits for another.
    Dismiss(Refusal),
    /// The broadcast is removed from everyone.
    TakeDown,
    /// The program goes down: nothing more comes in, what is open is closed.
    Drain,
}

struct Publisher {
    number: u64,
    dismiss: watch::Sender<Option<Refusal>>,
}

/// The owner task's state.
pub(crate) struct Pump {
    pub(super) live: Arc<Live>,
    pub(super) context: Arc<Context>,
    pub(super) packager: Packager,
    pub(super) facts: mpsc::Sender<(Timestamp, Fact)>,
    pub(super) reporter: Reporter,
    /// What the next process reads after a crash.
    pub(super) journal: Option<Journal>,
    /// Whether the start of media time is written down.
    pub(super) began: bool,
    publisher: Option<Publisher>,
    last_media: Duration,
    /// Since when nobody sends; a new broadcast waits like an interrupted one.
    waiting_since: Option<Duration>,
    over: bool,
}

impl Pump {
    /// The owner of `live`.
    pub(crate) fn new(
        live: Arc<Live>,
        context: Arc<Context>,
        packager: Packager,
        facts: mpsc::Sender<(Timestamp, Fact)>,
    ) -> Self {
        let now = context.clock.monotonic();
        let reporter = Reporter::new(Arc::clone(&live), Arc::clone(&context));
        let live_began = !live.renditions().is_empty();
        Self {
            live,
            context,
            packager,
            facts,
            reporter,
            journal: None,
            began: live_began,
            publisher: None,
            last_media: now,
            waiting_since: Some(now),
            over: false,
        }
    }

    /// Runs until the broadcast is over; gives its journal back.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<Command>) -> Option<Journal> {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.over {
            // Both branches are cancel safe.
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.obey(command).await,
                    None => self.finish(Refusal::Ended).await,
                },
                _ = ticks.tick() => self.tick().await,
            }
        }
        self.reporter.finish(self.context.now());
        if let Some(gop) = self.packager.measures().gop {
            records::remember_gop(&self.context, self.live.identity.channel, gop.to_ms()).await;
        }
        self.live.over.send_replace(true);
        self.journal
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Sit { number, dismiss, taken } => self.sit(number, dismiss, taken).await,
            Command::Input { number, input } if self.is_seated(number) => self.take(input).await,
            Command::Leave { number, clean } if self.is_seated(number) => {
                self.publisher = None;
                if clean && self.context.settings.end_on_unpublish {
                    self.finish(Refusal::Ended).await;
                } else {
                    self.interrupt("connection_lost").await;
                }
            }
            // A former publisher is no longer heard.
            Command::Input { .. } | Command::Leave { .. } => {}
            Command::End(reason) => self.finish(reason).await,
            Command::Dismiss(reason) => {
                self.dismiss(reason);
                self.interrupt(reason.code()).await;
            }
            Command::TakeDown => self.take_down().await,
            Command::Drain => self.drain().await,
        }
    }

    fn is_seated(&self, number: u64) -> bool {
        self.publisher.as_ref().is_some_and(|publisher| publisher.number == number)
    }

    /// A publisher that sends keeps its seat; a silent one loses it.
    async fn sit(
        &mut self,
        number: u64,
        dismiss: watch::Sender<Option<Refusal>>,
        taken: oneshot::Sender<bool>,
    ) {
        let now = self.context.clock.monotonic();
        let held = self.publisher.is_some() && now < self.last_media + TAKE_OVER_AFTER;
        if taken.send(!held).is_err() || held {
            return;
        }
        if let Some(former) = self.publisher.replace(Publisher { number, dismiss }) {
            former.dismiss.send_replace(Some(Refusal::TakenOver));
        }
        self.last_media = now;
        self.reporter.restart();
        let reconnected = self.packager.reconnect(self.context.now().steady);
        self.check(reconnected).await;
    }

    async fn take(&mut self, input: Input) {
        let now = self.context.now();
        match input {
            Input::Config(config) => {
                let configured = self.packager.configure(config, now.steady);
                self.check(configured).await;
            }
            Input::Unit(unit) => {
                self.last_media = now.monotonic;
                self.resume().await;
                self.reporter.seen(&unit, now.monotonic);
                let pushed = self.packager.push(unit, now.steady);
                self.check(pushed).await;
            }
            Input::Metadata(metadata) => {
                if let Some(rate) = metadata.frame_rate.and_then(frame_rate) {
                    self.packager.declare_frame_rate(rate);
                }
                self.reporter.describe(metadata);
            }
        }
        self.publish().await;
    }

    async fn tick(&mut self) {
        let now = self.context.now();
        if self.publisher.is_some() && now.monotonic >= self.last_media + SILENCE_MAX {
            self.interrupt("no_media").await;
        }
        let ticked = self.packager.tick(now.steady);
        self.check(ticked).await;
        self.publish().await;
        self.reporter.tick(now);
        let window = self.context.settings.reconnect_window;
        if self.waiting_since.is_some_and(|since| now.monotonic >= since + window) {
            self.finish(Refusal::Ended).await;
        }
    }

    /// Parameters that can't be packaged: their publisher must go.
    async fn check(&mut self, taken: Result<(), MediaError>) {
        if let Err(error) = taken {
            tracing::warn!(
                broadcast.id = %self.live.identity.broadcast,
                error = &error as &dyn std::error::Error,
                "a publisher's media can't be packaged"
            );
            let channel = self.live.identity.channel;
            let broadcast = self.live.identity.broadcast;
            self.context.note(channel, Some(broadcast), Refusal::CodecUnsupported.code());
            self.dismiss(Refusal::CodecUnsupported);
            self.interrupt(Refusal::CodecUnsupported.code()).await;
        }
    }

    /// Closes every open segment.
    async fn close(&mut self) {
        let ended = self.packager.end(self.context.now().steady);
        self.check(ended).await;
    }

    /// Media comes (again).
    async fn resume(&mut self) {
        if self.waiting_since.take().is_some() && self.live.stage() == Stage::Interrupted {
            self.live.become_stage(Stage::Live);
            self.tell(Fact::Resumed).await;
        }
    }

    /// The publisher is gone; the grid goes on. A silent one keeps its seat until another comes.
    async fn interrupt(&mut self, cause: &'static str) {
        if self.waiting_since.is_some() {
            return;
        }
        self.waiting_since = Some(self.context.clock.monotonic());
        if self.live.stage() == Stage::Live {
            self.live.become_stage(Stage::Interrupted);
        }
        self.tell(Fact::Interrupted(cause)).await;
    }

    /// The last line of every playlist, at once.
    async fn finish(&mut self, reason: Refusal) {
        self.dismiss(reason);
        self.close().await;
        self.publish().await;
        self.live.become_stage(Stage::Ended);
        let duration_ms = Archived::of_live(&self.live).duration_ms();
        self.tell(Fact::Ended { reason: reason.code(), duration_ms }).await;
        self.over = true;
    }

    /// Everybody gets 410 from now on, and the bytes leave memory.
    async fn take_down(&mut self) {
        self.dismiss(Refusal::TakenDown);
        self.live.become_stage(Stage::TakenDown);
        self.close().await;
        self.publish().await;
        for rendition in self.live.renditions().iter() {
            self.context.forget(rendition).await;
            rendition.take_down();
        }
        self.tell(Fact::TakenDown).await;
        self.over = true;
    }

    /// Closes what is open and leaves the broadcast interrupted: the encoder comes back to the
    /// next process.
    async fn drain(&mut self) {
        self.dismiss(Refusal::Draining);
        self.close().await;
        self.publish_all_but_the_end().await;
        self.tell(Fact::Interrupted("restart")).await;
        self.tell(Fact::Left).await;
        self.over = true;
    }

    fn dismiss(&mut self, reason: Refusal) {
        if let Some(publisher) = self.publisher.take() {
            publisher.dismiss.send_replace(Some(reason));
        }
    }
}

/// The rate that an encoder names, as a fraction; 29.97 means 30000/1001.
fn frame_rate(named: f64) -> Option<FrameRate> {
    /// No camera is faster.
    const RATE_MAX: f64 = 1_000.0;
    if !(1.0..=RATE_MAX).contains(&named) {
        return None;
    }
    let drop_frame = (named * 1.001 - (named * 1.001).round()).abs() < 0.004
        && (named - named.round()).abs() > 0.004;
    let (numerator, denominator) = if drop_frame {
        ((named * 1.001).round() * 1_000.0, 1_001)
    } else {
        (named * 1_000.0, 1_000)
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 10^6")]
    let numerator = numerator.round() as u32;
    Some(FrameRate {
        numerator: numerator.try_into().ok()?,
        denominator: denominator.try_into().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_rate_becomes_a_fraction() {
        let fraction =
            |rate| frame_rate(rate).map(|rate| (rate.numerator.get(), rate.denominator.get()));
        assert_eq!(fraction(30.0), Some((30_000, 1_000)));
        assert_eq!(fraction(29.97), Some((30_000, 1_001)));
        assert_eq!(fraction(59.94), Some((60_000, 1_001)));
        assert_eq!(fraction(23.976), Some((24_000, 1_001)));
        assert_eq!(fraction(25.0), Some((25_000, 1_000)));
        assert_eq!(fraction(12.5), Some((12_500, 1_000)));
        for odd in [0.0, -1.0, 1e9, f64::NAN] {
            assert_eq!(fraction(odd), None);
        }
    }
}
