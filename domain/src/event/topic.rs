//! Topics of the outbox.

use std::fmt;

macro_rules! topics {
    ($($(#[$doc:meta])+ $topic:ident $name:literal;)+) => {
        /// What an outbox row is about: the names that partners subscribe to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Topic {
            $($(#[$doc])+ $topic,)+
        }

        impl Topic {
            /// Every topic.
            pub const ALL: &[Self] = &[$(Self::$topic),+];

            /// The dotted name, as stored.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$topic => $name,)+
                }
            }
        }
    };
}

topics! {
    /// A broadcast was planned.
    BroadcastScheduled "broadcast.scheduled";
    /// A broadcast's title, time or visibility changed.
    BroadcastUpdated "broadcast.updated";
    /// A broadcast went live.
    BroadcastStarted "broadcast.started";
    /// Its publisher is gone.
    BroadcastInterrupted "broadcast.interrupted";
    /// Its publisher is back.
    BroadcastResumed "broadcast.resumed";
    /// A broadcast is over.
    BroadcastEnded "broadcast.ended";
    /// A moderator ended it.
    BroadcastTakenDown "broadcast.taken_down";
    /// A recording can be played.
    RecordingReady "recording.ready";
    /// A recording was trimmed, renamed or hidden.
    RecordingUpdated "recording.updated";
    /// A recording's objects are gone.
    RecordingPurged "recording.purged";
    /// A channel was made.
    ChannelCreated "channel.created";
    /// A channel's title, category or visibility changed.
    ChannelUpdated "channel.updated";
    /// A user follows a channel.
    ChannelFollowed "channel.followed";
    /// A user follows a channel no more.
    ChannelUnfollowed "channel.unfollowed";
    /// A comment was published.
    CommentCreated "comment.created";
    /// A comment waits for a moderator.
    CommentHeld "comment.held";
    /// A held comment was published.
    CommentReleased "comment.released";
    /// A comment is gone.
    CommentDeleted "comment.deleted";
    /// A removed comment is back.
    CommentRestored "comment.restored";
    /// A room's settings changed.
    RoomUpdated "room.updated";
    /// A room was cleared.
    RoomCleared "room.cleared";
    /// A gift was sent.
    GiftSent "gift.sent";
    /// A combo's count is final.
    GiftComboClosed "gift.combo_closed";
    /// A gift was refunded.
    GiftRefunded "gift.refunded";
    /// Coins were given to a wallet.
    WalletGranted "wallet.granted";
    /// Work for a moderator came up.
    ModerationItemOpened "moderation.item_opened";
    /// A moderator decided.
    ModerationDecisionMade "moderation.decision_made";
    /// A decision was taken back.
    ModerationDecisionUndone "moderation.decision_undone";
    /// A sanction began.
    SanctionCreated "sanction.created";
    /// A sanction was lifted.
    SanctionLifted "sanction.lifted";
    /// Someone complained.
    ReportCreated "report.created";
    /// Someone asked to be judged again.
    AppealCreated "appeal.created";
    /// An appeal was answered.
    AppealResolved "appeal.resolved";
}

impl Topic {
    /// The topic of this stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|topic| topic.as_str() == name)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
