//! 1.11: the multivariant playlist, and what it promises of the others.

use super::rule::{Rule, Verdict, rule};
use super::{Capture, Level, Version, resolve};
use crate::hls::parse::{Attributes, Multivariant, Variant};
use crate::time::Span;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(Level::AppleMust, "MV1", ["a variant says bandwidths, codecs, size and frame rate, as its media has them", "add the missing attributes to EXT-X-STREAM-INF, and name every codec of its renditions"], mv1),
    rule(Level::AppleMust, "MV2", ["the measured peak is below 125 % of BANDWIDTH", "raise BANDWIDTH, or bound the encoder's bit rate"], mv2),
    rule(Level::Must, "MV3", ["BANDWIDTH covers the variant with any of its renditions", "count the largest audio rendition into BANDWIDTH"], mv3),
    rule(Level::Must, "MV4", ["a rendition says type, group and name, and groups are there", "add the missing attributes to EXT-X-MEDIA"], mv4),
    rule(Level::AppleMust, "MV4a", ["an audio rendition says its language and its channels", "print LANGUAGE and CHANNELS"], mv4a),
    rule(Level::AppleShould, "MV5", ["segments are declared independent", "print EXT-X-INDEPENDENT-SEGMENTS in the multivariant playlist"], mv5),
    rule(Level::AppleMust, "MV6", ["there are two video bit rates or more, and a variant of 192 kbit/s for cellular networks", "publish further renditions of the broadcast"], mv6),
    rule(Level::AppleMust, "MV7", ["there is a playlist of I-frames to scrub with", "print EXT-X-I-FRAME-STREAM-INF with CODECS, RESOLUTION, BANDWIDTH and URI"], mv7),
    rule(Level::Must, "MV8", ["captions are denied on all variants, or a group of them is named", "print CLOSED-CAPTIONS=NONE on every variant, or the group on those that have it"], mv8),
    rule(Level::Must, "MV9", ["all playlists have the same target duration and type", "cut all renditions on one grid"], mv9),
    rule(Level::Must, "MV10", ["all renditions are equally long, to a target duration", "end all renditions together"], mv10),
    rule(Level::Should, "MV11", ["all variants have a SCORE, or none has", "print SCORE on every variant"], mv11),
];

fn opened(capture: &Capture) -> Option<(&str, &Multivariant)> {
    capture.multivariant.as_ref().map(|(url, _, playlist)| (url.as_str(), playlist))
}

fn is_video(codecs: &str) -> bool {
    let video = ["avc1", "avc3", "hvc1", "hev1", "av01", "vp09", "dvh1"];
    codecs.split(',').any(|codec| video.iter().any(|name| codec.trim().starts_with(name)))
}

fn missing<'a>(list: &Attributes, names: impl Iterator<Item = &'a &'a str>) -> String {
    let names: Vec<_> = names.filter(|name| list.get(name).is_none()).copied().collect();
    names.join(", ")
}

/// The playlists of a variant: its own, then those of its audio group.
fn playlists(base: &str, playlist: &Multivariant, variant: &Variant) -> Vec<String> {
    let own = resolve(base, &variant.uri);
    let group = variant.attributes.get("AUDIO");
    let audio = playlist.media.iter().filter(|media| {
        media.get("TYPE") == Some("AUDIO") && group.is_some() && media.get("GROUP-ID") == group
    });
    let audio = audio.filter_map(|media| Some(resolve(base, media.get("URI")?)));
    [own].into_iter().chain(audio).collect()
}

fn mv1(capture: &Capture, verdict: &mut Verdict) {
    let Some((url, playlist)) = opened(capture) else { return };
    for variant in &playlist.variants {
        let codecs = variant.attributes.get("CODECS");
        let picture: &[&str] =
            if codecs.is_none_or(is_video) { &["RESOLUTION", "FRAME-RATE"] } else { &[] };
        let wanted = ["BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS"];
        let lacks = missing(&variant.attributes, wanted.iter().chain(picture));
        verdict.case(url, lacks.is_empty(), || format!("variant `{}` lacks {lacks}", variant.uri));
        let named: Vec<_> = codecs.unwrap_or_default().split(',').map(str::trim).collect();
        let carried = playlists(url, playlist, variant);
        let pieces = capture.pieces().filter(|piece| carried.contains(&piece.playlist));
        for codec in pieces.filter_map(|piece| piece.track.as_ref()?.codec.as_deref()) {
            let is_named = named.iter().any(|name| name.eq_ignore_ascii_case(codec));
            verdict.case(url, is_named, || {
                format!("variant `{}` carries {codec}, CODECS is {named:?}", variant.uri)
            });
        }
    }
}

