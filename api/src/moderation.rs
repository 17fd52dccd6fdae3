//! Moderation: rules in force, queues, claims, decisions.

pub mod claims;
mod config;
mod decide;
pub mod decisions;
mod error;
pub mod events;
mod follow;
mod held;
mod intake;
pub mod items;
pub mod policies;
pub mod queues;
mod reviewer;
pub mod rules;
mod ruleset;
pub(crate) mod scene;
pub mod term_lists;
pub(crate) mod verdict;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use domain::id::OrgId;
use domain::moderation::queue::goes_to_the_oldest;
use infra::bus::Bus;
use infra::clock::SharedClock;
use infra::database;
use utoipa_axum::router::OpenApiRouter;

use crate::App;

pub use error::ModerationError;
pub(crate) use follow::follow;
pub use held::item_of;
pub(crate) use held::{audience, told};
pub(crate) use intake::{Finding, Source, Subject, open};
pub(crate) use items::subject_text;
pub(crate) use reviewer::reviewer;
pub(crate) use ruleset::Place;
pub use ruleset::Rules;
pub use verdict::Reason;

/// What the endpoints of moderation share.
#[derive(Debug)]
pub struct Moderation {
    /// The rules in force.
    pub rules: Arc<Rules>,
    bus: Bus,
    claims: AtomicU64,
}

impl Moderation {
    /// No rules are in force yet.
    pub fn new(bus: Bus, clock: SharedClock) -> Self {
        Self { rules: Arc::new(Rules::new(clock)), bus, claims: AtomicU64::new(0) }
    }

    /// How many of the next `count` claimed items are to be the longest overdue ones.
    fn overdue_turns(&self, count: u64) -> u64 {
        let first = self.claims.fetch_add(count, Ordering::Relaxed);
        let turns = (first..first + count).filter(|&turn| goes_to_the_oldest(turn)).count();
        turns as u64
    }

    /// Tells open pages of an organisation that its queues changed. A hint: they read them again.
    pub(crate) fn hint(&self, org: OrgId) {
        self.bus.publish(events::subject(org), Bytes::from_static(b"queues"));
    }

    /// Puts changed rules in force here, and tells the other processes.
    pub(crate) async fn rules_changed(&self, app: &App) -> Result<(), database::Error> {
        follow::refresh(app).await?;
        self.bus.publish(follow::SUBJECT, Bytes::new());
        Ok(())
    }
}

/// The endpoints of moderation.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(claims::router())
        .merge(decisions::router())
        .merge(events::router())
        .merge(items::router())
        .merge(policies::router())
        .merge(queues::router())
        .merge(rules::router())
        .merge(term_lists::router())
}
