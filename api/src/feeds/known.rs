//! What this process knows: the counters of `domain`, and what cards say about their things.

use std::collections::{HashMap, HashSet, VecDeque};

use domain::channel::Visibility;
use domain::feed::state::{Live, Planned, Profile, Recorded, State};
use domain::id::{BroadcastId, ChannelId, Id, RecordingId};
use domain::time::Timestamp;
use infra::database::{broadcasts, channels, recordings};

/// Broadcasts that are over and are remembered as such: a late pulse does not bring them back.
const OVER_MAX: usize = 10_000;

/// A channel as a card shows it.
#[derive(Debug, Clone)]
pub(super) struct ShownChannel {
    pub(super) slug: String,
    pub(super) title: String,
    pub(super) category: Option<String>,
    pub(super) owner: Option<domain::id::UserId>,
}

/// A broadcast or recording as a card shows it.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) title: String,
    pub(super) at: Option<Timestamp>,
    pub(super) duration_ms: Option<i64>,
}

/// Counters and words, changed together.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) state: State,
    pub(super) channels: HashMap<ChannelId, ShownChannel>,
    pub(super) broadcasts: HashMap<BroadcastId, Shown>,
    pub(super) recordings: HashMap<RecordingId, Shown>,
    over: HashSet<BroadcastId>,
    over_order: VecDeque<BroadcastId>,
}

impl Known {
    /// Takes a channel's row as it is now; an archived one is gone.
    pub(super) fn channel(&mut self, row: channels::Model) {
        let id = ChannelId::from_uuid(row.id);
        if row.archived_at.is_some() {
            self.channels.remove(&id);
            self.state.channel_is_gone(id);
            return;
        }
        let visibility = visibility(&row.visibility);
        let profile = Profile { visibility, category: row.category.clone(), language: None };
        self.state.channel_is(id, profile);
        let shown = ShownChannel {
            slug: row.slug,
            title: row.title,
            category: row.category,
            owner: row.owner_id.map(Id::from_uuid),
        };
        if self.state.channel(id).is_some() {
            self.channels.insert(id, shown);
        }
    }

    /// Takes a broadcast's row as it is now. Whether media flows says the origin; until it does,
    /// a row that is live is believed for as long as silence may last.
    pub(super) fn broadcast(&mut self, row: broadcasts::Model, now: Timestamp) {
        let (id, channel) = (BroadcastId::from_uuid(row.id), Id::from_uuid(row.channel_id));
        let visibility = visibility(&row.visibility);
        let at = row.started_at.or(row.scheduled_at).map(Timestamp);
        let shown = Shown { title: row.title, at, duration_ms: None };
        match row.status.as_str() {
            "live" | "interrupted" if !self.over.contains(&id) => {
                let before = self.state.live(id);
                let live = Live {
                    channel,
                    since: at.unwrap_or(now),
                    viewers: before.map_or(0, |live| live.viewers),
                    visibility,
                    is_flowing: row.status == "live",
                    heard_at: before.map_or(now, |live| live.heard_at),
                };
                self.state.is_live(id, live, now);
                self.broadcasts.insert(id, shown);
            }
            "scheduled" => {
                if let Some(starts_at) = row.scheduled_at.map(Timestamp) {
                    let planned = Planned { channel, starts_at, visibility };
                    self.state.is_planned(id, planned);
                    self.broadcasts.insert(id, shown);
                }
            }
            "ready" => {}
            _ => self.broadcast_is_over(id),
        }
    }

    /// A broadcast is off the air for good.
    pub(super) fn broadcast_is_over(&mut self, id: BroadcastId) {
        self.state.is_off_air(id);
        self.broadcasts.remove(&id);
        if self.over.insert(id) {
            self.over_order.push_back(id);
        }
        if self.over_order.len() > OVER_MAX
            && let Some(oldest) = self.over_order.pop_front()
        {
            self.over.remove(&oldest);
        }
    }

    pub(super) fn is_over(&self, id: BroadcastId) -> bool {
        self.over.contains(&id)
    }

    /// Takes a recording's row as it is now.
    pub(super) fn recording(&mut self, row: recordings::Model) {
        let (id, channel) = (RecordingId::from_uuid(row.id), Id::from_uuid(row.channel_id));
        if row.status != "ready" {
            self.recordings.remove(&id);
            self.state.recording_is_gone(id);
            return;
        }
        let at = Timestamp(row.created_at);
        let visibility = visibility(&row.visibility);
        self.state.is_recorded(id, Recorded { channel, at, visibility });
        let shown = Shown { title: row.title, at: Some(at), duration_ms: row.duration_ms };
        self.recordings.insert(id, shown);
        if self.recordings.len() > 2 * State::RECORDED_MAX {
            let state = &self.state;
            self.recordings.retain(|&id, _| state.knows_recording(id));
        }
    }
}

/// A text that is none of ours hides: better unseen than leaked.
fn visibility(text: &str) -> Visibility {
    Visibility::parse(text).unwrap_or(Visibility::Private)
}