/// Peak and average of the bit rates of a playlist's segments; those much shorter do not count.
fn rates(capture: &Capture, playlist: &str) -> Option<(u64, u64)> {
    let least = Span(capture.target()?.0 / 2);
    let wholes = capture.pieces().filter(|piece| {
        piece.part.is_none() && piece.playlist == playlist && piece.segment.duration >= least
    });
    let rates: Vec<_> = wholes.filter_map(super::track::Piece::rate).collect();
    let peak = rates.iter().max()?;
    Some((*peak, rates.iter().sum::<u64>() / rates.len() as u64))
}

/// Each variant with its BANDWIDTH, and the peak and average that were measured of it.
fn measured(capture: &Capture) -> Vec<(&str, &str, u64, (u64, u64))> {
    let Some((url, playlist)) = opened(capture) else { return Vec::new() };
    let variants = playlist.variants.iter().filter_map(|variant| {
        let bandwidth = variant.attributes.get("BANDWIDTH")?.parse().ok()?;
        let carried = playlists(url, playlist, variant);
        let (own, audio) = carried.split_first()?;
        let own = rates(capture, own)?;
        let audio: Vec<_> = audio.iter().filter_map(|audio| rates(capture, audio)).collect();
        let most = |pick: fn(&(u64, u64)) -> u64| audio.iter().map(pick).max().unwrap_or(0);
        let sum = (own.0 + most(|rate| rate.0), own.1 + most(|rate| rate.1));
        Some((url, variant.uri.as_str(), bandwidth, sum))
    });
    variants.collect()
}

fn mv2(capture: &Capture, verdict: &mut Verdict) {
    for (url, uri, bandwidth, (peak, _)) in measured(capture) {
        verdict.case(url, peak.saturating_mul(100) <= bandwidth.saturating_mul(125), || {
            format!("variant `{uri}`: measured {peak}, BANDWIDTH is {bandwidth}")
        });
    }
}

fn mv3(capture: &Capture, verdict: &mut Verdict) {
    for (url, uri, bandwidth, (_, average)) in measured(capture) {
        verdict.case(url, average <= bandwidth, || {
            format!("variant `{uri}`: {average} on the average, BANDWIDTH is {bandwidth}")
        });
    }
}

fn mv4(capture: &Capture, verdict: &mut Verdict) {
    let Some((url, playlist)) = opened(capture) else { return };
    for media in &playlist.media {
        let lacks = missing(media, ["TYPE", "GROUP-ID", "NAME"].iter());
        let name = media.get("NAME").unwrap_or("?");
        verdict.case(url, lacks.is_empty(), || format!("rendition `{name}` lacks {lacks}"));
        let contradicts = media.is_yes("DEFAULT") && media.get("AUTOSELECT") == Some("NO");
        verdict.case(url, !contradicts, || format!("`{name}`: DEFAULT=YES with AUTOSELECT=NO"));
        let of_group = |other: &&Attributes| {
            other.get("TYPE") == media.get("TYPE") && other.get("GROUP-ID") == media.get("GROUP-ID")
        };
        let group = || playlist.media.iter().filter(of_group);
        let defaults = group().filter(|other| other.is_yes("DEFAULT")).count();
        verdict.case(url, defaults <= 1, || format!("{defaults} members of a group are DEFAULT"));
        let namesakes = group().filter(|other| other.get("NAME") == Some(name)).count();
        verdict.case(url, namesakes <= 1, || format!("{namesakes} members are called `{name}`"));
    }
    for variant in &playlist.variants {
        let Some(group) = variant.attributes.get("AUDIO") else { continue };
        let is_there = playlist.media.iter().any(|media| media.get("GROUP-ID") == Some(group));
        verdict.case(url, is_there, || format!("there is no audio group `{group}`"));
    }
}

fn mv4a(capture: &Capture, verdict: &mut Verdict) {
    let Some((url, playlist)) = opened(capture) else { return };
    for media in playlist.media.iter().filter(|media| media.get("TYPE") == Some("AUDIO")) {
        let lacks = missing(media, ["LANGUAGE", "CHANNELS"].iter());
        let name = media.get("NAME").unwrap_or("?");
        verdict.case(url, lacks.is_empty(), || format!("rendition `{name}` lacks {lacks}"));
    }
}

