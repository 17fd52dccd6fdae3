//! Reads rows: all that matters at a start, one of them when a fact tells of it.

use std::time::Duration;

use domain::broadcast::Status;
use domain::id::{BroadcastId, ChannelId, Id, RecordingId, UserId};
use infra::database::broadcasts::Wanted as WantedBroadcasts;
use infra::database::recordings::Wanted as WantedRecordings;
use infra::database::{
    self, Database, analytics_events, broadcasts, channels, follows, recordings,
};

use super::Feeds;

/// Broadcasts on the air and planned that are read at a start.
const BROADCASTS_MAX: u64 = 10_000;
/// Recordings that are read at a start, the newest ones.
const RECORDINGS_MAX: u64 = 5_000;
/// Watch marks that are learnt again at a start.
const MARKS_MAX: u32 = 100_000;
/// How far back they reach: a half-life of the history.
const MARKS_AGE: Duration = Duration::from_hours(30 * 24);
/// Channels that one viewer follows, as far as feeds are concerned.
const FOLLOWS_MAX: u64 = 5_000;

impl Feeds {
    /// Reads everything again: at a start, and after facts were missed.
    pub(super) async fn load(&self, database: &Database) -> Result<(), database::Error> {
        let read = database.read();
        let planned = WantedBroadcasts {
            status: Some(Status::Scheduled),
            public_only: true,
            ..WantedBroadcasts::default()
        };
        let mut rows = broadcasts::on_air(read, BROADCASTS_MAX).await?;
        rows.extend(broadcasts::page_before(read, planned, None, BROADCASTS_MAX).await?);
        let listed = WantedRecordings { public_only: true, ..WantedRecordings::default() };
        let recorded = recordings::page_before(read, listed, None, RECORDINGS_MAX).await?;
        let of_broadcasts = rows.iter().map(|row| row.channel_id);
        let mut ids: Vec<_> =
            of_broadcasts.chain(recorded.iter().map(|row| row.channel_id)).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut shown = Vec::with_capacity(ids.len());
        for id in ids {
            shown.extend(channels::find(read, ChannelId::from_uuid(id)).await?);
        }
        let now = self.now();
        self.change(|known| {
            known.state.nothing_is_on_air();
            for row in shown {
                known.channel(row);
            }
            for row in rows {
                known.broadcast(row, now);
            }
            for row in recorded {
                known.recording(row);
            }
        });
        Ok(())
    }

    /// Learns what was watched before this process started.
    pub(super) async fn learn_again(&self, database: &Database) -> Result<(), database::Error> {
        let since = self.now().minus(MARKS_AGE);
        let marks = analytics_events::watched_since(database.read(), since, MARKS_MAX).await?;
        self.change(|known| {
            for mark in marks {
                let watched = Duration::from_millis(mark.watched_ms.try_into().unwrap_or(0));
                known.state.was_watched(
                    mark.user_id.map(Id::from_uuid),
                    Id::from_uuid(mark.channel_id),
                    watched,
                    domain::time::Timestamp(mark.at),
                );
            }
        });
        Ok(())
    }

    /// Reads a channel's row again.
    pub(super) async fn read_channel(
        &self,
        database: &Database,
        id: ChannelId,
    ) -> Result<(), database::Error> {
        if let Some(row) = channels::find(database.read(), id).await? {
            self.change(|known| known.channel(row));
        }
        Ok(())
    }

    /// Reads a broadcast's row again, and its channel's when that is not known.
    pub(super) async fn read_broadcast(
        &self,
        database: &Database,
        id: BroadcastId,
    ) -> Result<(), database::Error> {
        let Some(row) = broadcasts::find(database.read(), id).await? else { return Ok(()) };
        self.know_channel(database, Id::from_uuid(row.channel_id)).await?;
        let now = self.now();
        self.change(|known| known.broadcast(row, now));
        Ok(())
    }

    /// Reads a recording's row again, and its channel's when that is not known.
    pub(super) async fn read_recording(
        &self,
        database: &Database,
        id: RecordingId,
    ) -> Result<(), database::Error> {
        let Some(row) = recordings::find(database.read(), id).await? else { return Ok(()) };
        self.know_channel(database, Id::from_uuid(row.channel_id)).await?;
        self.change(|known| known.recording(row));
        Ok(())
    }

    async fn know_channel(
        &self,
        database: &Database,
        id: ChannelId,
    ) -> Result<(), database::Error> {
        if self.read(|known| known.channels.contains_key(&id)) {
            return Ok(());
        }
        self.read_channel(database, id).await
    }

    /// Reads whom a viewer follows, once.
    pub(super) async fn know_viewer(
        &self,
        database: &Database,
        user: UserId,
    ) -> Result<(), database::Error> {
        if !self.is_new_viewer(user) {
            return Ok(());
        }
        let followed = follows::channels_of(database.read(), user, FOLLOWS_MAX).await?;
        let now = self.now();
        self.change(|known| {
            for channel in followed {
                known.state.is_followed(user, channel, now);
            }
        });
        self.viewer_is_known(user);
        Ok(())
    }
}
