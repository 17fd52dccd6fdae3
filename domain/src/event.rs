//! What happened, in the past tense: what rooms hear, and the topics of the outbox.
//!
//! These are the only types of this crate that are serialised, because they are a wire format:
//! the `data` of a room's stream, the payload of `room_events` and of the outbox. Fields are
//! added, never changed. `stream.*` (hello, gap, reset, shed, expiring) belongs to the hub.

mod topic;

use serde::{Deserialize, Serialize};
pub use topic::Topic;

use crate::{
    id::{BroadcastId, ChannelId, ComboId, CommentId, GiftId, RecordingId, SanctionId, UserId},
    money::Coins,
    time::Timestamp,
};

/// Priority of an event in a room: the lower, the less it may be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// Removals, sanctions, settings, broadcast state: never dropped, flushed at once.
    Control = 0,
    /// Gifts: never dropped; combos conflated by combo.
    Money = 1,
    /// Interactive state: the latest per key.
    Interactive = 2,
    /// Comments of those whom the room wants to hear: sampled last.
    Preferred = 3,
    /// Everyone else's comments: sampled.
    Comment = 4,
    /// Counters: aggregated.
    Ambient = 5,
}

impl Class {
    /// The number that is stored and that tiers are cut by.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The class of this number.
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Control,
            1 => Self::Money,
            2 => Self::Interactive,
            3 => Self::Preferred,
            4 => Self::Comment,
            5 => Self::Ambient,
            _ => return None,
        })
    }
}

/// Something that happened in a room; JSON with the dotted name as `type`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum RoomEvent {
    /// A comment was published.
    #[serde(rename = "comment.created")]
    CommentCreated {
        /// The comment.
        comment: Comment,
    },
    /// A comment is gone, whoever took it away.
    #[serde(rename = "comment.deleted")]
    CommentDeleted(CommentDeleted),
    /// A removed comment is back.
    #[serde(rename = "comment.restored")]
    CommentRestored {
        /// The comment, whole: a page that joined later never had it.
        comment: Comment,
    },
    /// The room's settings changed.
    #[serde(rename = "room.updated")]
    RoomUpdated(RoomUpdated),
    /// All comments up to a position are gone.
    #[serde(rename = "room.cleared")]
    RoomCleared(RoomCleared),
    /// A gift was paid for and sent.
    #[serde(rename = "gift.sent")]
    GiftSent {
        /// The gift.
        gift: Gift,
    },
    /// A combo grew.
    #[serde(rename = "gift.combo_updated")]
    GiftComboUpdated(Combo),
    /// A combo's window passed; its count is final.
    #[serde(rename = "gift.combo_closed")]
    GiftComboClosed(Combo),
    /// A gift was refunded.
    #[serde(rename = "gift.refunded")]
    GiftRefunded(GiftRefunded),
    /// A broadcast was planned.
    #[serde(rename = "broadcast.scheduled")]
    BroadcastScheduled(Broadcast),
    /// The first media of a broadcast arrived.
    #[serde(rename = "broadcast.started")]
    BroadcastStarted(Broadcast),
    /// The publisher is gone; the reconnect window runs.
    #[serde(rename = "broadcast.interrupted")]
    BroadcastInterrupted(Broadcast),
    /// The publisher is back inside the reconnect window.
    #[serde(rename = "broadcast.resumed")]
    BroadcastResumed(Broadcast),
    /// A broadcast is over.
    #[serde(rename = "broadcast.ended")]
    BroadcastEnded(Broadcast),
    /// A moderator ended a broadcast.
    #[serde(rename = "broadcast.taken_down")]
    BroadcastTakenDown(Broadcast),
    /// A user may not do something for a while.
    #[serde(rename = "sanction.created")]
    SanctionCreated(Sanction),
    /// A sanction ended before its time.
    #[serde(rename = "sanction.lifted")]
    SanctionLifted(Sanction),
    /// How many are here; once or twice a second at most.
    #[serde(rename = "room.counters")]
    RoomCounters(Counters),
}

