//! The shapes that no handler's type gives: problems and the events of a room's stream.

use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

const AT: &str = "2026-11-25T18:30:00.000Z";

/// RFC 9457 with our members.
pub(crate) fn problem() -> RefOr<Schema> {
    schema(json!({
        "type": "object",
        "description": "RFC 9457 problem details.",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": {"type": "string", "description": "A stable URI of the kind of problem."},
            "title": {"type": "string", "description": "The kind of problem in words."},
            "status": {"type": "integer", "description": "The status of the answer."},
            "code": {"type": "string", "description": "A stable word to branch on."},
            "detail": {"type": "string", "description": "What is particular to this request."},
            "instance": {"type": "string", "description": "The path that was asked for."},
            "request_id": {"type": "string", "description": "What the log knows this request by."},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}}
        },
        "examples": [{
            "type": "urn:headwater:problem:not_found", "title": "Not found", "status": 404,
            "code": "not_found", "request_id": "req_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"
        }]
    }))
}

/// Every event, told apart by `type`.
pub(super) fn room_event() -> RefOr<Schema> {
    let names: Vec<_> = events().into_iter().map(|event| (event.schema, event.name)).collect();
    let one_of: Vec<_> =
        names.iter().map(|(schema, _)| json!({"$ref": reference(schema)})).collect();
    let mapping: serde_json::Map<_, _> =
        names.iter().map(|(schema, name)| ((*name).to_owned(), json!(reference(schema)))).collect();
    schema(json!({
        "description": "One event of a room's stream: the `data` of an SSE event. New types may come.",
        "oneOf": one_of,
        "discriminator": {"propertyName": "type", "mapping": mapping},
        "examples": [events()[0].example()]
    }))
}

/// The variants of [`room_event`] and what they are made of.
pub(super) fn variants() -> Vec<(String, RefOr<Schema>)> {
    let events = events().into_iter().map(|event| (event.schema.to_owned(), event.shape()));
    let parts = parts().into_iter().map(|(name, shape)| (name.to_owned(), schema(shape)));
    events.chain(parts).collect()
}

/// One kind of event.
struct Event {
    schema: &'static str,
    name: &'static str,
    about: &'static str,
    members: Value,
    sample: Value,
}

impl Event {
    fn shape(&self) -> RefOr<Schema> {
        let mut properties = self.members.clone();
        properties["type"] = json!({"type": "string", "const": self.name});
        let mut required = vec!["type"];
        let optional = [
            "reason",
            "visible_reason",
            "author_id",
            "combo_id",
            "recording_id",
            "scheduled_at",
            "ends_at",
        ];
        let names: Vec<String> = self
            .members
            .as_object()
            .into_iter()
            .flat_map(|members| members.keys().cloned())
            .collect();
        required.extend(names.iter().map(String::as_str).filter(|name| !optional.contains(name)));
        if !self.name.starts_with("stream.") && self.name != "room.counters" {
            properties["seq"] = json!({"type": "integer", "format": "int64", "description": "The place in the room's history."});
            properties["at"] = json!({"type": "string", "format": "date-time", "description": "When it happened."});
            required.extend(["seq", "at"]);
        }
        schema(json!({
            "type": "object", "description": self.about, "required": required,
            "properties": properties, "examples": [self.example()]
        }))
    }

    fn example(&self) -> Value {
        let mut example = self.sample.clone();
        example["type"] = json!(self.name);
        if !self.name.starts_with("stream.") && self.name != "room.counters" {
            example["seq"] = json!(18_240);
            example["at"] = json!(AT);
        }
        example
    }
}

fn reference(schema: &str) -> String {
    format!("#/components/schemas/{schema}")
}

fn schema(shape: Value) -> RefOr<Schema> {
    RefOr::T(serde_json::from_value(shape).expect("a schema written by hand is a schema"))
}

/// Every event that a stream may carry.
fn events() -> Vec<Event> {
    let mut events = comment_events();
    events.extend(gift_events());
    events.extend(broadcast_events());
    events.extend(stream_events());
    events
}

