//! What handlers share.

use std::ops::Deref;
use std::sync::Arc;

use domain::time::Timestamp;
use infra::bus::Bus;
use infra::clock::SharedClock;
use infra::database::Database;
use infra::ids::Ids;
use infra::tasks::Tasks;

use crate::auth::{KeyCache, Revocations};
use crate::convention::cursor::Cursors;
use crate::layer::limit::Limits;
use crate::room::{Rooms, Screening, Tickets};

/// The state of the router: cheap to clone.
#[derive(Debug, Clone)]
pub struct App(Arc<Shared>);

/// What the services of the API are made of.
#[derive(Debug)]
pub struct Shared {
    /// Where facts are.
    pub database: Database,
    /// Where hints go.
    pub bus: Bus,
    /// The time.
    pub clock: SharedClock,
    /// Fresh ids and secrets.
    pub ids: Ids,
    /// Who waits for tasks.
    pub tasks: Tasks,
    /// Signs and checks viewer tokens.
    pub tokens: infra::auth::token::Signer,
    /// What the process was told at its start.
    pub settings: crate::Settings,
    /// Signs list cursors.
    pub cursors: Cursors,
    /// What there is to watch.
    pub feeds: crate::feeds::Feeds,
    /// The rooms that are open here.
    pub rooms: Rooms,
    /// Stream tickets.
    pub tickets: Tickets,
    /// Rules in force and what the endpoints of moderation share.
    pub moderation: crate::moderation::Moderation,
    /// What operators see.
    pub operator: crate::operator::Board,
    /// What may be said.
    pub screening: Arc<Screening>,
    /// API keys looked up lately.
    pub keys: KeyCache,
    /// Viewer tokens that were revoked.
    pub revocations: Revocations,
    /// Allowances.
    pub limits: Limits,
    /// When this process started: a request that started before has ended, one way or another.
    pub started_at: Timestamp,
}

impl App {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
