//! One viewer's event stream: a position in the room's history that moves forward.
//!
//! The body polls; nothing is queued for a viewer. What it has not seen stands in the hub's ring,
//! then in the table, and what neither can give is told as `stream.gap` or `stream.reset`.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use super::frame::Stamped;
use super::hub::Read;
use super::position::Position;
use super::rooms::Room;

/// Silence after which a comment line keeps proxies and sleeping pages honest.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long before its token ends a stream says so.
const EXPIRY_NOTICE: Duration = Duration::from_secs(30);
/// Age of a connection at which it is closed to be made anew, give or take a fifth.
const ROTATION: Duration = Duration::from_mins(10);
/// Most events that a reconnect brings back.
const REPLAY_EVENTS_MAX: u64 = 2_000;
/// Most bytes that a reconnect reads from the table.
const REPLAY_BYTES_MAX: usize = 512 * 1024;
/// Events that one look into the table brings.
const REPLAY_PAGE: u64 = 500;
/// How far behind a viewer may be before the next tier, and before the jump to the head.
const LAG_OF_TIER: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(10)];
/// A viewer this far behind jumps to the head.
const LAG_JUMP: Duration = Duration::from_secs(20);
/// A viewer this far behind is closed.
const LAG_CLOSE: Duration = Duration::from_mins(1);
/// In step for so long, a viewer moves up a tier.
const HEALTHY: Duration = Duration::from_secs(10);

/// What a viewer asks of a stream.
#[derive(Debug)]
pub struct Wanted {
    /// The last event that the viewer has.
    pub position: Option<Position>,
    /// Only events of these names.
    pub names: Option<HashSet<String>>,
    /// Moderators' streams are never sampled.
    pub whole: bool,
    /// How long the viewer's token still holds.
    pub expires_in: Option<Duration>,
    /// Changes when a newer connection with the same ticket takes over.
    pub replaced: Option<watch::Receiver<u64>>,
}

/// One open stream.
#[derive(Debug)]
pub struct Stream {
    room: Arc<Room>,
    position: u64,
    tier: u8,
    whole: bool,
    names: Option<HashSet<String>>,
    signal: watch::Receiver<u64>,
    replaced: Option<watch::Receiver<u64>>,
    counters_seen: u64,
    greeting: Option<Bytes>,
    closing: bool,
    times: Times,
    replayed_bytes: usize,
}

/// The moments of a stream, on the monotonic clock.
#[derive(Debug)]
struct Times {
    opened: Duration,
    sent: Duration,
    in_step_since: Duration,
    rotates: Duration,
    expires: Option<Duration>,
    notice: Option<Duration>,
    drains: Option<Duration>,
}

/// What a stream is about to do.
#[derive(Debug)]
pub(super) enum Step {
    /// These bytes are to be sent.
    Bytes(Bytes),
    /// What it has to send is in the table: [`Stream::replay`], up to this position.
    History(u64),
    /// Nothing, until the room has more or this moment comes.
    Wait(Duration),
    /// The stream has ended.
    Over,
}

/// What a room has for a viewer.
enum Reading {
    /// These bytes.
    Bytes(Bytes),
    /// The ring begins after this position.
    History(u64),
    /// Nothing new.
    AtHead,
    /// The viewer is too far behind to be served.
    TooSlow,
}

/// How a stream ends.
enum Farewell {
    /// The connection closes; what is to be said was said before.
    Silent,
    /// With the time to wait before the next connection.
    Retry(Bytes),
}

impl Stream {
    /// Opens a stream of `room`.
    pub fn open(room: Arc<Room>, wanted: Wanted) -> Self {
        let hub = &room.hub;
        hub.enter();
        let signal = hub.subscribe();
        let now = room.clock().monotonic();
        let head = hub.head();
        let (position, reset) = start(&hub.epoch, head, wanted.position.as_ref());
        let times = Times {
            opened: now,
            sent: now,
            in_step_since: now,
            rotates: now + room.jitter(ROTATION, 0.2),
            expires: wanted.expires_in.map(|left| now + left),
            notice: wanted.expires_in.map(|left| now + left.saturating_sub(EXPIRY_NOTICE)),
            drains: None,
        };
        let mut stream = Self {
            position,
            tier: 0,
            whole: wanted.whole,
            names: wanted.names,
            signal,
            replaced: wanted.replaced,
            counters_seen: 0,
            greeting: None,
            closing: false,
            times,
            replayed_bytes: 0,
            room,
        };
        stream.greeting = Some(stream.greet(head, reset));
        stream
    }

    pub(super) fn room(&self) -> Arc<Room> {
        Arc::clone(&self.room)
    }