/// What happens to comments, the room and users.
fn comment_events() -> Vec<Event> {
    vec![
        event(
            "CommentCreatedEvent",
            "comment.created",
            "A comment was published.",
            json!({"comment": {"$ref": "#/components/schemas/RoomComment"}}),
            json!({"comment": {"id": "cmt_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "author": {"id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "display_name": "Mira"}, "kind": "chat", "body": "hello", "sent_at": AT}}),
        ),
        event(
            "CommentDeletedEvent",
            "comment.deleted",
            "A comment is gone: drop it.",
            json!({"comment_id": {"type": "string", "pattern": "^cmt_[0-9a-f]{32}$"}, "by": {"type": "string"}, "visible_reason": {"$ref": "#/components/schemas/RoomVisibleReason"}}),
            json!({"comment_id": "cmt_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "by": "moderation"}),
        ),
        event(
            "CommentRestoredEvent",
            "comment.restored",
            "A removed comment is back.",
            json!({"comment": {"$ref": "#/components/schemas/RoomComment"}}),
            json!({"comment": {"id": "cmt_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "author": {"id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "display_name": "Mira"}, "kind": "chat", "body": "hello", "sent_at": AT}}),
        ),
        event(
            "RoomUpdatedEvent",
            "room.updated",
            "The room's settings changed.",
            json!({"settings_version": {"type": "integer", "format": "int64"}, "settings": {"$ref": "#/components/schemas/RoomSettings"}}),
            json!({"settings_version": 41, "settings": {"slow_mode_ms": 3000, "access": "everyone", "hold": "nothing", "budget_per_s": 20, "closed": false}}),
        ),
        event(
            "RoomClearedEvent",
            "room.cleared",
            "All comments up to a place are gone.",
            json!({"up_to_seq": {"type": "integer", "format": "int64"}, "author_id": {"type": "string", "pattern": "^usr_[0-9a-f]{32}$"}}),
            json!({"up_to_seq": 18239}),
        ),
        event(
            "SanctionCreatedEvent",
            "sanction.created",
            "A user may not do something for a while.",
            json!({"sanction_id": {"type": "string", "pattern": "^san_[0-9a-f]{32}$"}, "user_id": {"type": "string", "pattern": "^usr_[0-9a-f]{32}$"}, "kind": {"type": "string"}, "ends_at": {"type": "string", "format": "date-time"}, "hides_comments": {"type": "boolean"}}),
            json!({"sanction_id": "san_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "user_id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "kind": "timeout", "hides_comments": true}),
        ),
        event(
            "SanctionLiftedEvent",
            "sanction.lifted",
            "A sanction ended before its time.",
            json!({"sanction_id": {"type": "string", "pattern": "^san_[0-9a-f]{32}$"}, "user_id": {"type": "string", "pattern": "^usr_[0-9a-f]{32}$"}, "kind": {"type": "string"}, "ends_at": {"type": "string", "format": "date-time"}, "hides_comments": {"type": "boolean"}}),
            json!({"sanction_id": "san_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "user_id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "kind": "timeout", "hides_comments": true}),
        ),
        event(
            "RoomCountersEvent",
            "room.counters",
            "How many are here; takes no place in the history.",
            json!({"viewers": {"type": "integer", "format": "int64"}, "likes": {"type": "integer", "format": "int64"}, "sampled_1_in": {"type": "integer", "format": "int64"}}),
            json!({"viewers": 1204, "likes": 88, "sampled_1_in": 1}),
        ),
    ]
}

