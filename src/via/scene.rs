//! A live stream as both sides have it, and addresses to ask for.

use anyhow::{Context, bail};
use infra::clock::SharedClock;
use media::hls::parse::{self, Media};
use url::Url;

use super::side::{Answer, Side};
use crate::probe::connection::Client;

/// What is looked at.
pub(super) struct Scene {
    /// Through the cache.
    pub(super) via: Side,
    /// Past it.
    pub(super) origin: Side,
    /// Makes names that nobody asked for before.
    pub(super) salt: u64,
}

impl Scene {
    /// Finds the stream on both sides.
    pub(super) async fn open(
        via: &Url,
        origin: &Url,
        salt: u64,
        clock: &SharedClock,
    ) -> anyhow::Result<Self> {
        let client = Client::new()?;
        let mut sides = Vec::new();
        for index in [via, origin] {
            let mut side = Side::new(index.clone(), client.clone(), SharedClock::clone(clock));
            let answer = side.send(http::Method::GET, index, &[]).await?;
            side.media = media_of(index, &answer)?;
            sides.push(side);
        }
        let (Some(origin), Some(via)) = (sides.pop(), sides.pop()) else {
            bail!("two sides");
        };
        let scene = Self { via, origin, salt };
        let plain = scene.origin.playlist("").await?;
        if plain.number().is_none() {
            bail!("{} is no Headwater: name it with --origin", scene.origin.index);
        }
        let now = read(&plain)?;
        if now.ended {
            bail!("the stream is over: publish one, for example with `headwater publish --test`");
        }
        if !now.control.as_ref().is_some_and(|control| control.can_block_reload) {
            bail!("the stream offers no blocking reload: there is nothing that a cache must hold");
        }
        Ok(scene)
    }

    /// The origin's playlist now.
    pub(super) async fn now(&self) -> anyhow::Result<Media> {
        read(&self.origin.playlist("").await?)
    }

    /// The name of a segment that never was, as nobody asked for before.
    pub(super) fn unknown(&self, number: u64) -> String {
        format!("1/{}.m4s", self.salt.saturating_add(number))
    }
}

/// The video's media playlist.
fn media_of(index: &Url, answer: &Answer) -> anyhow::Result<Url> {
    if answer.status != 200 {
        bail!("{index}: status {}: name a playlist of a live stream", answer.status);
    }
    let text = answer.text().with_context(|| index.to_string())?;
    match parse::parse(&text) {
        Ok(parse::Playlist::Multivariant(playlist)) => {
            let uri = playlist.uris().first().copied().context("no media playlist is named")?;
            Ok(index.join(uri)?)
        }
        Ok(parse::Playlist::Media(_)) => Ok(index.clone()),
        Err(error) => bail!("{index} is no playlist: {error}"),
    }
}

/// The URI of the newest segment that has media.
pub(super) fn newest(playlist: &Media) -> Option<&str> {
    playlist.segments.iter().rfind(|segment| !segment.gap).map(|segment| segment.uri.as_str())
}

/// A media playlist out of an answer.
pub(super) fn read(answer: &Answer) -> anyhow::Result<Media> {
    if answer.status != 200 {
        bail!("status {} instead of a playlist", answer.status);
    }
    parse::media(&answer.text()?).context("not a media playlist")
}
