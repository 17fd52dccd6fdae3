//! Names of objects in the store: everything that writes or reads them takes them from here.
//!
//! Below `media/` they are the paths of the URIs, so that a CDN can read the bucket itself; below
//! `meta/` no CDN may read.

use crate::packager::Rid;
use std::fmt::Display;

/// What the keys of all media of a broadcast, or of all playlists of a recording, begin with.
pub fn media(id: impl Display) -> String {
    format!("media/{id}/")
}

/// What the keys of a broadcast's index begin with.
pub fn meta(broadcast: impl Display) -> String {
    format!("meta/{broadcast}/")
}

/// A segment.
pub fn segment(broadcast: impl Display, rid: Rid, fence: u64, msn: u64) -> String {
    format!("media/{broadcast}/{rid}/{fence}/{msn}.m4s")
}

/// An init section.
pub fn init(broadcast: impl Display, rid: Rid, fence: u64, generation: u32) -> String {
    format!("media/{broadcast}/{rid}/{fence}/init-{generation}.mp4")
}

/// A recording's multivariant playlist.
pub fn multivariant(recording: impl Display) -> String {
    format!("media/{recording}/index.m3u8")
}

/// A recording's media playlist.
pub fn playlist(recording: impl Display, rid: Rid) -> String {
    format!("media/{recording}/{rid}/media.m3u8")
}

/// A recording's I-frame playlist.
pub fn iframes(recording: impl Display, rid: Rid) -> String {
    format!("media/{recording}/{rid}/iframes.m3u8")
}

/// A page of a segment index.
pub fn page(broadcast: impl Display, rid: Rid, page: u64) -> String {
    format!("meta/{broadcast}/{rid}/{page}")
}

/// The sheet about a broadcast's renditions.
pub fn sheet(broadcast: impl Display) -> String {
    format!("meta/{broadcast}/renditions")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_the_contract_says() {
        let (brd, rec) = ("brd_1", "rec_1");
        assert_eq!(segment(brd, Rid::VIDEO, 3, 17), "media/brd_1/v0/3/17.m4s");
        assert_eq!(init(brd, Rid::AUDIO, 3, 1), "media/brd_1/a0/3/init-1.mp4");
        assert_eq!(multivariant(rec), "media/rec_1/index.m3u8");
        assert_eq!(playlist(rec, Rid::VIDEO), "media/rec_1/v0/media.m3u8");
        assert_eq!(iframes(rec, Rid::VIDEO), "media/rec_1/v0/iframes.m3u8");
        assert_eq!(page(brd, Rid::VIDEO, 2), "meta/brd_1/v0/2");
        assert_eq!(sheet(brd), "meta/brd_1/renditions");
        assert_eq!((media(rec), meta(brd)), ("media/rec_1/".to_owned(), "meta/brd_1/".to_owned()));
    }
}