    /// The next bytes; nothing when the stream is over.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            self.signal.mark_unchanged();
            let now = self.room.clock().monotonic();
            match self.step(now) {
                Step::Bytes(bytes) => return Some(bytes),
                Step::History(tail) => {
                    let bytes = self.replay(tail).await;
                    if !bytes.is_empty() {
                        return Some(bytes);
                    }
                }
                Step::Wait(until) => self.wait(until.saturating_sub(now)).await,
                Step::Over => return None,
            }
        }
    }

    /// What is to be done now.
    pub(super) fn step(&mut self, now: Duration) -> Step {
        if let Some(greeting) = self.greeting.take() {
            return self.send(greeting, now);
        }
        if self.times.drains.is_none() && self.room.is_draining() {
            self.times.drains = Some(now + self.room.drain_spread());
        }
        match self.farewell(now) {
            Some(Farewell::Silent) => return Step::Over,
            Some(Farewell::Retry(bytes)) => return Step::Bytes(bytes),
            None => {}
        }
        if self.times.notice.is_some_and(|notice| notice <= now) {
            self.times.notice = None;
            let expiring = self.expiring(now);
            return self.send(expiring, now);
        }
        match self.read(now) {
            Reading::Bytes(bytes) => self.send(bytes, now),
            Reading::History(tail) => Step::History(tail),
            Reading::TooSlow => Step::Over,
            Reading::AtHead if now.saturating_sub(self.times.sent) >= HEARTBEAT => {
                self.send(Bytes::from_static(b": still here\n\n"), now)
            }
            Reading::AtHead => Step::Wait(self.next_moment()),
        }
    }

    fn send(&mut self, bytes: Bytes, now: Duration) -> Step {
        self.times.sent = now;
        Step::Bytes(bytes)
    }

    /// `retry`, hello and, where history is lost, the reset.
    fn greet(&self, head: u64, reset: Option<&'static str>) -> Bytes {
        let room = &self.room;
        let (epoch, position) = (&room.hub.epoch, self.position);
        let mut text = format!("retry: {}\n", room.jitter(Duration::from_secs(3), 0.3).as_millis());
        write!(
            text,
            "id: {epoch}-{position}\nevent: stream.hello\ndata: {{\"type\":\"stream.hello\",\"head\":{head},\"epoch\":\"{epoch}\",\"server_time\":\"{}\",\"tier\":0,\"flush_ms\":{},\"settings_version\":{}}}\n\n",
            room.clock().now(),
            room.flush_window().as_millis(),
            room.settings_version(),
        )
        .expect("a string takes every text");
        if let Some(reason) = reset {
            text.push_str(&self.reset_text(reason));
        }
        Bytes::from(text)
    }

    fn reset_text(&self, reason: &str) -> String {
        let (hub, position) = (&self.room.hub, self.position);
        format!(
            "id: {}-{position}\nevent: stream.reset\ndata: {{\"type\":\"stream.reset\",\"reason\":\"{reason}\",\"reload\":\"/v1/rooms/{}\"}}\n\n",
            hub.epoch, hub.room_id
        )
    }

    /// Goes on from the head and says that what came before is lost to this stream.
    fn reset(&mut self, reason: &'static str) -> Bytes {
        self.position = self.room.hub.head();
        Bytes::from(self.reset_text(reason))
    }

    fn expiring(&self, now: Duration) -> Bytes {
        let left = self.times.expires.unwrap_or_default().saturating_sub(now);
        Bytes::from(format!(
            "id: {}-{}\nevent: stream.expiring\ndata: {{\"type\":\"stream.expiring\",\"in_ms\":{}}}\n\n",
            self.room.hub.epoch,
            self.position,
            left.as_millis()
        ))
    }

    /// The last bytes, when the stream has to end now.
    fn farewell(&mut self, now: Duration) -> Option<Farewell> {
        let reached = |moment: Option<Duration>| moment.is_some_and(|moment| moment <= now);
        let replaced = self.replaced.as_ref();
        let is_replaced = replaced.is_some_and(|newer| newer.has_changed().unwrap_or(true));
        if self.closing || is_replaced || reached(self.times.expires) || self.room.is_over() {
            return Some(Farewell::Silent);
        }
        if self.times.rotates <= now || reached(self.times.drains) {
            self.closing = true;
            let retry = self.room.jitter(Duration::from_secs(3), 0.7);
            return Some(Farewell::Retry(Bytes::from(format!("retry: {}\n\n", retry.as_millis()))));
        }
        None
    }

    /// What the room has for this viewer.
    fn read(&mut self, now: Duration) -> Reading {
        let lag = self.lag(now);
        if lag >= LAG_CLOSE {
            return Reading::TooSlow;
        }
        if lag >= LAG_JUMP
            && let Some((bytes, reached)) = self.room.hub.jump(self.position)
        {
            self.position = reached;
            return Reading::Bytes(bytes);
        }
        self.judge(lag, now);
        let tier = if self.whole { 0 } else { self.room.hub.tier(self.tier) };
        loop {
            match self.room.hub.read(self.position, tier) {
                Read::Bytes(bytes, reached) => {
                    let bytes = self.filtered(bytes);
                    self.position = reached;
                    if !bytes.is_empty() {
                        return Reading::Bytes(bytes);
                    }
                }
                Read::Forgotten(tail) => return Reading::History(tail),
                Read::AtHead => return self.counters().map_or(Reading::AtHead, Reading::Bytes),
            }
        }
    }

    /// The age of what waits, but never older than this connection: a replay is no lag.
    fn lag(&self, now: Duration) -> Duration {
        let since = self.room.hub.waiting_since(self.position);
        since.map_or(Duration::ZERO, |built| now.saturating_sub(built.max(self.times.opened)))
    }

    /// Moves the viewer down at once, and up again step by step.
    fn judge(&mut self, lag: Duration, now: Duration) {
        let wanted = LAG_OF_TIER.iter().filter(|&&bound| lag > bound).count();
        let wanted = u8::try_from(wanted).expect("three bounds");
        if wanted > 0 {
            self.times.in_step_since = now;
            self.tier = self.tier.max(wanted);
        } else if self.tier > 0 && now.saturating_sub(self.times.in_step_since) >= HEALTHY {
            self.times.in_step_since = now;
            self.tier -= 1;
        }
    }

    fn counters(&mut self) -> Option<Bytes> {
        let wanted = self.names.as_ref().is_none_or(|names| names.contains("room.counters"));
        let counted = self.room.hub.counters_after(self.counters_seen, self.position);
        let (version, bytes) = counted.filter(|_| wanted)?;
        self.counters_seen = version;
        Some(bytes)
    }

    /// What the table still has after the position, up to where the ring begins, or a reset; empty
    /// when the viewer asked for none of it.
    pub(super) async fn replay(&mut self, tail: u64) -> Bytes {
        let Ok(events) = self.room.history(self.position, REPLAY_PAGE).await else {
            return self.reset("unavailable");
        };
        let whole = events.iter().zip(self.position + 1..).all(|(event, seq)| event.seq == seq);
        let Some(last) = events.last().map(|event| event.seq).filter(|_| whole) else {
            return self.reset("too_old");
        };
        let text = replayed(&self.room.hub.epoch, &events);
        self.replayed_bytes += text.len();
        if self.replayed_bytes > REPLAY_BYTES_MAX && last < tail {
            return self.reset("too_old");
        }
        self.position = last;
        self.filtered(Bytes::from(text))
    }

    /// Only the events that the viewer asked for, and all that speak of the stream itself.
    fn filtered(&self, bytes: Bytes) -> Bytes {
        let Some(names) = &self.names else { return bytes };
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        let kept: String = text
            .split_inclusive("\n\n")
            .filter(|block| {
                let name = block.lines().find_map(|line| line.strip_prefix("event: "));
                name.is_none_or(|name| name.starts_with("stream.") || names.contains(name))
            })
            .collect();
        Bytes::from(kept)
    }

    /// When there is something to do even if nothing happens.
    fn next_moment(&self) -> Duration {
        let times = &self.times;
        let moments = [times.expires, times.notice, times.drains, Some(times.sent + HEARTBEAT)];
        moments.into_iter().flatten().fold(times.rotates, Duration::min)
    }

    /// Waits for something to read, at most so long.
    async fn wait(&mut self, longest: Duration) {
        tokio::select! {
            // Each branch only waits; dropping one loses nothing.
            _ = self.signal.changed() => {}
            () = tokio::time::sleep(longest) => {}
            () = replaced(self.replaced.as_mut()) => self.closing = true,
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.room.hub.leave();
    }
}

/// Where a stream starts, and why it cannot start where it was asked to.
fn start(epoch: &str, head: u64, wanted: Option<&Position>) -> (u64, Option<&'static str>) {
    match wanted {
        None => (head, None),
        Some(wanted) if wanted.epoch != epoch || wanted.seq > head => (head, Some("epoch_changed")),
        Some(wanted) if head - wanted.seq > REPLAY_EVENTS_MAX => (head, Some("too_old")),
        Some(wanted) => (wanted.seq, None),
    }
}

fn replayed(epoch: &str, events: &[Stamped]) -> String {
    let mut text = String::new();
    for event in events {
        event.write(epoch, &mut text);
    }
    text
}

/// Ends when a newer connection takes over; never for a stream without a ticket.
async fn replaced(newer: Option<&mut watch::Receiver<u64>>) {
    match newer {
        // An error means that the registry is gone, which is as good a reason to end.
        Some(newer) => newer.changed().await.unwrap_or_default(),
        None => std::future::pending().await,
    }
}
