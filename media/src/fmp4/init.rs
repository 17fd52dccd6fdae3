//! Init sections: ftyp and moov of a track without samples.

use super::{TRACK_ID, timescale};
use crate::codec::{Audio, Video, aac, opus};
use crate::unit::TrackConfig;
use bytes::{Bytes, BytesMut};
use mp4_atom::esds::{DecoderConfig, DecoderSpecific, EsDescriptor, SLConfig};
use mp4_atom::{
    Atom as _, Av01, Av1c, Avc1, Avcc, Codec, Dinf, Dops, Dref, DrefEntry, Encode as _, Esds,
    FourCC, Ftyp, Hdlr, Hvc1, Hvcc, Mdhd, Mdia, Minf, Moov, Mp4a, Mvex, Mvhd, Opus,
    OpusChannelMapping, Smhd, Stbl, Stco, Stsd, Tkhd, Trak, Trex, Url, Visual, Vmhd,
};

/// Why no init section can be made of a configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// The configuration record has a form that its box can't carry.
    #[error("the configuration record can't be written into an init section")]
    Record(#[source] mp4_atom::Error),
    /// A picture side over 65 535.
    #[error("a picture of {width}×{height} can't be written into an init section")]
    Size {
        /// Shown width.
        width: u32,
        /// Shown height.
        height: u32,
    },
    /// The boxes can't be written.
    #[error("the init section can't be written")]
    Write(#[source] mp4_atom::Error),
}

/// The init section of a track. Brands `cmfc` and `iso6`: some televisions refuse others.
pub fn init(config: &TrackConfig) -> Result<Bytes, InitError> {
    let brands = [b"cmfc", b"iso6", b"iso5", b"mp41"];
    let ftyp = Ftyp {
        major_brand: FourCC::new(b"cmfc"),
        minor_version: 0,
        compatible_brands: brands.into_iter().map(FourCC::new).collect(),
    };
    let trex = Trex { track_id: TRACK_ID, default_sample_description_index: 1, ..Trex::default() };
    let moov = Moov {
        mvhd: Mvhd { timescale: 1_000, next_track_id: TRACK_ID + 1, ..Mvhd::default() },
        trak: vec![trak(config)?],
        mvex: Some(Mvex { mehd: None, trex: vec![trex] }),
        ..Moov::default()
    };
    let mut buffer = BytesMut::with_capacity(1_024);
    ftyp.encode(&mut buffer).and_then(|()| moov.encode(&mut buffer)).map_err(InitError::Write)?;
    Ok(buffer.freeze())
}

fn trak(config: &TrackConfig) -> Result<Trak, InitError> {
    let mut tkhd = Tkhd { track_id: TRACK_ID, enabled: true, in_movie: true, ..Tkhd::default() };
    let (handler, name, entry) = match config {
        TrackConfig::Video(config) => {
            let (width, height) = size(config)?;
            (tkhd.width, tkhd.height) = (width.into(), height.into());
            (b"vide", "video", video_entry(config, width, height)?)
        }
        TrackConfig::Audio(config) => {
            tkhd.volume = 1.into();
            (b"soun", "audio", audio_entry(config))
        }
    };
    let is_video = matches!(config, TrackConfig::Video(_));
    let stsd = Stsd { codecs: vec![entry] };
    let minf = Minf {
        vmhd: is_video.then(Vmhd::default),
        smhd: (!is_video).then(Smhd::default),
        dinf: Dinf { dref: Dref { entries: vec![DrefEntry::Url(Url::default())] } },
        stbl: Stbl { stsd, stco: Some(Stco::default()), ..Stbl::default() },
        ..Minf::default()
    };
    let mdhd =
        Mdhd { timescale: timescale(config).get(), language: "und".to_owned(), ..Mdhd::default() };
    let hdlr = Hdlr { handler: FourCC::new(handler), name: name.to_owned() };
    Ok(Trak { tkhd, mdia: Mdia { mdhd, hdlr, minf }, ..Trak::default() })
}

fn size(config: &Video) -> Result<(u16, u16), InitError> {
    let (width, height) = (config.width(), config.height());
    u16::try_from(width)
        .and_then(|narrow| Ok((narrow, u16::try_from(height)?)))
        .map_err(|_| InitError::Size { width, height })
}

fn video_entry(config: &Video, width: u16, height: u16) -> Result<Codec, InitError> {
    let visual = Visual { data_reference_index: 1, width, height, ..Visual::default() };
    let mut record = &**config.record();
    Ok(match config {
        Video::Avc(_) => {
            let avcc = Avcc::decode_body(&mut record).map_err(InitError::Record)?;
            let (btrt, colr, pasp, taic, fiel, spatial) = (None, None, None, None, None, None);
            Codec::Avc1(Avc1 { visual, avcc, btrt, colr, pasp, taic, fiel, spatial })
        }
        Video::Hevc(_) => {
            let hvcc = Hvcc::decode_body(&mut record).map_err(InitError::Record)?;
            Codec::Hvc1(Hvc1 { visual, hvcc: complete(hvcc), ..Hvc1::default() })
        }
        Video::Av1(_) => {
            let av1c = Av1c::decode_body(&mut record).map_err(InitError::Record)?;
            Codec::Av01(Av01 { visual, av1c, ..Av01::default() })
        }
    })
}

/// An entry `hvc1` says of its parameter sets that samples hold no others.
fn complete(mut hvcc: Hvcc) -> Hvcc {
    const PARAMETER_SETS: std::ops::RangeInclusive<u8> = 32..=34;
    hvcc.configuration_version = 1;
    for array in &mut hvcc.arrays {
        array.completeness |= PARAMETER_SETS.contains(&array.nal_unit_type);
    }
    hvcc
}

fn audio_entry(config: &Audio) -> Codec {
    match config {
        Audio::Aac(config) => aac_entry(config),
        Audio::Opus(config) => opus_entry(config),
    }
}

/// The entry's rate is the decoder's, 48 kHz; the sound's own is only a hint (`Opus in ISOBMFF`, 4.3).
fn opus_entry(config: &opus::Config) -> Codec {
    let audio = mp4_atom::Audio {
        data_reference_index: 1,
        channel_count: u16::from(config.channels),
        sample_size: 16,
        sample_rate: u16::try_from(opus::Config::SAMPLE_RATE).unwrap_or(0).into(),
    };
    let channel_mapping = config.mapping.as_ref().map(|mapping| OpusChannelMapping {
        family: mapping.family,
        stream_count: mapping.streams,
        coupled_count: mapping.coupled,
        channel_mapping: mapping.channels.to_vec(),
    });
    let dops = Dops {
        output_channel_count: config.channels,
        pre_skip: config.pre_skip,
        input_sample_rate: config.input_sample_rate,
        output_gain: config.output_gain,
        channel_mapping,
    };
    Codec::Opus(Opus { audio, dops, btrt: None })
}

/// Sample rate and channels are those of the core, as its track's clock is.
fn aac_entry(config: &aac::Config) -> Codec {
    const MPEG_4_AUDIO: u8 = 0x40;
    const AUDIO_STREAM: u8 = 5;
    let raw = config.specific.to_vec();
    let dec_config = DecoderConfig {
        object_type_indication: MPEG_4_AUDIO,
        stream_type: AUDIO_STREAM,
        up_stream: 0,
        buffer_size_db: mp4_atom::u24::default(),
        max_bitrate: 0,
        avg_bitrate: 0,
        dec_specific: Some(DecoderSpecific { profile: 0, freq_index: 0, chan_conf: 0, raw }),
    };
    let es_desc = EsDescriptor {
        es_id: 0,
        depends_on_es_id: None,
        url: None,
        ocr_es_id: None,
        stream_priority: 0,
        dec_config,
        sl_config: SLConfig::default(),
    };
    let audio = mp4_atom::Audio {
        data_reference_index: 1,
        channel_count: u16::from(config.channels),
        sample_size: 16,
        sample_rate: u16::try_from(config.sample_rate).unwrap_or(0).into(),
    };
    Codec::Mp4a(Mp4a { audio, esds: Esds { es_desc }, btrt: None, taic: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::VideoCoding;
    use mp4_atom::Decode as _;

    fn aac() -> TrackConfig {
        let specific = Bytes::from_static(&[0x11, 0x90]);
        TrackConfig::Audio(Audio::Aac(aac::Config::parse(specific).unwrap()))
    }

    fn avc() -> TrackConfig {
        video(VideoCoding::Avc, RECORD)
    }

    fn video(coding: VideoCoding, record: &'static [u8]) -> TrackConfig {
        TrackConfig::Video(Video::parse(coding, Bytes::from_static(record)).unwrap())
    }

    fn opus() -> TrackConfig {
        let head = Bytes::from_static(SURROUND);
        TrackConfig::Audio(Audio::Opus(opus::Config::parse(head, 960).unwrap()))
    }

    const HEVC: &[u8] = include_bytes!("../../../fuzz/corpus/hevc_config/main");
    const AV1: &[u8] = include_bytes!("../../../fuzz/corpus/av1_config/svt");
    const SURROUND: &[u8] = include_bytes!("../../../fuzz/corpus/opus_config/surround");

    /// 640×360, High, 30 pictures a second.
    const RECORD: &[u8] = &[
        0x01, 0x64, 0x00, 0x1e, 0xff, 0xe1, 0x00, 0x1a, 0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40,
        0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x3c,
        0x0f, 0x16, 0x2d, 0x96, 0x01, 0x00, 0x06, 0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0, 0xfd, 0xf8,
        0xf8, 0x00,
    ];

    fn read(config: &TrackConfig) -> (Ftyp, Moov) {
        let mut bytes = init(config).unwrap();
        let boxes = (Ftyp::decode(&mut bytes).unwrap(), Moov::decode(&mut bytes).unwrap());
        assert!(bytes.is_empty());
        boxes
    }

    #[test]
    fn an_init_section_has_the_brands_televisions_ask_for_and_no_samples() {
        let newer = [video(VideoCoding::Hevc, HEVC), video(VideoCoding::Av1, AV1), opus()];
        for config in [aac(), avc()].into_iter().chain(newer) {
            let (ftyp, moov) = read(&config);
            for brand in [b"cmfc", b"iso6"] {
                assert!(ftyp.compatible_brands.contains(&FourCC::new(brand)));
            }
            assert_eq!(moov.mvhd.duration, 0);
            assert_eq!(moov.mvex.unwrap().trex[0].track_id, moov.trak[0].tkhd.track_id);
            assert_eq!(moov.trak[0].mdia.mdhd.timescale, timescale(&config).get());
            assert!(moov.trak[0].mdia.minf.stbl.stts.entries.is_empty());
        }
    }

    #[test]
    fn an_init_section_carries_the_codec_headers_byte_for_byte() {
        for (config, header) in [(aac(), &[0x11, 0x90][..]), (avc(), RECORD)] {
            let bytes = init(&config).unwrap();
            assert!(bytes.windows(header.len()).any(|window| window == header));
        }
    }

    #[test]
    fn newer_codings_have_the_entries_that_their_bindings_name() {
        let entry = |config: &TrackConfig| {
            let (_, mut moov) = read(config);
            moov.trak[0].mdia.minf.stbl.stsd.codecs.remove(0)
        };
        let Codec::Hvc1(hvc1) = entry(&video(VideoCoding::Hevc, HEVC)) else { panic!("hvc1") };
        assert_eq!((hvc1.visual.width, hvc1.hvcc.general_level_idc), (640, 63));
        let kinds: Vec<_> =
            hvc1.hvcc.arrays.iter().map(|a| (a.nal_unit_type, a.completeness)).collect();
        assert_eq!(kinds, [(32, true), (33, true), (34, true)]);
        let bytes = init(&video(VideoCoding::Av1, AV1)).unwrap();
        assert!(bytes.windows(AV1.len()).any(|window| window == AV1));
        let Codec::Opus(entry) = entry(&opus()) else { panic!("Opus") };
        assert_eq!((entry.audio.channel_count, entry.dops.pre_skip), (6, 312));
        assert_eq!(entry.dops.channel_mapping.unwrap().channel_mapping, SURROUND[21..]);
    }

    #[test]
    fn another_reader_finds_the_track() {
        let bytes = init(&avc()).unwrap();
        let size = bytes.len() as u64;
        let reader = mp4::Mp4Reader::read_header(std::io::Cursor::new(bytes), size).unwrap();
        let track = &reader.tracks()[&1];
        assert_eq!((track.width(), track.height()), (640, 360));
        assert_eq!(track.media_type().unwrap(), mp4::MediaType::H264);
        assert_eq!(track.timescale(), 90_000);
    }
}
