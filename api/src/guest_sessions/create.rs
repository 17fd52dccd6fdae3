//! `POST /v1/guest-sessions`.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::capability::Capability;
use domain::channel::Visibility;
use domain::id::{OrgId, RoomId, UserId};
use domain::money::Coins;
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use http::{HeaderMap, StatusCode, header};
use infra::auth::token::Claims;
use infra::database::ledger::AppendError;
use infra::database::wallets::{self, Grant, Opener};
use infra::database::{self, DatabaseTransaction, channels, sessions, users};
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{GUEST_COOKIE, is_same_site, read_cookie, session_hash, set_cookie};
use crate::extract::Json;
use crate::viewer_tokens::name;
use crate::{App, refusal, schema};

/// How long a guest stays the same person.
const GUEST_AGE: Duration = Duration::from_hours(24 * 30);
/// How long a guest's token holds; the page asks for another one before.
const TOKEN_AGE: Duration = Duration::from_hours(3);
/// What a guest of the demo starts with.
const DEMO_COINS: Coins = Coins(1_240);
/// What a guest may do.
const CAPABILITIES: [Capability; 4] =
    [Capability::Read, Capability::Comment, Capability::Gift, Capability::React];

/// Which room, and as whom.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"room_id": "room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "display_name": "Mira", "locale": "en"}))]
pub struct NewGuestSession {
    /// The room.
    #[schema(value_type = schema::RoomId)]
    pub room_id: RoomId,
    /// How others see the guest; a name is made up when absent.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub display_name: Option<String>,
    /// The language of the guest's page, BCP 47.
    #[serde(default)]
    #[schema(max_length = 35)]
    pub locale: Option<String>,
}

/// A guest's token.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "token": "eyJ…", "user_id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "display_name": "Quiet Heron 41",
    "expires_at": "2026-11-25T21:30:00.000Z", "capabilities": ["read", "comment", "gift", "react"]
}))]
pub struct GuestSession {
    /// What to send as `Authorization: Bearer …`.
    pub token: String,
    /// The guest.
    #[schema(value_type = schema::UserId)]
    pub user_id: UserId,
    /// How others see the guest.
    pub display_name: String,
    /// When the token ends.
    #[schema(value_type = schema::Timestamp)]
    pub expires_at: Timestamp,
    /// What the guest may do in the room.
    pub capabilities: Vec<String>,
}

/// Lets a viewer without an account into a public room.
///
/// The cookie `hw_guest` keeps the guest the same person over reloads.
#[utoipa::path(
    post,
    path = "/v1/guest-sessions",
    operation_id = "createGuestSession",
    tag = "accounts",
    security(()),
    request_body = NewGuestSession,
    responses((status = 201, description = "The guest's token; the cookie is set.", body = GuestSession)),
)]
pub(crate) async fn create(
    State(app): State<App>,
    headers: HeaderMap,
    Json(wanted): Json<NewGuestSession>,
) -> Result<Response, Problem> {
    let room = app.rooms.open(wanted.room_id).await?;
    let channel = channels::find(app.database.read(), room.channel_id).await?;
    let private = Visibility::Private.as_str();
    channel.filter(|channel| channel.visibility != private).ok_or_else(refusal::not_found)?;
    let given =
        wanted.display_name.as_deref().map(|text| name(text, "/display_name")).transpose()?;
    let known = known(&app, &headers, room.org_id).await?;
    let guest = match known {
        Some(guest) => renamed(&app, guest, given).await?,
        None => welcome(&app, room.org_id, given, wanted.locale).await?,
    };
    Ok(answer(&app, &room, guest))
}

/// A guest as the cookie knows them.
#[derive(Debug, Clone)]
struct Guest {
    user_id: UserId,
    display_name: String,
    /// The cookie to set, for a new guest.
    cookie: Option<String>,
}

fn answer(app: &App, room: &crate::room::Room, guest: Guest) -> Response {
    let now = app.clock.now();
    let claims = Claims {
        token_id: app.ids.uuid(),
        org_id: room.org_id,
        user_id: guest.user_id,
        room_id: room.id,
        capabilities: CAPABILITIES.to_vec(),
        display_name: guest.display_name.clone(),
        badges: Vec::new(),
        is_guest: true,
        expires_at: now.plus(TOKEN_AGE),
    };
    let body = GuestSession {
        token: app.tokens.sign(&claims, now),
        user_id: guest.user_id,
        display_name: guest.display_name,
        expires_at: claims.expires_at,
        capabilities: CAPABILITIES
            .iter()
            .map(|capability| capability.as_str().to_owned())
            .collect(),
    };
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    if let Some(secret) = guest.cookie {
        let cookie = set_cookie(GUEST_COOKIE, &secret, GUEST_AGE, app.settings.secure_cookies);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The guest of the request's cookie, when our own page sent it.
async fn known(app: &App, headers: &HeaderMap, org_id: OrgId) -> Result<Option<Guest>, Problem> {
    let Some(secret) = read_cookie(headers, GUEST_COOKIE).filter(|_| is_same_site(headers)) else {
        return Ok(None);
    };
    let found =
        sessions::find_guest(app.database.read(), &session_hash(secret), app.clock.now()).await?;
    let own = found.filter(|found| OrgId::from_uuid(found.org_id) == org_id);
    Ok(own.map(|found| Guest {
        user_id: UserId::from_uuid(found.user_id),
        display_name: found.display_name,
        cookie: None,
    }))
}

async fn renamed(app: &App, guest: Guest, given: Option<String>) -> Result<Guest, Problem> {
    let Some(display_name) = given.filter(|given| *given != guest.display_name) else {
        return Ok(guest);
    };
    let (user_id, new_name) = (guest.user_id, display_name.clone());
    let written = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
        let new_name = new_name.clone();
        async move { Ok(users::rename(tx, user_id, &new_name).await?) }.boxed()
    });
    written.await.map_err(database::Error::from)?;
    Ok(Guest { display_name, ..guest })
}