fn mv5(capture: &Capture, verdict: &mut Verdict) {
    let Some((url, playlist)) = opened(capture) else { return };
    let everywhere = || capture.newest().all(|version| version.media.independent_segments);
    let is_told = playlist.independent_segments || everywhere();
    verdict.case(url, is_told, || "there is no EXT-X-INDEPENDENT-SEGMENTS".to_owned());
}

fn mv6(capture: &Capture, verdict: &mut Verdict) {
    let Some((url, playlist)) = opened(capture) else { return };
    let rate = |variant: &Variant| variant.attributes.get("BANDWIDTH")?.parse::<u64>().ok();
    let video =
        playlist.variants.iter().filter(|variant| variant.attributes.get("RESOLUTION").is_some());
    let mut rates: Vec<_> = video.filter_map(rate).collect();
    if rates.is_empty() {
        return;
    }
    rates.sort_unstable();
    rates.dedup();
    let least = playlist.variants.iter().filter_map(rate).min().unwrap_or(u64::MAX);
    verdict.case(url, rates.len() >= 2 && least <= 192_000, || {
        format!("{} video bit rates, the least BANDWIDTH is {least}", rates.len())
    });
}

fn mv7(capture: &Capture, verdict: &mut Verdict) {
    let Some((url, playlist)) = opened(capture) else { return };
    let has_video = |variant: &Variant| variant.attributes.get("RESOLUTION").is_some();
    if !playlist.variants.iter().any(has_video) {
        return;
    }
    let is_there = !playlist.iframes.is_empty();
    verdict.case(url, is_there, || "there is no EXT-X-I-FRAME-STREAM-INF".to_owned());
    for list in &playlist.iframes {
        let lacks = missing(list, ["CODECS", "RESOLUTION", "BANDWIDTH", "URI"].iter());
        verdict.case(url, lacks.is_empty(), || format!("EXT-X-I-FRAME-STREAM-INF lacks {lacks}"));
    }
}

fn mv8(capture: &Capture, verdict: &mut Verdict) {
    let Some((url, playlist)) = opened(capture) else { return };
    let told = |variant: &Variant| variant.attributes.get("CLOSED-CAPTIONS").map(str::to_owned);
    let all: Vec<_> = playlist.variants.iter().map(told).collect();
    let nones = all.iter().flatten().filter(|name| *name == "NONE").count();
    if all.iter().any(Option::is_some) {
        verdict.case(url, nones == 0 || nones == all.len(), || {
            format!("CLOSED-CAPTIONS=NONE on {nones} of {} variants", all.len())
        });
    }
    for media in playlist.media.iter().filter(|m| m.get("TYPE") == Some("CLOSED-CAPTIONS")) {
        let is_sound = media.get("INSTREAM-ID").is_some() && media.get("URI").is_none();
        verdict.case(url, is_sound, || "captions without INSTREAM-ID, or with a URI".to_owned());
    }
}

fn mv9(capture: &Capture, verdict: &mut Verdict) {
    let mut versions = capture.newest();
    let Some(first) = versions.next() else { return };
    for Version { url, media, .. } in versions {
        let facts =
            |media: &crate::hls::parse::Media| (media.target_seconds, media.playlist_type.clone());
        let (ours, theirs) = (facts(media), facts(&first.media));
        verdict.case(url, ours == theirs, || format!("{ours:?} here, {theirs:?} in {}", first.url));
    }
}

fn mv10(capture: &Capture, verdict: &mut Verdict) {
    let mut ended = capture.newest().filter(|version| version.media.ended);
    let (Some(first), Some(target)) = (ended.next(), capture.target()) else { return };
    for Version { url, media, .. } in ended {
        let (ours, theirs) = (media.duration(), first.media.duration());
        verdict.case(url, ours.0.abs_diff(theirs.0) <= target.0, || {
            format!("{ours} s here, {theirs} s in {}", first.url)
        });
    }
}

fn mv11(capture: &Capture, verdict: &mut Verdict) {
    let Some((url, playlist)) = opened(capture) else { return };
    let scored = playlist.variants.iter().filter(|v| v.attributes.get("SCORE").is_some()).count();
    if scored > 0 {
        verdict.case(url, scored == playlist.variants.len(), || {
            format!("SCORE on {scored} of {} variants", playlist.variants.len())
        });
    }
}
