//! `POST /v1/rooms/{room_id}/comments`.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::comment::{Body, BodyError, ClientId, ClientIdError, Kind, Status};
use domain::event::{Author, Badge};
use domain::id::{CommentId, RoomId, UserId};
use domain::time::Timestamp;
use http::{HeaderValue, StatusCode, header};
use infra::database::{comments, follows};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use super::shape::{Comment, CommentDanmaku, shape};
use crate::auth::{Principal, rights};
use crate::extract::{Json, Path};
use crate::room::{Access, Draft, Hold, Room, Said, TooOften, Verdict};
use crate::rooms::enter;
use crate::sanctions::standing::{Standing, may_write};
use crate::{App, moderation, refusal, schema};

/// What to say.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"body": "hello", "kind": "chat", "pdt_at": "2026-11-25T18:29:58.500Z", "client_id": "01J9-a"}))]
pub struct NewComment {
    /// The words: at most 500 characters, 80 for a danmaku.
    #[schema(min_length = 1, max_length = 500)]
    pub body: String,
    /// `chat`, `danmaku` or `question`; moderators also `announcement`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub kind: Kind,
    /// The programme time of the picture that the author saw.
    #[serde(default)]
    #[schema(value_type = Option<schema::Timestamp>)]
    pub pdt_at: Option<Timestamp>,
    /// The same one again is the same comment.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub client_id: Option<String>,
    /// The comment that this one answers.
    #[serde(default)]
    #[schema(value_type = Option<schema::CommentId>)]
    pub parent_id: Option<CommentId>,
    /// How a danmaku flies.
    #[serde(default)]
    pub danmaku: Option<CommentDanmaku>,
}

/// Why a comment was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostCommentError {
    /// The words are no comment.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The client id is none.
    #[error(transparent)]
    ClientId(#[from] ClientIdError),
    /// Only moderators write this kind.
    #[error("only moderators write comments of this kind")]
    Kind,
    /// The room does not let this user write.
    #[error("the room is open to {0} only")]
    Closed(&'static str),
    /// A rule refuses the words.
    #[error("a rule of this room refuses this comment")]
    RefusedByRule {
        /// The kind of the rule.
        rule_kind: String,
    },
    /// Too often.
    #[error(transparent)]
    TooOften(#[from] TooOften),
}

impl From<PostCommentError> for Problem {
    fn from(error: PostCommentError) -> Self {
        let detail = error.to_string();
        match error {
            PostCommentError::Body(BodyError::TooLong { .. }) => {
                refusal::invalid("/body", "too_long", &detail)
            }
            PostCommentError::Body(_) => refusal::invalid("/body", "invalid", &detail),
            PostCommentError::ClientId(_) => refusal::invalid("/client_id", "invalid", &detail),
            PostCommentError::Kind => refusal::forbidden("kind_not_allowed", detail),
            PostCommentError::Closed("followers") => refusal::forbidden("followers_only", detail),
            PostCommentError::Closed("subscribers") => {
                refusal::forbidden("subscribers_only", detail)
            }
            PostCommentError::Closed("registered users") => {
                refusal::forbidden("verification_required", detail)
            }
            PostCommentError::Closed(_) => refusal::forbidden("room_closed", detail),
            PostCommentError::RefusedByRule { rule_kind } => {
                refusal::of(StatusCode::UNPROCESSABLE_ENTITY, "rejected_by_rule", detail)
                    .member("rule_kind", rule_kind)
            }
            PostCommentError::TooOften(TooOften::SlowMode { wait }) => {
                refusal::too_many("slow_mode", detail, wait)
            }
            PostCommentError::TooOften(TooOften::Rate { wait }) => {
                refusal::too_many("too_many_comments", detail, wait)
            }
        }
    }
}

/// Posts a comment to a room.
///
/// The name and badges of the author come from the token, never from the body.
#[utoipa::path(
    post,
    path = "/v1/rooms/{room_id}/comments",
    operation_id = "postComment",
    tag = "comments",
    params(("room_id" = schema::RoomId, Path, description = "The room.")),
    request_body = NewComment,
    responses(
        (status = 200, description = "This client id was posted before: the first comment.", body = Comment),
        (status = 201, description = "The comment is published.", body = Comment),
        (status = 202, description = "A moderator reads the comment first.", body = Comment),
        (status = 403, description = "`sanctioned`, `followers_only`, `subscribers_only` or `verification_required`."),
        (status = 422, description = "`rejected_by_rule`, or the body is not acceptable."),
        (status = 429, description = "`slow_mode` or `too_many_comments`, with `wait_ms`."),
    ),
)]
pub(crate) async fn post(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<RoomId>,
    Json(wanted): Json<NewComment>,
) -> Result<Response, Problem> {
    let room = enter(&app, &principal, id, &rights::COMMENTS_WRITE).await?;
    let user = principal.user()?;
    let moderates = principal.moderates(id);
    let body = Body::parse(wanted.kind, &wanted.body).map_err(PostCommentError::from)?;
    let client_id = wanted.client_id.as_deref().map(ClientId::parse).transpose();
    let client_id = client_id.map_err(PostCommentError::from)?;
    if let Some(client_id) = &client_id
        && let Some(known) = known(&app, id, user, client_id).await?
    {
        return Ok(answer(StatusCode::OK, known));
    }
    let mut standing = Standing::Free;
    if !moderates {
        if !wanted.kind.is_open_to_viewers() {
            return Err(PostCommentError::Kind.into());
        }
        standing = may_write(&app, user, &room).await?;
        admit(&app, &room, &principal, user).await?;
        let slow_mode = Duration::from_millis(room.settings.load().slow_mode_ms.into());
        room.pace.take(user, slow_mode).map_err(PostCommentError::from)?;
    }
    let status = match status(&app, &room, user, &body, moderates).await? {
        Status::Published | Status::Held if standing == Standing::Shadowed => Status::AuthorOnly,
        status => status,
    };
    let draft = draft(&app, &room, &principal, user, (wanted, body, client_id, status)).await?;
    let posted = room.post(draft).await?;
    if posted.is_new && posted.comment.status == Status::Held.as_str() {
        app.moderation.hint(room.org_id);
    }
    let media_ms = match room.airing().await? {
        Some(airing) => airing.timeline.media_ms(Timestamp(posted.comment.pdt_at)),
        None => None,
    };
    let code = match (posted.is_new, posted.comment.status.as_str()) {
        (false, _) => StatusCode::OK,
        (true, "held") => StatusCode::ACCEPTED,
        (true, _) => StatusCode::CREATED,
    };
    Ok(answer(code, shape(posted.comment, media_ms, None)))
}

