//! Answers to media requests: one place decides caching, CORS, validators, ranges and encodings.

use std::fmt::Write as _;

use bytes::Bytes;
use domain::id::BroadcastId;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Response, StatusCode, request};
use infra::http::Body;
use media::hls::gzip;
use media::hls::splice::Spliced;

use super::range::{self, Ranged};

/// Headers that scripts of other sites may read (hls.js takes `Age` for its tune-in).
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Accept-Ranges, Age, Cache-Control, CMSD-Dynamic, CMSD-Static, Content-Encoding, \
     Content-Length, Content-Range, Content-Type, Date, ETag, Retry-After",
);

/// Headers that a preflight allows.
const ALLOWED: HeaderValue = HeaderValue::from_static(
    "Authorization, CMCD-Object, CMCD-Request, CMCD-Session, CMCD-Status, Content-Type, \
     If-None-Match, Range",
);

/// Room for every header of an answer, so that its map is allocated once.
const HEADERS: usize = 12;

/// How long caches may keep an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Bytes under a name that is never used again.
    Immutable,
    /// Whole seconds, at least one.
    Seconds(u64),
    /// Nobody keeps it: a read from the store that failed its check.
    Never,
}

impl Lifetime {
    fn header(self) -> HeaderValue {
        match self {
            Self::Immutable => HeaderValue::from_static("public, max-age=31536000, immutable"),
            // What the profile `low` gives is not written anew for each answer.
            Self::Seconds(0 | 1) => HeaderValue::from_static("public, max-age=1"),
            Self::Seconds(2) => HeaderValue::from_static("public, max-age=2"),
            Self::Seconds(12) => HeaderValue::from_static("public, max-age=12"),
            Self::Seconds(seconds) => value(&format!("public, max-age={seconds}")),
            Self::Never => HeaderValue::from_static("no-store"),
        }
    }
}

/// A rendered text, plain and compressed; each is made once, with the headers that tell of it.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    plain: Form,
    gzip: Form,
}

/// A text in one encoding, and every header of its answers but for how long they may be kept.
#[derive(Debug, Clone)]
struct Form {
    bytes: Bytes,
    headers: HeaderMap,
}

impl Text {
    /// Compresses a text and hashes it.
    pub(crate) fn new(plain: Bytes) -> Self {
        let gzip = gzip(&plain);
        Self::compressed(Spliced { plain, gzip })
    }

    /// Hashes a text that is compressed already.
    pub(crate) fn compressed(Spliced { plain, gzip }: Spliced) -> Self {
        let tag = tag_of(std::slice::from_ref(&plain));
        let mut compressed = Form::new(gzip, &format!("\"{tag}-gz\""));
        compressed.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        Self { gzip: compressed, plain: Form::new(plain, &format!("\"{tag}\"")) }
    }

    /// The text as it was rendered.
    pub(crate) fn into_plain(self) -> Bytes {
        self.plain.bytes
    }
}

impl Form {
    fn new(bytes: Bytes, tag: &str) -> Self {
        let mut headers = HeaderMap::with_capacity(HEADERS);
        let kind = HeaderValue::from_static("application/vnd.apple.mpegurl");
        headers.insert(header::CONTENT_TYPE, kind);
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        headers.insert(header::ETAG, value(tag));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        open_to_all(&mut headers);
        // What each answer says for itself has its place already: a copy of a map has no room to grow.
        headers.insert(header::CACHE_CONTROL, Lifetime::Never.header());
        headers.insert(super::ANSWER, HeaderValue::from_static("0"));
        Self { bytes, headers }
    }

    fn is_known(&self, asked: &Asked<'_>) -> bool {
        self.headers.get(header::ETAG).is_some_and(|tag| asked.has(tag))
    }
}

/// A content hash of chunks: CRC-32C and length.
pub(crate) fn tag_of(chunks: &[Bytes]) -> String {
    let crc = chunks.iter().fold(0, |crc, chunk| crc32c::crc32c_append(crc, chunk));
    tag_from(crc, chunks.iter().map(|chunk| chunk.len() as u64).sum())
}

/// The same from figures that are known already.
pub(crate) fn tag_from(crc: u32, length: u64) -> String {
    let mut tag = String::with_capacity(20);
    // Writing into a `String` cannot fail.
    write!(tag, "{crc:08x}-{length:x}").unwrap_or_default();
    tag
}

/// What a request asks beside its path and query.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    method: &'a Method,
    headers: &'a HeaderMap,
}

