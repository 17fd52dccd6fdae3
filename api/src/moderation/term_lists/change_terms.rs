//! `POST /v1/moderation/term-lists/{list_id}/terms`.

use axum::extract::State;
use domain::id::{TermId, TermListId};
use domain::moderation::terms::Matcher;
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use infra::database::{Refused, term_lists, terms};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{CHANGES_MAX, TERMS_MAX, TermList};
use crate::auth::{Principal, rights};
use crate::convention::{IfMatch, Versioned};
use crate::extract::{Json, Path};
use crate::moderation::ModerationError;
use crate::moderation::config::Matching;
use crate::{App, refusal, schema};

/// What to change in a list: at most 2,000 terms at a time.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "add": [{ "term": "buy followers", "match": "substring", "severity": 2 }] }))]
pub struct TermsChange {
    /// Terms to add; those that stand there already stay as they are.
    #[serde(default)]
    pub add: Vec<NewTerm>,
    /// Terms to take away.
    #[serde(default)]
    #[schema(value_type = Vec<schema::TermId>)]
    pub remove: Vec<TermId>,
}

/// A term to add.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "term": "buy followers", "match": "substring", "severity": 2 }))]
pub struct NewTerm {
    /// The word or words.
    #[schema(min_length = 1, max_length = 100)]
    pub term: String,
    /// How it has to stand in a text.
    #[serde(default, rename = "match")]
    pub matching: Matching,
    /// Its language, BCP 47.
    #[serde(default)]
    #[schema(max_length = 35)]
    pub lang: Option<String>,
    /// From 1 to 5.
    #[serde(default = "three")]
    #[schema(minimum = 1, maximum = 5, default = 3)]
    pub severity: i32,
    /// When it stops counting.
    #[serde(default)]
    #[schema(value_type = Option<schema::Timestamp>)]
    pub expires_at: Option<Timestamp>,
}

fn three() -> i32 {
    3
}

/// Adds and takes away terms of a list; what rules cite it hold the new words at once.
#[utoipa::path(
    post,
    path = "/v1/moderation/term-lists/{list_id}/terms",
    operation_id = "changeTerms",
    tag = "moderation",
    params(
        ("list_id" = schema::TermListId, Path, description = "The term list."),
        ("If-Match" = String, Header, description = "The `ETag` that was read."),
    ),
    request_body = TermsChange,
    responses(
        (status = 200, description = "The list as it is now.", body = TermList),
        (status = 412, description = "`version_mismatch`: it changed meanwhile."),
        (status = 428, description = "`precondition_required`: send `If-Match`."),
    ),
)]
pub(crate) async fn change_terms(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<TermListId>,
    seen: IfMatch,
    Json(change): Json<TermsChange>,
) -> Result<Versioned<TermList>, Problem> {
    principal.require(&rights::MODERATION_WRITE)?;
    let org = principal.org_id();
    let read = app.database.read();
    let list = term_lists::get(read, org.uuid(), id.uuid()).await?;
    let mut list = list.ok_or_else(refusal::not_found)?;
    seen.check(list.version)?;
    check(&change)?;
    let count = terms::count(read, id.uuid()).await?;
    if count + change.add.len() as u64 > TERMS_MAX {
        return Err(ModerationError::TooMany { what: "terms in a list", max: 100_000 }.into());
    }
    let expected = list.version;
    let added = rows(&app, id, change.add);
    let removed: Vec<_> = change.remove.iter().map(|term| term.uuid()).collect();
    app.database
        .write(move |tx| {
            let (added, removed) = (added.clone(), removed.clone());
            async move {
                if !term_lists::touch(tx, id.uuid(), expected).await? {
                    return Err(Refused::Rule(ModerationError::Changed));
                }
                terms::delete(tx, id.uuid(), &removed).await?;
                terms::insert(tx, added).await?;
                Ok(())
            }
            .boxed()
        })
        .await?;
    app.moderation.rules_changed(&app).await?;
    list.version = expected + 1;
    Ok(Versioned { version: list.version, body: list.into() })
}

fn check(change: &TermsChange) -> Result<(), Problem> {
    if change.add.len() > CHANGES_MAX || change.remove.len() > CHANGES_MAX {
        let what = "terms at a time";
        return Err(ModerationError::TooMany { what, max: CHANGES_MAX }.into());
    }
    let fits = |term: &NewTerm| {
        let length = term.term.trim().chars().count();
        (1..=Matcher::TERM_CHARS_MAX).contains(&length)
            && (1..=5).contains(&term.severity)
            && term.lang.as_ref().is_none_or(|lang| lang.len() <= 35)
    };
    match change.add.iter().position(|term| !fits(term)) {
        Some(place) => {
            let message = "1 to 100 characters, severity 1 to 5";
            Err(refusal::invalid(&format!("/add/{place}"), "invalid", message))
        }
        None => Ok(()),
    }
}

fn rows(app: &App, list: TermListId, added: Vec<NewTerm>) -> Vec<terms::Model> {
    let now = app.clock.now();
    let row = |term: NewTerm| terms::Model {
        id: app.ids.uuid(),
        list_id: list.uuid(),
        term: term.term.trim().to_owned(),
        matching: domain::moderation::terms::Match::from(term.matching).as_str().to_owned(),
        lang: term.lang,
        severity: term.severity,
        expires_at: term.expires_at.map(Timestamp::as_millis),
        created_at: now.0,
    };
    added.into_iter().map(row).collect()
}