/// Makes a new guest with a session that the cookie stands for.
async fn welcome(
    app: &App,
    org_id: OrgId,
    given: Option<String>,
    locale: Option<String>,
) -> Result<Guest, Problem> {
    let secret = hex(&app.ids.bytes::<32>());
    let now = app.clock.now();
    let new = users::New {
        id: app.ids.next(),
        org_id,
        external_id: None,
        display_name: given.unwrap_or_else(|| made_up(locale.as_deref(), app.ids.bytes())),
        kind: users::Kind::Anonymous,
        locale: locale.filter(|locale| locale.len() <= 35),
        created_at: now,
    };
    let session = sessions::New {
        id_hash: session_hash(&secret),
        org_id,
        user_id: new.id,
        kind: sessions::Kind::Guest,
        now,
        expires_at: now.plus(GUEST_AGE),
    };
    let guest =
        Guest { user_id: new.id, display_name: new.display_name.clone(), cookie: Some(secret) };
    let coins = app.settings.demo.then(|| Grant {
        id: app.ids.next(),
        user: new.id,
        coins: DEMO_COINS,
        reason: "demo".to_owned(),
    });
    let ids = app.ids.clone();
    let written = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
        let (new, session) = (new.clone(), session.clone());
        let (ids, coins) = (ids.clone(), coins.clone());
        async move {
            users::insert(tx, new).await?;
            sessions::insert(tx, session).await?;
            if let Some(coins) = coins {
                give(tx, Opener { ids: &ids, org: org_id, now }, coins).await?;
            }
            Ok(())
        }
        .boxed()
    });
    written.await.map_err(database::Error::from)?;
    Ok(guest)
}

/// A real transfer from the promotion account, so that the demo's books balance too.
async fn give(
    tx: &DatabaseTransaction,
    opener: Opener<'_>,
    coins: Grant,
) -> Result<(), database::Error> {
    match wallets::grant(tx, opener, coins).await {
        Ok(_) => Ok(()),
        Err(AppendError::Database(error)) => Err(error),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "demo coins not granted");
            Err(database::Error::Panicked)
        }
    }
}

/// Two words and a number, as pleasant as a first name, in the guest's own language.
fn made_up(locale: Option<&str>, chance: [u8; 4]) -> String {
    const QUALITIES: [(&str, &str); 16] = [
        ("Quiet", "安静"),
        ("Bright", "明亮"),
        ("Gentle", "温和"),
        ("Swift", "轻快"),
        ("Merry", "欢乐"),
        ("Calm", "从容"),
        ("Bold", "大胆"),
        ("Clear", "清澈"),
        ("Warm", "温暖"),
        ("Lucky", "幸运"),
        ("Brave", "勇敢"),
        ("Kind", "善良"),
        ("Sunny", "晴朗"),
        ("Clever", "机灵"),
        ("Happy", "快乐"),
        ("Silver", "银色"),
    ];
    const BIRDS: [(&str, &str); 16] = [
        ("Heron", "苍鹭"),
        ("Otter", "水獭"),
        ("Swallow", "燕子"),
        ("Wren", "鹪鹩"),
        ("Kingfisher", "翠鸟"),
        ("Crane", "仙鹤"),
        ("Dipper", "河乌"),
        ("Egret", "白鹭"),
        ("Teal", "水鸭"),
        ("Plover", "鸻鸟"),
        ("Robin", "知更鸟"),
        ("Finch", "雀鸟"),
        ("Curlew", "杓鹬"),
        ("Lark", "云雀"),
        ("Osprey", "鱼鹰"),
        ("Swan", "天鹅"),
    ];
    let [quality, bird, tens, ones] = chance;
    let number = u16::from(tens % 10) * 10 + u16::from(ones % 10);
    let quality = QUALITIES[usize::from(quality) % QUALITIES.len()];
    let bird = BIRDS[usize::from(bird) % BIRDS.len()];
    if locale.is_some_and(|locale| locale.starts_with("zh")) {
        format!("{}的{} {number:02}", quality.1, bird.1)
    } else {
        format!("{} {} {number:02}", quality.0, bird.0)
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes every text");
        text
    })
}
