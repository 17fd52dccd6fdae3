//! Shapes of ids, times and problems in the OpenAPI document.
//!
//! `domain` knows nothing of OpenAPI, so a field of one of its types names its shape here:
//! `#[schema(value_type = schema::ChannelId)] pub id: ChannelId`.

use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{RefOr, schema::SchemaType};
use utoipa::{PartialSchema, ToSchema};

macro_rules! ids {
    ($($(#[$doc:meta])+ $name:ident $prefix:literal;)+) => {
        $(
            $(#[$doc])+
            #[derive(Debug)]
            pub enum $name {}

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    ObjectBuilder::new()
                        .schema_type(SchemaType::new(Type::String))
                        .pattern(Some(concat!("^", $prefix, "_[0-9a-f]{32}$")))
                        .description(Some(concat!("An id: `", $prefix, "_` and a UUIDv7 as 32 lower-case hex digits.")))
                        .examples([concat!($prefix, "_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d")])
                        .into()
                }
            }

            impl ToSchema for $name {}
        )+
    };
}

ids! {
    /// The shape of an organisation's id.
    OrgId "org";
    /// The shape of a user's id.
    UserId "usr";
    /// The shape of a channel's id.
    ChannelId "chn";
    /// The shape of a broadcast's id.
    BroadcastId "brd";
    /// The shape of a recording's id.
    RecordingId "rec";
    /// The shape of a room's id.
    RoomId "room";
    /// The shape of a comment's id.
    CommentId "cmt";
    /// The shape of a gift's id.
    GiftId "gft";
    /// The shape of a transfer's id.
    TransferId "trf";
    /// The shape of a moderation item's id.
    ItemId "itm";
    /// The shape of a decision's id.
    DecisionId "dec";
    /// The shape of an event's id.
    EventId "evt";
    /// The shape of a webhook endpoint's id.
    WebhookId "whk";
    /// The shape of a stream key's id; never the secret.
    StreamKeyId "skey";
    /// The shape of an API key's id; never the secret.
    ApiKeyId "key";
    /// The shape of a moderation rule's id.
    RuleId "rul";
    /// The shape of a moderation queue's id.
    QueueId "que";
    /// The shape of a report's id.
    ReportId "rpt";
    /// The shape of a sanction's id.
    SanctionId "san";
    /// The shape of a combo's id.
    ComboId "cmb";
    /// The shape of a gift type's id.
    GiftTypeId "gty";
    /// The shape of a policy's id.
    PolicyId "pol";
    /// The shape of a term list's id.
    TermListId "tls";
    /// The shape of a term's id.
    TermId "trm";
    /// The shape of a feed answer's id.
    FeedId "fed";
    /// The shape of a ledger account's id.
    AccountId "acc";
}

/// The shape of a text in several languages: BCP 47 tag to text.
#[derive(Debug)]
pub enum LocalizedText {}

impl PartialSchema for LocalizedText {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
        ObjectBuilder::new()
            .additional_properties(Some(text))
            .description(Some("A text in several languages: BCP 47 tag to text."))
            .examples([serde_json::json!({ "en": "River lantern", "zh-CN": "河灯" })])
            .into()
    }
}

impl ToSchema for LocalizedText {}

/// The shape of a time: RFC 3339 in UTC with milliseconds.
#[derive(Debug)]
pub enum Timestamp {}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::String))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("RFC 3339 in UTC with milliseconds."))
            .examples(["2026-11-25T18:30:00.000Z"])
            .into()
    }
}

impl ToSchema for Timestamp {}
