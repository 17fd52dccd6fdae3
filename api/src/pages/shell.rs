//! One request to one page of HTML: language, theme, template, headers.

use std::convert::Infallible;

use askama::Template;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};

use super::assets::{Assets, PageAssets};
use super::language::{Language, cookie};
use super::sentences::sentence;
use super::{Listed, Watched};

/// What every page may load. No inline script, no inline style, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     media-src 'self' blob:; font-src 'none'; form-action 'self'; base-uri 'none'; ";

/// Language and theme of a request.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    language: Language,
    /// The address chose the language, so the choice is kept.
    keeps: bool,
    theme: Option<&'static str>,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let asked = pairs.into_iter().find(|(name, _)| name == "lang").map(|(_, value)| value);
        let theme = match cookie(&parts.headers, "hw_theme") {
            Some("dark") => Some("dark"),
            Some("light") => Some("light"),
            _ => None,
        };
        Ok(Self {
            language: Language::choose(asked.as_deref(), &parts.headers),
            keeps: asked.as_deref().and_then(Language::of).is_some(),
            theme,
        })
    }
}

impl Asked {
    /// What the template of this page needs of every page.
    pub(super) fn page(&self, assets: &Assets, name: &'static str) -> Page {
        let assets = assets.of(name, self.language.tag());
        let lang = self.language.tag();
        let theme = self.theme.unwrap_or_default();
        Page { lang, theme, language: self.language, assets }
    }
}

/// What the templates read beside their own facts.
#[derive(Debug, Clone)]
pub(super) struct Page {
    lang: &'static str,
    theme: &'static str,
    language: Language,
    assets: Option<PageAssets>,
}

impl Page {
    fn t(&self, id: &str) -> String {
        sentence(self.language, id)
    }

    fn themed(&self) -> bool {
        !self.theme.is_empty()
    }

    fn built(&self) -> bool {
        self.assets.is_some()
    }

    fn script(&self) -> &str {
        self.assets.as_ref().map_or("", |assets| &assets.script)
    }

    fn style(&self) -> &str {
        self.assets.as_ref().map_or("", |assets| &assets.style)
    }

    fn preload(&self) -> &[String] {
        self.assets.as_ref().map_or(&[], |assets| &assets.preload)
    }

    fn sprite(&self) -> &str {
        self.assets.as_ref().map_or("", |assets| &assets.sprite)
    }

    /// Never a request for `/favicon.ico`.
    fn logo(&self) -> &str {
        self.assets.as_ref().map_or("data:,", |assets| &assets.logo)
    }
}

/// A page with its facts.
#[derive(Debug)]
pub(super) enum Shell {
    Home { page: Page, channels: Vec<Listed> },
    Watch { page: Page, watched: Watched },
    Embed { page: Page, watched: Watched },
    Replay { page: Page, watched: Watched },
    Studio { page: Page },
    Moderation { page: Page },
    Operator { page: Page },
    Missing { page: Page, status: StatusCode, title_id: &'static str, text_id: &'static str },
}

impl Shell {
    pub(super) fn missing(page: Page) -> Self {
        Self::nothing(page, StatusCode::NOT_FOUND, ["missing-title", "missing-text"])
    }

    pub(super) fn missing_recording(page: Page) -> Self {
        let ids = ["missing-recording-title", "missing-recording-text"];
        Self::nothing(page, StatusCode::NOT_FOUND, ids)
    }

    pub(super) fn unavailable(page: Page) -> Self {
        let ids = ["unavailable-title", "unavailable-text"];
        Self::nothing(page, StatusCode::SERVICE_UNAVAILABLE, ids)
    }

