//! Tag bodies to track configurations and access units.
//!
//! The first video and the first audio track are taken. What can't be decoded but does no harm is
//! ignored and named, so that it can be counted; what the whole broadcast would suffer from is
//! refused.

use crate::codec::{
    Audio, AudioCoding, AudioError, Video, VideoCoding, VideoError, aac, av1, avc, hevc, opus,
};
use crate::flv::{CodecName, audio, video};
use crate::unit::{Kind, RawUnit, TrackConfig};
use bytes::Bytes;

/// What a body gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demuxed {
    /// A track begins, or its decoder must be told something new.
    Config(TrackConfig),
    /// One picture or audio frame.
    Unit(RawUnit),
    /// Nothing to play.
    Ignored(Ignored),
}

/// Why a body gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ignored {
    /// A configuration without a byte. Cameras send one before the real one.
    EmptyConfig,
    /// A frame without a byte, or without a picture in it.
    EmptyFrame,
    /// The configuration that is in force already.
    SameConfig,
    /// A frame before the first configuration of its track.
    BeforeConfig,
    /// The sender ends the track.
    EndOfTrack,
    /// A second, third, … track of a multitrack sender.
    OtherTrack,
    /// Seek markers, colour metadata and kinds of packets to come.
    Other,
    /// Cut short, or NAL units that do not fill the frame.
    Broken,
}

impl Ignored {
    /// The name for logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmptyConfig => "empty_config",
            Self::EmptyFrame => "empty_frame",
            Self::SameConfig => "same_config",
            Self::BeforeConfig => "before_config",
            Self::EndOfTrack => "end_of_track",
            Self::OtherTrack => "other_track",
            Self::Other => "other",
            Self::Broken => "broken",
        }
    }
}

/// Why the broadcast can't go on with this track.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// A codec that we do not take.
    #[error("{codec} is not supported: send H.264, H.265 or AV1 video, and AAC or Opus audio")]
    Codec {
        /// Of which track.
        kind: Kind,
        /// The name of the codec.
        codec: CodecName,
    },
    /// A video configuration that no decoder takes.
    #[error(transparent)]
    Video(#[from] VideoError),
    /// An audio configuration that no decoder takes.
    #[error(transparent)]
    Audio(#[from] AudioError),
}

impl Refused {
    /// A stable name for logs, metrics and the ingest log.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Codec { .. } => "codec_unsupported",
            Self::Video(_) | Self::Audio(_) => "config_invalid",
        }
    }
}

/// Takes the bodies of one publisher's messages in their order.
#[derive(Debug, Default)]
pub struct Demux {
    video: Option<Video>,
    audio: Option<Audio>,
}

impl Demux {
    /// Takes the body of a video message.
    pub fn video(&mut self, timestamp_ms: u32, payload: &Bytes) -> Result<Demuxed, Refused> {
        let ignored = match video::Body::parse(payload) {
            video::Body::Config { record: [], .. } => Ignored::EmptyConfig,
            video::Body::Config { coding, record } => {
                return self.video_config(coding, payload.slice_ref(record));
            }
            video::Body::Frame { data: [], .. } => Ignored::EmptyFrame,
            video::Body::Frame { coding, composition_offset_ms, data } => {
                match self.picture(coding, payload.slice_ref(data)) {
                    Ok((data, is_sync)) => {
                        let kind = Kind::Video;
                        let unit =
                            RawUnit { kind, timestamp_ms, composition_offset_ms, is_sync, data };
                        return Ok(Demuxed::Unit(unit));
                    }
                    Err(ignored) => ignored,
                }
            }
            video::Body::End => Ignored::EndOfTrack,
            video::Body::Other => Ignored::Other,
            video::Body::OtherTrack(_) => Ignored::OtherTrack,
            video::Body::Broken => Ignored::Broken,
            video::Body::Unsupported(codec) => {
                return Err(Refused::Codec { kind: Kind::Video, codec });
            }
        };
        Ok(Demuxed::Ignored(ignored))
    }

    /// Takes the body of an audio message.
    pub fn audio(&mut self, timestamp_ms: u32, payload: &Bytes) -> Result<Demuxed, Refused> {
        let ignored = match audio::Body::parse(payload) {
            audio::Body::Config(_, []) => Ignored::EmptyConfig,
            audio::Body::Config(coding, record) => {
                return self.audio_config(coding, payload.slice_ref(record));
            }
            audio::Body::Frame(_, []) => Ignored::EmptyFrame,
            audio::Body::Frame(coding, frame) => {
                return self.frame(coding, timestamp_ms, payload.slice_ref(frame));
            }
            audio::Body::End => Ignored::EndOfTrack,
            audio::Body::Other => Ignored::Other,
            audio::Body::OtherTrack(_) => Ignored::OtherTrack,
            audio::Body::Broken => Ignored::Broken,
            audio::Body::Unsupported(codec) => {
                return Err(Refused::Codec { kind: Kind::Audio, codec });
            }
        };
        Ok(Demuxed::Ignored(ignored))
    }

