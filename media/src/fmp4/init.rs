//! Init sections: ftyp and moov of a track without samples.

use super::{TRACK_ID, timescale};
use crate::codec::{aac, avc};
use crate::unit::TrackConfig;
use bytes::{Bytes, BytesMut};
use mp4_atom::esds::{DecoderConfig, DecoderSpecific, EsDescriptor, SLConfig};
use mp4_atom::{
    Atom as _, Audio, Avc1, Avcc, Codec, Dinf, Dref, DrefEntry, Encode as _, Esds, FourCC, Ftyp,
    Hdlr, Mdhd, Mdia, Minf, Moov, Mp4a, Mvex, Mvhd, Smhd, Stbl, Stco, Stsd, Tkhd, Trak, Trex, Url,
    Visual, Vmhd,
};

/// Why no init section can be made of a configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// The H.264 configuration record has a form that `avcC` can't carry.
    #[error("the H.264 configuration record can't be written into an init section")]
    Avc(#[source] mp4_atom::Error),
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

fn size(config: &avc::Config) -> Result<(u16, u16), InitError> {
    let avc::Config { width, height, .. } = *config;
    u16::try_from(width)
        .and_then(|narrow| Ok((narrow, u16::try_from(height)?)))
        .map_err(|_| InitError::Size { width, height })
}

fn video_entry(config: &avc::Config, width: u16, height: u16) -> Result<Codec, InitError> {
    let avcc = Avcc::decode_body(&mut &*config.record).map_err(InitError::Avc)?;
    let visual = Visual { data_reference_index: 1, width, height, ..Visual::default() };
    let (btrt, colr, pasp, taic, fiel, spatial) = (None, None, None, None, None, None);
    Ok(Codec::Avc1(Avc1 { visual, avcc, btrt, colr, pasp, taic, fiel, spatial }))
}

/// Sample rate and channels are those of the core, as its track's clock is.
fn audio_entry(config: &aac::Config) -> Codec {
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
    let audio = Audio {
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
    use mp4_atom::Decode as _;

    fn aac() -> TrackConfig {
        let specific = Bytes::from_static(&[0x11, 0x90]);
        TrackConfig::Audio(aac::Config::parse(specific).unwrap())
    }

    fn avc() -> TrackConfig {
        TrackConfig::Video(avc::Config::parse(Bytes::from_static(RECORD)).unwrap())
    }

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
        for config in [aac(), avc()] {
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
