//! Playlists: the snapshot that a request may have, now or when it exists.

use std::sync::Arc;
use std::time::Duration;

use domain::channel::Slug;
use domain::id::{BroadcastId, RecordingId};
use http::Response;
use infra::http::Body;
use media::hls::directive::{self, Decision, Directives, Limits, MsnOnly, Skip};
use media::packager::Rid;
use media::unit::Kind;
use tokio::sync::watch;

use super::answer::{self, Asked, Lifetime, Text};
use super::route::Listing;
use super::{Refused, Shared, UNKNOWN_TARGET};
use crate::archive;
use crate::live::{Live, Rendition, Snapshot, Stage, duration};
use crate::records;

/// How long caches keep the multivariant playlist of a live broadcast.
const MULTIVARIANT_LIFE: Lifetime = Lifetime::Seconds(2);
/// How long caches keep playlists that have their last line: trims and takedowns change them.
const ENDED_LIFE: Lifetime = Lifetime::Seconds(60);

type Answered = Result<Response<Body>, Refused>;

impl Shared {
    /// The multivariant playlist of a channel's current broadcast.
    pub(super) async fn channel(&self, slug: &Slug, asked: &Asked<'_>) -> Answered {
        let live =
            self.context.registry.current(slug.as_str()).filter(|live| live.stage().is_on_air());
        let Some(live) = live else {
            let is_delayed = self.context.registry.is_delayed(slug.as_str());
            if is_delayed {
                return Err(Refused::StoreAway);
            }
            return Box::pin(self.replay(slug, asked)).await;
        };
        let prefix = format!("../{}/", live.identity.broadcast);
        self.multivariant(&live, &prefix, asked).await
    }

    /// What the channel gives while it is not live: its newest recording, if it says so.
    async fn replay(&self, slug: &Slug, asked: &Asked<'_>) -> Answered {
        let context = &self.context;
        let ask = records::replay_of(context, slug.as_str());
        let newest = context.replays.try_get_with(slug.as_str().to_owned(), ask).await;
        let newest = newest.unwrap_or_else(|error| {
            tracing::debug!(
                error = &*error as &dyn std::error::Error,
                "a channel is not looked up"
            );
            None
        });
        let id = newest.ok_or(Refused::NotLive)?;
        let archived = self.archived(id).await?;
        let text = Text::new(archived.multivariant(&format!("../{id}/")).into());
        // The next broadcast may begin at any time.
        Ok(self.tag.mark(answer::playlist(asked, &text, MULTIVARIANT_LIFE), id))
    }

    /// The same for one broadcast, live or not.
    pub(super) async fn broadcast(&self, id: BroadcastId, asked: &Asked<'_>) -> Answered {
        if let Some(live) = self.context.registry.get(id) {
            return self.multivariant(&live, "", asked).await;
        }
        let archived = self.archived(id).await?;
        let text = Text::new(archived.multivariant("").into());
        Ok(self.tag.mark(answer::playlist(asked, &text, ENDED_LIFE), id))
    }

    async fn multivariant(&self, live: &Arc<Live>, prefix: &str, asked: &Asked<'_>) -> Answered {
        let target = UNKNOWN_TARGET;
        self.until(live.readiness(), |ready| *ready, target * 3).await?;
        let life = match live.stage() {
            Stage::TakenDown => return Err(Refused::Gone { target }),
            Stage::Ended => ENDED_LIFE,
            Stage::Starting | Stage::Live | Stage::Interrupted => MULTIVARIANT_LIFE,
        };
        let text = live.multivariant(prefix).ok_or(Refused::NotFound { target })?;
        let answer = answer::playlist(asked, &Text::new(text.into()), life);
        Ok(self.tag.mark(answer, live.identity.broadcast))
    }

    /// A playlist of a rendition: the only ones with directives.
    pub(super) async fn playlist(
        &self,
        (id, rid, listing): (BroadcastId, Rid, Listing),
        query: &str,
        asked: &Asked<'_>,
    ) -> Answered {
        let mut directives =
            directive::parse(query).map_err(|why| Refused::Directives(why.to_string()))?;
        let Some(live) = self.context.registry.get(id) else {
            let archived = self.archived(id).await?;
            // The recording's playlist names the same URIs, by a longer way.
            let text = archived
                .vod_playlist(rid, listing)
                .ok_or(Refused::NotFound { target: UNKNOWN_TARGET })?;
            let answer = answer::playlist(asked, &text, ENDED_LIFE);
            return Ok(self.tag.mark(answer, id));
        };
        live.viewers.request();
        let rendition = self.rendition(&live, rid).await?;
        if listing == Listing::IFrames {
            return self.iframes(&rendition, &mut directives, asked).await;
        }
        if live.leads(&rendition) {
            live.viewers.asked(directives.wanted.is_some());
        }
        let segments = if directives.wanted.is_none() { asked.segments_wanted() } else { 0 };
        let (snapshot, life) = self.wait_for(&rendition, &directives, segments).await?;
        let delta = snapshot.delta.as_ref().filter(|_| directives.skip == Skip::Segments);
        let answer = if let Some(delta) = delta {
            answer::playlist(asked, delta, life)
        } else {
            answer::playlist(asked, rendition.full(&snapshot, &live.renditions()), life)
        };
        Ok(self.tag.mark(answer, id))
    }

