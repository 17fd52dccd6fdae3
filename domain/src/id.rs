//! Names of things: a short prefix and a `UUIDv7`, one type for each kind of thing.
//!
//! Nothing here makes an id: fresh ones come from `infra::ids`, so that tests can choose them.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// A kind of thing that has ids.
pub trait Entity: 'static {
    /// What stands before the underscore in the text form.
    const PREFIX: &'static str;
}

/// Points at one thing of kind `T`. Text form: the prefix of `T`, `_`, 32 lower-case hex digits.
///
/// Ids made by us are `UUIDv7`, so their order is roughly the order of creation.
pub struct Id<T> {
    uuid: Uuid,
    kind: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// The id that wraps this UUID.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }

    /// The wrapped UUID, as stored.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<T: Entity> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", T::PREFIX, self.uuid.simple())
    }
}

impl<T: Entity> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is not an id of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseIdError {
    /// The text names another kind of thing, or none.
    #[error("an id of this kind starts with `{expected}_`")]
    Prefix {
        /// The prefix of the wanted kind.
        expected: &'static str,
    },
    /// What follows the prefix is not 32 lower-case hex digits.
    #[error("`{expected}_` must be followed by 32 lower-case hex digits")]
    Digits {
        /// The prefix of the wanted kind.
        expected: &'static str,
    },
}

impl<T: Entity> FromStr for Id<T> {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = T::PREFIX;
        let digits = text
            .strip_prefix(expected)
            .and_then(|rest| rest.strip_prefix('_'))
            .ok_or(ParseIdError::Prefix { expected })?;
        // One text per id: upper case, hyphens and braces would make a second name for it.
        let canonical =
            digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !canonical {
            return Err(ParseIdError::Digits { expected });
        }
        let uuid = Uuid::try_parse(digits).map_err(|_| ParseIdError::Digits { expected })?;
        Ok(Self::from_uuid(uuid))
    }
}

impl<T: Entity> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: Entity> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! entities {
    ($($(#[$doc:meta])+ $marker:ident $alias:ident $prefix:literal;)+) => {
        $(
            $(#[$doc])+
            #[derive(Debug)]
            pub enum $marker {}

            impl Entity for $marker {
                const PREFIX: &'static str = $prefix;
            }

            #[doc = concat!("Points at one [`", stringify!($marker), "`]; text form `", $prefix, "_…`.")]
            pub type $alias = Id<$marker>;
        )+

        /// Every prefix in use, for the test that no two kinds share one.
        #[cfg(test)]
        const PREFIXES: &[&str] = &[$($prefix),+];
    };
}

entities! {
    /// A tenant that owns users and channels.
    Org OrgId "org";
    /// An account, whatever it does.
    User UserId "usr";
    /// A creator's lasting place.
    Channel ChannelId "chn";
    /// One live session of a channel.
    Broadcast BroadcastId "brd";
    /// What remains of a broadcast to replay.
    Recording RecordingId "rec";
    /// Where comments run.
    Room RoomId "room";
    /// A viewer's words.
    Comment CommentId "cmt";
    /// One gift that was sent.
    Gift GiftId "gft";
    /// One balanced fact of the ledger.
    Transfer TransferId "trf";
    /// Work for a moderator.
    Item ItemId "itm";
    /// A moderator's judgement.
    Decision DecisionId "dec";
    /// A past-tense fact in the outbox.
    Event EventId "evt";
    /// A partner's webhook endpoint.
    Webhook WebhookId "whk";
    /// A publisher's secret, by its row.
    StreamKey StreamKeyId "skey";
    /// A partner's secret, by its row.
    ApiKey ApiKeyId "key";
    /// An instant test of a comment.
    Rule RuleId "rul";
    /// A named set of terms that rules cite.
    TermList TermListId "tls";
    /// A word of a term list.
    Term TermId "trm";
    /// An order of items.
    Queue QueueId "que";
    /// Someone's complaint about a subject.
    Report ReportId "rpt";
    /// The effect of a decision, with an end.
    Sanction SanctionId "san";
    /// Repeats of one gift shown as one.
    Combo ComboId "cmb";
    /// One line of the gift catalogue.
    GiftType GiftTypeId "gty";
    /// What a decision cites.
    Policy PolicyId "pol";
    /// One answer of the feeds.
    Feed FeedId "fed";
    /// A balance in the ledger.
    Account AccountId "acc";
    /// Later work, leased by one worker.
    Job JobId "job";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_text_form_is_prefix_underscore_and_32_digits() {
        let id = BroadcastId::from_uuid(Uuid::from_u128(0x0192_abcd_0000_7000_8000_0000_0000_002a));
        assert_eq!(id.to_string(), "brd_0192abcd00007000800000000000002a");
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"brd_0192abcd00007000800000000000002a\"");
    }

    #[test]
    fn only_the_canonical_text_is_an_id() {
        let wrong_prefix = ParseIdError::Prefix { expected: "brd" };
        let wrong_digits = ParseIdError::Digits { expected: "brd" };
        for (text, error) in [
            ("", wrong_prefix),
            ("brd", wrong_prefix),
            ("brd_", wrong_digits),
            ("usr_0192abcd00007000800000000000002a", wrong_prefix),
            ("0192abcd00007000800000000000002a", wrong_prefix),
            ("brd_0192ABCD00007000800000000000002A", wrong_digits),
            ("brd_0192abcd-0000-7000-8000-00000000002a", wrong_digits),
            ("brd_0192abcd00007000800000000000002", wrong_digits),
            ("brd_0192abcd00007000800000000000002aa", wrong_digits),
            ("brd_{192abcd0000700080000000000000002}", wrong_digits),
        ] {
            assert_eq!(text.parse::<BroadcastId>(), Err(error), "{text}");
        }
    }

    #[test]
    fn no_two_kinds_share_a_prefix() {
        let distinct: HashSet<_> = PREFIXES.iter().collect();
        assert_eq!(distinct.len(), PREFIXES.len());
    }

    proptest! {
        #[test]
        fn text_and_json_lead_back_to_the_same_id(bits: u128) {
            let id = UserId::from_uuid(Uuid::from_u128(bits));
            prop_assert_eq!(id.to_string().parse::<UserId>(), Ok(id));
            let json = serde_json::to_vec(&id).unwrap();
            prop_assert_eq!(serde_json::from_slice::<UserId>(&json).unwrap(), id);
        }

        #[test]
        fn ids_are_ordered_like_their_texts(a: u128, b: u128) {
            let [a, b] = [a, b].map(|bits| UserId::from_uuid(Uuid::from_u128(bits)));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }
    }
}
