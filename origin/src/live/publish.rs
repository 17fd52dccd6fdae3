//! From the packager's outputs to what viewers can get, in this order: the bytes of all renditions,
//! then their snapshots, then cache and store.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::time::Timestamp;
use infra::database::broadcasts::Mark;
use media::hls::index::{Entry, page_of};
use media::hls::{Window, key};
use media::journal::SegmentRecord;
use media::packager::{Alarm, Output, Part};

use super::lifecycle::Fact;
use super::pump::Pump;
use super::rendition::{ClosedSegment, duration};
use super::{Rendition, Stage};
use crate::stats::lateness::Published;

impl Pump {
    /// Publishes all that the packager has to say.
    pub(super) async fn publish(&mut self) {
        self.publish_where(true).await;
    }

    /// The same, but players are not told that the broadcast is over: another process goes on.
    pub(super) async fn publish_all_but_the_end(&mut self) {
        self.publish_where(false).await;
    }

    async fn publish_where(&mut self, ends: bool) {
        let mut changed: Vec<Arc<Rendition>> = Vec::new();
        let mut closed = Vec::new();
        let mut published = Vec::new();
        while let Some(output) = self.packager.poll() {
            match &output {
                Output::Ended if !ends => {}
                Output::Ended => {
                    for rendition in self.live.renditions().iter() {
                        rendition.end();
                        note(&mut changed, rendition);
                    }
                }
                Output::Rendition(about) => self.describe(about.clone()),
                Output::Init(init) => {
                    if let Some(rendition) = self.live.rendition(init.rid) {
                        rendition.add_init(init);
                        self.context.store_init(self.live.identity.broadcast, init);
                        // The sheet lists the init sections: none is announced without one.
                        let sheet = self.context.store_sheet(&self.live);
                        if let Some(journal) = &mut self.journal {
                            journal.init(init);
                            journal.sheet(sheet);
                        }
                    }
                }
                Output::Part(part) => {
                    if let Some(rendition) = self.live.rendition(part.rid) {
                        let fence = rendition.add_part(part);
                        if let Some(journal) = &mut self.journal {
                            journal.part(part, fence);
                        }
                        note(&mut changed, &rendition);
                        published.push(Published::from(part));
                        self.mark(part).await;
                    }
                }
                Output::Segment(segment) => {
                    if let Some(rendition) = self.live.rendition(segment.rid) {
                        let now = self.context.clock.monotonic();
                        let chunks = rendition.close(*segment, now);
                        self.write_down(&rendition, segment.msn);
                        closed.extend(chunks.map(|chunks| (Arc::clone(&rendition), chunks)));
                        note(&mut changed, &rendition);
                    }
                }
                Output::Alarm(alarm) => alarmed(*alarm),
            }
        }
        if let Some(journal) = &mut self.journal {
            journal.commit().await;
            self.live.journal_lost.store(journal.is_broken(), Ordering::Relaxed);
        }
        self.show(&changed);
        self.time(published);
        for (rendition, segment) in closed {
            self.keep(&rendition, segment).await;
        }
    }

    /// Whoever waited has these parts since now.
    fn time(&self, published: Vec<Published>) {
        if published.is_empty() {
            return;
        }
        let now = self.context.now().steady;
        let mut lateness = self.live.lateness.lock();
        for part in published {
            if let Some(late_ms) = lateness.publish(part, now) {
                metrics::histogram!("headwater_part_late_seconds")
                    .record(Duration::from_millis(late_ms.into()).as_secs_f64());
            }
        }
    }

    fn describe(&mut self, about: media::packager::Rendition) {
        if let media::unit::TrackConfig::Video(config) = &about.config {
            let (width, height) = (config.width(), config.height());
            self.reporter.shaped(|shape| (shape.width, shape.height) = (width, height));
        }
        let control = about.control;
        self.reporter.shaped(|shape| {
            shape.target = duration(control.target());
            shape.part = control.part_target.map_or(shape.target, duration);
        });
        if let Some(rendition) = self.live.rendition(about.rid) {
            rendition.describe(about);
        } else {
            let dvr_window = self.context.settings.dvr_window;
            let broadcast = self.live.identity.broadcast;
            self.live.add(Arc::new(Rendition::new(broadcast, about, dvr_window)));
        }
    }