/// What happens to gifts.
fn gift_events() -> Vec<Event> {
    vec![
        event(
            "GiftSentEvent",
            "gift.sent",
            "A gift was sent.",
            json!({"gift": {"$ref": "#/components/schemas/RoomGift"}}),
            json!({"gift": {"id": "gft_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "sender": {"display_name": "Mira"}, "channel_id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "sku": "rose", "quantity": 1, "total_coins": 10}}),
        ),
        event(
            "GiftComboUpdatedEvent",
            "gift.combo_updated",
            "A combo grew.",
            json!({"combo_id": {"type": "string", "pattern": "^cmb_[0-9a-f]{32}$"}, "count": {"type": "integer", "format": "int64"}, "total_coins": {"type": "integer", "format": "int64"}, "closes_at": {"type": "string", "format": "date-time"}}),
            json!({"combo_id": "cmb_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "count": 3, "total_coins": 30, "closes_at": AT}),
        ),
        event(
            "GiftComboClosedEvent",
            "gift.combo_closed",
            "A combo's count is final.",
            json!({"combo_id": {"type": "string", "pattern": "^cmb_[0-9a-f]{32}$"}, "count": {"type": "integer", "format": "int64"}, "total_coins": {"type": "integer", "format": "int64"}, "closes_at": {"type": "string", "format": "date-time"}}),
            json!({"combo_id": "cmb_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "count": 3, "total_coins": 30, "closes_at": AT}),
        ),
        event(
            "GiftRefundedEvent",
            "gift.refunded",
            "A gift was refunded.",
            json!({"gift_id": {"type": "string", "pattern": "^gft_[0-9a-f]{32}$"}, "combo_id": {"type": "string", "pattern": "^cmb_[0-9a-f]{32}$"}, "total_coins": {"type": "integer", "format": "int64"}}),
            json!({"gift_id": "gft_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "total_coins": 10}),
        ),
    ]
}

/// What happens to a broadcast.
fn broadcast_events() -> Vec<Event> {
    vec![
        event(
            "BroadcastScheduledEvent",
            "broadcast.scheduled",
            "A broadcast was planned.",
            json!({"broadcast_id": {"type": "string", "pattern": "^brd_[0-9a-f]{32}$"}, "channel_id": {"type": "string", "pattern": "^chn_[0-9a-f]{32}$"}, "recording_id": {"type": "string", "pattern": "^rec_[0-9a-f]{32}$"}, "reason": {"type": "string"}, "scheduled_at": {"type": "string", "format": "date-time"}}),
            json!({"broadcast_id": "brd_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "channel_id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"}),
        ),
        event(
            "BroadcastStartedEvent",
            "broadcast.started",
            "The first media of a broadcast arrived.",
            json!({"broadcast_id": {"type": "string", "pattern": "^brd_[0-9a-f]{32}$"}, "channel_id": {"type": "string", "pattern": "^chn_[0-9a-f]{32}$"}, "recording_id": {"type": "string", "pattern": "^rec_[0-9a-f]{32}$"}, "reason": {"type": "string"}, "scheduled_at": {"type": "string", "format": "date-time"}}),
            json!({"broadcast_id": "brd_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "channel_id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"}),
        ),
        event(
            "BroadcastInterruptedEvent",
            "broadcast.interrupted",
            "The publisher is gone; the reconnect window runs.",
            json!({"broadcast_id": {"type": "string", "pattern": "^brd_[0-9a-f]{32}$"}, "channel_id": {"type": "string", "pattern": "^chn_[0-9a-f]{32}$"}, "recording_id": {"type": "string", "pattern": "^rec_[0-9a-f]{32}$"}, "reason": {"type": "string"}, "scheduled_at": {"type": "string", "format": "date-time"}}),
            json!({"broadcast_id": "brd_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "channel_id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"}),
        ),
        event(
            "BroadcastResumedEvent",
            "broadcast.resumed",
            "The publisher is back.",
            json!({"broadcast_id": {"type": "string", "pattern": "^brd_[0-9a-f]{32}$"}, "channel_id": {"type": "string", "pattern": "^chn_[0-9a-f]{32}$"}, "recording_id": {"type": "string", "pattern": "^rec_[0-9a-f]{32}$"}, "reason": {"type": "string"}, "scheduled_at": {"type": "string", "format": "date-time"}}),
            json!({"broadcast_id": "brd_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "channel_id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"}),
        ),
        event(
            "BroadcastEndedEvent",
            "broadcast.ended",
            "A broadcast is over.",
            json!({"broadcast_id": {"type": "string", "pattern": "^brd_[0-9a-f]{32}$"}, "channel_id": {"type": "string", "pattern": "^chn_[0-9a-f]{32}$"}, "recording_id": {"type": "string", "pattern": "^rec_[0-9a-f]{32}$"}, "reason": {"type": "string"}, "scheduled_at": {"type": "string", "format": "date-time"}}),
            json!({"broadcast_id": "brd_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "channel_id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"}),
        ),
        event(
            "BroadcastTakenDownEvent",
            "broadcast.taken_down",
            "A moderator ended a broadcast.",
            json!({"broadcast_id": {"type": "string", "pattern": "^brd_[0-9a-f]{32}$"}, "channel_id": {"type": "string", "pattern": "^chn_[0-9a-f]{32}$"}, "recording_id": {"type": "string", "pattern": "^rec_[0-9a-f]{32}$"}, "reason": {"type": "string"}, "scheduled_at": {"type": "string", "format": "date-time"}}),
            json!({"broadcast_id": "brd_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "channel_id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"}),
        ),
    ]
}

/// What a stream says of itself.
fn stream_events() -> Vec<Event> {
    vec![
        event(
            "StreamHelloEvent",
            "stream.hello",
            "The stream goes on from the id of this event.",
            json!({"head": {"type": "integer", "format": "int64"}, "epoch": {"type": "string"}, "server_time": {"type": "string", "format": "date-time"}, "tier": {"type": "integer", "format": "int64"}, "flush_ms": {"type": "integer", "format": "int64"}, "settings_version": {"type": "integer", "format": "int64"}}),
            json!({"head": 18231, "epoch": "k7f3q2ab", "server_time": AT, "tier": 0, "flush_ms": 0, "settings_version": 41}),
        ),
        event(
            "StreamGapEvent",
            "stream.gap",
            "Events of this range were not sent to this viewer.",
            json!({"from": {"type": "integer", "format": "int64"}, "to": {"type": "integer", "format": "int64"}, "dropped": {"type": "integer", "format": "int64"}, "reason": {"type": "string"}}),
            json!({"from": 18200, "to": 18230, "dropped": 31, "reason": "slow"}),
        ),
        event(
            "StreamResetEvent",
            "stream.reset",
            "History is lost to this stream: load the state again.",
            json!({"reason": {"type": "string"}, "reload": {"type": "string"}}),
            json!({"reason": "too_old", "reload": "/v1/rooms/room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"}),
        ),
        event(
            "StreamExpiringEvent",
            "stream.expiring",
            "The viewer's token ends soon.",
            json!({"in_ms": {"type": "integer", "format": "int64"}}),
            json!({"in_ms": 30000}),
        ),
    ]
}

fn event(
    schema: &'static str,
    name: &'static str,
    about: &'static str,
    members: Value,
    sample: Value,
) -> Event {
    Event { schema, name, about, members, sample }
}

/// What events are made of.
fn parts() -> Vec<(&'static str, Value)> {
    vec![
        (
            "FieldError",
            part(
                "What is wrong with one member of a body.",
                &json!({"pointer": {"type": "string"}, "code": {"type": "string"}, "message": {"type": "string"}}),
                &["pointer", "code", "message"],
                &json!({"pointer": "/body", "code": "too_long", "message": "at most 500 characters"}),
            ),
        ),
        (
            "RoomAuthor",
            part(
                "Who wrote or gave something.",
                &json!({"id": {"type": "string", "pattern": "^usr_[0-9a-f]{32}$"}, "display_name": {"type": "string"}, "badges": {"type": "array", "items": {"type": "string"}}}),
                &["display_name"],
                &json!({"display_name": "Mira"}),
            ),
        ),
        (
            "RoomVisibleReason",
            part(
                "What the person concerned is told.",
                &json!({"code": {"type": "string"}, "text": {"type": "string"}, "lang": {"type": "string"}}),
                &["code", "text", "lang"],
                &json!({"code": "spam", "text": "This looks like advertising.", "lang": "en"}),
            ),
        ),
        (
            "RoomDanmaku",
            part(
                "How a danmaku is drawn.",
                &json!({"mode": {"type": "string"}, "color": {"type": "integer", "format": "int64"}, "size": {"type": "integer", "format": "int64"}}),
                &["mode", "color", "size"],
                &json!({"mode": "scroll", "color": 16_777_215, "size": 24}),
            ),
        ),
        (
            "RoomCombo",
            part(
                "Repeats of one gift, shown as one.",
                &json!({"combo_id": {"type": "string", "pattern": "^cmb_[0-9a-f]{32}$"}, "count": {"type": "integer", "format": "int64"}, "total_coins": {"type": "integer", "format": "int64"}, "closes_at": {"type": "string", "format": "date-time"}}),
                &["combo_id", "count", "total_coins", "closes_at"],
                &json!({"combo_id": "cmb_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "count": 3, "total_coins": 30, "closes_at": AT}),
            ),
        ),
        (
            "RoomComment",
            part(
                "A published comment.",
                &json!({"id": {"type": "string", "pattern": "^cmt_[0-9a-f]{32}$"}, "author": {"$ref": "#/components/schemas/RoomAuthor"}, "kind": {"type": "string"}, "body": {"type": "string"}, "sent_at": {"type": "string", "format": "date-time"}, "pdt_at": {"type": "string", "format": "date-time"}, "broadcast_id": {"type": "string", "pattern": "^brd_[0-9a-f]{32}$"}, "client_id": {"type": "string"}, "parent_id": {"type": "string", "pattern": "^cmt_[0-9a-f]{32}$"}, "danmaku": {"$ref": "#/components/schemas/RoomDanmaku"}, "count": {"type": "integer", "format": "int64"}}),
                &["id", "author", "kind", "body", "sent_at"],
                &json!({"id": "cmt_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "author": {"id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "display_name": "Mira"}, "kind": "chat", "body": "hello", "sent_at": AT}),
            ),
        ),
        (
            "RoomGift",
            part(
                "A gift that was sent.",
                &json!({"id": {"type": "string", "pattern": "^gft_[0-9a-f]{32}$"}, "sender": {"$ref": "#/components/schemas/RoomAuthor"}, "channel_id": {"type": "string", "pattern": "^chn_[0-9a-f]{32}$"}, "broadcast_id": {"type": "string", "pattern": "^brd_[0-9a-f]{32}$"}, "sku": {"type": "string"}, "quantity": {"type": "integer", "format": "int64"}, "total_coins": {"type": "integer", "format": "int64"}, "message": {"type": "string"}, "combo": {"$ref": "#/components/schemas/RoomCombo"}, "pdt_at": {"type": "string", "format": "date-time"}}),
                &["id", "sender", "channel_id", "sku", "quantity", "total_coins"],
                &json!({"id": "gft_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "sender": {"display_name": "Mira"}, "channel_id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "sku": "rose", "quantity": 1, "total_coins": 10}),
            ),
        ),
    ]
}

fn part(about: &str, properties: &Value, required: &[&str], example: &Value) -> Value {
    json!({"type": "object", "description": about, "required": required, "properties": properties, "examples": [example]})
}
