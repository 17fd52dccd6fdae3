//! Alarms: what is wrong in one second becomes what stands, without flicker. Codes and figures only;
//! the words are the page's.

use std::collections::BTreeMap;

use domain::id::{BroadcastId, ChannelId};
use domain::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// A finding stands after so many bad seconds in a row, and ends after [`SECONDS_TO_END`] good ones.
const SECONDS_TO_STAND: u8 = 2;
/// As above.
const SECONDS_TO_END: u8 = 3;
/// Alarms that stand at once; further findings wait for room.
const ALARMS_MAX: usize = 100;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    /// Something is lost or about to be.
    Bad,
    /// Degraded, going on.
    Warning,
}

/// What an alarm is about, beside the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct About {
    pub(crate) channel_id: ChannelId,
    pub(crate) broadcast_id: BroadcastId,
}

/// What is wrong in one second.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    /// `None` for the node.
    pub(crate) about: Option<About>,
    /// When it began, where that is known.
    pub(crate) since: Option<Timestamp>,
    pub(crate) args: Value,
}

/// What stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Alarm {
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) about: Option<About>,
    pub(crate) since: Timestamp,
    pub(crate) args: Value,
}

/// An alarm begins or ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Change {
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    pub(crate) about: Option<About>,
    pub(crate) stands: bool,
}

/// The alarms of one node.
#[derive(Debug, Default)]
pub(crate) struct Alarms {
    suspects: BTreeMap<(&'static str, Option<About>), Suspect>,
}

#[derive(Debug)]
struct Suspect {
    alarm: Alarm,
    bad: u8,
    good: u8,
    stands: bool,
}

impl Alarms {
    /// Takes what was found in one second; returns what began and what ended.
    pub(crate) fn observe(&mut self, found: Vec<Finding>, now: Timestamp) -> Vec<Change> {
        let mut changes = Vec::new();
        self.suspects.retain(|(code, about), suspect| {
            if found.iter().any(|finding| finding.code == *code && finding.about == *about) {
                return true;
            }
            suspect.bad = 0;
            suspect.good += 1;
            let stays = suspect.stands && suspect.good < SECONDS_TO_END;
            if suspect.stands && !stays {
                changes.push(suspect.change(false));
            }
            stays
        });
        for Finding { code, severity, about, since, args } in found {
            if !self.suspects.contains_key(&(code, about)) && self.suspects.len() >= ALARMS_MAX {
                continue;
            }
            let suspect = self.suspects.entry((code, about)).or_insert_with(|| {
                let since = since.unwrap_or(now);
                let alarm = Alarm { code, severity, about, since, args: Value::Null };
                Suspect { alarm, bad: 0, good: 0, stands: false }
            });
            suspect.alarm.args = args;
            suspect.alarm.severity = severity;
            suspect.good = 0;
            suspect.bad = (suspect.bad + 1).min(SECONDS_TO_STAND);
            if !suspect.stands && suspect.bad == SECONDS_TO_STAND {
                suspect.stands = true;
                changes.push(suspect.change(true));
            }
        }
        changes
    }

    /// What stands: the worst first, then the oldest.
    pub(crate) fn standing(&self) -> Vec<Alarm> {
        let standing = self.suspects.values().filter(|suspect| suspect.stands);
        let mut alarms: Vec<Alarm> = standing.map(|suspect| suspect.alarm.clone()).collect();
        alarms.sort_by_key(|alarm| (alarm.severity, alarm.since, alarm.code));
        alarms
    }
}

impl Suspect {
    fn change(&self, stands: bool) -> Change {
        let Alarm { code, severity, about, .. } = self.alarm;
        Change { code, severity, about, stands }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn finding(code: &'static str, severity: Severity, figure: u32) -> Finding {
        Finding { code, severity, about: None, since: None, args: json!({ "figure": figure }) }
    }

    /// Feeds one letter a second: `x` bad, `.` good; `^` where the alarm begins, `v` where it ends.
    fn told(seconds: &str) -> String {
        let mut alarms = Alarms::default();
        let mut told = String::new();
        for (second, letter) in seconds.chars().enumerate() {
            let found = (letter == 'x').then(|| finding("store_down", Severity::Bad, 1));
            let now = Timestamp(i64::try_from(second).unwrap() * 1_000);
            let changes = alarms.observe(found.into_iter().collect(), now);
            told.push(match changes.first() {
                Some(Change { stands: true, .. }) => '^',
                Some(Change { stands: false, .. }) => 'v',
                None => letter,
            });
        }
        told
    }

    #[test]
    fn a_finding_stands_after_two_seconds_and_ends_after_three_good_ones() {
        for (seconds, wanted) in [
            ("xxxx", "x^xx"),
            ("x.x.x", "x.x.x"),
            ("xx..xx...", "x^..xx..v"),
            ("xx....xx", "x^..v.x^"),
        ] {
            assert_eq!(told(seconds), wanted, "{seconds}");
        }
    }

    #[test]
    fn an_alarm_keeps_its_beginning_and_has_its_newest_figures() {
        let mut alarms = Alarms::default();
        for second in 1..=5_u32 {
            let mut found = vec![finding("parts_late", Severity::Warning, second)];
            if second > 2 {
                let began = Some(Timestamp(2_500));
                found
                    .push(Finding { since: began, ..finding("store_down", Severity::Bad, second) });
            }
            alarms.observe(found, Timestamp(i64::from(second) * 1_000));
        }
        let standing = alarms.standing();
        let figures =
            standing.iter().map(|alarm| (alarm.code, alarm.since.0, &alarm.args["figure"]));
        let wanted = [("store_down", 2_500, &json!(5)), ("parts_late", 1_000, &json!(5))];
        assert_eq!(figures.collect::<Vec<_>>(), wanted, "the worst first");
    }

    #[test]
    fn alarms_are_bounded() {
        let mut alarms = Alarms::default();
        let ids = infra::ids::Ids::seeded(infra::clock::ManualClock::new(Timestamp(0)), 7);
        let abouts: Vec<About> =
            (0..150).map(|_| About { channel_id: ids.next(), broadcast_id: ids.next() }).collect();
        for _ in 0..3 {
            let found = abouts.iter().map(|about| {
                let late = finding("parts_late", Severity::Warning, 0);
                Finding { about: Some(*about), ..late }
            });
            alarms.observe(found.collect(), Timestamp(0));
        }
        assert_eq!(alarms.standing().len(), ALARMS_MAX);
    }
}
