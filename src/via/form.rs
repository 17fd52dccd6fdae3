//! The form of answers: encodings, ranges, headers for other sites' pages, connections.

use bytes::Bytes;
use http::Method;

use super::Judged;
use super::scene::{self, Scene};
use super::side::Answer;

const GZIP: &[(&str, &str)] = &[("accept-encoding", "gzip, deflate, br")];
const PLAIN: &[(&str, &str)] = &[("accept-encoding", "identity")];
/// How a gzip file begins.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Who takes gzip gets it once, who does not gets none, whoever asks first; media is never packed.
pub(super) async fn encodings(scene: &Scene) -> anyhow::Result<Judged> {
    let now = scene.now().await?;
    let newest = now.next_msn().saturating_sub(1);
    for (round, order) in [[GZIP, PLAIN], [PLAIN, GZIP]].into_iter().enumerate() {
        let query = format!("_HLS_msn={newest}&_HLS_part={}&_HLS_skip=YES", round + 1);
        for accepted in order {
            let answer = scene.via.playlist_with(&query, accepted).await?;
            if let Some(wrong) = misshapen(&answer, accepted == GZIP) {
                return Ok(Judged::Wrong(format!("{query}: {wrong}")));
            }
        }
    }
    if let Some(uri) = scene::newest(&now) {
        let answer = scene.via.object(uri, GZIP).await?;
        let told = answer.header("content-encoding");
        if !told.is_empty() {
            return Ok(Judged::Wrong(format!("{uri}: media is packed as {told}")));
        }
    }
    Ok(Judged::Good("each in its form, whoever asks first".to_owned()))
}

/// What is wrong with a playlist's form.
fn misshapen(answer: &Answer, takes_gzip: bool) -> Option<&'static str> {
    let is_packed = answer.header("content-encoding") == "gzip";
    let text = answer.text();
    match (takes_gzip, is_packed) {
        (true, false) => Some("gzip is asked for and lost"),
        (false, true) => Some("gzip is sent to whom takes none: Vary is not heeded"),
        _ => match text {
            Ok(text) if text.starts_with("#EXTM3U") => None,
            Ok(_) => Some("the body is no playlist"),
            Err(_) if is_packed && packed_twice(&answer.body) => Some("it is packed twice"),
            Err(_) => Some("the body is not what Content-Encoding says"),
        },
    }
}

/// Whether what comes out of gzip is gzip again.
fn packed_twice(body: &Bytes) -> bool {
    let mut start = [0; 2];
    let mut reader = flate2::read::GzDecoder::new(&**body);
    std::io::Read::read_exact(&mut reader, &mut start).is_ok() && start == GZIP_MAGIC
}

/// Ranges are cut out of the whole, and the whole stays whole.
pub(super) async fn ranges(scene: &Scene) -> anyhow::Result<Judged> {
    let now = scene.now().await?;
    let Some(uri) = scene::newest(&now) else {
        return Ok(Judged::unknown("no segment is listed yet"));
    };
    let whole = scene.origin.object(uri, &[]).await?.body;
    let wrong = |said: String| Ok(Judged::Wrong(format!("{uri}: {said}")));
    let part = scene.via.object(uri, &[("range", "bytes=100-199")]).await?;
    let told = format!("bytes 100-199/{}", whole.len());
    if part.status != 206 || part.header("content-range") != told {
        let (status, got) = (part.status, part.header("content-range"));
        return wrong(format!("bytes=100-199 is answered with {status} `{got}`"));
    }
    if whole.get(100..200) != Some(&*part.body) {
        return wrong("bytes=100-199 are other bytes".to_owned());
    }
    let again = scene.via.object(uri, &[]).await?;
    if again.status != 200 || again.body != whole {
        let (status, got) = (again.status, again.body.len());
        return wrong(format!("after a range the whole is {status} with {got} bytes"));
    }
    let beyond = format!("bytes={}-", whole.len());
    let beyond = scene.via.object(uri, &[("range", &beyond)]).await?.status;
    if beyond != 416 {
        return wrong(format!("a range behind the end is answered with {beyond}"));
    }
    let playlist = scene.via.playlist_with("", &[("range", "bytes=0-")]).await?;
    if !matches!(playlist.status, 200 | 206) {
        return wrong(format!("bytes=0- of a playlist is answered with {}", playlist.status));
    }
    Ok(Judged::Good("cut out of the whole, and the whole stays whole".to_owned()))
}

