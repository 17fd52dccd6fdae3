//! `GET /v1/rooms/{room_id}/events`: the room's stream (SSE).

use std::collections::HashSet;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::id::RoomId;
use domain::time::Timestamp;
use http::{HeaderMap, HeaderName, StatusCode, header};
use infra::http::problem::Problem;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

use super::enter;
use crate::auth::{Caller, Principal, rights};
use crate::convention::event_stream;
use crate::extract::{Path, Query};
use crate::room::{Position, Room, Stream, TicketError, Wanted};
use crate::{App, refusal, schema};

/// What reconnecting pages send.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Who, and from where.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// A ticket, instead of an `Authorization` header.
    ticket: Option<String>,
    /// The position to go on from; the `Last-Event-ID` header wins.
    last_event_id: Option<String>,
    /// Only events of these types, separated by commas.
    events: Option<String>,
}

/// Streams the events of a room.
///
/// Each SSE event carries `id: <epoch>-<seq>`, its type as `event:`, and a `RoomEvent` as `data:`. What
/// cannot be sent is told by `stream.gap` and `stream.reset`. 204: the ticket has ended, do not come back.
#[utoipa::path(
    get,
    path = "/v1/rooms/{room_id}/events",
    operation_id = "streamRoomEvents",
    tag = "rooms",
    security((), ("bearer" = []), ("session" = [])),
    params(
        ("room_id" = schema::RoomId, Path, description = "The room."),
        ("Last-Event-ID" = Option<String>, Header, description = "The last event that was seen."),
        Params,
    ),
    responses(
        (status = 200, description = "The stream; see `RoomEvent`.", body = String, content_type = "text/event-stream"),
        (status = 204, description = "The ticket has ended, or the room is over."),
    ),
)]
pub(crate) async fn events(
    State(app): State<App>,
    caller: Result<Caller, Problem>,
    Path(id): Path<RoomId>,
    Query(params): Query<Params>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let header = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok());
    let position: Option<Position> =
        header.or(params.last_event_id.as_deref()).and_then(|text| text.parse().ok());
    let names = params.events.as_deref().map(names);
    let (room, wanted) = match &params.ticket {
        Some(ticket) => {
            let Some(entered) = by_ticket(&app, id, ticket, header.is_some()).await? else {
                return Ok(StatusCode::NO_CONTENT.into_response());
            };
            entered
        }
        None => by_principal(&app, id, caller?.0).await?,
    };
    if room.is_over() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let stream = Stream::open(room, Wanted { position, names, ..wanted });
    Ok(answer(stream, app.clock.now()))
}

/// Enters by a ticket; nothing when it has ended.
async fn by_ticket(
    app: &App,
    id: RoomId,
    ticket: &str,
    reconnects: bool,
) -> Result<Option<(Arc<Room>, Wanted)>, Problem> {
    let (ticket, replaced) = match app.tickets.take(id, ticket, reconnects) {
        Ok(taken) => taken,
        Err(TicketError::Expired) => return Ok(None),
        Err(error @ (TicketError::Invalid | TicketError::Unused)) => {
            let detail = error.to_string();
            return Err(refusal::of(StatusCode::UNAUTHORIZED, "invalid_ticket", detail));
        }
    };
    let room = app.rooms.open(id).await?;
    if let Some(token) = ticket.token_id.as_deref().and_then(|token| token.parse().ok())
        && app.revocations.contains(&app.database, (room.org_id, token)).await?
    {
        return Ok(None);
    }
    let left = Timestamp(ticket.expires_at).since(app.clock.now());
    let wanted = Wanted {
        position: None,
        names: None,
        whole: ticket.whole,
        expires_in: Some(left),
        replaced: Some(replaced),
    };
    Ok(Some((room, wanted)))
}

async fn by_principal(
    app: &App,
    id: RoomId,
    principal: Option<Principal>,
) -> Result<(Arc<Room>, Wanted), Problem> {
    let principal = principal.ok_or_else(refusal::unauthenticated)?;
    let room = enter(app, &principal, id, &rights::COMMENTS_READ).await?;
    let expires_in: Option<Duration> = match &principal {
        Principal::Viewer(viewer) => Some(viewer.expires_at.since(app.clock.now())),
        Principal::Key(_) | Principal::Session(_) => None,
    };
    let whole = principal.moderates(id);
    let wanted = Wanted { position: None, names: None, whole, expires_in, replaced: None };
    Ok((room, wanted))
}

fn names(list: &str) -> HashSet<String> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The answer that no cache and no proxy holds back.
fn answer(stream: Stream, now: Timestamp) -> Response {
    let mut response = event_stream(stream.into_response());
    // A socket that is taken over has no one else who says it (RFC 9110, 6.6.1).
    response.headers_mut().insert(header::DATE, infra::http::date(now));
    response
}