    /// A picture as files hold it and whether it is a sync unit, or why it is none at all. Its own
    /// headers decide, not the sender's key frame flag: a player can start nowhere else.
    fn picture(&self, coding: VideoCoding, data: Bytes) -> Result<(Bytes, bool), Ignored> {
        let config = self.video.as_ref().filter(|config| config.coding() == coding);
        let (pictures, is_sync, data) = match config.ok_or(Ignored::BeforeConfig)? {
            Video::Avc(config) => {
                let contents = avc::inspect(&data, config.length_size).ok_or(Ignored::Broken)?;
                (contents.slices, contents.is_idr, data)
            }
            Video::Hevc(config) => {
                let contents = hevc::inspect(&data, config.length_size).ok_or(Ignored::Broken)?;
                let data = config.without_parameter_sets(&data);
                (contents.slices, contents.is_random_access, data)
            }
            Video::Av1(_) => {
                let contents = av1::inspect(&data).ok_or(Ignored::Broken)?;
                (contents.frames, contents.is_key, av1::without_delimiters(&data))
            }
        };
        if pictures == 0 { Err(Ignored::EmptyFrame) } else { Ok((data, is_sync)) }
    }

    /// A frame of sound, or what a packet of Opus says of those to come.
    fn frame(
        &mut self,
        coding: AudioCoding,
        timestamp_ms: u32,
        data: Bytes,
    ) -> Result<Demuxed, Refused> {
        match self.audio.as_ref().filter(|config| config.coding() == coding) {
            None => return Ok(Demuxed::Ignored(Ignored::BeforeConfig)),
            Some(Audio::Aac(_)) => {}
            Some(Audio::Opus(config)) => match opus::packet_samples(&data) {
                None => return Ok(Demuxed::Ignored(Ignored::Broken)),
                Some(samples) if samples != config.frame_samples => {
                    // Costs this one packet; senders do not change their mind every second.
                    let head = config.head.clone();
                    return self.opus(head, samples);
                }
                Some(_) => {}
            },
        }
        let kind = Kind::Audio;
        let (composition_offset_ms, is_sync) = (0, true);
        Ok(Demuxed::Unit(RawUnit { kind, timestamp_ms, composition_offset_ms, is_sync, data }))
    }

    fn video_config(&mut self, coding: VideoCoding, record: Bytes) -> Result<Demuxed, Refused> {
        let known = self.video.as_ref().filter(|config| config.coding() == coding);
        if known.is_some_and(|config| *config.record() == record) {
            return Ok(Demuxed::Ignored(Ignored::SameConfig));
        }
        let config = Video::parse(coding, record)?;
        self.video = Some(config.clone());
        Ok(Demuxed::Config(TrackConfig::Video(config)))
    }

    fn audio_config(&mut self, coding: AudioCoding, record: Bytes) -> Result<Demuxed, Refused> {
        /// What senders of Opus use unless told otherwise: 20 milliseconds.
        const PACKET_SAMPLES: u32 = 960;
        let known = self.audio.as_ref().filter(|config| config.coding() == coding);
        if known.is_some_and(|config| *config.record() == record) {
            return Ok(Demuxed::Ignored(Ignored::SameConfig));
        }
        match coding {
            AudioCoding::Aac => {
                let config = aac::Config::parse(record).map_err(AudioError::from)?;
                Ok(self.sound(Audio::Aac(config)))
            }
            AudioCoding::Opus => self.opus(record, PACKET_SAMPLES),
        }
    }

    fn opus(&mut self, head: Bytes, samples: u32) -> Result<Demuxed, Refused> {
        let config = opus::Config::parse(head, samples).map_err(AudioError::from)?;
        Ok(self.sound(Audio::Opus(config)))
    }

