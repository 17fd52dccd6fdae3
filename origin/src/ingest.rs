//! How media comes in: a publisher connects, is admitted to a broadcast, and its units go there.

pub(crate) mod admission;
pub mod log;
pub(crate) mod rtmp;

/// Why a publisher is not let in, or is sent away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No channel has this stream key.
    #[error("no channel has this stream key")]
    UnknownKey,
    /// The key was replaced or withdrawn.
    #[error("this stream key was revoked; take the new one from the studio")]
    KeyRevoked,
    /// Another publisher sends to this broadcast.
    #[error("another publisher is live with this stream key")]
    AlreadyLive,
    /// The publisher sends a codec that is not taken.
    #[error("only H.264, H.265 and AV1 video, and AAC and Opus audio are taken")]
    CodecUnsupported,
    /// The database is away and the key was not seen lately.
    #[error("the database is unavailable; try again in a minute")]
    DatabaseUnavailable,
    /// The store is away, and with it how far the broadcast was.
    #[error("the media store is unavailable; try again in a minute")]
    StoreUnavailable,
    /// The channel may not go live: it is suspended.
    #[error("this channel may not go live")]
    ChannelSuspended,
    /// The broadcast was taken down.
    #[error("this broadcast was taken down")]
    TakenDown,
    /// The broadcast was ended by its creator or by the API.
    #[error("this broadcast has ended")]
    Ended,
    /// A newer connection of the same publisher took over.
    #[error("a newer connection took over")]
    TakenOver,
    /// The program is going down.
    #[error("the server is restarting; connect again")]
    Draining,
}

impl Refusal {
    /// The code that logs, metrics and the studio use.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownKey => "unknown_key",
            Self::KeyRevoked => "key_revoked",
            Self::AlreadyLive => "already_live",
            Self::CodecUnsupported => "codec_unsupported",
            Self::DatabaseUnavailable => "database_unavailable",
            Self::StoreUnavailable => "store_unavailable",
            Self::ChannelSuspended => "channel_suspended",
            Self::TakenDown => "taken_down",
            Self::Ended => "ended",
            Self::TakenOver => "taken_over",
            Self::Draining => "draining",
        }
    }
}
