//! The grid: where segments are cut, for all renditions of a broadcast at once.
//!
//! Positions are ticks of 1/90 000 s on the broadcast's own timeline, which never goes back.

use crate::hls::Position;
use crate::time::{Span, Wall};
use crate::unit::Timescale;
use std::collections::VecDeque;

/// Ticks per second of the grid.
pub const SCALE: Timescale = crate::fmp4::VIDEO_SCALE;

/// Where a segment starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The segment that starts here.
    pub msn: u64,
    /// Where it starts.
    pub at: i64,
    /// Timeline or coding changes here.
    pub discontinuity: bool,
    /// The wall clock of this and the following segments, up to the next discontinuity.
    pub anchor: Anchor,
    /// Counts the publisher's clocks: units of another epoch can't follow.
    pub epoch: u32,
}

/// A position and when it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// The position.
    pub at: i64,
    /// The wall clock there.
    pub wall: Wall,
}

impl Anchor {
    /// When a printed position is shown.
    pub fn wall_at(&self, printed: Span) -> Wall {
        let anchor = Span::from_ticks(self.at, SCALE);
        if printed >= anchor {
            self.wall.plus(printed.minus(anchor))
        } else {
            self.wall.minus(anchor.minus(printed))
        }
    }

    /// The position shown at `now`.
    pub fn position_at(&self, now: Wall) -> i64 {
        self.at + now.since(self.wall).saturating_mul(i64::from(SCALE.get()) / 1_000)
    }
}

/// What a unit of the leading rendition does to the open segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It belongs to the open segment.
    Stay,
    /// It starts the next one.
    Cut,
    /// It starts the next one though no decoder can start there: the GOP is too long.
    Force {
        /// Time since the last sync unit.
        gop: Span,
    },
}

/// A unit of the leading rendition, as the grid sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lead {
    /// Where it is.
    pub at: i64,
    /// Expected ticks to the next one; zero if unknown.
    pub length: i64,
    /// Decoding can start here.
    pub is_sync: bool,
}

/// The cuts so far and the rule for the next.
#[derive(Debug, Clone)]
pub struct Grid {
    /// The wanted length of a segment.
    segment: i64,
    /// No segment is longer: its length would round to more than the target duration.
    limit: i64,
    /// From the oldest cut that a rendition has not passed to the newest; never empty.
    cuts: VecDeque<Cut>,
    last_sync: Option<i64>,
    gop: Option<i64>,
}

impl Grid {
    /// What a segment may have over the target duration: half a second would round up, and sound
    /// is cut within a frame of the picture, which takes up to 85 ms.
    pub const OVER: Span = Span::from_ms(410);
    /// Cuts kept for renditions that are behind: ten minutes of the shortest segments and more.
    const CUTS_MAX: usize = 1_024;

    /// A grid whose first segment starts at `first`.
    pub fn new(segment: Span, target_seconds: u32, first: Cut) -> Self {
        let target = Span::from_seconds(u64::from(target_seconds));
        Self {
            segment: segment.to_ticks(SCALE),
            limit: (target + Self::OVER).to_ticks(SCALE),
            cuts: VecDeque::from([first]),
            last_sync: None,
            gop: None,
        }
    }

    /// The wanted length of a segment, in ticks.
    pub fn segment(&self) -> i64 {
        self.segment
    }

    /// The length that no segment passes, in ticks.
    pub fn limit(&self) -> i64 {
        self.limit
    }

    /// The start of the newest segment.
    pub fn newest(&self) -> Cut {
        *self.cuts.back().expect("a grid always has a newest cut")
    }

    /// The cut that ends segment `msn`, if it is known.
    pub fn end_of(&self, msn: u64) -> Option<Cut> {
        let first = self.cuts.front()?.msn;
        let at = usize::try_from((msn + 1).checked_sub(first)?).ok()?;
        self.cuts.get(at).copied()
    }

    /// Time from one sync unit of the leader to the next, the last time.
    pub fn gop(&self) -> Option<Span> {
        self.gop.map(|gop| Span::from_ticks(gop, SCALE))
    }

    /// Starts the next segment.
    pub fn cut(&mut self, cut: Cut) {
        debug_assert_eq!(cut.msn, self.newest().msn + 1, "segment numbers have no holes");
        self.cuts.push_back(cut);
        if self.cuts.len() > Self::CUTS_MAX {
            self.cuts.pop_front();
        }
        if cut.discontinuity {
            (self.last_sync, self.gop) = (None, None);
        }
    }

    /// Lets the newest segment, of which nothing is listed yet, start anew.
    pub fn restart(&mut self, cut: Cut) {
        debug_assert_eq!(cut.msn, self.newest().msn, "only the newest segment starts anew");
        self.cuts.pop_back();
        self.cuts.push_back(cut);
        (self.last_sync, self.gop) = (None, None);
    }

    /// Forgets cuts before segment `msn`.
    pub fn forget_before(&mut self, msn: u64) {
        while self.cuts.len() > 1 && self.cuts.front().is_some_and(|cut| cut.msn < msn) {
            self.cuts.pop_front();
        }
    }

