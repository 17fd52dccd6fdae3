//! Tests of the wire form of events.

use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{comment::Kind, id::Id};

fn id<T>(number: u128) -> Id<T> {
    Id::from_uuid(Uuid::from_u128(number))
}

fn comment(kind: Kind) -> Comment {
    Comment {
        id: id(1),
        author: Author { id: Some(id(2)), display_name: "Ana".to_owned(), badges: Vec::new() },
        kind,
        body: "你好".to_owned(),
        sent_at: Timestamp(1_769_884_200_250),
        pdt_at: None,
        broadcast_id: None,
        client_id: Some("c1".to_owned()),
        parent_id: None,
        danmaku: None,
        count: None,
    }
}

fn combo() -> Combo {
    Combo { combo_id: id(5), count: 3, total_coins: Coins(30), closes_at: Timestamp(0) }
}

#[test]
fn a_placed_event_is_one_flat_object_with_its_type() {
    let event = RoomEvent::CommentCreated { comment: comment(Kind::Chat) };
    let placed = Placed { seq: 18_240, at: Timestamp(1_769_884_200_300), event };
    let json = serde_json::to_value(&placed).unwrap();
    assert_eq!(
        json,
        json!({
            "seq": 18_240,
            "at": "2026-01-31T18:30:00.300Z",
            "type": "comment.created",
            "comment": {
                "id": "cmt_00000000000000000000000000000001",
                "author": {
                    "id": "usr_00000000000000000000000000000002",
                    "display_name": "Ana",
                },
                "kind": "chat",
                "body": "你好",
                "sent_at": "2026-01-31T18:30:00.250Z",
                "client_id": "c1",
            },
        })
    );
    assert_eq!(serde_json::from_value::<Placed>(json).unwrap(), placed);
}

#[test]
fn the_name_is_the_type_member() {
    let events = [
        RoomEvent::CommentCreated { comment: comment(Kind::Chat) },
        RoomEvent::CommentRestored { comment: comment(Kind::Chat) },
        RoomEvent::GiftComboUpdated(combo()),
        RoomEvent::GiftComboClosed(combo()),
        RoomEvent::RoomCleared(RoomCleared { up_to_seq: 4, author_id: None }),
        RoomEvent::RoomCounters(Counters { viewers: 3, likes: 2, sampled_1_in: 1 }),
    ];
    for event in events {
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["type"], event.name());
    }
}

#[test]
fn classes_follow_who_speaks_and_what_it_is() {
    let plain = comment(Kind::Chat);
    let mut answer = plain.clone();
    answer.parent_id = Some(id(9));
    let mut creator = plain.clone();
    creator.author.badges = vec![Badge::Creator];
    for (event, class) in [
        (RoomEvent::CommentCreated { comment: plain }, Class::Comment),
        (RoomEvent::CommentCreated { comment: comment(Kind::Danmaku) }, Class::Comment),
        (RoomEvent::CommentCreated { comment: answer }, Class::Preferred),
        (RoomEvent::CommentCreated { comment: creator }, Class::Preferred),
        (RoomEvent::CommentCreated { comment: comment(Kind::Announcement) }, Class::Preferred),
        (RoomEvent::GiftComboUpdated(combo()), Class::Interactive),
        (RoomEvent::GiftComboClosed(combo()), Class::Money),
        (RoomEvent::RoomCleared(RoomCleared { up_to_seq: 4, author_id: None }), Class::Control),
        (RoomEvent::RoomCounters(Counters::default()), Class::Ambient),
    ] {
        assert_eq!(event.class(), class, "{}", event.name());
    }
}

#[test]
fn a_class_is_read_back_from_its_number() {
    for number in 0..=5 {
        assert_eq!(Class::from_number(number).map(Class::number), Some(number));
    }
    assert_eq!(Class::from_number(6), None);
}

#[test]
fn every_topic_is_read_back_from_its_name() {
    for &topic in Topic::ALL {
        assert_eq!(Topic::parse(topic.as_str()), Some(topic));
    }
    assert_eq!(Topic::parse("comment"), None);
}

#[test]
fn a_sanction_kind_has_one_text_in_rows_and_json() {
    for kind in SanctionKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        assert_eq!(SanctionKind::parse(kind.as_str()), Some(kind));
    }
}
