//! The media of the file: units of all tracks, in the order in which they are played.

use std::{fs::File, io::BufWriter, path::Path};

use bytes::Bytes;
use media::{
    codec::{Audio, Video, aac, avc},
    fmp4,
    packager::Rid,
    unit::{AccessUnit, TrackConfig},
};
use mp4::{MediaConfig, Mp4Config, Mp4Sample, Mp4Writer};

use super::{
    ExportError,
    front::{self, Finish},
    recording::Recording,
    timeline::{Timeline, rescale},
};

/// Ticks per second of the whole file, and of its edits.
pub(super) const MOVIE_SCALE: u32 = 90_000;

/// One segment that was read.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) track: usize,
    pub(super) msn: u64,
    pub(super) bytes: Bytes,
}

/// The growing file.
#[derive(Debug)]
pub(super) struct Movie {
    writer: Mp4Writer<BufWriter<File>>,
    lanes: Vec<Lane>,
}

/// One track of the file.
#[derive(Debug)]
struct Lane {
    rid: Rid,
    config: TrackConfig,
    number: u32,
    /// When its first unit is decoded, in ticks of the track.
    start: Option<i64>,
    /// The newest unit: it lasts until the next one is decoded.
    open: Option<AccessUnit>,
}

impl Movie {
    /// Begins a file with the tracks of a recording.
    pub(super) fn create(file: File, recording: &Recording) -> Result<Self, ExportError> {
        let brands = [*b"isom", *b"iso2", *b"avc1", *b"mp41"];
        let config = Mp4Config {
            major_brand: (*b"isom").into(),
            minor_version: 512,
            compatible_brands: brands.map(mp4::FourCC::from).to_vec(),
            timescale: MOVIE_SCALE,
        };
        let file = BufWriter::new(file);
        let mut writer = Mp4Writer::write_start(file, &config).map_err(ExportError::Format)?;
        let mut lanes = Vec::with_capacity(recording.tracks.len());
        for (number, track) in (1..).zip(&recording.tracks) {
            let (rid, config) = (track.about.rid, track.about.config.clone());
            let described =
                describe(&config).map_err(|reason| ExportError::Parameters { rid, reason })?;
            writer.add_track(&described).map_err(ExportError::Format)?;
            lanes.push(Lane { rid, config, number, start: None, open: None });
        }
        Ok(Self { writer, lanes })
    }

    /// Adds the segments of one number; their units are interleaved by time.
    pub(super) fn add(
        &mut self,
        pieces: Vec<Piece>,
        timeline: &mut Timeline,
        path: &Path,
    ) -> Result<(), ExportError> {
        let mut units = Vec::new();
        for Piece { track, msn, bytes } in pieces {
            let Some(Lane { rid, config, .. }) = self.lanes.get(track) else { continue };
            let scale = fmp4::timescale(config);
            let read = fmp4::units(config.kind(), &bytes);
            let read = read.map_err(|cause| ExportError::Segment { rid: *rid, msn, cause })?;
            let shown = read.first().map_or(0, |u| u.decode + i64::from(u.composition_offset));
            let shift = timeline.shift(track, msn, shown, scale);
            units.extend(read.into_iter().map(|unit| {
                let decode = unit.decode.saturating_add(shift);
                let at = rescale(decode, scale.get(), MOVIE_SCALE);
                (at, track, AccessUnit { decode, ..unit })
            }));
        }
        units.sort_by_key(|(at, ..)| *at);
        for (_, track, unit) in units {
            self.push(track, unit).map_err(|error| failed(error, path))?;
        }
        Ok(())
    }

    /// Closes the unit before this one, which lasts until this one is decoded.
    fn push(&mut self, track: usize, mut unit: AccessUnit) -> Result<(), mp4::Error> {
        let Some(lane) = self.lanes.get_mut(track) else { return Ok(()) };
        let start = *lane.start.get_or_insert(unit.decode);
        let Some(open) = lane.open.take() else {
            lane.open = Some(unit);
            return Ok(());
        };
        // Stretches may overlap by a frame: times go forward, and what is shown stays where it was.
        let duration = u32::try_from(unit.decode - open.decode).unwrap_or(0).max(1);
        let decode = open.decode + i64::from(duration);
        let late = i32::try_from(decode - unit.decode).unwrap_or(0);
        unit.composition_offset = unit.composition_offset.saturating_sub(late);
        unit.decode = decode;
        lane.open = Some(unit);
        let sample = sample(open, duration, start);
        self.writer.write_sample(lane.number, &sample)
    }

