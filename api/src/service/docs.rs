//! `GET /openapi.yaml`, and `/docs`: the document for people, rendered by us without any script.

use std::fmt::Write as _;
use std::sync::OnceLock;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, RefOr};

use crate::openapi;

/// The page needs its own style sheet and nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Shows this document.
#[utoipa::path(
    get,
    path = "/openapi.yaml",
    operation_id = "getOpenApi",
    tag = "service",
    security(()),
    responses((status = 200, description = "OpenAPI 3.1.", body = String, content_type = "application/yaml")),
)]
pub(crate) async fn yaml() -> Response {
    typed(openapi::document(), "application/yaml")
}

/// The document for people.
pub(crate) async fn page() -> Response {
    static HTML: OnceLock<String> = OnceLock::new();
    let html = HTML.get_or_init(|| render(&openapi::model()));
    let mut response = typed(html.clone(), "text/html; charset=utf-8");
    let policy = HeaderValue::from_static(POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// The page's style sheet.
pub(crate) async fn style() -> Response {
    typed(include_str!("docs.css").to_owned(), "text/css; charset=utf-8")
}

fn typed(text: String, media_type: &'static str) -> Response {
    let mut response = text.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    let cache = HeaderValue::from_static("public, max-age=60");
    response.headers_mut().insert(header::CACHE_CONTROL, cache);
    response
}

fn render(document: &OpenApi) -> String {
    let mut html = String::from(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>Headwater API</title><link rel=stylesheet href=/docs.css><main>",
    );
    let version = escape(&document.info.version);
    let about = escape(document.info.description.as_deref().unwrap_or_default());
    push(&mut html, format_args!("<h1>Headwater API {version}</h1><p>{about}</p>"));
    html.push_str("<p>The document itself: <a href=/openapi.yaml>openapi.yaml</a></p>");
    for tag in document.tags.iter().flatten() {
        let name = escape(&tag.name);
        let about = escape(tag.description.as_deref().unwrap_or_default());
        let mut section = String::new();
        for (path, item) in &document.paths.paths {
            for (method, operation) in openapi::methods(item) {
                if operation.tags.iter().flatten().any(|own| *own == tag.name) {
                    section.push_str(&describe(path, method, operation));
                }
            }
        }
        if !section.is_empty() {
            push(
                &mut html,
                format_args!("<section><h2 id={name}>{name}</h2><p>{about}</p>{section}</section>"),
            );
        }
    }
    html.push_str("</main></html>");
    html
}

fn describe(path: &str, method: &str, operation: &Operation) -> String {
    let id = escape(operation.operation_id.as_deref().unwrap_or_default());
    let summary = escape(operation.summary.as_deref().unwrap_or_default());
    let mut html = format!(
        "<details id={id}><summary><b class={method}>{}</b> <code>{}</code> {summary}</summary>",
        method.to_uppercase(),
        escape(path)
    );
    if let Some(about) = &operation.description {
        push(&mut html, format_args!("<p>{}</p>", escape(about)));
    }
    html.push_str("<dl>");
    for (status, response) in &operation.responses.responses {
        let about = match response {
            RefOr::T(response) => response.description.as_str(),
            RefOr::Ref(_) => "A problem (RFC 9457).",
        };
        push(&mut html, format_args!("<dt>{}<dd>{}", escape(status), escape(about)));
    }
    html.push_str("</dl></details>");
    html
}

fn push(html: &mut String, text: std::fmt::Arguments<'_>) {
    html.write_fmt(text).expect("a string takes every text");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_document_becomes_markup() {
        assert_eq!(escape("<b a='1'>&\""), "&lt;b a=&#39;1&#39;&gt;&amp;&quot;");
    }

    #[test]
    fn every_operation_stands_on_the_page() {
        let document = openapi::model();
        let html = render(&document);
        for (path, item) in &document.paths.paths {
            for (method, operation) in openapi::methods(item) {
                let id = operation.operation_id.as_deref().unwrap_or_default();
                assert!(html.contains(&format!("<details id={id}>")), "{method} {path}");
            }
        }
    }
}
