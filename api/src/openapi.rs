//! The OpenAPI 3.1 document: generated from the handlers, completed here.
//!
//! What every operation shares (problems, rate limits, security) is added in one place, so that
//! an endpoint's file lists only what is its own.

mod example;
mod room_event;

use std::sync::OnceLock;

use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ArrayItems, Schema};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder,
    PathItem, Ref, RefOr, ResponseBuilder, Server, Tag,
};

use crate::router;

pub(crate) use room_event::problem;

/// The groups of operations, each with what it is about.
const TAGS: &[(&str, &str)] = &[
    ("accounts", "Sessions, guests, viewer tokens and API keys."),
    ("analytics", "What players report and what became of a broadcast."),
    ("broadcasts", "One live session of a channel, from start to end."),
    ("channels", "A creator's lasting place, with its stream keys and followers."),
    ("comments", "What viewers say, live and by media time."),
    ("feeds", "What to watch next, with reasons."),
    ("gifts", "The catalogue, gifts and their receipts."),
    ("ledger", "Accounts, entries and proofs."),
    ("moderation", "Rules, queues, decisions, reports and sanctions."),
    ("operator", "The node: figures, alarms, lateness of parts."),
    ("recordings", "What remains of a broadcast to replay."),
    ("rooms", "Where comments run: settings, events, presence."),
    ("service", "Health, metrics and this document."),
    ("wallet", "A viewer's coins."),
];

/// The document as YAML: what `headwater openapi` prints and `openapi.yaml` holds.
pub fn document() -> String {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| model().to_yaml().expect("the document is plain data")).clone()
}

/// The document as a value.
pub(crate) fn model() -> OpenApi {
    let (_, mut document) = router::documented().split_for_parts();
    let base = base();
    document.info = base.info;
    document.servers = base.servers;
    document.tags = base.tags;
    document.security = base.security;
    if let (Some(components), Some(more)) = (&mut document.components, base.components) {
        components.schemas.extend(more.schemas);
        components.responses.extend(more.responses);
        components.security_schemes.extend(more.security_schemes);
    }
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            complete(operation);
        }
    }
    for (name, schema) in document.components.iter_mut().flat_map(|all| &mut all.schemas) {
        refer_to_items(name, schema);
    }
    if let Some(components) = &mut document.components {
        example::complete(components);
    }
    document
}

/// A page's rows are named, not repeated in place, so that generators give them one type.
fn refer_to_items(name: &str, schema: &mut RefOr<Schema>) {
    let Some(item) = name.strip_prefix("List_") else { return };
    let RefOr::T(Schema::Object(list)) = schema else { return };
    if let Some(RefOr::T(Schema::Array(rows))) = list.properties.get_mut("data") {
        let reference = RefOr::Ref(Ref::from_schema_name(item));
        rows.items = ArrayItems::RefOrSchema(Box::new(reference));
    }
}

/// The operations of one path with their methods.
pub(crate) fn methods(item: &PathItem) -> Vec<(&'static str, &Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [("get", get), ("post", post), ("put", put), ("patch", patch), ("delete", delete)]
        .into_iter()
        .filter_map(|(method, operation)| operation.as_ref().map(|operation| (method, operation)))
        .collect()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// Adds what may come from any operation.
fn complete(operation: &mut Operation) {
    for range in ["4XX", "5XX"] {
        let problem = RefOr::Ref(Ref::from_response_name("Problem"));
        operation.responses.responses.entry(range.to_owned()).or_insert(problem);
    }
    let operation_id = operation.operation_id.clone().unwrap_or_default();
    if operation.description.is_none() {
        operation.description.clone_from(&operation.summary);
    }
    if operation_id == "streamRoomEvents" {
        // 3.1 has no word for the events of a stream; this keeps their schema reachable.
        let event = serde_json::json!({ "$ref": "#/components/schemas/RoomEvent" });
        let extension = Extensions::builder().add("x-event-data", event).build();
        operation.extensions.get_or_insert_default().merge(extension);
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
            && response.content.is_empty()
        {
            response
                .content
                .insert("application/problem+json".to_owned(), problem_content().into());
        }
        if let RefOr::T(response) = response {
            debug_assert!(!response.description.is_empty(), "{operation_id} describes {status}");
        }
    }
}

fn problem_content() -> utoipa::openapi::Content {
    ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build()
}

fn base() -> OpenApi {
    let refused = ResponseBuilder::new()
        .description("The request was refused; branch on `code`.")
        .content("application/problem+json", problem_content())
        .build();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key (`hw_sk_…`) or a viewer token (JWT)."))
        .build();
    let session = ApiKeyValue::with_description(
        crate::auth::SESSION_COOKIE,
        "A member's session in a browser; writes need a same-origin request.",
    );
    let components = ComponentsBuilder::new()
        .schema("Problem", problem())
        .schema("RoomEvent", room_event::room_event())
        .schemas_from_iter(room_event::variants())
        // These stand in query parameters alone, where nothing collects them.
        .schema_from::<crate::leaderboards::channel::Period>()
        .schema_from::<crate::moderation::items::list::ItemState>()
        .response("Problem", refused)
        .security_scheme("bearer", SecurityScheme::Http(bearer))
        .security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)))
        .build();
    let either = ["bearer", "session"].map(|name| SecurityRequirement::new(name, [""; 0]));
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Headwater")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(include_str!("openapi/description.md")))
                .license(Some(
                    LicenseBuilder::new()
                        .name("MIT OR Apache-2.0")
                        .identifier(Some("MIT OR Apache-2.0"))
                        .build(),
                ))
                .build(),
        )
        .servers(Some([Server::new("/")]))
        .tags(Some(TAGS.iter().map(|(name, about)| {
            let mut tag = Tag::new(*name);
            tag.description = Some((*about).to_owned());
            tag
        })))
        .security(Some(either))
        .components(Some(components))
        .build()
}
