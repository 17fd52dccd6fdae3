//! JSON Merge Patch (RFC 7396): an absent member is kept, `null` clears, anything else sets.

use axum::extract::{FromRequest, Request};
use infra::http::problem::Problem;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::json;

/// A merge patch body, read into a struct whose members are [`Patch`]es with `#[serde(default)]`.
#[derive(Debug, Clone, Copy, Default)]
pub struct MergePatch<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for MergePatch<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let taken = ["application/merge-patch+json", "application/json"];
        json::expect_media_type(request.headers(), &taken)?;
        json::parse(&json::bounded(request).await?).map(Self)
    }
}

/// What a merge patch says of one member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// The member was absent.
    #[default]
    Keep,
    /// The member was `null`.
    Clear,
    /// The member has a new value.
    Set(T),
}

impl<T> Patch<T> {
    /// The new value of a member that may be empty.
    pub fn apply(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// The new value of a member that always has one; `null` restores `default`.
    pub fn apply_or(self, before: T, default: T) -> T {
        match self {
            Self::Keep => before,
            Self::Clear => default,
            Self::Set(value) => value,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Serde calls this only for a member that is there; `default` makes the absent ones.
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Change {
        #[serde(default)]
        title: Patch<String>,
    }

    #[test]
    fn absent_null_and_value_are_three_things() {
        let read = |text: &str| serde_json::from_str::<Change>(text).unwrap().title;
        assert_eq!(read("{}"), Patch::Keep);
        assert_eq!(read(r#"{"title":null}"#), Patch::Clear);
        assert_eq!(read(r#"{"title":"a"}"#), Patch::Set("a".to_owned()));
    }

    #[test]
    fn a_patch_changes_only_what_it_names() {
        let before = || Some("before".to_owned());
        assert_eq!(Patch::Keep.apply(before()), before());
        assert_eq!(Patch::<String>::Clear.apply(before()), None);
        assert_eq!(Patch::Set("after".to_owned()).apply(before()), Some("after".to_owned()));
        assert_eq!(Patch::Clear.apply_or(3, 1), 1);
    }
}