    /// No script: there is nothing that it could upgrade.
    fn nothing(mut page: Page, status: StatusCode, [title_id, text_id]: [&'static str; 2]) -> Self {
        if let Some(assets) = &mut page.assets {
            assets.script.clear();
            assets.preload.clear();
        }
        Self::Missing { page, status, title_id, text_id }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Missing { status, .. } => *status,
            Self::Home { .. }
            | Self::Watch { .. }
            | Self::Embed { .. }
            | Self::Replay { .. }
            | Self::Studio { .. }
            | Self::Moderation { .. }
            | Self::Operator { .. } => StatusCode::OK,
        }
    }

    /// Who may show this page in a frame: embeds are made for it, all else is not.
    const fn framed_by(&self) -> &'static str {
        match self {
            Self::Embed { .. } => "*",
            Self::Home { .. }
            | Self::Watch { .. }
            | Self::Replay { .. }
            | Self::Studio { .. }
            | Self::Moderation { .. }
            | Self::Operator { .. }
            | Self::Missing { .. } => "'self'",
        }
    }

    /// Whom the page may talk to: us; the studio also OBS on the creator's own machine.
    const fn talks_to(&self) -> &'static str {
        match self {
            Self::Studio { .. } => "'self' ws://127.0.0.1:4455",
            Self::Home { .. }
            | Self::Watch { .. }
            | Self::Embed { .. }
            | Self::Replay { .. }
            | Self::Moderation { .. }
            | Self::Operator { .. }
            | Self::Missing { .. } => "'self'",
        }
    }

    fn html(self) -> askama::Result<String> {
        match self {
            Self::Home { page, channels } => HomePage { page, channels }.render(),
            Self::Watch { page, watched } => WatchPage { page, watched }.render(),
            Self::Embed { page, watched } => EmbedPage { page, watched }.render(),
            Self::Replay { page, watched } => ReplayPage { page, watched }.render(),
            Self::Studio { page } => StudioPage { page }.render(),
            Self::Moderation { page } => ModerationPage { page }.render(),
            Self::Operator { page } => OperatorPage { page }.render(),
            Self::Missing { page, title_id, text_id, .. } => {
                MissingPage { page, title_id, text_id }.render()
            }
        }
    }
}

impl Watched {
    /// The facts as JSON that may stand inside a script element: nothing in it ends the element.
    fn inside_script(&self) -> String {
        self.facts.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028")
    }
}

#[derive(Template)]
#[template(path = "watch.html")]
struct WatchPage {
    page: Page,
    watched: Watched,
}

#[derive(Template)]
#[template(path = "replay.html")]
struct ReplayPage {
    page: Page,
    watched: Watched,
}

#[derive(Template)]
#[template(path = "embed.html")]
struct EmbedPage {
    page: Page,
    watched: Watched,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    page: Page,
    channels: Vec<Listed>,
}

#[derive(Template)]
#[template(path = "studio.html")]
struct StudioPage {
    page: Page,
}

#[derive(Template)]
#[template(path = "moderation.html")]
struct ModerationPage {
    page: Page,
}

#[derive(Template)]
#[template(path = "operator.html")]
struct OperatorPage {
    page: Page,
}

#[derive(Template)]
#[template(path = "missing.html")]
struct MissingPage {
    page: Page,
    title_id: &'static str,
    text_id: &'static str,
}

/// An answer without a body.
pub(super) fn plain(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The page with its headers.
pub(super) fn respond(asked: &Asked, shell: Shell) -> Response {
    let status = shell.status();
    let (framed_by, talks_to) = (shell.framed_by(), shell.talks_to());
    let policy = format!("{POLICY}connect-src {talks_to}; frame-ancestors {framed_by}");
    let html = match shell.html() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            return plain(StatusCode::INTERNAL_SERVER_ERROR);
        }
    };
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::VARY, "accept-language, cookie"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    if asked.keeps {
        let kept =
            format!("hw_lang={}; Path=/; Max-Age=31536000; SameSite=Lax", asked.language.tag());
        if let Ok(kept) = HeaderValue::from_str(&kept) {
            headers.insert(header::SET_COOKIE, kept);
        }
    }
    response
}
