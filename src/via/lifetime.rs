//! How long answers are kept: as long as the origin says, and not longer.

use std::time::Duration;

use super::Judged;
use super::scene::{self, Scene, read};
use super::side::Answer;

/// Beyond the lifetime: caches count whole seconds, and the next fetch takes its time.
const MARGIN: Duration = Duration::from_millis(2_500);

/// A lifetime that is worth waiting for.
const WORTH_SECONDS: u64 = 15;

/// The plain playlist is a new one when its lifetime is over.
pub(super) async fn fresh(scene: &Scene) -> anyhow::Result<Judged> {
    let life = scene.origin.playlist("").await?.max_age().unwrap_or(1);
    let first = scene.via.playlist("").await?;
    tokio::time::sleep(Duration::from_secs(life) + MARGIN).await;
    let second = scene.via.playlist("").await?;
    let own = scene.origin.playlist("").await?;
    if second.number().is_some() && first.number() == second.number() {
        return Ok(Judged::Wrong(format!(
            "the plain playlist may be kept for {life} s and is the same after {} s more",
            MARGIN.as_secs()
        )));
    }
    if let Ok(age) = second.header("age").parse::<u64>()
        && age > life + 1
    {
        return Ok(Judged::Wrong(format!("the plain playlist has Age {age}, max-age is {life}")));
    }
    let (got, now) = (read(&second)?, read(&own)?);
    let behind = now.next_msn().saturating_sub(got.next_msn());
    let target = now.target_seconds.unwrap_or(1).max(1);
    if behind > (life + 1).div_ceil(target) {
        return Ok(Judged::Wrong(format!("the plain playlist is {behind} segments behind")));
    }
    Ok(Judged::Good(format!("a new playlist when its {life} s are over")))
}

/// So are errors.
pub(super) async fn errors(scene: &Scene) -> anyhow::Result<Judged> {
    let missing = scene.unknown(2);
    let own = scene.origin.object(&missing, &[]).await?;
    let life = own.max_age().unwrap_or(1);
    if life > WORTH_SECONDS {
        return Ok(Judged::unknown(&format!("the origin lets errors be kept for {life} s")));
    }
    let far = format!("_HLS_msn={}", scene.salt);
    let ask = async || {
        let (missing, refused) =
            tokio::join!(scene.via.object(&missing, &[]), scene.via.playlist(&far));
        anyhow::Ok([("404", missing?), ("400", refused?)])
    };
    let first = ask().await?;
    tokio::time::sleep(Duration::from_secs(life) + MARGIN).await;
    let second = ask().await?;
    for ((what, first), (_, second)) in first.iter().zip(&second) {
        if second.number().is_some() && first.number() == second.number() {
            return Ok(Judged::Wrong(format!("a {what} of {life} s at most is kept longer")));
        }
    }
    Ok(Judged::Good("asked anew when their lifetime is over".to_owned()))
}

/// What caches and players go by arrives as the origin sent it.
pub(super) async fn headers(scene: &Scene) -> anyhow::Result<Judged> {
    const SENT: [&str; 2] = ["cache-control", "content-type"];
    let now = scene.now().await?;
    let newest = now.next_msn().saturating_sub(1);
    let segment = scene::newest(&now);
    let reload = format!("_HLS_msn={newest}");
    let mut pairs: Vec<(&str, Answer, Answer)> = vec![
        ("the plain playlist", scene.via.playlist("").await?, scene.origin.playlist("").await?),
        ("a reload", scene.via.playlist(&reload).await?, scene.origin.playlist(&reload).await?),
    ];
    let missing = scene.unknown(3);
    for (what, uri) in [("a segment", segment), ("a 404", Some(&*missing))] {
        if let Some(uri) = uri {
            let (via, own) =
                (scene.via.object(uri, &[]).await?, scene.origin.object(uri, &[]).await?);
            pairs.push((what, via, own));
        }
    }
    for (what, via, own) in &pairs {
        if via.status != own.status {
            return Ok(Judged::Wrong(format!(
                "{what}: status {}, at the origin {}",
                via.status, own.status
            )));
        }
        for name in SENT {
            let (got, sent) = (via.header(name), own.header(name));
            if got != sent {
                return Ok(Judged::Wrong(format!("{what}: {name} is `{got}`, sent was `{sent}`")));
            }
        }
        if via.header("etag").is_empty() && !own.header("etag").is_empty() {
            return Ok(Judged::Wrong(format!("{what}: ETag is gone")));
        }
    }
    Ok(Judged::Good("Cache-Control, Content-Type and ETag arrive as sent".to_owned()))
}
