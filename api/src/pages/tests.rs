use axum::body::to_bytes;
use http::{HeaderMap, Request, header};
use tower::ServiceExt;

use super::*;

/// One channel with hostile words in every place.
struct One;

const HOSTILE: &str = "</script><script>alert(1)</script>";

fn watched() -> Watched {
    Watched {
        title: HOSTILE.to_owned(),
        creator: "Mira & <b>friends</b>".to_owned(),
        category: "\"outdoors\"".to_owned(),
        slug: "demo".to_owned(),
        hls: "/hls/demo/index.m3u8".to_owned(),
        comments: vec![Line { name: "june".to_owned(), body: HOSTILE.to_owned() }],
        facts: serde_json::json!({ "creator": HOSTILE }),
    }
}

impl Facts for One {
    fn watch<'a>(&'a self, slug: &'a str) -> BoxFuture<'a, Found<Watched>> {
        Box::pin(async move {
            match slug {
                "demo" => Ok(Some(watched())),
                "down" => Err(Unavailable),
                _ => Ok(None),
            }
        })
    }

    fn replay<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Found<Watched>> {
        self.watch(id)
    }

    fn channels(&self) -> BoxFuture<'_, Result<Vec<Listed>, Unavailable>> {
        let demo = Listed { slug: "demo".to_owned(), title: HOSTILE.to_owned(), live: true };
        Box::pin(async move { Ok(vec![demo]) })
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    html: String,
}

async fn ask(path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(axum::body::Body::empty()).unwrap();
    let response = router::<()>(Pages::new(Arc::new(One))).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let html = String::from_utf8(body.to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, html }
}

#[tokio::test]
async fn words_of_people_never_become_markup() {
    for path in ["/watch/demo", "/replay/demo", "/embed/demo", "/"] {
        let html = ask(path, &[]).await.html;
        assert!(!html.contains("<script>alert"), "{path}: {html}");
        assert!(!html.contains("<b>friends"), "{path}: {html}");
    }
}

#[tokio::test]
async fn a_shell_works_before_script() {
    let html = ask("/watch/demo", &[]).await.html;
    for part in ["<video", "controls", "src=\"/hls/demo/index.m3u8\"", "<h1", "june"] {
        assert!(html.contains(part), "{part} is missing: {html}");
    }
}

#[tokio::test]
async fn every_page_has_one_heading_and_one_main() {
    for path in [
        "/",
        "/watch/demo",
        "/replay/demo",
        "/embed/demo",
        "/studio",
        "/moderation",
        "/operator",
        "/watch/none",
    ] {
        let html = ask(path, &[]).await.html;
        assert_eq!(html.matches("<h1").count(), 1, "{path}: {html}");
        assert_eq!(html.matches("<main").count(), 1, "{path}: {html}");
    }
}

#[tokio::test]
async fn no_page_lets_inline_script_or_style_or_another_host_in() {
    for path in
        ["/", "/watch/demo", "/studio", "/moderation", "/operator", "/embed/demo", "/watch/none"]
    {
        let Answer { headers, html, .. } = ask(path, &[]).await;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(!html.contains(" style=\"") && !html.contains("<style"), "{path}: {html}");
        assert!(!html.contains("http://") && !html.contains("https://"), "{path}: {html}");
    }
}

#[tokio::test]
async fn only_embeds_stand_in_foreign_frames() {
    for (path, framed) in
        [("/embed/demo", "frame-ancestors *"), ("/watch/demo", "frame-ancestors 'self'")]
    {
        let headers = ask(path, &[]).await.headers;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.ends_with(framed), "{policy}");
    }
}

#[tokio::test]
async fn only_the_studio_talks_to_the_encoder_of_this_machine() {
    for (path, talks) in [("/studio", true), ("/watch/demo", false), ("/moderation", false)] {
        let headers = ask(path, &[]).await.headers;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert_eq!(policy.contains("connect-src 'self' ws://127.0.0.1:4455;"), talks, "{policy}");
    }
}

#[tokio::test]
async fn a_page_speaks_the_language_that_was_asked_for() {
    let chinese = ask("/watch/demo?lang=zh-CN", &[("accept-language", "en")]).await;
    assert!(chinese.html.contains("<html lang=\"zh-CN\"") && chinese.html.contains("跳到画面"));
    assert!(chinese.headers[header::SET_COOKIE].to_str().unwrap().starts_with("hw_lang=zh-CN;"));
    let english = ask("/watch/demo", &[("accept-language", "en")]).await;
    assert!(english.html.contains("<html lang=\"en\""));
    assert!(!english.headers.contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn the_chosen_theme_is_there_from_the_first_byte() {
    let html = ask("/", &[("cookie", "hw_theme=light")]).await.html;
    assert!(html.contains("data-theme=\"light\""), "{html}");
    let html = ask("/", &[("cookie", "hw_theme=\"><script>")]).await.html;
    assert!(!html.contains("data-theme"), "{html}");
}

#[tokio::test]
async fn what_is_not_there_says_so_with_its_status() {
    assert_eq!(ask("/watch/none", &[]).await.status, StatusCode::NOT_FOUND);
    let down = ask("/watch/down", &[]).await;
    assert_eq!(down.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(down.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(ask("/assets/none/none.js", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_asset_is_immutable_and_known_by_its_tag() {
    let html = ask("/", &[]).await.html;
    // Before `make web` there is no asset to ask for.
    let Some(sheet) = html.split("rel=\"stylesheet\" href=\"").nth(1) else { return };
    let sheet = sheet.split('"').next().unwrap();
    let first = ask(sheet, &[]).await;
    assert_eq!(first.status, StatusCode::OK);
    assert!(first.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    let tag = first.headers[header::ETAG].to_str().unwrap();
    let again = ask(sheet, &[("if-none-match", tag)]).await;
    assert_eq!((again.status, again.html.len()), (StatusCode::NOT_MODIFIED, 0));
}