fn answer(code: StatusCode, comment: Comment) -> Response {
    let location = format!("/v1/comments/{}", comment.id);
    let mut response = (code, Json(comment)).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// The comment that this author posted under this client id before.
async fn known(
    app: &App,
    room: RoomId,
    user: UserId,
    client_id: &ClientId,
) -> Result<Option<Comment>, Problem> {
    let found =
        comments::by_client_ids(app.database.read(), room, &[(user, client_id.as_str())]).await?;
    Ok(super::show(app, found).await?.pop())
}

/// Refuses whom the room's settings keep out.
async fn admit(app: &App, room: &Room, principal: &Principal, user: UserId) -> Result<(), Problem> {
    let settings = room.settings.load_full();
    if settings.closed {
        return Err(PostCommentError::Closed("nobody").into());
    }
    let badges = principal.badges();
    match settings.access {
        Access::Registered if principal.is_guest() => {
            Err(PostCommentError::Closed("registered users").into())
        }
        Access::Everyone | Access::Registered => Ok(()),
        Access::Followers => {
            let follows = follows::exists(app.database.read(), room.channel_id, user).await?;
            if follows { Ok(()) } else { Err(PostCommentError::Closed("followers").into()) }
        }
        Access::Subscribers if badges.contains(&Badge::Subscriber) => Ok(()),
        Access::Subscribers => Err(PostCommentError::Closed("subscribers").into()),
        Access::Moderators => Err(PostCommentError::Closed("moderators").into()),
    }
}

/// What becomes of the words: moderators' own are published as they are.
async fn status(
    app: &App,
    room: &Room,
    user: UserId,
    body: &Body,
    moderates: bool,
) -> Result<Status, Problem> {
    if moderates {
        return Ok(Status::Published);
    }
    let verdict = app.screening.judge(&Said { room, author_id: user, body: body.as_str() });
    let held = match room.settings.load().hold {
        Hold::Nothing => false,
        Hold::Everything => true,
        Hold::FirstMessage => !comments::has_published(app.database.read(), room.id, user).await?,
    };
    match verdict {
        Verdict::Refuse { rule_kind } => Err(PostCommentError::RefusedByRule { rule_kind }.into()),
        Verdict::AuthorOnly => Ok(Status::AuthorOnly),
        Verdict::Hold => Ok(Status::Held),
        Verdict::Publish if held => Ok(Status::Held),
        Verdict::Publish => Ok(Status::Published),
    }
}

async fn draft(
    app: &App,
    room: &Room,
    principal: &Principal,
    user: UserId,
    (wanted, body, client_id, status): (NewComment, Body, Option<ClientId>, Status),
) -> Result<Draft, Problem> {
    let at = app.clock.now();
    let said = Said { room, author_id: user, body: body.as_str() };
    let with = (status == Status::Held).then(|| moderation::item_of(app, &said));
    let airing = room.airing().await?;
    let pdt_at = match &airing {
        Some(airing) => airing.clamp(wanted.pdt_at, at),
        None => wanted.pdt_at.unwrap_or(at).min(at),
    };
    Ok(Draft {
        id: app.ids.next(),
        org_id: room.org_id,
        author: Author {
            id: Some(user),
            display_name: principal.display_name().to_owned(),
            badges: principal.badges(),
        },
        kind: wanted.kind,
        body,
        parent_id: wanted.parent_id,
        danmaku: match wanted.kind {
            Kind::Danmaku => Some(wanted.danmaku.map_or_else(usual, Into::into)),
            Kind::Chat | Kind::Question | Kind::System | Kind::Announcement => None,
        },
        broadcast_id: airing.map(|airing| airing.broadcast_id),
        pdt_at,
        client_id,
        status,
        risk: 0.0,
        at,
        with,
    })
}

/// How a danmaku flies when nothing is said about it.
fn usual() -> domain::event::Danmaku {
    domain::event::Danmaku {
        mode: domain::event::DanmakuMode::Scroll,
        color: 0x00ff_ffff,
        size: 24,
    }
}
