//! Segments, parts and init sections: from the ring, the cache, or the store.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use infra::http::Body;
use media::hls::Position;
use media::unit::Kind;

use super::answer::{self, Asked, tag_from, tag_of};
use super::route::{Media, Piece};
use super::{Refused, Shared, UNKNOWN_TARGET};
use crate::cache::{LoadError, Seal};
use crate::live::{Found, Live, Rendition, Sealed, Snapshot, Stage, duration};
use crate::store::index;

/// Fragmented MP4 segments and parts.
const SEGMENT_TYPE: &str = "video/iso.segment";

impl Shared {
    /// Immutable bytes, wherever they are.
    pub(super) async fn media(
        &self,
        media: &Media,
        asked: &Asked<'_>,
    ) -> Result<Response<Body>, Refused> {
        let (chunks, tag) = match self.context.registry.get(media.broadcast) {
            Some(live) if live.stage() == Stage::TakenDown => {
                return Err(Refused::Gone { target: UNKNOWN_TARGET });
            }
            Some(live) => {
                live.viewers.request();
                self.of_live(&live, media).await?
            }
            None => {
                self.tally.asked_behind(Duration::MAX);
                self.of_archive(media).await?
            }
        };
        let content_type = match (media.piece, media.rendition.kind) {
            (Piece::Init(_), Kind::Video) => "video/mp4",
            (Piece::Init(_), Kind::Audio) => "audio/mp4",
            (Piece::Segment(_) | Piece::Part(..), _) => SEGMENT_TYPE,
        };
        let answer = answer::bytes(asked, chunks, &tag, content_type);
        Ok(self.tag.mark(answer, media.broadcast))
    }

    async fn of_live(&self, live: &Live, media: &Media) -> Result<(Vec<Bytes>, String), Refused> {
        let target = UNKNOWN_TARGET;
        let rendition = live.rendition(media.rendition).ok_or(Refused::NotFound { target })?;
        let target = duration(rendition.control().target());
        match media.piece {
            Piece::Part(msn, part) => {
                let at = Position { msn, part };
                self.tally.asked_behind(Duration::ZERO);
                let Sealed { bytes, crc32c } = self.part(&rendition, media.fence, at).await?;
                let tag = tag_from(crc32c, bytes.len() as u64);
                Ok((vec![bytes], tag))
            }
            Piece::Segment(msn) => {
                let newest = rendition.snapshot().edge.complete.unwrap_or(msn);
                let behind = u32::try_from(newest.saturating_sub(msn)).unwrap_or(u32::MAX);
                self.tally.asked_behind(target.saturating_mul(behind));
                let entry = rendition
                    .entry(msn)
                    .filter(|entry| entry.fence == media.fence)
                    .ok_or(Refused::NotFound { target })?;
                match rendition.segment(media.fence, msn) {
                    Found::Here(chunks) => {
                        Ok((chunks.to_vec(), tag_from(entry.crc32c, entry.bytes)))
                    }
                    Found::Gap => Err(Refused::NoBytes { target }),
                    Found::Absent if entry.gap => Err(Refused::NoBytes { target }),
                    Found::Absent => self.load(media, index::seal(&entry)).await,
                }
            }
            Piece::Init(generation) => {
                if let Some(bytes) = rendition.init(media.fence, generation) {
                    let tag = tag_of(std::slice::from_ref(&bytes));
                    return Ok((vec![bytes], tag));
                }
                let seal = rendition
                    .init_seal(media.fence, generation)
                    .ok_or(Refused::NotFound { target })?;
                self.load(media, seal).await
            }
        }
    }

    async fn of_archive(&self, media: &Media) -> Result<(Vec<Bytes>, String), Refused> {
        let target = UNKNOWN_TARGET;
        let archived = self.archived(media.broadcast).await?;
        let rendition = archived.rendition(media.rendition).ok_or(Refused::NotFound { target })?;
        let seal = match media.piece {
            Piece::Segment(msn) => {
                let entry = rendition
                    .index
                    .get(msn)
                    .filter(|entry| entry.fence == media.fence)
                    .ok_or(Refused::NotFound { target })?;
                if entry.gap {
                    return Err(Refused::NoBytes { target });
                }
                index::seal(entry)
            }
            Piece::Init(generation) => {
                let init = rendition.index.init(media.fence, generation);
                let init = init.ok_or(Refused::NotFound { target })?;
                Seal { bytes: init.bytes, crc32c: init.crc32c }
            }
            // Parts have no object: nobody needs them once their segment is whole.
            Piece::Part(..) => return Err(Refused::NotFound { target }),
        };
        self.load(media, seal).await
    }

    async fn load(&self, media: &Media, seal: Seal) -> Result<(Vec<Bytes>, String), Refused> {
        // Boxed: it is rare beside the ring, and has no room in the state of every answer.
        let key = media.key();
        match Box::pin(self.context.media.get(&key, seal)).await {
            Ok(chunks) => Ok((chunks.to_vec(), tag_from(seal.crc32c, seal.bytes))),
            Err(LoadError::Missing) => Err(Refused::NotFound { target: UNKNOWN_TARGET }),
            Err(LoadError::Damaged { .. }) => Err(Refused::StoreDamaged),
            Err(LoadError::Store(_)) => Err(Refused::StoreAway),
        }
    }

    /// A part: at once, or when it is complete if it is the one hinted; any other is unknown.
    async fn part(
        &self,
        rendition: &Arc<Rendition>,
        fence: u64,
        at: Position,
    ) -> Result<Sealed, Refused> {
        let target = duration(rendition.control().target());
        let found = |rendition: &Rendition| match rendition.part(fence, at) {
            Found::Here(part) => Some(Ok(part)),
            Found::Gap => Some(Err(Refused::NoBytes { target })),
            Found::Absent => None,
        };
        // The snapshot first: what it calls past is in the ring by then.
        let snapshots = rendition.snapshots();
        let newest = Arc::clone(&snapshots.borrow());
        if let Some(found) = found(rendition) {
            return found;
        }
        let may_come = |snapshot: &Snapshot| {
            !snapshot.gone
                && !snapshot.edge.ended
                && snapshot.hint.is_some_and(|(hinted, next)| {
                    hinted == fence && (at == next || at == Position::start_of(next.msn + 1))
                })
        };
        if !may_come(&newest) {
            return Err(Refused::NotFound { target });
        }
        let settled = |snapshot: &Arc<Snapshot>| {
            !may_come(snapshot) || rendition.part(fence, at) != Found::Absent
        };
        let snapshot = self.until(snapshots, settled, target * 3).await?;
        if snapshot.gone {
            return Err(Refused::Gone { target });
        }
        found(rendition).unwrap_or(Err(Refused::NotFound { target }))
    }
}