impl RoomEvent {
    /// The dotted name, as in the `type` member and in SSE's `event:` line.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CommentCreated { .. } => "comment.created",
            Self::CommentDeleted(_) => "comment.deleted",
            Self::CommentRestored { .. } => "comment.restored",
            Self::RoomUpdated(_) => "room.updated",
            Self::RoomCleared(_) => "room.cleared",
            Self::GiftSent { .. } => "gift.sent",
            Self::GiftComboUpdated(_) => "gift.combo_updated",
            Self::GiftComboClosed(_) => "gift.combo_closed",
            Self::GiftRefunded(_) => "gift.refunded",
            Self::BroadcastScheduled(_) => "broadcast.scheduled",
            Self::BroadcastStarted(_) => "broadcast.started",
            Self::BroadcastInterrupted(_) => "broadcast.interrupted",
            Self::BroadcastResumed(_) => "broadcast.resumed",
            Self::BroadcastEnded(_) => "broadcast.ended",
            Self::BroadcastTakenDown(_) => "broadcast.taken_down",
            Self::SanctionCreated(_) => "sanction.created",
            Self::SanctionLifted(_) => "sanction.lifted",
            Self::RoomCounters(_) => "room.counters",
        }
    }

    /// Its priority.
    pub fn class(&self) -> Class {
        match self {
            Self::CommentCreated { comment } => comment.class(),
            Self::CommentDeleted(_)
            | Self::CommentRestored { .. }
            | Self::RoomUpdated(_)
            | Self::RoomCleared(_)
            | Self::GiftRefunded(_)
            | Self::BroadcastScheduled(_)
            | Self::BroadcastStarted(_)
            | Self::BroadcastInterrupted(_)
            | Self::BroadcastResumed(_)
            | Self::BroadcastEnded(_)
            | Self::BroadcastTakenDown(_)
            | Self::SanctionCreated(_)
            | Self::SanctionLifted(_) => Class::Control,
            Self::GiftSent { .. } | Self::GiftComboClosed(_) => Class::Money,
            Self::GiftComboUpdated(_) => Class::Interactive,
            Self::RoomCounters(_) => Class::Ambient,
        }
    }

    /// Events with equal keys may be replaced by the latest of them inside one flush.
    pub fn conflation_key(&self) -> Option<ConflationKey> {
        match self {
            Self::GiftComboUpdated(combo) | Self::GiftComboClosed(combo) => {
                Some(ConflationKey::Combo(combo.combo_id))
            }
            Self::RoomCounters(_) => Some(ConflationKey::Counters),
            Self::CommentCreated { .. }
            | Self::CommentDeleted(_)
            | Self::CommentRestored { .. }
            | Self::RoomUpdated(_)
            | Self::RoomCleared(_)
            | Self::GiftSent { .. }
            | Self::GiftRefunded(_)
            | Self::BroadcastScheduled(_)
            | Self::BroadcastStarted(_)
            | Self::BroadcastInterrupted(_)
            | Self::BroadcastResumed(_)
            | Self::BroadcastEnded(_)
            | Self::BroadcastTakenDown(_)
            | Self::SanctionCreated(_)
            | Self::SanctionLifted(_) => None,
        }
    }
}

/// What makes two events of one flush replaceable by the later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConflationKey {
    /// Events about one combo.
    Combo(ComboId),
    /// The room's counters.
    Counters,
}

/// An event with its place in the room: what a viewer's stream carries as `data`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// The place in the room's history, from 1 on, without holes.
    pub seq: u64,
    /// When it happened, by our clock.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: RoomEvent,
}

/// A published comment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// Who wrote it.
    pub author: Author,
    /// Chat, danmaku, question, system or announcement.
    pub kind: crate::comment::Kind,
    /// The words as written, at most [`crate::comment::Kind::chars_max`] characters.
    pub body: String,
    /// When we took it.
    pub sent_at: Timestamp,
    /// The programme time that its author was watching.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pdt_at: Option<Timestamp>,
    /// The broadcast that ran, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcast_id: Option<BroadcastId>,
    /// The id that its author's page gave it, so that the page knows its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The comment that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<CommentId>,
    /// How a danmaku flies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub danmaku: Option<Danmaku>,
    /// How many equal comments of 5 seconds this one stands for, when more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

impl Comment {
    /// Preferred when the author has a badge or it answers someone, or when it is no viewer's.
    pub fn class(&self) -> Class {
        use crate::comment::Kind;
        match self.kind {
            Kind::System | Kind::Announcement | Kind::Question => Class::Preferred,
            Kind::Chat | Kind::Danmaku => {
                let preferred = !self.author.badges.is_empty() || self.parent_id.is_some();
                if preferred { Class::Preferred } else { Class::Comment }
            }
        }
    }
}

/// Who wrote or gave something, as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The user; absent when an anonymous gift hides them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<UserId>,
    /// The shown name.
    pub display_name: String,
    /// What they are to this channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub badges: Vec<Badge>,
}

/// What an author is to the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Badge {
    /// Owns the channel.
    Creator,
    /// Moderates it.
    Moderator,
    /// Supports it.
    Subscriber,
    /// Honoured by the creator.
    Vip,
    /// Is a program.
    Bot,
}

