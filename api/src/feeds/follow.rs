//! Follows what happens: facts by the outbox, the origin's pulse by the bus. A fact only says which
//! row to read again; a pulse is believed, because it is two seconds old at most.

use domain::event::Topic;
use domain::feed::state::Live;
use domain::id::{BroadcastId, ChannelId, RecordingId, UserId};
use infra::bus::Received;
use infra::database;
use infra::outbox::{Relayed, SUBJECT};
use serde::Deserialize;

use crate::state::App;

/// Loads what there is and starts following.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn follow(app: &App) -> Result<(), database::Error> {
    // Listening first: what happens while rows are read is heard afterwards.
    let mut facts = app.bus.subscribe(SUBJECT);
    let mut pulses = app.bus.subscribe("hw.broadcast");
    app.feeds.load(&app.database).await?;
    app.feeds.learn_again(&app.database).await?;
    let (state, draining) = (app.clone(), app.tasks.draining());
    app.tasks.spawn("feeds: follow facts", async move {
        let mut draining = std::pin::pin!(draining);
        loop {
            // Cancel safe: what is not received stays in its subscription.
            let received = tokio::select! {
                received = facts.recv() => received,
                received = pulses.recv() => received,
                () = &mut draining => return,
            };
            let Some(received) = received else { return };
            if let Err(error) = take(&state, received).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "feeds missed a fact");
            }
        }
    });
    Ok(())
}

async fn take(app: &App, received: Received) -> Result<(), database::Error> {
    match received {
        Received::Message(message) if &*message.subject == SUBJECT => {
            match serde_json::from_slice::<Relayed>(&message.payload) {
                Ok(fact) => learn(app, fact).await,
                Err(_) => Ok(()),
            }
        }
        Received::Message(message) if message.subject.ends_with(".state") => {
            match serde_json::from_slice::<Pulse>(&message.payload) {
                Ok(pulse) => hear(app, pulse).await,
                Err(error) => {
                    tracing::warn!(%error, "a broadcast's state was not understood");
                    Ok(())
                }
            }
        }
        Received::Message(_) => Ok(()),
        Received::Lagged(count) => {
            tracing::warn!(bus.lost = count, "feeds read everything again");
            app.feeds.load(&app.database).await
        }
    }
}

/// What a fact is about.
#[derive(Debug, Deserialize)]
struct About {
    #[serde(rename = "broadcast_id")]
    broadcast: Option<BroadcastId>,
    #[serde(rename = "channel_id")]
    channel: Option<ChannelId>,
    #[serde(rename = "recording_id")]
    recording: Option<RecordingId>,
    #[serde(rename = "user_id")]
    user: Option<UserId>,
}

async fn learn(app: &App, fact: Relayed) -> Result<(), database::Error> {
    let (feeds, database) = (&app.feeds, &app.database);
    let Ok(about) = serde_json::from_value::<About>(fact.payload) else { return Ok(()) };
    match fact.topic {
        Topic::ChannelCreated | Topic::ChannelUpdated => {
            if let Some(id) = about.channel {
                feeds.read_channel(database, id).await?;
            }
        }
        Topic::BroadcastScheduled
        | Topic::BroadcastUpdated
        | Topic::BroadcastStarted
        | Topic::BroadcastInterrupted
        | Topic::BroadcastResumed
        | Topic::BroadcastEnded
        | Topic::BroadcastTakenDown
        | Topic::RecordingReady
        | Topic::RecordingUpdated
        | Topic::RecordingPurged => {
            if let Some(id) = about.broadcast {
                feeds.read_broadcast(database, id).await?;
            }
            if let Some(id) = about.recording {
                feeds.read_recording(database, id).await?;
            }
        }
        Topic::ChannelFollowed | Topic::ChannelUnfollowed => {
            if let (Some(user), Some(channel)) = (about.user, about.channel) {
                let now = feeds.now();
                feeds.change(|known| match fact.topic {
                    Topic::ChannelFollowed => known.state.is_followed(user, channel, now),
                    _ => known.state.is_unfollowed(user, channel),
                });
            }
        }
        _ => {}
    }
    Ok(())
}

/// What the origin tells of a broadcast every two seconds and at each change.
#[derive(Debug, Deserialize)]
struct Pulse {
    broadcast_id: BroadcastId,
    state: String,
    #[serde(default)]
    viewers: u32,
}

async fn hear(app: &App, pulse: Pulse) -> Result<(), database::Error> {
    let (feeds, id) = (&app.feeds, pulse.broadcast_id);
    let is_flowing = match pulse.state.as_str() {
        "live" => true,
        "interrupted" => false,
        "starting" => return Ok(()),
        _ => {
            feeds.change(|known| known.broadcast_is_over(id));
            return Ok(());
        }
    };
    if feeds.read(|known| known.is_over(id)) {
        return Ok(());
    }
    if feeds.read(|known| known.state.live(id).is_none()) {
        feeds.read_broadcast(&app.database, id).await?;
    }
    let now = feeds.now();
    feeds.change(|known| {
        if let Some(live) = known.state.live(id) {
            let live = Live { viewers: pulse.viewers, is_flowing, heard_at: now, ..live.clone() };
            known.state.is_live(id, live, now);
        }
    });
    Ok(())
}
