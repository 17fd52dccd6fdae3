//! A broadcast that is under way, for tests that begin in its middle.

use super::publisher::Publisher;
use super::rows::{self, Channel};
use super::world::World;

/// A broadcast and its publisher.
pub(super) struct OnAir {
    pub(super) channel: Channel,
    pub(super) publisher: Publisher,
    pub(super) broadcast: String,
    pub(super) recording: String,
}

/// The channel `demo`, to which the test picture was sent for so many frames.
pub(super) async fn on_air(world: &World, frames: u64) -> OnAir {
    let channel = rows::channel(world, "demo").await;
    let mut states = world.bus.subscribe("hw.broadcast");
    let mut publisher = Publisher::connect(world.rtmp(), &channel.key).await.unwrap();
    publisher.send_frames(frames).await;
    let state = rows::wait_for_state(&mut states, "live").await;
    let id = |name: &str| state[name].as_str().unwrap().to_owned();
    OnAir { channel, publisher, broadcast: id("broadcast_id"), recording: id("recording_id") }
}
