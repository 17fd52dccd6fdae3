//! The cache's key: what must be in it, and what must not.

use super::Judged;
use super::scene::{Scene, read};
use super::side::Answer;

/// What the key's checks show.
pub(super) struct Key {
    pub(super) kept: Judged,
    pub(super) query: Judged,
    pub(super) noise: Judged,
}

/// Asks for a playlist that is there in several ways; by the numbers of the answers one sees which
/// questions the cache takes for one.
pub(super) async fn judged(scene: &Scene) -> anyhow::Result<Key> {
    let via = &scene.via;
    let plain = via.playlist("").await?;
    if plain.number().is_none() {
        let why = "the cache strips Headwater-Answer: how often it asks can't be told";
        return Ok(Key {
            kept: Judged::Wrong(why.to_owned()),
            query: Judged::unknown(why),
            noise: Judged::unknown(why),
        });
    }
    // Complete, and of a run of its own: a part number that players do not ask for.
    let newest = read(&scene.origin.playlist("").await?)?.next_msn().saturating_sub(1);
    let part = scene.salt % 5;
    let question = format!("_HLS_msn={newest}&_HLS_part={part}");
    let first = via.playlist(&question).await?;
    let again = via.playlist(&question).await?;
    if first.number() != again.number() {
        let twice = format!("{question}: asked twice, the origin answered twice");
        return Ok(Key {
            kept: Judged::Wrong(twice),
            query: Judged::unknown("nothing is kept"),
            noise: Judged::unknown("nothing is kept"),
        });
    }
    let kept = Judged::Good("asked twice, the origin answered once".to_owned());
    let mut others = vec![("the plain playlist".to_owned(), plain)];
    for other in
        [format!("{question}&_HLS_skip=YES"), format!("_HLS_msn={}", newest.saturating_sub(1))]
    {
        let answer = via.playlist(&other).await?;
        others.push((other, answer));
    }
    let query = query(&question, &first, &others);
    let noise = if query.is_wrong() {
        Judged::unknown("the query is not in the key")
    } else {
        noise(scene, &question, &first, newest).await?
    };
    Ok(Key { kept, query, noise })
}

/// Different questions need different answers.
fn query(question: &str, first: &Answer, others: &[(String, Answer)]) -> Judged {
    for (other, answer) in others {
        if answer.number() == first.number() {
            return Judged::Wrong(format!("{other} and {question} get the same answer"));
        }
    }
    Judged::Good("each directive has an answer of its own".to_owned())
}

/// The same question among other parameters, and in another order, is the same question.
async fn noise(
    scene: &Scene,
    question: &str,
    first: &Answer,
    newest: u64,
) -> anyhow::Result<Judged> {
    let part = scene.salt % 5;
    for same in [
        format!("{question}&utm_source={}", scene.salt),
        format!("CMCD=bl%3D{}&{question}", scene.salt),
        format!("_HLS_part={part}&_HLS_msn={newest}"),
    ] {
        let answer = scene.via.playlist(&same).await?;
        if answer.number() != first.number() {
            return Ok(Judged::Wrong(format!("{same} is asked of the origin beside {question}")));
        }
    }
    Ok(Judged::Good("other parameters and another order make no new entry".to_owned()))
}