/// How a danmaku is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Danmaku {
    /// Where it moves.
    pub mode: DanmakuMode,
    /// 24-bit RGB.
    pub color: u32,
    /// Height in CSS pixels at a picture height of 540.
    pub size: u8,
}

/// Where a danmaku moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DanmakuMode {
    /// From right to left.
    #[default]
    Scroll,
    /// Fixed above.
    Top,
    /// Fixed below.
    Bottom,
}

/// A comment is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentDeleted {
    /// The comment.
    pub comment_id: CommentId,
    /// Who took it away.
    pub by: DeletedBy,
    /// What its author is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible_reason: Option<VisibleReason>,
}

/// Who took a comment away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletedBy {
    /// Its author.
    Author,
    /// A moderator or a rule.
    Moderation,
}

/// What the person concerned is told about a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisibleReason {
    /// A stable word, for example `abuse` or `spam`.
    pub code: String,
    /// One sentence.
    pub text: String,
    /// The language of the sentence, BCP 47.
    pub lang: String,
}

/// The room's settings as pages need them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomUpdated {
    /// Grows with each change; the `ETag` of the settings.
    pub settings_version: i64,
    /// The settings, as `GET /v1/rooms/{id}` shows them.
    pub settings: serde_json::Value,
}

/// All comments up to here are gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomCleared {
    /// The last place that is cleared.
    pub up_to_seq: u64,
    /// Only the comments of this user; of everybody when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_id: Option<UserId>,
}

/// A gift that was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gift {
    /// Its id.
    pub id: GiftId,
    /// Who gave it.
    pub sender: Author,
    /// Who gets it.
    pub channel_id: ChannelId,
    /// The broadcast that ran, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcast_id: Option<BroadcastId>,
    /// Which gift of the catalogue.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// What they cost together.
    pub total_coins: Coins,
    /// What was said with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The combo that it counts towards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub combo: Option<Combo>,
    /// The programme time that its sender was watching.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pdt_at: Option<Timestamp>,
}

/// Repeats of one gift, shown as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Combo {
    /// Its id.
    pub combo_id: ComboId,
    /// How many gifts so far.
    pub count: u32,
    /// What they cost together.
    pub total_coins: Coins,
    /// Until when one more counts.
    pub closes_at: Timestamp,
}

/// A gift was refunded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiftRefunded {
    /// The gift.
    pub gift_id: GiftId,
    /// The combo that it counted towards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub combo_id: Option<ComboId>,
    /// What was given back.
    pub total_coins: Coins,
}

/// A broadcast changed its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broadcast {
    /// The broadcast.
    pub broadcast_id: BroadcastId,
    /// Its channel.
    pub channel_id: ChannelId,
    /// Its recording, unless recording is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_id: Option<RecordingId>,
    /// Why, as a stable word: `publisher_lost`, `ended_by_creator`, `taken_down`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When a planned broadcast shall start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
}

/// A user may not do something for a while, or may again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sanction {
    /// Its id.
    pub sanction_id: SanctionId,
    /// Whom it concerns.
    pub user_id: UserId,
    /// What it is.
    pub kind: SanctionKind,
    /// When it ends; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// Whether pages drop everything that this user wrote here.
    #[serde(default)]
    pub hides_comments: bool,
}

/// What a sanction forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SanctionKind {
    /// Nothing; a note to the user.
    Warn,
    /// Writing, for a while.
    Timeout,
    /// Writing and entering.
    Ban,
    /// Being seen by others.
    Shadow,
    /// Writing often.
    Slow,
    /// Writing addresses.
    NoLinks,
    /// Sending gifts.
    NoGifts,
    /// Going live.
    StreamSuspend,
}

impl SanctionKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Warn,
        Self::Timeout,
        Self::Ban,
        Self::Shadow,
        Self::Slow,
        Self::NoLinks,
        Self::NoGifts,
        Self::StreamSuspend,
    ];

    /// The stored text, the same as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Timeout => "timeout",
            Self::Ban => "ban",
            Self::Shadow => "shadow",
            Self::Slow => "slow",
            Self::NoLinks => "no_links",
            Self::NoGifts => "no_gifts",
            Self::StreamSuspend => "stream_suspend",
        }
    }

    /// The kind of this stored text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How many are here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Open streams and players.
    pub viewers: u64,
    /// Likes since the broadcast started.
    pub likes: u64,
    /// One comment in so many is shown; 1 = all.
    pub sampled_1_in: u32,
}

#[cfg(test)]
mod tests;
