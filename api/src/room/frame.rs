//! What a hub serialises once per flush and every viewer shares.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use domain::time::Timestamp;

/// Tiers of a frame: 0 everything, 3 money and control alone.
pub(super) const TIERS: usize = 4;

/// One event with its place in the room's history, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped {
    /// Its number in the room's epoch.
    pub seq: u64,
    /// Its priority: 0 control to 5 ambient.
    pub class: u8,
    /// Its dotted name.
    pub name: String,
    /// What decides whether a sample keeps it: the same on every node.
    pub lot: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The event as a JSON object, with its `type`, without `seq` and `at`.
    pub payload: String,
}

impl Stamped {
    /// Appends the event as `text/event-stream`.
    pub fn write(&self, epoch: &str, text: &mut String) {
        let Self { seq, name, at, payload, .. } = self;
        let members = payload.strip_prefix('{').unwrap_or("}");
        let comma = if members.starts_with('}') { "" } else { "," };
        write!(
            text,
            "id: {epoch}-{seq}\nevent: {name}\ndata: {{\"seq\":{seq},\"at\":\"{at}\"{comma}{members}\n\n"
        )
        .expect("a string takes every text");
    }
}

/// How much of the lower classes a frame keeps below tier 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Share of the sampled class that is kept, 0 to 1.
    pub kept: f64,
}

impl Sample {
    /// Keeps everything.
    pub const ALL: Self = Self { kept: 1.0 };

    /// What is kept of `rate` events a second under `budget` events a second.
    pub fn within(budget: f64, rate: f64) -> Self {
        if rate <= budget || rate <= 0.0 { Self::ALL } else { Self { kept: budget / rate } }
    }

    /// Whether this lot is drawn: the same answer on every node and in every replay.
    #[expect(clippy::cast_precision_loss, reason = "a lottery needs no more than 53 bits")]
    pub fn keeps(self, lot: u64) -> bool {
        self.kept >= 1.0 || (lot as f64) < self.kept * (u64::MAX as f64)
    }
}

/// The events of one flush, serialised once for each tier.
#[derive(Debug)]
pub struct Frame {
    /// First event.
    pub first: u64,
    /// Last event.
    pub last: u64,
    /// When it was built, on the monotonic clock.
    pub built: Duration,
    tiers: [Bytes; TIERS],
    marks: Box<[Mark]>,
}

/// Where one event lies in the bytes of tier 0.
#[derive(Debug, Clone, Copy)]
struct Mark {
    seq: u64,
    class: u8,
    start: usize,
    end: usize,
}

impl Frame {
    /// Serialises `events`, which follow each other without a hole.
    ///
    /// Returns nothing for no events.
    pub fn build(epoch: &str, events: &[Stamped], sample: Sample, built: Duration) -> Option<Self> {
        let (first, last) = (events.first()?.seq, events.last()?.seq);
        let mut text =
            String::with_capacity(events.iter().map(|event| event.payload.len() + 128).sum());
        let marks: Box<[Mark]> = events
            .iter()
            .map(|event| {
                let start = text.len();
                event.write(epoch, &mut text);
                Mark { seq: event.seq, class: event.class, start, end: text.len() }
            })
            .collect();
        let whole = Bytes::from(text);
        let tier = |tier: u8| {
            let kept: Vec<bool> = events.iter().map(|event| keeps(tier, event, sample)).collect();
            if kept.iter().all(|&kept| kept) {
                return whole.clone();
            }
            Bytes::from(thinned(epoch, &whole, &marks, |place| kept[place]))
        };
        let tiers = [whole.clone(), tier(1), tier(2), tier(3)];
        Some(Self { first, last, built, tiers, marks })
    }

    /// The bytes of one tier.
    pub fn tier(&self, tier: u8) -> Bytes {
        self.tiers[usize::from(tier).min(TIERS - 1)].clone()
    }

    /// The bytes that follow `position`; whole events, tier 0.
    pub fn after(&self, position: u64) -> Bytes {
        let start = self
            .marks
            .iter()
            .find(|mark| mark.seq > position)
            .map_or(self.tiers[0].len(), |mark| mark.start);
        self.tiers[0].slice(start..)
    }

    /// Appends the events after `position` that no viewer may miss; returns how many were left out.
    pub fn write_vital(&self, position: u64, text: &mut Vec<u8>) -> u64 {
        let mut dropped = 0;
        for mark in self.marks.iter().filter(|mark| mark.seq > position) {
            if mark.class <= 1 {
                text.extend_from_slice(&self.tiers[0][mark.start..mark.end]);
            } else {
                dropped += 1;
            }
        }
        dropped
    }

    /// How many events it holds.
    pub fn events(&self) -> usize {
        self.marks.len()
    }

    /// What it costs in memory: the bytes of the tiers that are not shared.
    pub fn bytes(&self) -> usize {
        let own = |tier: &&Bytes| tier.as_ptr() != self.tiers[0].as_ptr();
        self.tiers[0].len() + self.tiers[1..].iter().filter(own).map(Bytes::len).sum::<usize>()
    }
}

/// Whether `tier` shows `event`: the table of the classes and tiers.
fn keeps(tier: u8, event: &Stamped, sample: Sample) -> bool {
    match (tier, event.class) {
        (0, _) | (_, 0 | 1) | (1, 2 | 3) | (2, 2) => true,
        (1, 4) | (2, 3) => sample.keeps(event.lot),
        _ => false,
    }
}

