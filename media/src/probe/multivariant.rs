//! Rules about a multivariant playlist.

use super::Fault;
use crate::hls::parse::{Attributes, Multivariant};

pub(super) fn check(playlist: &Multivariant) -> Vec<Fault> {
    let mut faults = Vec::new();
    for variant in &playlist.variants {
        let has_picture = variant.attributes.get("CODECS").is_none_or(is_video);
        let picture: &[&str] = if has_picture { &["RESOLUTION", "FRAME-RATE"] } else { &[] };
        let wanted = ["BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS"];
        let lacks = missing(&variant.attributes, wanted.iter().chain(picture));
        if !lacks.is_empty() {
            faults.push(("MV1", format!("variant `{}` lacks {lacks}", variant.uri)));
        }
    }
    for media in &playlist.media {
        let is_audio = media.get("TYPE") == Some("AUDIO");
        let audio: &[&str] = if is_audio { &["LANGUAGE", "CHANNELS"] } else { &[] };
        let lacks = missing(media, ["TYPE", "GROUP-ID", "NAME"].iter().chain(audio));
        if !lacks.is_empty() {
            let name = media.get("NAME").unwrap_or("?");
            faults.push(("MV4", format!("rendition `{name}` lacks {lacks}")));
        }
        if media.is_yes("DEFAULT") && media.get("AUTOSELECT") == Some("NO") {
            faults.push(("MV4", "DEFAULT=YES with AUTOSELECT=NO".to_owned()));
        }
    }
    if !playlist.independent_segments {
        faults.push(("MV5", "no EXT-X-INDEPENDENT-SEGMENTS".to_owned()));
    }
    faults
}

fn is_video(codecs: &str) -> bool {
    let video = ["avc1", "avc3", "hvc1", "hev1", "av01", "vp09", "dvh1"];
    codecs.split(',').any(|codec| video.iter().any(|name| codec.trim().starts_with(name)))
}

fn missing<'a>(list: &Attributes, names: impl Iterator<Item = &'a &'a str>) -> String {
    let names: Vec<_> = names.filter(|name| list.get(name).is_none()).copied().collect();
    names.join(", ")
}