    /// The I-frame playlist of a live rendition: it has no parts, so whoever asks for one is given
    /// the segment.
    async fn iframes(
        &self,
        rendition: &Rendition,
        directives: &mut Directives,
        asked: &Asked<'_>,
    ) -> Answered {
        if rendition.rid().kind == Kind::Audio {
            return Err(Refused::NotFound { target: UNKNOWN_TARGET });
        }
        if let Some(wanted) = &mut directives.wanted {
            wanted.part = None;
        }
        let (snapshot, life) = self.wait_for(rendition, directives, 1).await?;
        let skip = directives.skip == Skip::Segments;
        let answer = answer::playlist(asked, rendition.iframes(&snapshot, skip), life);
        Ok(self.tag.mark(answer, rendition.broadcast()))
    }

    /// A rendition of a live broadcast; one that has just started may not have it yet.
    async fn rendition(&self, live: &Live, rid: Rid) -> Result<Arc<Rendition>, Refused> {
        let target = UNKNOWN_TARGET;
        if live.stage() == Stage::Starting {
            self.until(live.readiness(), |ready| *ready, target * 3).await?;
        }
        if live.stage() == Stage::TakenDown {
            return Err(Refused::Gone { target });
        }
        live.rendition(rid).ok_or(Refused::NotFound { target })
    }

    /// The first version that satisfies the directives and lists so many complete segments, and how long its answer may be kept.
    async fn wait_for(
        &self,
        rendition: &Rendition,
        directives: &Directives,
        segments: u64,
    ) -> Result<(Arc<Snapshot>, Lifetime), Refused> {
        let control = rendition.control();
        let limits = Limits::new(&control, MsnOnly::Segment);
        let target = duration(control.target());
        let decide =
            |snapshot: &Snapshot| match directive::decide(&snapshot.edge, directives, &limits) {
                _ if snapshot.gone => Some(Err(Refused::Gone { target })),
                Decision::Ready if snapshot.edge.ended => Some(Ok(())),
                Decision::Ready if snapshot.is_empty() || snapshot.segments() < segments => None,
                Decision::Ready => Some(Ok(())),
                Decision::Wait { .. } => None,
                Decision::Refuse(why) => Some(Err(Refused::Directives(why.to_string()))),
            };
        let versions = rendition.snapshots();
        let snapshot =
            self.until(versions, |snapshot| decide(snapshot).is_some(), target * 3).await?;
        decide(&snapshot).unwrap_or(Ok(()))?;
        // A directive older than the window names no content of its own.
        let names_content =
            directives.wanted.is_some_and(|wanted| wanted.msn >= snapshot.edge.first_msn);
        let life = if snapshot.edge.ended {
            ENDED_LIFE
        } else if names_content {
            Lifetime::Seconds(target.as_secs() * 6)
        } else {
            Lifetime::Seconds(target.as_secs() / 2)
        };
        Ok((snapshot, life))
    }

    /// Waits until `holds`, at most `patience`, on a place among the waiting.
    pub(super) async fn until<T: Clone + Send + Sync>(
        &self,
        mut values: watch::Receiver<T>,
        holds: impl Fn(&T) -> bool + Send + Sync,
        patience: Duration,
    ) -> Result<T, Refused> {
        {
            let now = values.borrow_and_update();
            if holds(&now) {
                return Ok(now.clone());
            }
        }
        let place = self.waiting.enter().ok_or(Refused::Overloaded)?;
        let waiting = async { values.wait_for(|value| holds(value)).await.map(|v| v.clone()) };
        let begun = self.context.clock.monotonic();
        let waited = tokio::time::timeout(patience, waiting).await;
        let held = self.context.clock.monotonic().saturating_sub(begun);
        self.tally.held(held, waited.is_ok());
        drop(place);
        match waited {
            Ok(Ok(value)) => Ok(value),
            // The rendition is gone from memory with its broadcast.
            Ok(Err(_)) => Err(Refused::NotFound { target: patience / 3 }),
            Err(_) => Err(Refused::TooLate),
        }
    }

    /// The multivariant playlist of a recording.
    pub(super) async fn recording(&self, id: RecordingId, asked: &Asked<'_>) -> Answered {
        let archived = self.recorded(id).await?;
        let text = Text::new(archived.multivariant("").into());
        let answer = answer::playlist(asked, &text, ENDED_LIFE);
        Ok(self.tag.mark(answer, archived.broadcast))
    }

    /// A playlist of one rendition of a recording.
    pub(super) async fn recording_playlist(
        &self,
        (id, rid, listing): (RecordingId, Rid, Listing),
        asked: &Asked<'_>,
    ) -> Answered {
        let archived = self.recorded(id).await?;
        let text = archived
            .vod_playlist(rid, listing)
            .ok_or(Refused::NotFound { target: UNKNOWN_TARGET })?;
        let answer = answer::playlist(asked, &text, ENDED_LIFE);
        Ok(self.tag.mark(answer, archived.broadcast))
    }

    async fn recorded(&self, id: RecordingId) -> Result<Arc<archive::Archived>, Refused> {
        Box::pin(archive::recording(&self.context, id)).await.map_err(Refused::from)
    }

    pub(super) async fn archived(
        &self,
        id: BroadcastId,
    ) -> Result<Arc<archive::Archived>, Refused> {
        // Rare and large: it has no room in the state of every answer.
        Box::pin(archive::broadcast(&self.context, id)).await.map_err(Refused::from)
    }
}

impl From<archive::Missing> for Refused {
    fn from(missing: archive::Missing) -> Self {
        let target = UNKNOWN_TARGET;
        match missing {
            archive::Missing::Unknown => Self::NotFound { target },
            archive::Missing::TakenDown => Self::Gone { target },
            archive::Missing::Unavailable => Self::StoreAway,
        }
    }
}
