//! Whole playlists of a known broadcast, and what another parser makes of them.

use super::multivariant::Entry;
use super::{Window, iframes, index, multivariant, playlist};
use crate::packager::simulation::{START, Source, Stand};
use crate::packager::{Profile, Rid};
use crate::time::Span;
use crate::unit::Kind;
use m3u8_rs::Playlist;

fn stand(profile: Profile, seconds: u64) -> Stand {
    let mut stand = Stand::new(profile);
    stand.publish(&Source::new(30, 1), seconds, START);
    stand
}

fn full(stand: &Stand, rid: Rid) -> String {
    playlist::full(stand.window(rid), &stand.reports())
}

#[test]
fn a_new_playlist_lists_the_parts_of_its_first_segment() {
    insta::assert_snapshot!(full(&stand(Profile::Low, 1), Rid::VIDEO));
}

#[test]
fn a_live_playlist_lists_parts_near_its_end_a_hint_and_a_report() {
    insta::assert_snapshot!(full(&stand(Profile::Low, 31), Rid::VIDEO));
}

#[test]
fn sound_has_the_same_grid() {
    insta::assert_snapshot!(full(&stand(Profile::Low, 31), Rid::AUDIO));
}

#[test]
fn a_delta_update_leaves_out_what_is_beyond_the_skip_boundary() {
    let stand = stand(Profile::Low, 31);
    let delta = playlist::delta(stand.window(Rid::VIDEO), &stand.reports());
    insta::assert_snapshot!(delta.unwrap());
}

#[test]
fn a_playlist_shorter_than_the_skip_boundary_has_no_delta() {
    let stand = stand(Profile::Low, 9);
    assert_eq!(playlist::delta(stand.window(Rid::VIDEO), &stand.reports()), None);
}

#[test]
fn a_lost_encoder_and_its_return_read_as_gaps_and_a_discontinuity() {
    let mut stand = Stand::new(Profile::Low);
    let source = Source::new(30, 1);
    let now = stand.publish(&source, 9, START);
    let now = stand.wait(7, now);
    stand.packager.reconnect(now).unwrap();
    stand.packager.configure(source.video_config(1_280), now).unwrap();
    let pushed = Source { clock_ms: 77, ..source };
    for (ms, unit) in pushed.units(3) {
        stand.push(unit, now.plus_ms(i64::try_from(ms).unwrap()));
    }
    insta::assert_snapshot!(full(&stand, Rid::VIDEO));
}

#[test]
fn an_ended_playlist_has_no_hint_and_no_report() {
    let mut stand = stand(Profile::Low, 13);
    stand.end(START.plus_ms(13_000));
    insta::assert_snapshot!(full(&stand, Rid::VIDEO));
    assert_eq!(playlist::delta(stand.window(Rid::VIDEO), &stand.reports()), None);
}

#[test]
fn the_classic_profile_has_no_parts() {
    insta::assert_snapshot!(full(&stand(Profile::Classic, 40), Rid::VIDEO));
}

fn entries(stand: &Stand) -> Vec<Entry> {
    let source = Source::new(30, 1);
    let entry = |window: &Window| Entry {
        rid: window.rid(),
        config: match window.rid().kind {
            Kind::Video => source.video_config(640),
            Kind::Audio => source.audio_config().unwrap(),
        },
        frame_rate: None,
        rates: window.rates(),
        iframes: iframes::window_rates(window),
        language: "und".to_owned(),
        name: "中文音轨".to_owned(),
    };
    stand.windows.iter().map(entry).collect()
}

#[test]
fn a_multivariant_playlist_names_everything_a_player_asks() {
    let entries = entries(&stand(Profile::Low, 10));
    insta::assert_snapshot!(multivariant::render("", &entries));
    let channel = multivariant::render("../brd_0198/", &entries);
    assert!(channel.contains("\n../brd_0198/v0/media.m3u8\n"));
    assert!(channel.contains("URI=\"../brd_0198/a0/media.m3u8\""));
}