/// Pages of other sites may read everything, errors too, and a preflight says so.
pub(super) async fn cors(scene: &Scene) -> anyhow::Result<Judged> {
    const FROM: (&str, &str) = ("origin", "https://player.example");
    const NAMES: [&str; 2] = ["access-control-allow-origin", "access-control-expose-headers"];
    let missing = scene.unknown(4);
    let pairs = [
        (
            "a playlist",
            scene.via.playlist_with("", &[FROM]).await?,
            scene.origin.playlist_with("", &[FROM]).await?,
        ),
        (
            "a 404",
            scene.via.object(&missing, &[FROM]).await?,
            scene.origin.object(&missing, &[FROM]).await?,
        ),
    ];
    for (what, via, own) in &pairs {
        for name in NAMES {
            if via.header(name) != own.header(name) {
                let (got, sent) = (via.header(name), own.header(name));
                return Ok(Judged::Wrong(format!("{what}: {name} is `{got}`, sent was `{sent}`")));
            }
        }
    }
    let asks = [
        FROM,
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "range"),
    ];
    let answer = scene.via.send(Method::OPTIONS, &scene.via.media, &asks).await?;
    let allowed = answer.header("access-control-allow-headers").to_ascii_lowercase();
    if !(200..300).contains(&answer.status) || !(allowed.contains("range") || allowed == "*") {
        return Ok(Judged::Wrong(format!("a preflight is answered with {}", answer.status)));
    }
    Ok(Judged::Good("readable, errors too, and preflights are answered".to_owned()))
}

/// A player's next request goes over the same connection.
pub(super) async fn connection(scene: &Scene) -> anyhow::Result<Judged> {
    Ok(match scene.via.repeated(&scene.via.media, 2).await {
        Ok(answers) if answers.iter().any(|a| a.header("connection") == "close") => {
            Judged::Wrong("every answer closes its connection".to_owned())
        }
        Ok(_) => Judged::Good("two requests over one".to_owned()),
        Err(error) => Judged::Wrong(format!("the second request over a connection: {error:#}")),
    })
}

/// Over TLS HTTP/2 is spoken: players of Apple take no low latency without it.
pub(super) async fn protocol(scene: &Scene) -> anyhow::Result<Judged> {
    let spoken = scene.via.protocol().await?;
    Ok(match spoken.as_deref() {
        Some(b"h2") => Judged::Good("spoken when offered".to_owned()),
        Some(other) => Judged::Wrong(format!("{} is chosen", String::from_utf8_lossy(other))),
        None => Judged::Wrong("no protocol is chosen (ALPN)".to_owned()),
    })
}

/// What is no media is asked of the origin each time: its answers name their request.
pub(super) async fn api(scene: &Scene) -> anyhow::Result<Judged> {
    const NAME: &str = "x-request-id";
    let path = format!("/v1/doctor/{}", scene.salt);
    let (via, origin) = (scene.via.index.join(&path)?, scene.origin.index.join(&path)?);
    let first = scene.via.send(Method::GET, &via, &[]).await?;
    let second = scene.via.send(Method::GET, &via, &[]).await?;
    let own = scene.origin.send(Method::GET, &origin, &[]).await?;
    if first.header(NAME).is_empty() || first.status != own.status {
        return Ok(Judged::unknown("the API is not reached this way"));
    }
    Ok(if first.header(NAME) == second.header(NAME) {
        Judged::Wrong(format!("{path}: two requests get one answer"))
    } else {
        Judged::Good("each request is answered anew".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut writer, body).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn a_playlist_comes_in_the_form_that_was_asked_for() {
        const PACKED: &[(&str, &str)] = &[("content-encoding", "gzip")];
        let text = b"#EXTM3U\n";
        let cases: [(bool, &[_], Vec<u8>, Option<&str>); 8] = [
            (true, PACKED, gzip(text), None),
            (false, &[], text.to_vec(), None),
            (true, &[], text.to_vec(), Some("lost")),
            (false, PACKED, gzip(text), Some("Vary")),
            (true, PACKED, gzip(&gzip(text)), Some("twice")),
            (true, PACKED, text.to_vec(), Some("not what Content-Encoding says")),
            (false, &[], gzip(text), Some("not what Content-Encoding says")),
            (false, &[], b"<html>".to_vec(), Some("no playlist")),
        ];
        for (takes_gzip, headers, body, expected) in cases {
            let found = misshapen(&Answer::made(200, headers, body, 0), takes_gzip);
            match expected {
                None => assert_eq!(found, None),
                Some(word) => assert!(found.is_some_and(|said| said.contains(word)), "{found:?}"),
            }
        }
    }
}
