//! Requests that wait: is each held, answered in time, and asked of the origin once for all.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Judged;
use super::scene::{Scene, read};
use super::side::Answer;

/// Players that ask at once.
const PLAYERS: usize = 20;

/// Requests at the origin that pass: a cache may have two machines behind one name.
const REQUESTS_MAX: usize = 2;

/// How much later than at the origin the last player may have the answer: the half second of nginx's
/// lock, the way, and a busy machine.
const LATE_MAX: Duration = Duration::from_millis(1_500);

/// What one long hold shows.
pub(super) struct Held {
    pub(super) reload: Judged,
    pub(super) collapse: Judged,
    pub(super) prompt: Judged,
}

/// A crowd waits for a segment two beyond the one that has just begun: nearly the longest hold.
pub(super) async fn held(scene: &Scene) -> anyhow::Result<Held> {
    let next = scene.now().await?.next_msn() + 1;
    let turn = scene.origin.playlist(&format!("_HLS_msn={next}&_HLS_part=1")).await?;
    let newest = read(&turn)?.next_msn();
    let wanted = newest + 2;
    let query = format!("_HLS_msn={wanted}");
    let mut url = scene.via.media.clone();
    url.set_query(Some(&query));
    let (own, crowd) = tokio::join!(scene.origin.playlist(&query), scene.via.crowd(PLAYERS, &url));
    let own = own?;
    let crowd = match crowd {
        Ok(crowd) => crowd,
        Err(error) => {
            let unknown = || Judged::unknown("the reload was not answered");
            return Ok(Held {
                reload: Judged::Wrong(format!("{query}: {error:#}")),
                collapse: unknown(),
                prompt: unknown(),
            });
        }
    };
    let reload = reload(&query, wanted, &own, &crowd);
    let prompt = if reload.is_wrong() {
        Judged::unknown("the reload was not held")
    } else {
        prompt(&own, &crowd)
    };
    Ok(Held {
        collapse: collapse(&format!("a reload held for {}", seconds(own.took)), &crowd),
        reload,
        prompt,
    })
}

fn reload(query: &str, wanted: u64, own: &Answer, crowd: &[Answer]) -> Judged {
    if let Some(answer) = crowd.iter().find(|answer| answer.status != own.status) {
        return Judged::Wrong(format!(
            "{query}: status {} after {}, the origin says {} after {}",
            answer.status,
            seconds(answer.took),
            own.status,
            seconds(own.took)
        ));
    }
    if own.status != 200 {
        return Judged::unknown(&format!("the origin itself says {}", own.status));
    }
    for answer in crowd {
        let last = match read(answer) {
            Ok(playlist) => playlist.next_msn(),
            Err(error) => return Judged::Wrong(format!("{query}: {error:#}")),
        };
        if last <= wanted {
            return Judged::Wrong(format!(
                "{query}: not held: after {} a playlist that ends before segment {last}",
                seconds(answer.took)
            ));
        }
    }
    Judged::Good(format!("held for {}, then the right playlist", seconds(own.took)))
}

fn prompt(own: &Answer, crowd: &[Answer]) -> Judged {
    let last = crowd.iter().map(|answer| answer.at).max().unwrap_or_default();
    let late = last.saturating_sub(own.at);
    let said = format!("the last of {PLAYERS} players {} ms after the origin", late.as_millis());
    if late > LATE_MAX { Judged::Wrong(said) } else { Judged::Good(said) }
}

/// How many of the answers that a crowd got the origin made.
fn collapse(what: &str, crowd: &[Answer]) -> Judged {
    let numbers: BTreeSet<_> = crowd.iter().map(Answer::number).collect();
    // An answer of the cache's own has no number; it is judged elsewhere.
    let said = format!("{what}: {PLAYERS} players, {} requests at the origin", numbers.len());
    if numbers.len() > REQUESTS_MAX { Judged::Wrong(said) } else { Judged::Good(said) }
}

/// A crowd asks for what is not there.
pub(super) async fn collapse_of_errors(scene: &Scene) -> anyhow::Result<Judged> {
    let url = scene.via.media.join(&scene.unknown(1))?;
    Ok(collapse("a 404", &scene.via.crowd(PLAYERS, &url).await?))
}