    fn sound(&mut self, config: Audio) -> Demuxed {
        self.audio = Some(config.clone());
        Demuxed::Config(TrackConfig::Audio(config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flv::Tag;
    use crate::testcard::{self, sound};

    /// What came out, in one word a body.
    fn word(demuxed: Result<Demuxed, Refused>) -> String {
        match demuxed {
            Ok(Demuxed::Config(config)) => config.codec().to_owned(),
            Ok(Demuxed::Unit(unit)) if unit.is_sync => "sync".to_owned(),
            Ok(Demuxed::Unit(_)) => "unit".to_owned(),
            Ok(Demuxed::Ignored(ignored)) => ignored.as_str().to_owned(),
            Err(refused) => format!("{}: {refused}", refused.code()),
        }
    }

    fn check(bodies: &[&[u8]], expected: &[&str]) {
        let mut demux = Demux::default();
        let words: Vec<_> = bodies
            .iter()
            .map(|body| {
                let payload = Bytes::copy_from_slice(body);
                // In these tests every audio body starts with the bits "44 kHz, 16 bits, stereo".
                let is_audio = body.first().is_some_and(|first| first & 0x0f == 0x0f);
                word(if is_audio { demux.audio(0, &payload) } else { demux.video(0, &payload) })
            })
            .collect();
        assert_eq!(words, expected);
    }

    fn config() -> Bytes {
        Tag::config(&testcard::Encoder::config()).body
    }

    #[test]
    fn empty_configurations_and_frames_are_passed_over() {
        // R1
        check(
            &[
                b"\x17\x00\x00\x00\x00",
                b"\xaf\x00",
                &config(),
                b"\xaf\x00\x11\x90",
                b"\x17\x01\x00\x00\x00\x00\x00\x00\x01\x65",
                b"\xaf\x01\x21",
                b"\xaf\x01",
                b"\x27\x01\x00\x00\x00",
                b"\x27\x01\x00\x00\x00\x00\x00\x00\x01\x06",
                b"\xaf\x01\x21",
            ],
            &[
                "empty_config",
                "empty_config",
                "avc1.42c01f",
                "mp4a.40.2",
                "sync",
                "sync",
                "empty_frame",
                "empty_frame",
                "empty_frame",
                "sync",
            ],
        );
    }

    #[test]
    fn a_configuration_is_told_only_when_its_bytes_changed() {
        check(
            &[b"\xaf\x00\x11\x90", b"\xaf\x00\x11\x90", b"\xaf\x00\x12\x10", &config(), &config()],
            &["mp4a.40.2", "same_config", "mp4a.40.2", "avc1.42c01f", "same_config"],
        );
    }

    #[test]
    fn the_nal_units_decide_what_a_sync_unit_is() {
        check(
            &[
                b"\x17\x01\x00\x00\x00\x00\x00\x00\x01\x65",
                &config(),
                b"\x17\x01\x00\x00\x00\x00\x00\x00\x01\x41",
                b"\x27\x01\x00\x00\x00\x00\x00\x00\x01\x65",
                b"\x17\x01\x00\x00\x00\x00\x00\x00\x09\x65",
            ],
            &["before_config", "avc1.42c01f", "unit", "sync", "broken"],
        );
    }

    #[test]
    fn other_codecs_are_refused_by_name() {
        let refusals: [(&[u8], &str); 3] = [
            (b"\x90vp09", "codec_unsupported: VP9 (vp09)"),
            (b"\x22\x00", "codec_unsupported: Sorenson H.263"),
            (b"\x2f\xff", "codec_unsupported: MP3"),
        ];
        for (body, name) in refusals {
            let send = "send H.264, H.265 or AV1 video, and AAC or Opus audio";
            check(&[body], &[&format!("{name} is not supported: {send}")]);
        }
        let damaged = "config_invalid: version 9 of the H.264 configuration record is unknown";
        check(&[b"\x17\x00\x00\x00\x00\x09"], &[damaged]);
    }

    #[test]
    fn other_tracks_of_whatever_codec_are_passed_over() {
        // R13
        check(&[b"\x96\x01hvc1\x01\x00\x00\x00nal"], &["other_track"]);
    }

    /// A body by Enhanced RTMP.
    fn enhanced(first: u8, name: &[u8], rest: &[u8]) -> Bytes {
        [&[first], name, rest].concat().into()
    }

    #[test]
    fn newer_codings_are_known_by_their_four_letters() {
        let hevc = include_bytes!("../../fuzz/corpus/hevc_config/main");
        let av1 = include_bytes!("../../fuzz/corpus/av1_config/svt");
        check(
            &[
                &enhanced(0x90, b"hvc1", hevc),
                &enhanced(0x91, b"hvc1", b"\x00\x00\x21\x00\x00\x00\x03\x28\x01\xaf"),
                &enhanced(0xa3, b"hvc1", b"\x00\x00\x00\x03\x02\x01\xd0"),
                &enhanced(0xa3, b"hvc1", b"\x00\x00\x00\x03\x44\x01\xc0"),
                // Another coding without its configuration.
                &enhanced(0xa3, b"avc1", b"\x00\x00\x00\x01\x65"),
                &enhanced(0x90, b"av01", av1),
                &enhanced(0x91, b"av01", b"\x12\x00\x32\x02\x10\x00"),
                &enhanced(0xa1, b"av01", b"\x1a\x01\xe8"),
                &enhanced(0xa1, b"av01", b"\x12\x00"),
                &enhanced(0xa1, b"av01", b"\x32\x09"),
                &enhanced(0x90, b"av01", &av1[..9]),
            ],
            &[
                "hvc1.1.6.L63.90",
                "sync",
                "unit",
                "empty_frame",
                "before_config",
                "av01.0.01M.08",
                "sync",
                "unit",
                "empty_frame",
                "broken",
                "config_invalid: the AV1 sequence header is damaged",
            ],
        );
    }

    #[test]
    fn a_picture_of_av1_is_told_without_its_delimiter() {
        let av1 = include_bytes!("../../fuzz/corpus/av1_config/svt");
        let mut demux = Demux::default();
        demux.video(0, &enhanced(0x90, b"av01", av1)).unwrap();
        let body = enhanced(0x91, b"av01", b"\x12\x00\x32\x02\x10\x00");
        let Ok(Demuxed::Unit(unit)) = demux.video(40, &body) else { panic!("no unit") };
        assert_eq!(unit.data, [0x32, 2, 0x10, 0][..]);
    }

    #[test]
    fn packets_of_opus_say_how_long_they_are() {
        let head = include_bytes!("../../fuzz/corpus/opus_config/mono");
        let mut demux = Demux::default();
        let mut samples =
            |first, rest: &[u8]| match demux.audio(0, &enhanced(first, b"Opus", rest)).unwrap() {
                Demuxed::Config(TrackConfig::Audio(config)) => Some(config.frame_samples()),
                Demuxed::Config(TrackConfig::Video(_)) | Demuxed::Ignored(_) => None,
                Demuxed::Unit(_) => Some(0),
            };
        let told = [
            samples(0x91, b"\xf8"),
            samples(0x90, head),
            samples(0x91, b"\xf8"),
            samples(0x91, b"\xf0"),
            samples(0x91, b"\xf0"),
            samples(0x91, b"\xfb"),
            samples(0x90, head),
        ];
        assert_eq!(told, [None, Some(960), Some(0), Some(480), Some(0), None, None]);
    }

    #[test]
    fn a_negative_composition_offset_stays_negative() {
        // R2
        let mut demux = Demux::default();
        demux.video(0, &config()).unwrap();
        let body = Bytes::from_static(b"\x27\x01\xff\xff\xde\x00\x00\x00\x01\x41");
        let Ok(Demuxed::Unit(unit)) = demux.video(1_000, &body) else { panic!("no unit") };
        assert_eq!((unit.timestamp_ms, unit.composition_offset_ms), (1_000, -34));
    }

    #[test]
    fn the_seeds_are_bodies() {
        // Before each body its length, doubled, and 1 for audio.
        crate::seeds::each("flv_body", |bytes| {
            let mut demux = Demux::default();
            let mut rest = bytes;
            while let Some((first, after)) = rest.split_first() {
                let (body, after) = after.split_at(usize::from(first >> 1));
                let body = Bytes::copy_from_slice(body);
                let demuxed =
                    if first & 1 == 0 { demux.video(0, &body) } else { demux.audio(0, &body) };
                assert_ne!(demuxed, Ok(Demuxed::Ignored(Ignored::Broken)));
                rest = after;
            }
        });
    }

    #[test]
    fn units_survive_their_tags() {
        let mut demux = Demux::default();
        demux.video(0, &config()).unwrap();
        demux.audio(0, &Tag::config(&sound::Sound::config()).body).unwrap();
        let mut encoder = testcard::Encoder::new();
        let sound = sound::Sound::new(0);
        for index in 0..3 {
            let mut video = encoder.frame(index, 0);
            video.composition_offset_ms = -40;
            let tag = Tag::unit(&video);
            assert_eq!(demux.video(tag.timestamp_ms, &tag.body), Ok(Demuxed::Unit(video)));
            let audio = sound.frame(index);
            let tag = Tag::unit(&audio);
            assert_eq!(demux.audio(tag.timestamp_ms, &tag.body), Ok(Demuxed::Unit(audio)));
        }
    }
}
