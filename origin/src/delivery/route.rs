//! Paths of media requests: parsed once, into a type that cannot name anything else.

use domain::channel::Slug;
use domain::id::{BroadcastId, RecordingId};
use media::hls::key;
use media::packager::Rid;

/// What a path below `/hls/` or `/vod/` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// The multivariant playlist of a channel's current broadcast.
    Channel(Slug),
    /// The multivariant playlist of one broadcast.
    Broadcast(BroadcastId),
    /// A playlist of one rendition of a broadcast.
    Playlist(BroadcastId, Rid, Listing),
    /// The multivariant playlist of a recording.
    Recording(RecordingId),
    /// A playlist of one rendition of a recording.
    RecordingPlaylist(RecordingId, Rid, Listing),
    /// Immutable bytes of a broadcast, shared by its recording.
    Media(Media),
}

/// What a playlist of a rendition lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    /// All its media.
    Media,
    /// One picture of each segment.
    IFrames,
}

/// What a request for media names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A multivariant playlist.
    Multivariant,
    /// A playlist of a rendition.
    Playlist,
    /// A whole segment.
    Segment,
    /// A part of a segment.
    Part,
    /// An init section.
    Init,
    /// Nothing.
    Unknown,
}

/// Immutable bytes: who they belong to and which they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Media {
    pub(crate) broadcast: BroadcastId,
    pub(crate) rendition: Rid,
    pub(crate) fence: u64,
    pub(crate) piece: Piece,
}

/// Which immutable bytes of a rendition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A whole segment, by its media sequence number.
    Segment(u64),
    /// A part of a segment.
    Part(u64, u32),
    /// An init section, by its generation.
    Init(u32),
}

impl Route {
    /// Reads a path; `None` when it names no media.
    ///
    /// A first path segment that starts with `~` is a playback token and is passed over: relative
    /// URIs inherit it, and nothing below depends on it.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let (vod, rest) = match (path.strip_prefix("/hls/"), path.strip_prefix("/vod/")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            (None, None) => return None,
        };
        let mut parts: Vec<&str> = rest.splitn(8, '/').collect();
        if parts.first().is_some_and(|first| first.starts_with('~')) {
            parts.remove(0);
        }
        match parts.as_slice() {
            [name, "index.m3u8"] if vod => Some(Self::Recording(name.parse().ok()?)),
            [name, "index.m3u8"] if name.starts_with("brd_") => {
                Some(Self::Broadcast(name.parse().ok()?))
            }
            [name, "index.m3u8"] => name.parse().ok().map(Self::Channel),
            [name, rid, file] => {
                let (rid, listing) = (rid.parse().ok()?, Listing::parse(file)?);
                Some(if vod {
                    Self::RecordingPlaylist(name.parse().ok()?, rid, listing)
                } else {
                    Self::Playlist(name.parse().ok()?, rid, listing)
                })
            }
            [name, rid, fence, file] => Some(Self::Media(Media {
                broadcast: name.parse().ok()?,
                rendition: rid.parse().ok()?,
                fence: number(fence)?,
                piece: Piece::parse(file)?,
            })),
            _ => None,
        }
    }

    /// What it names, as the metrics count it.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Channel(_) | Self::Broadcast(_) | Self::Recording(_) => Kind::Multivariant,
            Self::Playlist(..) | Self::RecordingPlaylist(..) => Kind::Playlist,
            Self::Media(Media { piece: Piece::Segment(_), .. }) => Kind::Segment,
            Self::Media(Media { piece: Piece::Part(..), .. }) => Kind::Part,
            Self::Media(Media { piece: Piece::Init(_), .. }) => Kind::Init,
        }
    }
}

impl Kind {
    /// Every kind, in the order of its values.
    pub(crate) const ALL: [Self; 6] =
        [Self::Multivariant, Self::Playlist, Self::Segment, Self::Part, Self::Init, Self::Unknown];

    /// Its label.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Multivariant => "multivariant",
            Self::Playlist => "playlist",
            Self::Segment => "segment",
            Self::Part => "part",
            Self::Init => "init",
            Self::Unknown => "unknown",
        }
    }
}

impl Media {
    /// The object's key in the store: the path with `media/` for `/hls/`. A part's bytes
    /// are in its segment's.
    pub(crate) fn key(&self) -> String {
        let Self { broadcast, rendition, fence, piece } = *self;
        match piece {
            Piece::Segment(msn) | Piece::Part(msn, _) => {
                key::segment(broadcast, rendition, fence, msn)
            }
            Piece::Init(generation) => key::init(broadcast, rendition, fence, generation),
        }
    }
}

