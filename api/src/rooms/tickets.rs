//! `POST /v1/rooms/{room_id}/stream-tickets`.

use std::time::Duration;

use axum::extract::State;
use domain::id::RoomId;
use domain::time::Timestamp;
use http::StatusCode;
use infra::http::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::enter;
use crate::auth::{Principal, rights};
use crate::extract::{Json, Path};
use crate::room::Ticket;
use crate::{App, schema};

/// How long the ticket of a member without a token holds.
const SESSION_TICKET: Duration = Duration::from_hours(3);

/// A ticket for one stream.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "ticket": "q1J8…", "url": "/v1/rooms/room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d/events?ticket=q1J8…",
    "expires_at": "2026-11-25T21:30:00.000Z"
}))]
pub struct StreamTicket {
    /// What to send as `ticket`; first within 60 s, then again by this stream's reconnects.
    pub ticket: String,
    /// The stream's address with the ticket.
    pub url: String,
    /// When it ends for good.
    #[schema(value_type = schema::Timestamp)]
    pub expires_at: Timestamp,
}

/// Makes a ticket for an `EventSource`, which can send no header.
#[utoipa::path(
    post,
    path = "/v1/rooms/{room_id}/stream-tickets",
    operation_id = "createStreamTicket",
    tag = "rooms",
    params(("room_id" = schema::RoomId, Path, description = "The room.")),
    responses((status = 201, description = "The ticket.", body = StreamTicket)),
)]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<RoomId>,
) -> Result<(StatusCode, Json<StreamTicket>), Problem> {
    let room = enter(&app, &principal, id, &rights::COMMENTS_READ).await?;
    let now = app.clock.now();
    let (token_id, expires_at) = match &principal {
        Principal::Viewer(viewer) => (Some(viewer.token_id.to_string()), viewer.expires_at),
        Principal::Key(_) | Principal::Session(_) => (None, now.plus(SESSION_TICKET)),
    };
    let ticket = app.tickets.seal(&Ticket {
        number: u64::from_be_bytes(app.ids.bytes()),
        room_id: room.id,
        user_id: principal.user_id(),
        whole: principal.moderates(room.id),
        token_id,
        made_at: now.as_millis(),
        expires_at: expires_at.as_millis(),
    });
    let url = format!("/v1/rooms/{id}/events?ticket={ticket}");
    Ok((StatusCode::CREATED, Json(StreamTicket { ticket, url, expires_at })))
}
