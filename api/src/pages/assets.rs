//! What `make web` built: immutable files under names with hashes, and the manifest that names them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Deserialize;

/// Built pages; empty before `make web`. Debug builds read them from disk at each request.
#[derive(RustEmbed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Dist;

/// A year: the name changes with the content.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Which file serves which page.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Manifest {
    /// By page: the script and what it imports at once.
    scripts: BTreeMap<String, Script>,
    /// By sheet: `page` and `embed`.
    styles: BTreeMap<String, String>,
    /// By language tag: sentences of every page; by tag and page, `en:studio`: of that page alone.
    locales: BTreeMap<String, String>,
    /// The icons.
    sprite: String,
    /// The mark.
    logo: String,
    /// hls.js, loaded beside the page's own script.
    player: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Script {
    file: String,
    preload: Vec<String>,
}

/// The manifest, once for the process; anew at each page in debug builds, so that a rebuild shows.
#[derive(Debug)]
pub(super) struct Assets {
    manifest: Option<Manifest>,
}

/// The addresses that one page needs.
#[derive(Debug, Clone, Default)]
pub(super) struct PageAssets {
    pub(super) script: String,
    pub(super) style: String,
    pub(super) preload: Vec<String>,
    pub(super) sprite: String,
    pub(super) logo: String,
}

impl Assets {
    pub(super) fn load() -> Self {
        Self { manifest: read() }
    }

    pub(super) fn built(&self) -> bool {
        self.manifest.is_some()
    }

    /// What the page of this name loads in this language; nothing before `make web`.
    pub(super) fn of(&self, name: &str, language: &str) -> Option<PageAssets> {
        let fresh = if cfg!(debug_assertions) { read() } else { None };
        let manifest = fresh.as_ref().or(self.manifest.as_ref())?;
        manifest.page(name, language)
    }
}

impl Manifest {
    fn page(&self, name: &str, language: &str) -> Option<PageAssets> {
        let script = self.scripts.get(name)?;
        let sheet = if name == "embed" { "embed" } else { "page" };
        let plays = matches!(name, "watch" | "replay" | "embed");
        let player = plays.then_some(&self.player);
        let own = self.locales.get(&format!("{language}:{name}"));
        let sentences = self.locales.get(language).into_iter().chain(own);
        let preload = script.preload.iter().chain(sentences).chain(player);
        Some(PageAssets {
            script: address(&script.file),
            style: self.styles.get(sheet).map(|path| address(path)).unwrap_or_default(),
            preload: preload.map(|path| address(path)).collect(),
            sprite: address(&self.sprite),
            logo: address(&self.logo),
        })
    }
}

fn address(path: &str) -> String {
    format!("/assets/{path}")
}

fn read() -> Option<Manifest> {
    serde_json::from_slice(&Dist::get("manifest.json")?.data).ok()
}

/// The file of this path in the best encoding that the client takes.
pub(super) fn serve(path: &str, headers: &HeaderMap) -> Option<Response> {
    let kind = content_type(path)?;
    let (file, encoding) = encoded(path, headers)?;
    let etag = etag(&file);
    let mut response = if matches(headers, &etag) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        Response::new(Body::from(file.data.into_owned()))
    };
    let fixed = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, IMMUTABLE),
        (header::VARY, "accept-encoding"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    headers.insert(header::ETAG, HeaderValue::from_str(&etag).ok()?);
    Some(response)
}

fn encoded(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let accepted = accepted.unwrap_or_default();
    for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
        let taken = accepted.split(',').any(|one| takes(one, encoding));
        if let Some(file) = taken.then(|| Dist::get(&format!("{path}.{ending}"))).flatten() {
            return Some((file, Some(encoding)));
        }
    }
    Some((Dist::get(path)?, None))
}

/// Whether one element of `Accept-Encoding` names this encoding and does not refuse it.
fn takes(element: &str, encoding: &str) -> bool {
    let mut parts = element.split(';').map(str::trim);
    let named = parts.next() == Some(encoding);
    named && !parts.any(|parameter| matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
}

fn etag(file: &EmbeddedFile) -> String {
    let mut tag = String::with_capacity(34);
    tag.push('"');
    for byte in file.metadata.sha256_hash().iter().take(16) {
        write!(tag, "{byte:02x}").expect("writing to a string never fails");
    }
    tag.push('"');
    tag
}

fn matches(headers: &HeaderMap, etag: &str) -> bool {
    let wanted = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    wanted.is_some_and(|wanted| {
        wanted.split(',').any(|one| one.trim().trim_start_matches("W/") == etag)
    })
}

/// Only kinds that we build are served; the manifest is none of them.
fn content_type(path: &str) -> Option<&'static str> {
    let (_, ending) = path.rsplit_once('.')?;
    match ending {
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_taken_when_it_is_named_and_not_refused() {
        for (element, taken) in [
            ("br", true),
            (" br ", true),
            ("br;q=0.5", true),
            ("br; q=0", false),
            ("gzip", false),
            ("", false),
        ] {
            assert_eq!(takes(element, "br"), taken, "{element}");
        }
    }

    #[test]
    fn a_page_names_its_script_sheet_sentences_and_player() {
        let manifest: Manifest = serde_json::from_str(
            r#"{"scripts":{"watch":{"file":"A/watch.js","preload":["B/chunk.js"]}},
                "styles":{"page":"C/page.css"},"locales":{"en":"D/en.js"},
                "sprite":"E/icons.svg","logo":"F/logo.svg","player":"G/hls.js"}"#,
        )
        .unwrap();
        let page = manifest.page("watch", "en").unwrap();
        assert_eq!(page.script, "/assets/A/watch.js");
        assert_eq!(page.style, "/assets/C/page.css");
        assert_eq!(page.preload, ["/assets/B/chunk.js", "/assets/D/en.js", "/assets/G/hls.js"]);
        assert!(manifest.page("nowhere", "en").is_none());
    }

    #[test]
    fn only_what_we_build_is_served() {
        for path in ["manifest.json", "../Cargo.toml", "a/b", "x.html", ""] {
            assert!(serve(path, &HeaderMap::new()).is_none(), "{path}");
        }
    }
}