impl Listing {
    fn parse(file: &str) -> Option<Self> {
        match file {
            "media.m3u8" => Some(Self::Media),
            "iframes.m3u8" => Some(Self::IFrames),
            _ => None,
        }
    }
}

impl Piece {
    fn parse(file: &str) -> Option<Self> {
        if let Some(generation) = file.strip_prefix("init-") {
            return number(generation.strip_suffix(".mp4")?).map(Self::Init);
        }
        match file.strip_suffix(".m4s")?.split_once('.') {
            Some((msn, part)) => Some(Self::Part(number(msn)?, number(part)?)),
            None => number(file.strip_suffix(".m4s")?).map(Self::Segment),
        }
    }
}

/// A decimal number in its one canonical form, so that no two paths name the same bytes.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let canonical = text == "0"
        || (!text.is_empty()
            && !text.starts_with('0')
            && text.bytes().all(|byte| byte.is_ascii_digit()));
    if canonical { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRD: &str = "brd_0190f3a1b2c37d4e8f5061728394a5b6";
    const REC: &str = "rec_0190f3a1b2c37d4e8f5061728394a5b7";

    fn check(path: &str, expected: &Route) {
        assert_eq!(Route::parse(path).as_ref(), Some(expected), "{path}");
    }

    fn media(piece: Piece) -> Route {
        Route::Media(Media {
            broadcast: BRD.parse().unwrap(),
            rendition: Rid::VIDEO,
            fence: 3,
            piece,
        })
    }

    #[test]
    fn playlists_have_one_path_each() {
        let brd: BroadcastId = BRD.parse().unwrap();
        let rec: RecordingId = REC.parse().unwrap();
        check("/hls/demo/index.m3u8", &Route::Channel("demo".parse().unwrap()));
        check("/hls/~tok.en/demo/index.m3u8", &Route::Channel("demo".parse().unwrap()));
        check(&format!("/hls/{BRD}/index.m3u8"), &Route::Broadcast(brd));
        let live = |listing| Route::Playlist(brd, Rid::VIDEO, listing);
        check(&format!("/hls/{BRD}/v0/media.m3u8"), &live(Listing::Media));
        check(&format!("/hls/{BRD}/v0/iframes.m3u8"), &live(Listing::IFrames));
        check(&format!("/vod/{REC}/index.m3u8"), &Route::Recording(rec));
        let replay = |listing| Route::RecordingPlaylist(rec, Rid::AUDIO, listing);
        check(&format!("/vod/{REC}/a0/media.m3u8"), &replay(Listing::Media));
        check(&format!("/vod/{REC}/a0/iframes.m3u8"), &replay(Listing::IFrames));
    }

    #[test]
    fn bytes_have_one_path_each_below_hls_and_vod() {
        for base in ["hls", "vod", "hls/~token"] {
            check(&format!("/{base}/{BRD}/v0/3/17.m4s"), &media(Piece::Segment(17)));
            check(&format!("/{base}/{BRD}/v0/3/17.5.m4s"), &media(Piece::Part(17, 5)));
            check(&format!("/{base}/{BRD}/v0/3/init-2.mp4"), &media(Piece::Init(2)));
        }
    }

    #[test]
    fn all_else_names_nothing() {
        for path in [
            "/",
            "/hls/",
            "/hls/index.m3u8",
            "/hls//index.m3u8",
            "/hls/demo/",
            "/hls/demo/index.m3u8/",
            "/hls/De mo/index.m3u8",
            "/hls/../etc/index.m3u8",
            "/hls/brd_zz/index.m3u8",
            "/vod/demo/index.m3u8",
            "/hls/brd_0190f3a1b2c37d4e8f5061728394a5b6/v0/3/017.m4s",
            "/hls/brd_0190f3a1b2c37d4e8f5061728394a5b6/v0/3/+17.m4s",
            "/hls/brd_0190f3a1b2c37d4e8f5061728394a5b6/v0/3/17.m4s.m4s",
            "/hls/brd_0190f3a1b2c37d4e8f5061728394a5b6/v0/3/99999999999999999999.m4s",
            "/hls/brd_0190f3a1b2c37d4e8f5061728394a5b6/V0/3/17.m4s",
            "/hls/brd_0190f3a1b2c37d4e8f5061728394a5b6/v0/3/4/17.m4s",
        ] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }

    #[test]
    fn each_kind_stands_at_its_value() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place, "{}", kind.word());
        }
    }

    #[test]
    fn an_objects_key_is_its_path_below_media() {
        let Some(Route::Media(media)) = Route::parse(&format!("/hls/~t/{BRD}/v0/3/17.m4s")) else {
            unreachable!("the path is sound");
        };
        assert_eq!(media.key(), format!("media/{BRD}/v0/3/17.m4s"));
    }
}
