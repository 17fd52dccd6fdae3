//! Multivariant playlists.

use super::{Attributes, tag};

/// A multivariant playlist as read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Multivariant {
    /// `EXT-X-VERSION`.
    pub version: Option<u64>,
    /// `EXT-X-INDEPENDENT-SEGMENTS`.
    pub independent_segments: bool,
    /// `EXT-X-STREAM-INF` with its URI.
    pub variants: Vec<Variant>,
    /// `EXT-X-MEDIA`.
    pub media: Vec<Attributes>,
    /// `EXT-X-I-FRAME-STREAM-INF`.
    pub iframes: Vec<Attributes>,
}

/// A variant as read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Variant {
    /// Of its `EXT-X-STREAM-INF`.
    pub attributes: Attributes,
    /// As written.
    pub uri: String,
}

impl Multivariant {
    pub(super) fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut playlist = Self::default();
        let mut variant = None;
        for line in lines.map(str::trim_end).filter(|line| !line.is_empty()) {
            match tag(line) {
                Some(("EXT-X-VERSION", value)) => playlist.version = value.trim().parse().ok(),
                Some(("EXT-X-INDEPENDENT-SEGMENTS", _)) => playlist.independent_segments = true,
                Some(("EXT-X-MEDIA", value)) => playlist.media.push(Attributes::read(value)),
                Some(("EXT-X-STREAM-INF", value)) => variant = Some(Attributes::read(value)),
                Some(("EXT-X-I-FRAME-STREAM-INF", value)) => {
                    playlist.iframes.push(Attributes::read(value));
                }
                Some(_) => {}
                None if line.starts_with('#') => {}
                None => {
                    let attributes = variant.take().unwrap_or_default();
                    playlist.variants.push(Variant { attributes, uri: line.to_owned() });
                }
            }
        }
        playlist
    }

    /// URIs of all media playlists it names, each once.
    pub fn uris(&self) -> Vec<&str> {
        let renditions = self.media.iter().filter_map(|media| media.get("URI"));
        let mut uris: Vec<&str> = Vec::new();
        for uri in self.variants.iter().map(|variant| variant.uri.as_str()).chain(renditions) {
            if !uris.contains(&uri) {
                uris.push(uri);
            }
        }
        uris
    }
}