/// The kept events with the gap that tells of the others in front.
fn thinned(epoch: &str, whole: &Bytes, marks: &[Mark], kept: impl Fn(usize) -> bool) -> Vec<u8> {
    let shed: Vec<u64> = marks
        .iter()
        .enumerate()
        .filter(|(place, _)| !kept(*place))
        .map(|(_, mark)| mark.seq)
        .collect();
    let mut text = Vec::with_capacity(whole.len());
    if let (Some(&from), Some(&to)) = (shed.first(), shed.last()) {
        let before = marks.first().map_or(0, |mark| mark.seq - 1);
        let shed = Shed { from, to, dropped: shed.len() as u64, reason: "sampled" };
        text.extend(gap(epoch, before, &shed).into_bytes());
    }
    for (place, mark) in marks.iter().enumerate() {
        if kept(place) {
            text.extend_from_slice(&whole[mark.start..mark.end]);
        }
    }
    text
}

/// Events that a viewer does not get.
#[derive(Debug)]
pub(super) struct Shed {
    /// The first of them.
    pub(super) from: u64,
    /// The last of them.
    pub(super) to: u64,
    /// How many of the range.
    pub(super) dropped: u64,
    /// Why: `sampled` or `slow`.
    pub(super) reason: &'static str,
}

/// A `stream.gap`: the events `from..=to` less those that follow were shed from this viewer.
///
/// Its id is the position before it, so that a cut right behind it loses nothing.
pub(super) fn gap(epoch: &str, position: u64, shed: &Shed) -> String {
    let Shed { from, to, dropped, reason } = shed;
    format!(
        "id: {epoch}-{position}\nevent: stream.gap\ndata: {{\"type\":\"stream.gap\",\"from\":{from},\"to\":{to},\"dropped\":{dropped},\"reason\":\"{reason}\"}}\n\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An event of `class` whose lot is drawn last of all.
    fn event(seq: u64, class: u8) -> Stamped {
        Stamped {
            seq,
            class,
            name: "comment.created".to_owned(),
            lot: u64::MAX,
            at: Timestamp(0),
            payload: format!("{{\"type\":\"comment.created\",\"n\":{seq}}}"),
        }
    }

    fn shown(bytes: &[u8]) -> Vec<String> {
        let text = std::str::from_utf8(bytes).unwrap();
        text.split("\n\n")
            .filter(|block| !block.is_empty())
            .map(|block| {
                let line =
                    |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).unwrap();
                format!("{} {}", line("id: "), line("event: "))
            })
            .collect()
    }

    #[test]
    fn an_event_carries_its_id_name_and_place() {
        let mut text = String::new();
        event(7, 4).write("abcdefgh", &mut text);
        assert_eq!(
            text,
            "id: abcdefgh-7\nevent: comment.created\ndata: {\"seq\":7,\"at\":\"1970-01-01T00:00:00.000Z\",\"type\":\"comment.created\",\"n\":7}\n\n"
        );
    }

    #[test]
    fn tiers_shed_from_the_lowest_class_and_say_so() {
        let events: Vec<_> = (0..=4).map(|class| event(u64::from(class) + 1, class)).collect();
        let frame = Frame::build("e", &events, Sample { kept: 0.5 }, Duration::ZERO).unwrap();
        let plain = |seq: u64| format!("e-{seq} comment.created");
        let gap = || "e-0 stream.gap".to_owned();
        assert_eq!(shown(&frame.tier(0)), (1..=5).map(plain).collect::<Vec<_>>());
        assert_eq!(shown(&frame.tier(1)), [gap(), plain(1), plain(2), plain(3), plain(4)]);
        assert_eq!(shown(&frame.tier(2)), [gap(), plain(1), plain(2), plain(3)]);
        assert_eq!(shown(&frame.tier(3)), [gap(), plain(1), plain(2)]);
    }

    #[test]
    fn a_frame_in_which_nothing_is_shed_is_kept_once() {
        let frame =
            Frame::build("e", &[event(1, 0), event(2, 1)], Sample::ALL, Duration::ZERO).unwrap();
        assert_eq!(frame.bytes(), frame.tier(0).len());
        assert!(Frame::build("e", &[], Sample::ALL, Duration::ZERO).is_none());
    }

    #[test]
    fn a_viewer_in_the_middle_of_a_frame_gets_the_rest() {
        let frame = Frame::build(
            "e",
            &[event(4, 4), event(5, 0), event(6, 4)],
            Sample::ALL,
            Duration::ZERO,
        )
        .unwrap();
        assert_eq!(shown(&frame.after(4)), ["e-5 comment.created", "e-6 comment.created"]);
        assert_eq!(frame.after(6).len(), 0);
        let mut vital = Vec::new();
        assert_eq!(frame.write_vital(3, &mut vital), 2);
        assert_eq!(shown(&vital), ["e-5 comment.created"]);
    }

    #[test]
    fn a_sample_keeps_its_share_and_always_the_same() {
        let sample = Sample::within(20.0, 80.0);
        let mut lots = (0..10_000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let kept = lots.clone().filter(|&lot| sample.keeps(lot)).count();
        assert!((2_400..=2_600).contains(&kept), "{kept} of 10000 kept at 1 in 4");
        assert!(lots.all(|lot| Sample::within(20.0, 20.0).keeps(lot)));
    }
}
