//! What pages know, read from the database in the API's own shapes.

use domain::channel::Visibility;
use domain::id::{ChannelId, Id, RecordingId, RoomId, UserId};
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use infra::database::{self, broadcasts, channels, comments, recordings, rooms, users};
use infra::http::problem::Problem;
use serde_json::json;

use super::{COMMENTS_SHOWN, Facts, Found, Line, Listed, Unavailable, Watched};
use crate::App;
use crate::channels::public;
use crate::comments::{Comment, show};
use crate::recordings::Recording;

/// Channels in the home page's shell.
const CHANNELS_MAX: u64 = 50;

impl From<database::Error> for Unavailable {
    fn from(error: database::Error) -> Self {
        tracing::warn!(%error, "the facts of a page were not read");
        Self
    }
}

impl From<Problem> for Unavailable {
    fn from(_: Problem) -> Self {
        Self
    }
}

impl Facts for App {
    fn watch<'a>(&'a self, slug: &'a str) -> BoxFuture<'a, Found<Watched>> {
        watch(self, slug).boxed()
    }

    fn replay<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Found<Watched>> {
        replay(self, id).boxed()
    }

    fn channels(&self) -> BoxFuture<'_, Result<Vec<Listed>, Unavailable>> {
        on_air(self).boxed()
    }
}

/// Private and archived channels are not there for a page, whoever asks.
fn is_open(row: &channels::Model) -> bool {
    row.archived_at.is_none() && row.visibility != Visibility::Private.as_str()
}

async fn watch(app: &App, slug: &str) -> Found<Watched> {
    let read = app.database.read();
    let row = channels::find_by_slug(read, slug).await?.filter(is_open);
    let Some(row) = row else { return Ok(None) };
    let (owner, creator) = creator(app, &row).await?;
    let channel = public(app, row).await?;
    // The position is read before the comments: what comes between is told by the stream.
    let room = rooms::find(read, channel.room_id).await?;
    let position = room.map(|room| format!("{}-{}", room.epoch, room.head_seq));
    let comments = newest(app, channel.room_id).await?;
    let on_air = channel.broadcast.as_ref().map(|broadcast| broadcast.title.clone());
    let title = on_air.filter(|title| !title.is_empty()).unwrap_or_else(|| channel.title.clone());
    let replay = channel.last_recording_id.map(|id| format!("/replay/{id}"));
    Ok(Some(Watched {
        title,
        creator: creator.clone(),
        category: channel.category.clone().unwrap_or_default(),
        slug: channel.slug.clone(),
        hls: channel.hls.clone(),
        comments: comments.iter().map(line).collect(),
        facts: json!({
            "channel": channel, "owner_id": owner, "creator": creator, "comments": comments,
            "position": position, "replay": replay,
        }),
    }))
}

async fn replay(app: &App, id: &str) -> Found<Watched> {
    let Ok(id) = id.parse::<RecordingId>() else { return Ok(None) };
    let read = app.database.read();
    let row = recordings::find(read, id).await?;
    let shown = |row: &recordings::Model| {
        row.visibility != Visibility::Private.as_str() && row.status != "purged"
    };
    let Some(row) = row.filter(shown) else { return Ok(None) };
    let channel = channels::find(read, ChannelId::from_uuid(row.channel_id)).await?;
    let Some(channel) = channel.filter(is_open) else { return Ok(None) };
    let broadcast = broadcasts::of_recording(read, id).await?;
    let started_at = broadcast.and_then(|broadcast| broadcast.started_at).map(Timestamp);
    let (owner, creator) = creator(app, &channel).await?;
    let recording = Recording::of(row);
    let named = if recording.title.is_empty() { &channel.title } else { &recording.title };
    Ok(Some(Watched {
        title: named.clone(),
        creator: creator.clone(),
        category: channel.category.clone().unwrap_or_default(),
        slug: channel.slug.clone(),
        hls: recording.hls.clone(),
        comments: Vec::new(),
        facts: json!({
            "recording": recording, "started_at": started_at, "creator": creator,
            "channel": {
                "id": ChannelId::from_uuid(channel.id), "slug": channel.slug, "owner_id": owner,
            },
        }),
    }))
}

async fn on_air(app: &App) -> Result<Vec<Listed>, Unavailable> {
    let read = app.database.read();
    let mut listed = Vec::new();
    for broadcast in broadcasts::on_air(read, CHANNELS_MAX).await? {
        let public = Visibility::Public.as_str();
        let row = channels::find(read, ChannelId::from_uuid(broadcast.channel_id)).await?;
        let row = row.filter(|row| row.archived_at.is_none() && row.visibility == public);
        if let Some(row) = row.filter(|_| broadcast.visibility == public) {
            listed.push(Listed { slug: row.slug, title: row.title, live: true });
        }
    }
    Ok(listed)
}

/// The owner's id and shown name; the channel's title stands in for a name that nobody has.
async fn creator(
    app: &App,
    row: &channels::Model,
) -> Result<(Option<UserId>, String), Unavailable> {
    let owner = row.owner_id.map(UserId::from_uuid);
    let user = match owner {
        Some(owner) => users::find(app.database.read(), owner).await?,
        None => None,
    };
    let name = user.map(|user| user.display_name).filter(|name| !name.is_empty());
    Ok((owner, name.unwrap_or_else(|| row.title.clone())))
}

async fn newest(app: &App, room: RoomId) -> Result<Vec<Comment>, Unavailable> {
    let wanted = comments::Wanted::default();
    let limit = u64::from(COMMENTS_SHOWN);
    let mut rows =
        comments::page_before(app.database.read(), Id::from_uuid(room.uuid()), None, wanted, limit)
            .await?;
    rows.reverse();
    Ok(show(app, rows).await?)
}

fn line(comment: &Comment) -> Line {
    Line { name: comment.author.display_name.clone(), body: comment.body.clone() }
}
