//! Broadcasts that do not go as planned: late tracks, lost encoders, jumps, other parameters.

use super::*;

#[test]
fn a_broadcast_goes_on_where_another_process_left_it() {
    let source = Source::new(30, 1);
    let mut stand = Stand::new(Profile::Low);
    let died = stand.publish(&source, 11, START);
    let window = stand.window(Rid::VIDEO);
    let resume = Resume {
        next_msn: window.last_part().unwrap().msn + 1,
        edge: window.edge_pdt().unwrap(),
        discontinuity_sequence: 0,
        target_seconds: 2,
        part_target: stand.control().part_target,
        independent_segments: true,
        tracks: vec![source.video_config(640), source.audio_config().unwrap()],
    };
    let (next_msn, edge) = (resume.next_msn, resume.edge);
    let settings = Settings { resume: Some(resume), ..Settings::new(Profile::Low, 2) };
    let mut resumed = Stand::with(settings);
    let now = resumed.wait(3, died.plus_ms(400));
    assert!(resumed.parts(Rid::AUDIO).len() > 5, "gaps are listed before the publisher is back");
    let pushed = Source { clock_ms: 4_711, ..source.clone() };
    let now = resumed.publish(&pushed, 10, now);
    resumed.end(now);
    check(&resumed, &source);
    for rid in [Rid::VIDEO, Rid::AUDIO] {
        let opens = opens(&resumed, rid);
        let (msn, first) = opens[0];
        assert_eq!((msn, first.fence, first.discontinuity), (next_msn, 2, true));
        assert!(first.pdt.since(edge).abs() <= 1);
        let discontinuities = opens.iter().filter(|(_, open)| open.discontinuity).count();
        assert_eq!(discontinuities, 2, "the restart, and the publisher's new clock");
        let pdts: Vec<_> = opens.iter().map(|(_, open)| open.pdt).collect();
        assert!(pdts.windows(2).all(|pair| pair[0] < pair[1]));
    }
}

#[test]
fn a_short_absence_is_a_jump_of_the_clock_and_no_gap() {
    let source = Source::new(30, 1);
    let mut stand = Stand::new(Profile::Low);
    let lost = stand.publish(&source, 5, START);
    let back = stand.wait(1, lost);
    stand.packager.reconnect(back).unwrap();
    let again = Source { clock_ms: 99_000, ..source.clone() };
    let now = stand.publish(&again, 5, back);
    stand.end(now);
    check(&stand, &source);
    for rid in [Rid::VIDEO, Rid::AUDIO] {
        assert!(stand.parts(rid).iter().all(|part| !part.gap), "nothing for a player to skip");
        let opens = opens(&stand, rid);
        let at = opens.iter().position(|(_, open)| open.discontinuity).unwrap();
        let jump = opens[at].1.pdt.since(opens[at - 1].1.pdt);
        assert!((1_000..4_500).contains(&jump), "{jump} ms from one segment's start to the next");
    }
}

#[test]
fn gaps_of_sound_keep_up_with_those_of_the_picture() {
    let source = Source::new(30, 1);
    let mut stand = Stand::new(Profile::Low);
    let mut now = stand.publish(&source, 5, START);
    for second in 0..20 {
        now = stand.wait(1, now);
        let edge = |rid: Rid| stand.window(rid).edge_pdt().unwrap();
        let behind = edge(Rid::VIDEO).since(edge(Rid::AUDIO));
        assert!(second < 3 || behind < 700, "{behind} ms behind after {second} s");
    }
}

#[test]
fn sound_that_comes_late_begins_at_a_discontinuity() {
    let silent = Source { audio_rate: None, ..Source::new(30, 1) };
    let mut stand = Stand::new(Profile::Low);
    let now = stand.publish(&silent, 10, START);
    let both = Source { clock_ms: 10_000, ..Source::new(30, 1) };
    let now = stand.publish(&both, 10, now);
    stand.end(now);
    check(&stand, &both);
    let (video, audio) = (opens(&stand, Rid::VIDEO), opens(&stand, Rid::AUDIO));
    let (msn, first) = audio[0];
    assert!(first.discontinuity);
    let same = video.iter().find(|(other, _)| *other == msn).unwrap();
    assert!(same.1.discontinuity && same.1.pdt.since(first.pdt).abs() < 25);
    check_edges(&stand, 25);
}

#[test]
fn a_picture_that_comes_late_leads_from_then_on() {
    let mut sound = Source::new(30, 1);
    sound.video = false;
    let mut stand = Stand::new(Profile::Low);
    let now = stand.publish(&sound, 10, START);
    let both = Source { clock_ms: 10_000, ..Source::new(30, 1) };
    let now = stand.publish(&both, 10, now);
    stand.end(now);
    check(&stand, &both);
    assert!(stand.segments(Rid::VIDEO).len() >= 5);
    check_edges(&stand, 25);
    let (video, audio) = (opens(&stand, Rid::VIDEO), opens(&stand, Rid::AUDIO));
    assert!(video[0].1.discontinuity);
    assert!(audio.iter().any(|(msn, open)| *msn == video[0].0 && open.discontinuity));
}

