//! REST, event streams, pages and the OpenAPI document.
//!
//! # How an endpoint is written here
//!
//! One folder a resource, one file an endpoint; `channels/create.rs` is the model.
//!
//! - The resource's file (`channels.rs`) declares its endpoints and `pub(crate) fn router() ->
//!   OpenApiRouter<App>` with `routes!(…)` (handlers of one path go into one `routes!`);
//!   `router.rs` merges it in one line. Its tag stands in `openapi.rs`.
//! - `#[utoipa::path]` says: full path with `/v1`, unique camelCase `operation_id`, one `tag`, only the
//!   success answers and the refusals that are this operation's own. `4XX` and `5XX` are added.
//!   Open to everyone: `security(())`.
//! - Bodies: [`extract::Json`] (64 KiB, pointer to what is wrong) into a struct with
//!   `#[serde(deny_unknown_fields)]`; changes: [`extract::MergePatch`] of [`extract::Patch`] members; paths:
//!   [`extract::Path`] (a malformed id is 404); queries: [`extract::Query`]. Each schema has an `example`;
//!   ids and times name their shape: `#[schema(value_type = schema::ChannelId)]`.
//! - Who: [`auth::Principal`] (known) or [`auth::Caller`] (anyone), then
//!   `principal.require(&rights::CHANNELS_WRITE)?` or, where a room is concerned,
//!   `principal.require_in(room_id, &rights::MODERATION_REVIEW)?`. What belongs to another organisation is
//!   [`refusal::not_found`].
//! - Answers: [`convention::Created`] (201 + `Location`), [`convention::Versioned`] (`ETag`; guard the change
//!   with [`convention::IfMatch`]), [`convention::list::Asked`] → [`convention::Listed`] for lists.
//! - `Idempotency-Key` works on every POST by itself; take [`convention::IdempotencyKey`] where it is
//!   required, and make inner ids by `key.id()`, so that a retry after a crash is the same fact.
//! - Errors: an enum beside the handler with one `From<…> for Problem`, made by [`refusal`]. A
//!   `database::Error` becomes 503 or 500 by `?`.
//! - Writes: `app.database.write(…)`; what a room shall see goes through [`room::Room::commit`]:
//!   `room.commit(move |tx| async move { rows(tx.tx, …).await?; tx.publish(&event).await?; Ok(value) }.boxed())`.
//! - Tests: [`testing::World`] (a real SQLite database, the whole router): `world.owner().post("/v1/…", json)`.

pub mod accounts;
pub mod analytics;
pub mod api_keys;
pub mod auth;
pub mod broadcasts;
pub mod channels;
pub mod comments;
pub mod convention;
pub mod extract;
pub mod feeds;
pub mod gift_types;
pub mod gifts;
pub mod guest_sessions;
mod layer;
pub mod leaderboards;
pub mod ledger;
pub mod moderation;
pub mod openapi;
pub mod operator;
pub mod pages;
pub mod recordings;
pub mod refusal;
pub mod reports;
pub mod room;
pub mod rooms;
mod router;
pub mod sanctions;
pub mod schema;
mod service;
mod state;
pub mod stream_keys;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod viewer_tokens;
pub mod wallet;

use infra::auth::token;
use infra::bus::Bus;
use infra::clock::SharedClock;
use infra::database::{self, Database};
use infra::ids::Ids;
use infra::tasks::Tasks;
use std::sync::Arc;

pub use layer::limit::Quotas;
pub use layer::request_id::RequestId;
pub use state::{App, Shared};

use auth::{KeyCache, Revocations};
use convention::cursor::Cursors;
use layer::limit::Limits;
use room::{Rooms, Screening, Surroundings, Tickets};

/// What the API is told at the start of the process.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where publishers send, without the key: `rtmp://127.0.0.1:1935/live`.
    pub rtmp_url: String,
    /// The same inside TLS, when there is a certificate.
    pub rtmps_url: Option<String>,
    /// Other sites whose pages may call, as `https://partner.example`; none named is every one.
    pub allowed_origins: Vec<String>,
    /// Whether guests start with demo coins.
    pub demo: bool,
    /// Whether cookies are for TLS only.
    pub secure_cookies: bool,
    /// Allowances.
    pub quotas: Quotas,
    /// Renders the metrics of the process.
    pub metrics: infra::telemetry::Metrics,
}

/// What the API is made of.
#[derive(Debug, Clone)]
pub struct Parts {
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
    /// What the process was told.
    pub settings: Settings,
}

/// The API of one process.
#[derive(Debug, Clone)]
pub struct Api {
    app: App,
}

impl Api {
    /// Starts the API's own tasks and loads what it needs of the database.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn start(parts: Parts) -> Result<Self, database::Error> {
        let Parts { database, bus, clock, ids, tasks, settings } = parts;
        let tokens = token::Signer::load(&database, &ids).await?;
        let cursors = Cursors::new(tokens.derive("cursors"));
        let rooms = Rooms::start(Surroundings {
            database: database.clone(),
            bus: bus.clone(),
            clock: Arc::clone(&clock),
            ids: ids.clone(),
            tasks: tasks.clone(),
        });
        let app = App::new(Shared {
            tickets: Tickets::new(Cursors::new(tokens.derive("tickets")), Arc::clone(&clock)),
            screening: Arc::new(Screening::new()),
            keys: KeyCache::new(Arc::clone(&clock)),
            revocations: Revocations::new(Arc::clone(&clock)),
            limits: Limits::new(settings.quotas, &clock),
            feeds: feeds::Feeds::new(Arc::clone(&clock)),
            operator: operator::Board::default(),
            moderation: moderation::Moderation::new(bus.clone(), Arc::clone(&clock)),
            started_at: clock.now(),
            database,
            bus,
            clock,
            ids,
            tasks,
            tokens,
            settings,
            cursors,
            rooms,
        });
        feeds::follow(&app).await?;
        moderation::follow(&app).await?;
        app.tasks.spawn("gifts: combos", gifts::close_combos(app.clone()));
        room::follow_broadcasts(&app);
        operator::follow(&app);
        Ok(Self { app })
    }

    /// Everything that is not media: `/v1`, health, metrics, the document and the pages.
    pub fn router(&self) -> axum::Router {
        router::router(self.app.clone())
    }

    /// The state behind the router, for tests and composition.
    pub fn app(&self) -> &App {
        &self.app
    }
}