/// The hinted part comes whole, whether while it is made or when it is done.
pub(super) async fn hinted(scene: &Scene) -> anyhow::Result<Judged> {
    const TRIES: usize = 5;
    for _ in 0..TRIES {
        let now = scene.now().await?;
        let Some(hint) = now.hints.iter().find(|hint| hint.kind == "PART") else {
            return Ok(Judged::unknown("the stream has no parts"));
        };
        let answer = match scene.via.object(&hint.uri, &[]).await {
            Ok(answer) => answer,
            Err(error) => return Ok(Judged::Wrong(format!("{}: {error:#}", hint.uri))),
        };
        let own = scene.origin.object(&hint.uri, &[]).await?;
        // A segment that closed early takes its hint back.
        if own.status != 200 {
            continue;
        }
        return Ok(whole(&hint.uri, &answer, &own));
    }
    Ok(Judged::unknown("every hint was taken back"))
}

/// The hinted part as the cache gave it, beside the origin's.
fn whole(uri: &str, answer: &Answer, own: &Answer) -> Judged {
    let (got, whole) = (answer.body.len(), own.body.len());
    if answer.status != 200 {
        Judged::Wrong(format!("{uri}: status {} instead of a hold", answer.status))
    } else if answer.body != own.body {
        Judged::Wrong(format!("{uri}: {got} bytes, at the origin {whole} others"))
    } else {
        Judged::Good(format!("held for {}, {whole} bytes as at the origin", seconds(answer.took)))
    }
}

fn seconds(time: Duration) -> String {
    format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A playlist whose last whole segment is `last`.
    fn until(last: u64, at_ms: u64) -> Answer {
        let body = format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{last}\n#EXTINF:2,\n{last}.m4s\n"
        );
        Answer::made(200, &[], body, at_ms)
    }

    #[test]
    fn a_reload_is_good_when_everybody_gets_what_was_asked_when_the_origin_has_it() {
        let own = until(7, 5_500);
        let check = |crowd: Vec<Answer>| reload("_HLS_msn=7", 7, &own, &crowd);
        assert!(!check(vec![until(7, 5_510), until(8, 5_600)]).is_wrong());
        assert!(check(vec![until(7, 5_510), until(6, 20)]).is_wrong(), "not held");
        let timed_out = Answer::made(504, &[], "gateway time-out", 3_000);
        assert!(check(vec![until(7, 5_510), timed_out]).is_wrong(), "timed out");
        let page = Answer::made(200, &[], "<html>", 10);
        assert!(check(vec![page]).is_wrong(), "no playlist");
    }

    #[test]
    fn an_origin_that_refuses_says_nothing_about_the_cache() {
        let refused = Answer::made(503, &[], "", 6_000);
        let judged = reload("_HLS_msn=7", 7, &refused, std::slice::from_ref(&refused));
        assert!(matches!(judged, Judged::Unknown(_)), "{judged:?}");
    }

    #[test]
    fn the_last_player_may_have_the_answer_a_lock_later() {
        let own = until(7, 5_500);
        for (at_ms, late) in [(5_400, false), (6_050, false), (7_500, true)] {
            assert_eq!(
                prompt(&own, &[until(7, 5_500), until(7, at_ms)]).is_wrong(),
                late,
                "{at_ms}"
            );
        }
    }

    #[test]
    fn a_part_is_whole_or_nothing() {
        let own = Answer::made(200, &[], "0123456789", 3);
        let check = |status, body| whole("9.1.m4s", &Answer::made(status, &[], body, 300), &own);
        assert!(!check(200, "0123456789").is_wrong());
        assert!(check(200, "01234").is_wrong(), "cut");
        assert!(check(200, "").is_wrong(), "empty");
        assert!(check(504, "").is_wrong(), "timed out");
        assert!(check(404, "").is_wrong(), "not held");
    }

    #[test]
    fn one_number_is_one_request() {
        let numbered = |numbers: &[&'static str]| -> Vec<Answer> {
            let made = |number| Answer::made(200, &[("headwater-answer", number)], "", 0);
            numbers.iter().copied().map(made).collect()
        };
        assert!(!collapse("a 404", &numbered(&["1", "1", "1", "1"])).is_wrong());
        assert!(!collapse("a 404", &numbered(&["1", "1", "2", "1"])).is_wrong());
        assert!(collapse("a 404", &numbered(&["1", "2", "3", "4"])).is_wrong());
    }
}