impl<'a> Asked<'a> {
    pub(crate) fn of(parts: &'a request::Parts) -> Self {
        Self { method: &parts.method, headers: &parts.headers }
    }

    fn text(&self, name: HeaderName) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Complete segments that a young playlist must have before this player can read it.
    ///
    /// hls.js reports a playlist of parts alone as empty. Chromium's own player gives up on fewer
    /// than two segments; it asks for a range of every playlist, which players that know parts
    /// never do.
    pub(crate) fn segments_wanted(&self) -> u64 {
        if self.headers.contains_key(header::RANGE) { 2 } else { 1 }
    }

    /// Whether an answer may be gzip: asked for, and no range, whose total would be another body's.
    fn takes_gzip(&self) -> bool {
        !self.headers.contains_key(header::RANGE)
            && self.text(header::ACCEPT_ENCODING).is_some_and(accepts_gzip)
    }

    fn has(&self, tag: &HeaderValue) -> bool {
        let Some(known) = self.text(header::IF_NONE_MATCH) else { return false };
        let Ok(tag) = tag.to_str() else { return false };
        known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
    }

    fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }
}

/// Whether an `Accept-Encoding` takes gzip; `gzip;q=0` refuses it.
fn accepts_gzip(accepted: &str) -> bool {
    let weight = |name: &str| {
        accepted.split(',').find_map(|one| {
            let (coding, rest) = one.split_once(';').unwrap_or((one, ""));
            coding.trim().eq_ignore_ascii_case(name).then(|| {
                let q = rest.split(';').find_map(|p| p.trim().strip_prefix("q="));
                !q.is_some_and(|q| q.trim().trim_matches(['0', '.']).is_empty())
            })
        })
    };
    weight("gzip").or_else(|| weight("x-gzip")).or_else(|| weight("*")).unwrap_or(false)
}

/// A playlist: pre-compressed, with a validator per encoding.
pub(crate) fn playlist(asked: &Asked<'_>, text: &Text, life: Lifetime) -> Response<Body> {
    let form = if asked.takes_gzip() { &text.gzip } else { &text.plain };
    let mut headers = form.headers.clone();
    headers.insert(header::CACHE_CONTROL, life.header());
    let mut answer = if form.is_known(asked) {
        for of_content in [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::CONTENT_ENCODING] {
            headers.remove(of_content);
        }
        empty(StatusCode::NOT_MODIFIED)
    } else if asked.is_head() {
        empty(StatusCode::OK)
    } else {
        Response::new(Body::full(form.bytes.clone()))
    };
    *answer.headers_mut() = headers;
    answer
}

/// Immutable bytes: never encoded, whole or one range of them.
pub(crate) fn bytes(
    asked: &Asked<'_>,
    chunks: Vec<Bytes>,
    tag: &str,
    content_type: &'static str,
) -> Response<Body> {
    let length: u64 = chunks.iter().map(|chunk| chunk.len() as u64).sum();
    let tag = value(&format!("\"{tag}\""));
    let wanted = asked
        .text(header::RANGE)
        .filter(|_| asked.headers.get(header::IF_RANGE).is_none_or(|validator| *validator == tag));
    let mut answer = match range::resolve(wanted, length) {
        _ if asked.has(&tag) => empty(StatusCode::NOT_MODIFIED),
        Ranged::Whole => sized(asked, StatusCode::OK, chunks),
        Ranged::Slice(range) => {
            let cut = range::cut(&chunks, &range);
            let mut answer = sized(asked, StatusCode::PARTIAL_CONTENT, cut);
            let told = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            answer.headers_mut().insert(header::CONTENT_RANGE, value(&told));
            answer
        }
        Ranged::Unsatisfiable => {
            let mut answer = empty(StatusCode::RANGE_NOT_SATISFIABLE);
            let told = format!("bytes */{length}");
            answer.headers_mut().insert(header::CONTENT_RANGE, value(&told));
            finish(&mut answer, Lifetime::Seconds(1));
            return answer;
        }
    };
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::ETAG, tag);
    finish(&mut answer, Lifetime::Immutable);
    answer
}

/// Marks answers with their broadcast, so that a CDN can purge all of it by one tag.
#[derive(Debug, Clone, Default)]
pub(crate) struct CacheTag(pub(crate) Option<HeaderName>);

impl CacheTag {
    /// The answer with its broadcast's tag, if one is configured.
    pub(crate) fn mark(
        &self,
        mut answer: Response<Body>,
        broadcast: BroadcastId,
    ) -> Response<Body> {
        if let Some(name) = &self.0 {
            answer.headers_mut().insert(name.clone(), value(&broadcast.to_string()));
        }
        answer
    }
}

