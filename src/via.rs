//! A live stream through a cache, beside the same stream at its origin: does the cache do what keeps
//! the cost of a crowd at that of one player, and every player right and in time.
//!
//! The origin numbers its answers (`Headwater-Answer`), so two answers with one number are one request
//! at the origin, whatever the cache says of itself and whoever else is watching.

mod form;
mod key;
mod lifetime;
mod remedy;
mod scene;
mod side;
mod waiting;

use infra::clock::SharedClock;
use url::Url;

pub(crate) use remedy::Duty;
use scene::Scene;

/// How a duty is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Judged {
    /// As it should be; what was seen.
    Good(String),
    /// Not; what was seen.
    Wrong(String),
    /// It could not be told; why.
    Unknown(String),
}

impl Judged {
    fn unknown(why: &str) -> Self {
        Self::Unknown(why.to_owned())
    }

    /// Whether something must be done.
    pub(crate) fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong(_))
    }

    /// Both must be good; the first that is not counts.
    fn and(self, other: Self) -> Self {
        match (&self, &other) {
            (Self::Wrong(_), _) => self,
            (_, Self::Wrong(_)) => other,
            (Self::Good(one), Self::Good(two)) => Self::Good(format!("{one}; {two}")),
            (Self::Unknown(_), _) => self,
            (_, Self::Unknown(_)) => other,
        }
    }
}

/// Looks at the stream of the playlist `via`, which `origin` is without the cache. `salt` makes names
/// that nobody asked for before.
pub(crate) async fn examine(
    via: &Url,
    origin: &Url,
    salt: u64,
    clock: &SharedClock,
) -> anyhow::Result<Vec<(Duty, Judged)>> {
    let scene = Scene::open(via, origin, salt, clock).await?;
    let key = key::judged(&scene).await?;
    let (held, fresh, errors, quick) = tokio::join!(
        Box::pin(waiting::held(&scene)),
        Box::pin(lifetime::fresh(&scene)),
        Box::pin(lifetime::errors(&scene)),
        Box::pin(quick(&scene))
    );
    let (held, of_errors) = (held?, waiting::collapse_of_errors(&scene).await?);
    let mut judged = vec![
        (remedy::KEPT, key.kept),
        (remedy::QUERY, key.query),
        (remedy::NOISE, key.noise),
        (remedy::COLLAPSE, held.collapse.and(of_errors)),
        (remedy::HOLD, held.reload),
        (remedy::PROMPT, held.prompt),
        (remedy::FRESH, fresh?),
        (remedy::ERRORS, errors?),
    ];
    judged.extend(quick?);
    Ok(judged)
}

/// What waits for nothing but a part.
async fn quick(scene: &Scene) -> anyhow::Result<Vec<(Duty, Judged)>> {
    let mut judged = vec![
        (remedy::HINT, waiting::hinted(scene).await?),
        (remedy::LIFETIMES, lifetime::headers(scene).await?),
        (remedy::CORS, form::cors(scene).await?),
        (remedy::FORMS, form::encodings(scene).await?),
        (remedy::RANGES, form::ranges(scene).await?),
        (remedy::CONNECTION, form::connection(scene).await?),
        (remedy::API, form::api(scene).await?),
    ];
    if scene.via.index.scheme() == "https" {
        judged.push((remedy::PROTOCOL, form::protocol(scene).await?));
    }
    Ok(judged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_looks_at_a_duty_are_good_when_both_are() {
        let good = || Judged::Good("one".to_owned());
        let wrong = || Judged::Wrong("no".to_owned());
        let unknown = || Judged::unknown("why");
        assert_eq!(good().and(good()), Judged::Good("one; one".to_owned()));
        for (one, two, expected) in [
            (good(), wrong(), wrong()),
            (wrong(), good(), wrong()),
            (unknown(), wrong(), wrong()),
            (good(), unknown(), unknown()),
        ] {
            assert_eq!(one.and(two), expected);
        }
    }
}