#[test]
fn a_stalled_network_costs_only_what_is_listed_as_a_gap() {
    let source = Source::new(30, 1);
    let mut stand = Stand::new(Profile::Low);
    let now = stand.publish(&source, 10, START);
    let late = Source { clock_ms: 10_000, ..source.clone() };
    let now = stand.wait(4, now);
    // What was held up comes at once, the rest in time.
    for (ms, unit) in late.units(12) {
        let at = i64::try_from(ms).unwrap() - 4_000;
        stand.push(unit, now.plus_ms(at.max(0)));
    }
    stand.end(now.plus_ms(8_000));
    check(&stand, &source);
    let opens = opens(&stand, Rid::VIDEO);
    assert!(opens.iter().all(|(_, open)| !open.discontinuity), "the clock went on");
    let media: Span =
        stand.parts(Rid::VIDEO).iter().filter(|part| !part.gap).map(|part| part.duration).sum();
    assert!(media >= Span::from_seconds(16), "{media}");
    let late =
        |(_, output): &(Wall, Output)| matches!(output, Output::Alarm(Alarm::LateMedia { .. }));
    assert!(stand.outputs.iter().any(late));
}

#[test]
fn sound_that_stops_does_not_hold_up_the_picture() {
    let source = Source::new(30, 1);
    let mut stand = Stand::new(Profile::Low);
    let now = stand.publish(&source, 6, START);
    let silent = Source { audio_rate: None, clock_ms: 6_000, ..source.clone() };
    let now = stand.publish(&silent, 12, now);
    stand.end(now);
    check(&stand, &source);
    let (video, audio) = (stand.segments(Rid::VIDEO), stand.segments(Rid::AUDIO));
    assert_eq!(video.len(), audio.len());
    assert!(video.iter().all(|segment| !segment.gap));
    assert!(audio.iter().filter(|segment| segment.gap).count() >= 4);
}

#[test]
fn a_lost_encoder_leaves_no_playlist_without_a_segment_for_a_target_and_a_half() {
    let mut stand = Stand::new(Profile::Low);
    let now = stand.publish(&Source::new(30, 1), 9, START);
    stand.wait(20, now);
    for rid in [Rid::VIDEO, Rid::AUDIO] {
        let closed = stand.outputs.iter().filter_map(|(at, output)| match output {
            Output::Segment(segment) if segment.rid == rid => Some(*at),
            _ => None,
        });
        let closed: Vec<_> = closed.collect();
        for pair in closed.windows(2) {
            assert!(pair[1].since(pair[0]) <= 3_000, "{rid} {}", pair[1].since(pair[0]));
        }
        assert!(now.plus_ms(20_000).since(*closed.last().unwrap()) <= 3_000);
    }
}

#[test]
fn a_jump_of_the_clock_is_a_discontinuity_on_every_rendition() {
    let source = Source::new(30, 1);
    let mut stand = Stand::new(Profile::Low);
    let now = stand.publish(&source, 9, START);
    let jumped = Source { clock_ms: 3_600_000, ..source.clone() };
    let now = stand.publish(&jumped, 9, now);
    stand.end(now);
    check(&stand, &source);
    let marks = |rid| -> Vec<u64> {
        opens(&stand, rid)
            .iter()
            .filter(|(_, open)| open.discontinuity)
            .map(|(msn, _)| *msn)
            .collect()
    };
    assert_eq!(marks(Rid::VIDEO).len(), 1);
    assert_eq!(marks(Rid::VIDEO), marks(Rid::AUDIO));
    check_edges(&stand, 25);
}

#[test]
fn other_parameters_make_a_generation_and_a_discontinuity_on_every_rendition() {
    let source = Source::new(30, 1);
    let mut stand = Stand::new(Profile::Low);
    let now = stand.publish(&source, 9, START);
    stand.packager.configure(source.video_config(1_280), now).unwrap();
    let more = Source { clock_ms: 9_000, ..source.clone() };
    let audio = source.audio_config().unwrap();
    stand.packager.configure(audio, now).unwrap();
    for (ms, unit) in more.units(6) {
        stand.push(unit, now.plus_ms(i64::try_from(ms).unwrap()));
    }
    stand.end(now.plus_ms(6_000));
    let generations = |rid| opens(&stand, rid).last().map(|(_, open)| open.generation);
    assert_eq!((generations(Rid::VIDEO), generations(Rid::AUDIO)), (Some(1), Some(0)));
    let marks = |rid| opens(&stand, rid).iter().filter(|(_, open)| open.discontinuity).count();
    assert_eq!((marks(Rid::VIDEO), marks(Rid::AUDIO)), (1, 1));
    check(&stand, &source);
}