#[test]
fn sound_alone_is_a_variant_of_its_own() {
    let entries: Vec<_> = entries(&stand(Profile::Low, 10))
        .into_iter()
        .filter(|entry| entry.rid.kind == Kind::Audio)
        .collect();
    insta::assert_snapshot!(multivariant::render("", &entries));
}

fn recorded(stand: &Stand, rid: Rid) -> Vec<index::Entry> {
    let real = stand.window(rid).segments().skip_while(|segment| segment.gap);
    real.map(|segment| index::Entry::new(segment, 7)).collect()
}

#[test]
fn a_recording_points_at_the_broadcast_s_segments() {
    let mut stand = stand(Profile::Low, 7);
    stand.end(START.plus_ms(7_000));
    let entries = recorded(&stand, Rid::VIDEO);
    let text = playlist::vod("brd_0198", Rid::VIDEO, &stand.control(), &entries);
    insta::assert_snapshot!(text);
}

#[test]
fn another_parser_reads_every_playlist() {
    for profile in Profile::ALL {
        let mut stand = stand(profile, 40);
        for rid in [Rid::VIDEO, Rid::AUDIO] {
            let text = full(&stand, rid);
            let (_, live) = m3u8_rs::parse_media_playlist(text.as_bytes()).unwrap();
            assert_eq!(live.segments.len(), stand.window(rid).segments().count());
            assert!(!live.end_list);
        }
        stand.end(START.plus_ms(40_000));
        let entries_of = entries(&stand);
        let text = multivariant::render("", &entries_of);
        let Ok((_, Playlist::MasterPlaylist(master))) = m3u8_rs::parse_playlist(text.as_bytes())
        else {
            panic!("{text}");
        };
        let scrubbing = master.variants.iter().filter(|variant| variant.is_i_frame).count();
        assert_eq!((master.variants.len(), scrubbing), (2, 1));
        assert_eq!(master.alternatives.len(), 1);
        let segments = recorded(&stand, Rid::AUDIO);
        let text = playlist::vod("brd_0198", Rid::AUDIO, &stand.control(), &segments);
        let (_, vod) = m3u8_rs::parse_media_playlist(text.as_bytes()).unwrap();
        assert_eq!(vod.playlist_type, Some(m3u8_rs::MediaPlaylistType::Vod));
        assert_eq!(vod.segments.len(), segments.len());
        assert!(vod.end_list);
    }
}

#[test]
fn a_window_slides_and_keeps_its_promises() {
    let mut stand = Stand::new(Profile::Low);
    stand.dvr = Span::from_seconds(20);
    stand.publish(&Source::new(30, 1), 120, START);
    let window = stand.window(Rid::VIDEO);
    assert!(window.duration() >= Span::from_seconds(20));
    assert!(window.duration() < Span::from_seconds(23));
    assert_eq!(window.edge().first_msn, window.segments().next().unwrap().msn);
    let mut short = Stand::new(Profile::Low);
    short.dvr = Span::ZERO;
    short.publish(&Source::new(30, 1), 60, START);
    assert_eq!(short.window(Rid::VIDEO).segments().count(), Window::ENTRIES_MIN);
}

#[test]
fn a_segment_whose_bytes_are_lost_becomes_a_gap_and_the_rest_stays_as_it_was() {
    let stand = stand(Profile::Low, 31);
    let before = full(&stand, Rid::VIDEO);
    let mut window = stand.window(Rid::VIDEO).clone();
    window.lose(3);
    window.lose(1_000);
    let after = playlist::full(&window, &stand.reports());
    let (head, _) = after.split_once("/3.m4s").expect("segment 3 is listed");
    assert!(head.ends_with("#EXT-X-GAP\n#EXTINF:2.00000,\n1"), "{after}");
    assert_eq!(after.replacen("#EXT-X-GAP\n", "", 1), before);
}

#[test]
fn rates_are_those_of_the_media() {
    let stand = stand(Profile::Low, 31);
    let rates = stand.window(Rid::VIDEO).rates();
    // 59 pictures of 3 000 bytes and one of 9 000 in two seconds.
    assert!((740_000..780_000).contains(&rates.average), "{rates:?}");
    assert!(rates.peak >= rates.average);
}