    /// Judges the leader's next unit. The caller then cuts.
    pub fn judge(&mut self, lead: Lead) -> Verdict {
        let length = lead.at - self.newest().at;
        if lead.is_sync {
            if let Some(last) = self.last_sync.replace(lead.at).filter(|last| *last < lead.at) {
                self.gop = Some(lead.at - last);
            }
            let cuts = length > 0 && self.cuts_at(length, lead.length);
            return if cuts { Verdict::Cut } else { Verdict::Stay };
        }
        let since_sync = self.last_sync.map_or(length, |last| lead.at - last);
        let is_due = length >= self.segment - lead.length / 2;
        let is_long = since_sync > self.limit || self.gop.is_some_and(|gop| gop > self.limit);
        let is_last_chance = length + lead.length.max(1) > self.limit;
        if length > 0 && (is_last_chance || (is_due && is_long)) {
            return Verdict::Force { gop: Span::from_ticks(since_sync, SCALE) };
        }
        Verdict::Stay
    }

    /// Whether a sync unit `length` after the segment's start closes it: at the wanted length less
    /// half a unit, or where waiting for the next sync unit would make the segment too long.
    fn cuts_at(&self, length: i64, unit: i64) -> bool {
        length >= self.segment - unit / 2
            || self.gop.is_some_and(|gop| length + gop > self.limit && length * 2 > self.segment)
    }

    /// Where the part after one of segment `msn` that ends at `end` is expected.
    ///
    /// `unit` is the length of a unit of the asking rendition.
    pub fn next(&self, after: Position, end: i64, unit: i64) -> Position {
        let closes = match self.end_of(after.msn) {
            Some(cut) => end > cut.at - (unit / 2).max(1),
            None => self.predicts_cut(end, unit),
        };
        if closes { Position::start_of(after.msn + 1) } else { after.next_part() }
    }

    /// Whether the open segment is expected to be cut at `end`.
    fn predicts_cut(&self, end: i64, unit: i64) -> bool {
        let length = end - self.newest().at;
        let half = (unit / 2).max(1);
        match (self.last_sync, self.gop) {
            (Some(last), Some(gop)) if gop <= self.limit => {
                let off = (end - last).rem_euclid(gop.max(1));
                (off <= half || gop - off <= half)
                    && end - last > half
                    && self.cuts_at(length, unit)
            }
            // One GOP at most so far, or one too long: the wanted length.
            _ => length >= self.segment - half,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: i64 = 3_000;

    fn start() -> Cut {
        let anchor = Anchor { at: 0, wall: Wall(0) };
        Cut { msn: 0, at: 0, discontinuity: false, anchor, epoch: 0 }
    }

    /// Cuts of pictures at 30 a second, `K` a sync unit, `.` any other: `|` before each cut, `!`
    /// before each forced one. One letter is `frames` pictures.
    fn cuts(frames: i64, units: &str) -> String {
        let mut grid = Grid::new(Span::from_seconds(2), 2, start());
        let mut text = String::new();
        for (number, letter) in (0..).zip(units.chars()) {
            for frame in 0..frames {
                let at = (number * frames + frame) * FRAME;
                let is_sync = letter == 'K' && frame == 0;
                let verdict = grid.judge(Lead { at, length: FRAME, is_sync });
                if verdict != Verdict::Stay {
                    grid.cut(Cut { msn: grid.newest().msn + 1, at, ..start() });
                    text.push(if verdict == Verdict::Cut { '|' } else { '!' });
                }
            }
            text.push(letter);
        }
        text
    }

    #[test]
    fn a_segment_ends_at_the_first_sync_unit_past_its_length() {
        // One letter is half a second.
        assert_eq!(cuts(15, "K...K...K"), "K...|K...|K");
        assert_eq!(cuts(15, "K.K.K.K.K"), "K.K.|K.K.|K");
        assert_eq!(cuts(15, "KKKKKKKKK"), "KKKK|KKKK|K");
    }

    #[test]
    fn a_segment_ends_early_where_waiting_would_make_it_too_long() {
        // GOPs of 1.5 s: two are 3 s, which rounds to more than 2.
        assert_eq!(cuts(15, "K..K..K..K"), "K..|K..|K..|K");
    }

    #[test]
    fn a_gop_over_the_target_is_cut_at_its_limit_and_then_at_the_target() {
        // 8 s GOPs; one letter is 1 s.
        let text = cuts(30, "K.......K.......K");
        assert_eq!(text.matches('!').count(), 6);
        assert!(text.contains("|K"));
    }

    #[test]
    fn the_next_part_is_foretold_from_the_gop_in_hand() {
        let mut grid = Grid::new(Span::from_seconds(2), 2, start());
        for frame in 0..=60 {
            let lead = Lead { at: frame * FRAME, length: FRAME, is_sync: frame % 30 == 0 };
            if grid.judge(lead) == Verdict::Cut {
                grid.cut(Cut { msn: 1, at: lead.at, ..start() });
            }
        }
        let next = |end: i64| grid.next(Position { msn: 1, part: 2 }, end * FRAME, FRAME);
        assert_eq!(next(90), Position { msn: 1, part: 3 });
        assert_eq!(next(110), Position { msn: 1, part: 3 });
        assert_eq!(next(120), Position { msn: 2, part: 0 });
        assert_eq!(grid.next(Position { msn: 0, part: 5 }, 60 * FRAME, FRAME).msn, 1);
    }
}
