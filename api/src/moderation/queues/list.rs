//! `GET /v1/moderation/queues`.

use axum::extract::State;
use domain::id::{OrgId, QueueId};
use domain::time::Timestamp;
use infra::database::{self, mod_items, mod_queues};
use infra::http::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Principal, rights};
use crate::extract::Json;
use crate::{App, schema};

/// The queues of an organisation: tens at most, so the list has no cursor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Queues {
    /// The first one takes what no other wants.
    pub data: Vec<Queue>,
}

/// One queue, and how much waits in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ModerationQueue, example = json!({
    "id": "que_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "name": "review", "sla_s": 300, "open": 12,
    "claimed": 3, "overdue": 1, "oldest_at": "2026-11-25T18:30:00.000Z"
}))]
pub struct Queue {
    /// The queue's id.
    #[schema(value_type = schema::QueueId)]
    pub id: QueueId,
    /// What people call it.
    pub name: String,
    /// How soon an item wants a decision, in seconds.
    pub sla_s: i32,
    /// Items that nobody has.
    pub open: i64,
    /// Items that someone has.
    pub claimed: i64,
    /// Those of both that are past their due time.
    pub overdue: i64,
    /// When the oldest came in.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub oldest_at: Option<Timestamp>,
}

/// Lists the queues with what waits in them.
#[utoipa::path(
    get,
    path = "/v1/moderation/queues",
    operation_id = "listQueues",
    tag = "moderation",
    responses((status = 200, description = "The queues.", body = Queues)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    principal: Principal,
) -> Result<Json<Queues>, Problem> {
    principal.require(&rights::MODERATION_REVIEW)?;
    Ok(Json(read(&app, principal.org_id()).await?))
}

/// The queues as they are now.
pub(crate) async fn read(app: &App, org: OrgId) -> Result<Queues, database::Error> {
    let read = app.database.read();
    let now = app.clock.now();
    let mut data = Vec::new();
    for queue in mod_queues::of_org(read, org.uuid()).await? {
        let depth = mod_items::depth(read, queue.id, now.0).await?;
        data.push(Queue {
            id: QueueId::from_uuid(queue.id),
            name: queue.name,
            sla_s: queue.sla_s,
            open: depth.open,
            claimed: depth.claimed,
            overdue: depth.overdue,
            oldest_at: depth.oldest_at.map(Timestamp),
        });
    }
    Ok(Queues { data })
}