    /// A complete segment, and what became of older ones.
    fn write_down(&mut self, rendition: &Rendition, msn: u64) {
        let lost = rendition.take_lost();
        self.context.store_gaps(rendition, &lost);
        let Some(journal) = &mut self.journal else { return };
        let rid = rendition.rid();
        if let Some(Entry { gap, crc32c, .. }) = rendition.entry(msn) {
            journal.segment(SegmentRecord { rid, msn, gap, crc32c });
        }
        for lost in lost {
            journal.lost(rid, lost);
        }
        if let Some(oldest) = rendition.oldest_in_memory() {
            journal.keep_from(rid, oldest);
        }
    }

    /// Swaps the snapshots of all that changed, and wakes whoever waits.
    fn show(&mut self, changed: &[Arc<Rendition>]) {
        // Whoever waits for a broadcast that was taken down gets 410, never a last playlist.
        if changed.is_empty() || self.live.stage() == Stage::TakenDown {
            return;
        }
        let renditions = self.live.renditions();
        for rendition in changed {
            rendition.refresh(&renditions);
        }
        if let Some(edge) = renditions.first().and_then(|first| first.with_window(Window::edge_pdt))
        {
            self.reporter.at_edge(Timestamp(edge.0));
        }
        let begun = renditions.iter().all(|rendition| !rendition.snapshot().is_empty());
        if self.live.stage() == Stage::Starting && begun {
            self.live.become_stage(Stage::Live);
            self.live.ready.send_replace(true);
        }
    }

    /// A closed segment: into the cache without a copy, and to the store.
    async fn keep(&self, rendition: &Arc<Rendition>, segment: ClosedSegment) {
        let msn = segment.msn;
        let key = key::segment(rendition.broadcast(), rendition.rid(), segment.fence, msn);
        self.context.media.keep(&key, Arc::clone(&segment.chunks)).await;
        self.context.store_segment(rendition, segment);
        let every = self.context.settings.index_every_segments.max(1);
        if (msn + 1).is_multiple_of(every) || page_of(msn + 1) != page_of(msn) {
            self.context.store_page(rendition, page_of(msn));
        }
    }

    /// Media time is a fact: where it starts and where it breaks.
    async fn mark(&mut self, part: &Part) {
        let Some(opens) = part.opens else { return };
        let leads = self.live.renditions().first().is_some_and(|first| first.rid() == part.rid);
        if !leads || (self.began && !opens.discontinuity) {
            return;
        }
        self.began = true;
        let media_ms = self
            .live
            .rendition(part.rid)
            .map_or(0, |rendition| rendition.index().duration().to_ms());
        self.tell(Fact::Mark(Mark { media_ms, pdt: Timestamp(opens.pdt.0) })).await;
    }

    pub(super) async fn tell(&mut self, fact: Fact) {
        if let Some(code) = fact.code() {
            let super::Identity { channel, broadcast, .. } = self.live.identity;
            self.context.note(channel, Some(broadcast), code);
        }
        if self.facts.send((self.context.clock.now(), fact)).await.is_err() {
            tracing::error!(
                broadcast.id = %self.live.identity.broadcast,
                "a lifecycle step has no one to write it down"
            );
        }
    }
}

fn note(changed: &mut Vec<Arc<Rendition>>, rendition: &Arc<Rendition>) {
    if !changed.iter().any(|known| Arc::ptr_eq(known, rendition)) {
        changed.push(Arc::clone(rendition));
    }
}

fn alarmed(alarm: Alarm) {
    match alarm {
        Alarm::GopOverTarget { gop } => {
            metrics::counter!("headwater_gop_over_target_total").increment(1);
            tracing::debug!(gop.ms = gop.to_ms(), "a segment starts without a sync unit");
        }
        Alarm::LateMedia { units, .. } => {
            metrics::counter!("headwater_late_units_total").increment(u64::from(units));
        }
        Alarm::ClockJump { by_ms } => {
            metrics::counter!("headwater_clock_jumps_total").increment(1);
            tracing::info!(jump.ms = by_ms, "a publisher's clock jumped");
        }
        Alarm::Silent { .. } => {
            metrics::counter!("headwater_silent_tracks_total").increment(1);
        }
        Alarm::Overrun { .. } => {
            metrics::counter!("headwater_start_overruns_total").increment(1);
        }
        other => tracing::info!(alarm = ?other, "the packager warns"),
    }
}
