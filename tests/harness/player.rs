//! A player without a screen: follows playlists by their directives and checks bytes with ffprobe.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use bytes::Bytes;

use super::client::Client;

/// One line of a playlist, as an attribute list.
pub(crate) fn attribute(line: &str, name: &str) -> Option<String> {
    let (_, list) = line.split_once(':')?;
    let mut rest = list;
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let (value, next) = if let Some(quoted) = after.strip_prefix('"') {
            let (value, next) = quoted.split_once('"')?;
            (value, next.trim_start_matches(','))
        } else {
            after.split_once(',').unwrap_or((after, ""))
        };
        if key == name {
            return Some(value.to_owned());
        }
        rest = next;
    }
    None
}

/// A media playlist as the tests read it.
#[derive(Debug, Clone)]
pub(crate) struct Playlist {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Playlist {
    /// Fetches one; it must be there.
    pub(crate) async fn fetch(client: &Client, path: &str) -> Self {
        let reply = client.get(path).await.expect(200);
        Self { path: path.split('?').next().unwrap_or_default().to_owned(), text: reply.text() }
    }

    /// The value behind `#NAME:`.
    pub(crate) fn tag(&self, name: &str) -> Option<&str> {
        let prefix = format!("#{name}:");
        self.text.lines().find_map(|line| line.strip_prefix(prefix.as_str()))
    }

    /// Whether the broadcast is over.
    pub(crate) fn ended(&self) -> bool {
        self.text.lines().any(|line| line == "#EXT-X-ENDLIST")
    }

    /// The first media sequence number.
    pub(crate) fn first_msn(&self) -> u64 {
        self.tag("EXT-X-MEDIA-SEQUENCE").and_then(|value| value.parse().ok()).expect("a sequence")
    }

    /// The URIs of the listed segments with media, resolved against the playlist, in order.
    pub(crate) fn segments(&self) -> Vec<String> {
        let mut gap = false;
        let mut uris = Vec::new();
        for line in self.text.lines() {
            match line {
                "#EXT-X-GAP" => gap = true,
                line if line.starts_with('#') || line.is_empty() => {}
                uri => {
                    if !std::mem::take(&mut gap) {
                        uris.push(self.resolve(uri));
                    }
                }
            }
        }
        uris
    }

    /// The number of listed segments, gaps among them.
    pub(crate) fn segment_count(&self) -> u64 {
        let uris = self.text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        u64::try_from(uris.count()).expect("a count")
    }

    /// The URIs of the listed parts with media, resolved, in order.
    pub(crate) fn parts(&self) -> Vec<String> {
        let parts = self.text.lines().filter(|line| line.starts_with("#EXT-X-PART:"));
        let media = parts.filter(|line| attribute(line, "GAP").is_none());
        media.filter_map(|line| attribute(line, "URI")).map(|uri| self.resolve(&uri)).collect()
    }

    /// The hinted next part.
    pub(crate) fn hint(&self) -> Option<String> {
        let line = self.text.lines().find(|line| line.starts_with("#EXT-X-PRELOAD-HINT:"))?;
        attribute(line, "URI").map(|uri| self.resolve(&uri))
    }

    /// The newest init section.
    pub(crate) fn init(&self) -> String {
        let line = self.text.lines().rfind(|line| line.starts_with("#EXT-X-MAP:")).expect("a map");
        self.resolve(&attribute(line, "URI").expect("a URI"))
    }

    /// `uri` against this playlist's path.
    pub(crate) fn resolve(&self, uri: &str) -> String {
        resolve(&self.path, uri)
    }
}

/// A relative reference against a path.
pub(crate) fn resolve(base: &str, uri: &str) -> String {
    if uri.starts_with('/') {
        return uri.to_owned();
    }
    let (folder, _) = base.rsplit_once('/').unwrap_or(("", ""));
    let mut parts: Vec<&str> = folder.split('/').collect();
    for piece in uri.split('/') {
        match piece {
            ".." => drop(parts.pop()),
            "." => {}
            piece => parts.push(piece),
        }
    }
    parts.join("/")
}

/// The media playlists of a multivariant playlist: video first, then audio.
pub(crate) async fn renditions(client: &Client, path: &str) -> Vec<String> {
    let text = client.get(path).await.expect(200).text();
    let mut found = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("#EXT-X-STREAM-INF:") {
            let uri = lines.next().expect("a URI after STREAM-INF");
            found.insert(0, resolve(path, uri));
        } else if line.starts_with("#EXT-X-MEDIA:")
            && let Some(uri) = attribute(line, "URI")
        {
            found.push(resolve(path, &uri));
        }
    }
    found
}

/// The I-frame playlists of a multivariant playlist.
pub(crate) async fn scrubbing(client: &Client, path: &str) -> Vec<String> {
    let text = client.get(path).await.expect(200).text();
    let lines = text.lines().filter(|line| line.starts_with("#EXT-X-I-FRAME-STREAM-INF:"));
    lines.filter_map(|line| attribute(line, "URI")).map(|uri| resolve(path, &uri)).collect()
}

/// The kinds of the pictures that ffprobe decodes of a byte range whose last samples are cut off.
pub(crate) fn pictures(init: &Bytes, range: &Bytes) -> Vec<String> {
    let output = ffprobe(
        &["-v", "fatal", "-show_entries", "frame=pict_type", "-of", "csv=p=0"],
        std::iter::once(init).chain([range]),
    );
    let kinds = String::from_utf8_lossy(&output.stdout);
    let kinds = kinds.lines().map(|kind| kind.trim_end_matches(',').to_owned());
    kinds.filter(|kind| !kind.is_empty()).collect()
}

/// What ffprobe counts in an init section followed by media: frames by decoding them.
pub(crate) fn decoded_frames(init: &Bytes, media: &[Bytes]) -> u64 {
    let asked = ["-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames"];
    let output =
        ffprobe(&[&asked[..], &["-of", "csv=p=0"]].concat(), std::iter::once(init).chain(media));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.trim().is_empty(), "ffprobe: {said}");
    let count = String::from_utf8_lossy(&output.stdout);
    count.trim().trim_end_matches(',').parse().unwrap_or_else(|_| panic!("a count: {count:?}"))
}

/// Runs ffprobe over bytes.
fn ffprobe<'a>(arguments: &[&str], input: impl IntoIterator<Item = &'a Bytes>) -> Output {
    let mut ffprobe = Command::new("ffprobe")
        .args(arguments)
        .args(["-i", "pipe:0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ffprobe runs: `make tools` installs it");
    let mut stdin = ffprobe.stdin.take().expect("stdin is piped");
    let bytes: Vec<u8> = input.into_iter().flatten().copied().collect();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = ffprobe.wait_with_output().expect("ffprobe ends");
    writer.join().expect("the writer ends").expect("ffprobe reads all");
    output
}
