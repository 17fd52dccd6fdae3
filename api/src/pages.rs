//! Pages for people: shells that work before any script, and the assets that `make web` built.
//!
//! A shell holds title, creator, a plain `<video>` and the last comments; the elements of `web/` upgrade
//! what is there. Sentences come from `web/locales`, the same files that the elements read.

mod assets;
mod facts;
mod language;
mod sentences;
mod shell;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use futures_util::future::BoxFuture;
use http::StatusCode;

use assets::Assets;
use shell::{Asked, Shell, respond};

/// The newest comments that a shell shows before any script runs.
pub const COMMENTS_SHOWN: u16 = 50;

/// What pages need to know of the world; the router's state reads it from the database.
pub trait Facts: Send + Sync + 'static {
    /// The channel of this slug, if everyone may see it.
    fn watch<'a>(&'a self, slug: &'a str) -> BoxFuture<'a, Found<Watched>>;

    /// The recording of this id, if everyone may see it.
    fn replay<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Found<Watched>>;

    /// Public channels, live ones first.
    fn channels(&self) -> BoxFuture<'_, Result<Vec<Listed>, Unavailable>>;
}

/// What was found, nothing, or no answer.
pub type Found<T> = Result<Option<T>, Unavailable>;

/// The database does not answer.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the facts of this page are unavailable")]
pub struct Unavailable;

/// A channel or a recording as a shell shows it.
#[derive(Debug, Clone)]
pub struct Watched {
    /// What the broadcast or the channel is called.
    pub title: String,
    /// The creator's shown name.
    pub creator: String,
    /// What it is about; empty when nobody said.
    pub category: String,
    /// The channel's name in addresses.
    pub slug: String,
    /// Path of the playlist.
    pub hls: String,
    /// The newest comments, oldest first.
    pub comments: Vec<Line>,
    /// What the page's script starts from: the API's own shapes.
    pub facts: serde_json::Value,
}

/// One comment in a shell.
#[derive(Debug, Clone)]
pub struct Line {
    /// The author's shown name.
    pub name: String,
    /// The words.
    pub body: String,
}

/// A channel in the list of the home page's shell.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its name in addresses.
    pub slug: String,
    /// For people.
    pub title: String,
    /// Whether it is on the air.
    pub live: bool,
}

/// The service of the pages: cheap to clone.
#[derive(Clone)]
pub struct Pages {
    facts: Arc<dyn Facts>,
    assets: Arc<Assets>,
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

impl Pages {
    /// Pages that learn from `facts`.
    pub fn new(facts: Arc<dyn Facts>) -> Self {
        Self { facts, assets: Arc::new(Assets::load()) }
    }

    /// Whether `make web` was run; without it shells have neither style nor script.
    pub fn built(&self) -> bool {
        self.assets.built()
    }
}

/// All pages and their assets.
pub fn router<S: Clone + Send + Sync + 'static>(pages: Pages) -> Router<S> {
    Router::new()
        .route("/", get(home))
        .route("/watch/{slug}", get(watch))
        .route("/embed/{slug}", get(embed))
        .route("/replay/{recording}", get(replay))
        .route("/studio", get(studio))
        .route("/moderation", get(moderation))
        .route("/operator", get(operator))
        .route("/assets/{*path}", get(asset))
        .with_state(pages)
}

async fn home(State(pages): State<Pages>, asked: Asked) -> Response {
    let channels = pages.facts.channels().await;
    let page = asked.page(&pages.assets, "home");
    match channels {
        Ok(channels) => respond(&asked, Shell::Home { page, channels }),
        Err(Unavailable) => respond(&asked, Shell::unavailable(page)),
    }
}

async fn watch(State(pages): State<Pages>, Path(slug): Path<String>, asked: Asked) -> Response {
    let page = asked.page(&pages.assets, "watch");
    match pages.facts.watch(&slug).await {
        Ok(Some(watched)) => respond(&asked, Shell::Watch { page, watched }),
        Ok(None) => respond(&asked, Shell::missing(page)),
        Err(Unavailable) => respond(&asked, Shell::unavailable(page)),
    }
}

async fn embed(State(pages): State<Pages>, Path(slug): Path<String>, asked: Asked) -> Response {
    let page = asked.page(&pages.assets, "embed");
    match pages.facts.watch(&slug).await {
        Ok(Some(watched)) => respond(&asked, Shell::Embed { page, watched }),
        Ok(None) => respond(&asked, Shell::missing(page)),
        Err(Unavailable) => respond(&asked, Shell::unavailable(page)),
    }
}

async fn replay(State(pages): State<Pages>, Path(id): Path<String>, asked: Asked) -> Response {
    let page = asked.page(&pages.assets, "replay");
    match pages.facts.replay(&id).await {
        Ok(Some(watched)) => respond(&asked, Shell::Replay { page, watched }),
        Ok(None) => respond(&asked, Shell::missing_recording(page)),
        Err(Unavailable) => respond(&asked, Shell::unavailable(page)),
    }
}

async fn studio(State(pages): State<Pages>, asked: Asked) -> Response {
    respond(&asked, Shell::Studio { page: asked.page(&pages.assets, "studio") })
}

async fn moderation(State(pages): State<Pages>, asked: Asked) -> Response {
    respond(&asked, Shell::Moderation { page: asked.page(&pages.assets, "moderation") })
}

async fn operator(State(pages): State<Pages>, asked: Asked) -> Response {
    respond(&asked, Shell::Operator { page: asked.page(&pages.assets, "operator") })
}

async fn asset(Path(path): Path<String>, headers: http::HeaderMap) -> Response {
    assets::serve(&path, &headers).unwrap_or_else(|| shell::plain(StatusCode::NOT_FOUND))
}

#[cfg(test)]
mod tests;
