//! What happens to a broadcast is told to its room.
//!
//! The origin writes facts with outbox rows; the relay puts them on the bus; here they become room
//! events. The bus may repeat itself, so the last facts are remembered by their id.

use std::collections::VecDeque;
use std::convert::Infallible;

use domain::event::{self, RoomEvent, Topic};
use domain::id::{BroadcastId, ChannelId, EventId, RecordingId, RoomId};
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use infra::bus::Received;
use infra::database::rooms;
use infra::outbox::Relayed;
use serde::Deserialize;

use crate::state::App;

/// Facts remembered: more than the relay ever repeats.
const REMEMBERED: usize = 1_024;

/// Starts the follower.
pub(crate) fn follow_broadcasts(app: &App) {
    let mut facts = app.bus.subscribe("hw.outbox");
    let state = app.clone();
    let stopping = app.tasks.draining();
    app.tasks.spawn("rooms: follow broadcasts", async move {
        let mut stopping = std::pin::pin!(stopping);
        let mut seen = Seen::default();
        loop {
            let received = tokio::select! {
                // Cancel safe: what is not received stays in the subscription.
                received = facts.recv() => received,
                () = &mut stopping => return,
            };
            match received {
                Some(Received::Message(message)) => {
                    if let Ok(fact) = serde_json::from_slice::<Relayed>(&message.payload)
                        && seen.is_new(fact.id)
                    {
                        tell(&state, fact).await;
                    }
                }
                Some(Received::Lagged(count)) => {
                    tracing::warn!(bus.lost = count, "rooms missed facts about broadcasts");
                }
                None => return,
            }
        }
    });
}

/// The ids of facts told lately.
#[derive(Debug, Default)]
struct Seen(VecDeque<EventId>);

impl Seen {
    fn is_new(&mut self, id: EventId) -> bool {
        if self.0.contains(&id) {
            return false;
        }
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(id);
        true
    }
}

/// What the origin says of a broadcast.
#[derive(Debug, Clone, Deserialize)]
struct Fact {
    broadcast_id: BroadcastId,
    channel_id: ChannelId,
    #[serde(default)]
    recording_id: Option<RecordingId>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    scheduled_at: Option<Timestamp>,
}

impl From<Fact> for event::Broadcast {
    fn from(fact: Fact) -> Self {
        Self {
            broadcast_id: fact.broadcast_id,
            channel_id: fact.channel_id,
            recording_id: fact.recording_id,
            reason: fact.reason,
            scheduled_at: fact.scheduled_at,
        }
    }
}

async fn tell(app: &App, relayed: Relayed) {
    let Some(show) = shown(relayed.topic) else { return };
    let Ok(fact) = serde_json::from_value::<Fact>(relayed.payload) else {
        tracing::warn!(event.topic = %relayed.topic, "a fact about a broadcast was not understood");
        return;
    };
    let channel = fact.channel_id;
    let event = show(fact.into());
    if let Err(error) = show_to(app, channel, event).await {
        tracing::warn!(channel.id = %channel, error = %error, "a room was not told of its broadcast");
    }
}

/// The room event of a topic, for those about broadcasts.
fn shown(topic: Topic) -> Option<fn(event::Broadcast) -> RoomEvent> {
    Some(match topic {
        Topic::BroadcastScheduled => RoomEvent::BroadcastScheduled,
        Topic::BroadcastStarted => RoomEvent::BroadcastStarted,
        Topic::BroadcastInterrupted => RoomEvent::BroadcastInterrupted,
        Topic::BroadcastResumed => RoomEvent::BroadcastResumed,
        Topic::BroadcastEnded => RoomEvent::BroadcastEnded,
        Topic::BroadcastTakenDown => RoomEvent::BroadcastTakenDown,
        _ => return None,
    })
}

async fn show_to(app: &App, channel: ChannelId, event: RoomEvent) -> Result<(), super::OpenError> {
    let Some(row) = rooms::chat_of(app.database.read(), channel.uuid()).await? else {
        return Ok(());
    };
    let room = app.rooms.open(RoomId::from_uuid(row.id)).await?;
    room.forget_airing();
    let shown = room.commit::<_, Infallible, _>(move |tx| {
        let event = event.clone();
        async move {
            tx.show(&event).await?;
            Ok(())
        }
        .boxed()
    });
    shown.await.map_err(infra::database::Error::from)?;
    Ok(())
}