/// The answer to a CORS preflight.
pub(crate) fn preflight() -> Response<Body> {
    let mut answer = empty(StatusCode::NO_CONTENT);
    let headers = answer.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, HEAD, OPTIONS"),
    );
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    finish(&mut answer, Lifetime::Seconds(86_400));
    answer
}

/// Gives any answer its lifetime and the headers that other sites' players need.
pub(crate) fn finish(answer: &mut Response<Body>, life: Lifetime) {
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, life.header());
    open_to_all(headers);
}

/// What lets players on other sites read an answer.
fn open_to_all(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

/// A body with its length told; for HEAD the length alone.
fn sized(asked: &Asked<'_>, status: StatusCode, chunks: Vec<Bytes>) -> Response<Body> {
    let length: u64 = chunks.iter().map(|chunk| chunk.len() as u64).sum();
    let body = if asked.is_head() { Body::empty() } else { Body::chunks(chunks) };
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = HeaderMap::with_capacity(HEADERS);
    answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    answer
}

/// A header value from text of our own.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&'static str, &'static str)]) -> request::Parts {
        let mut request = http::Request::builder().method(Method::GET);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn header_of<'a>(answer: &'a Response<Body>, name: &str) -> &'a str {
        answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn gzip_is_given_to_whoever_takes_it() {
        for (accepted, expected) in [
            ("gzip", true),
            ("br, gzip;q=0.5", true),
            ("*", true),
            ("identity", false),
            ("gzip;q=0", false),
            ("gzip; q=0.0, *", false),
            ("", false),
        ] {
            assert_eq!(accepts_gzip(accepted), expected, "{accepted}");
        }
    }

    #[test]
    fn a_ranged_playlist_is_whole_and_plain() {
        let text = Text::new(Bytes::from_static("#EXTM3U\n中文\n".as_bytes()));
        let parts = asked(&[("range", "bytes=0-"), ("accept-encoding", "gzip")]);
        let answer = playlist(&Asked::of(&parts), &text, Lifetime::Seconds(1));
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(header_of(&answer, "content-encoding"), "");
        assert_eq!(header_of(&answer, "content-length"), text.plain.bytes.len().to_string());
        assert_eq!(header_of(&answer, "vary"), "Accept-Encoding");
    }

    #[test]
    fn each_encoding_has_a_validator_of_its_own() {
        let text = Text::new(Bytes::from_static(b"#EXTM3U\n"));
        let tag_for = |headers: &[(&'static str, &'static str)]| {
            let parts = asked(headers);
            let answer = playlist(&Asked::of(&parts), &text, Lifetime::Seconds(1));
            (answer.status(), header_of(&answer, "etag").to_owned())
        };
        let (_, plain) = tag_for(&[]);
        let (_, gzip) = tag_for(&[("accept-encoding", "gzip")]);
        assert_ne!(plain, gzip);
        let known: &'static str = plain.leak();
        assert_eq!(tag_for(&[("if-none-match", known)]).0, StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn bytes_answer_ranges_exactly() {
        let chunks = || vec![Bytes::from_static(b"01234"), Bytes::from_static(b"56789")];
        for (range, status, told, length) in [
            ("bytes=3-6", 206, "bytes 3-6/10", "4"),
            ("bytes=0-", 206, "bytes 0-9/10", "10"),
            ("bytes=10-", 416, "bytes */10", ""),
            ("bytes=x", 200, "", "10"),
        ] {
            let parts = asked(&[("range", range), ("accept-encoding", "gzip")]);
            let tag = tag_of(&chunks());
            let answer = bytes(&Asked::of(&parts), chunks(), &tag, "video/mp4");
            assert_eq!(answer.status(), status, "{range}");
            assert_eq!(header_of(&answer, "content-range"), told, "{range}");
            assert_eq!(header_of(&answer, "content-length"), length, "{range}");
            assert_eq!(header_of(&answer, "content-encoding"), "");
            assert_eq!(header_of(&answer, "access-control-allow-origin"), "*");
        }
    }

    #[test]
    fn lifetimes_are_never_zero() {
        for (life, expected) in [
            (Lifetime::Seconds(0), "public, max-age=1"),
            (Lifetime::Seconds(12), "public, max-age=12"),
            (Lifetime::Immutable, "public, max-age=31536000, immutable"),
        ] {
            assert_eq!(life.header().to_str().unwrap(), expected);
        }
    }
}