    /// Writes the whole file into `out`: its bytes, and how many milliseconds it plays.
    pub(super) fn finish(mut self, out: &File, path: &Path) -> Result<(u64, i64), ExportError> {
        let format = |error| failed(error, path);
        let mut finish = Vec::with_capacity(self.lanes.len());
        let earliest = self.lanes.iter().filter_map(Lane::start).min().unwrap_or(0);
        for lane in &mut self.lanes {
            let delay = lane.start().map_or(0, |start| start - earliest);
            let start = lane.start.unwrap_or(0);
            if let Some(open) = lane.open.take() {
                let duration = open.duration;
                let sample = sample(open, duration, start);
                self.writer.write_sample(lane.number, &sample).map_err(format)?;
            }
            finish.push(Finish { config: lane.config.clone(), delay });
        }
        self.writer.write_end().map_err(format)?;
        let writing = |cause| ExportError::Write { path: path.to_owned(), cause };
        let media = self.writer.into_writer().into_inner();
        let media = media.map_err(|error| writing(error.into_error()))?;
        front::write(&media, out, &finish).map_err(format)
    }
}

impl Lane {
    /// When its first unit is decoded, on the file's clock.
    fn start(&self) -> Option<i64> {
        let scale = fmp4::timescale(&self.config).get();
        self.start.map(|start| rescale(start, scale, MOVIE_SCALE))
    }
}

fn sample(unit: AccessUnit, duration: u32, start: i64) -> Mp4Sample {
    Mp4Sample {
        start_time: u64::try_from(unit.decode - start).unwrap_or(0),
        duration,
        rendering_offset: unit.composition_offset,
        is_sync: unit.is_sync,
        bytes: unit.data,
    }
}

/// Trouble with the disk is told as such.
fn failed(error: mp4::Error, path: &Path) -> ExportError {
    match error {
        mp4::Error::IoError(cause) => ExportError::Write { path: path.to_owned(), cause },
        error => ExportError::Format(error),
    }
}

fn describe(config: &TrackConfig) -> Result<mp4::TrackConfig, &'static str> {
    let (track_type, media_conf) = match config {
        TrackConfig::Video(Video::Avc(avc)) => (mp4::TrackType::Video, picture(avc)?),
        TrackConfig::Audio(Audio::Aac(aac)) => (mp4::TrackType::Audio, sound(aac)?),
        TrackConfig::Video(Video::Hevc(_)) => return Err("its picture is H.265"),
        TrackConfig::Video(Video::Av1(_)) => return Err("its picture is AV1"),
        TrackConfig::Audio(Audio::Opus(_)) => return Err("its sound is Opus"),
    };
    let timescale = fmp4::timescale(config).get();
    Ok(mp4::TrackConfig { track_type, timescale, language: "und".to_owned(), media_conf })
}

fn picture(config: &avc::Config) -> Result<MediaConfig, &'static str> {
    const DAMAGED: &str = "its H.264 parameter sets are damaged";
    let side = |length: u32| u16::try_from(length).map_err(|_| "its picture is too large");
    let sets = avc::parameter_sets(&config.record).ok_or(DAMAGED)?;
    let (sps, pps) = sets.sequence.first().zip(sets.picture.first()).ok_or(DAMAGED)?;
    // Profile and level are read from there.
    if sps.len() < 4 {
        return Err(DAMAGED);
    }
    Ok(MediaConfig::AvcConfig(mp4::AvcConfig {
        width: side(config.width)?,
        height: side(config.height)?,
        seq_param_set: sps.to_vec(),
        pic_param_set: pps.to_vec(),
    }))
}

/// HE-AAC is written as its core, and decoders find the rest in the stream.
fn sound(config: &aac::Config) -> Result<MediaConfig, &'static str> {
    const FRAME_SAMPLES: u32 = 1_024;
    const RATES: [u32; 13] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8_000, 7_350,
    ];
    if config.frame_samples != FRAME_SAMPLES {
        return Err("its AAC frames have 960 samples");
    }
    let rate = (0..).zip(RATES).find(|(_, rate)| *rate == config.sample_rate);
    let rate = rate.and_then(|(index, _): (u8, u32)| mp4::SampleFreqIndex::try_from(index).ok());
    // Eight channels are configuration 7.
    let channels = if config.channels == 8 { 7 } else { config.channels };
    let profile = match &*config.codec {
        "mp4a.40.1" => mp4::AudioObjectType::AacMain,
        "mp4a.40.3" => mp4::AudioObjectType::AacScalableSampleRate,
        "mp4a.40.4" => mp4::AudioObjectType::AacLongTermPrediction,
        _ => mp4::AudioObjectType::AacLowComplexity,
    };
    Ok(MediaConfig::AacConfig(mp4::AacConfig {
        bitrate: 0,
        profile,
        freq_index: rate.ok_or("its AAC sample rate is an unusual one")?,
        chan_conf: channels.try_into().map_err(|_| "its AAC channels are unusual ones")?,
    }))
}
