//! The index of the file, put in front of the media: what the writer left at the end is read back,
//! completed, and written where a player looks first.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
};

use media::codec::Video;
use media::unit::{Kind, TrackConfig};
use mp4::{MoovBox, Mp4Box as _, ReadBox as _, WriteBox as _};

use super::{file::MOVIE_SCALE, timeline::rescale};
use crate::import::boxes;

/// What the writer does not know of a track.
#[derive(Debug)]
pub(super) struct Finish {
    pub(super) config: TrackConfig,
    /// How much later than the earliest track it begins, in ticks of the file.
    pub(super) delay: i64,
}

/// Bytes of a box's header.
const HEADER: u64 = 8;

/// Writes ftyp, moov and mdat: the bytes of the file, and how many milliseconds it plays.
pub(super) fn write(media: &File, out: &File, tracks: &[Finish]) -> Result<(u64, i64), mp4::Error> {
    let size = media.metadata()?.len();
    let boxes = boxes::of_file(media, size)?;
    let find = |name: &[u8; 4]| boxes.iter().find(|placed| placed.name == *name);
    let (Some(ftyp), Some(moov)) = (find(b"ftyp"), find(b"moov")) else {
        return Err(mp4::Error::InvalidData("the writer left no index"));
    };
    let (media_at, media_end) = (ftyp.end, moov.start - HEADER);
    let mut reader = BufReader::new(media);
    reader.seek(SeekFrom::Start(moov.start))?;
    let mut index = MoovBox::read_box(&mut reader, moov.end - moov.start + HEADER)?;
    complete(&mut index, tracks)?;
    let shift = move_offsets(&mut index, media_end);

    let mut writer = BufWriter::new(out);
    reader.seek(SeekFrom::Start(0))?;
    io::copy(&mut (&mut reader).take(media_at), &mut writer)?;
    index.write_box(&mut writer)?;
    io::copy(&mut (&mut reader).take(media_end - media_at), &mut writer)?;
    writer.flush()?;
    out.sync_all()?;
    let duration = i64::try_from(index.mvhd.duration).unwrap_or(i64::MAX);
    Ok((media_end + shift, rescale(duration, MOVIE_SCALE, 1_000)))
}

/// Durations, late starts, every parameter set, and what a table of signed offsets must say of itself.
fn complete(index: &mut MoovBox, tracks: &[Finish]) -> Result<(), mp4::Error> {
    let mut longest = 0;
    for (trak, Finish { config, delay }) in index.traks.iter_mut().zip(tracks) {
        let length = i64::try_from(trak.mdia.mdhd.duration).unwrap_or(i64::MAX);
        let length = rescale(length, trak.mdia.mdhd.timescale, MOVIE_SCALE);
        let whole = length.saturating_add(*delay).unsigned_abs();
        (trak.tkhd.duration, trak.tkhd.version) = (whole, version(whole));
        longest = longest.max(whole);
        if *delay > 0 {
            let edits = [(delay.unsigned_abs(), u64::MAX), (length.unsigned_abs(), 0)];
            let list = trak.edts.get_or_insert_default().elst.get_or_insert_default();
            // Version 1: the empty edit is minus one in 64 bits.
            list.version = 1;
            list.entries.resize_with(edits.len(), Default::default);
            for (edit, (length, media_time)) in list.entries.iter_mut().zip(edits) {
                (edit.segment_duration, edit.media_time, edit.media_rate) = (length, media_time, 1);
            }
        }
        let stbl = &mut trak.mdia.minf.stbl;
        if let Some(offsets) = &mut stbl.ctts {
            offsets.version = u8::from(offsets.entries.iter().any(|entry| entry.sample_offset < 0));
        }
        if config.kind() == Kind::Audio {
            // Every frame of sound is a sync sample, which no table means too.
            stbl.stss = None;
        }
        if let (TrackConfig::Video(Video::Avc(config)), Some(entry)) = (config, &mut stbl.stsd.avc1)
        {
            let sets = media::codec::avc::parameter_sets(&config.record);
            let sets = sets.ok_or(mp4::Error::InvalidData("H.264 parameter sets"))?;
            entry.avcc.length_size_minus_one = config.length_size - 1;
            entry.avcc.sequence_parameter_sets =
                sets.sequence.into_iter().map(Into::into).collect();
            entry.avcc.picture_parameter_sets = sets.picture.into_iter().map(Into::into).collect();
        }
    }
    (index.mvhd.duration, index.mvhd.version) = (longest, version(longest));
    index.mvhd.next_track_id = u32::try_from(tracks.len()).unwrap_or(u32::MAX).saturating_add(1);
    Ok(())
}

/// Version 1 of a header has 64 bits for a duration.
fn version(duration: u64) -> u8 {
    u8::from(u32::try_from(duration).is_err())
}

/// Moves every chunk behind the index: by how much. Offsets beyond 32 bits make all of them wide.
fn move_offsets(index: &mut MoovBox, media_end: u64) -> u64 {
    let narrow = |index: &MoovBox| u32::try_from(media_end + index.box_size()).is_ok();
    if !narrow(index) {
        for trak in &mut index.traks {
            let stbl = &mut trak.mdia.minf.stbl;
            if let Some(offsets) = stbl.stco.take() {
                let wide = stbl.co64.get_or_insert_default();
                wide.entries = offsets.entries.into_iter().map(u64::from).collect();
            }
        }
    }
    let shift = index.box_size();
    for trak in &mut index.traks {
        let stbl = &mut trak.mdia.minf.stbl;
        for offset in stbl.stco.iter_mut().flat_map(|offsets| &mut offsets.entries) {
            *offset = u32::try_from(u64::from(*offset) + shift).unwrap_or(u32::MAX);
        }
        for offset in stbl.co64.iter_mut().flat_map(|offsets| &mut offsets.entries) {
            *offset += shift;
        }
    }
    shift
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index_with_chunks(offsets: &[u32]) -> MoovBox {
        let mut index = MoovBox::default();
        index.traks.resize_with(1, Default::default);
        let stbl = &mut index.traks[0].mdia.minf.stbl;
        stbl.stco.get_or_insert_default().entries = offsets.to_vec();
        index
    }

    #[test]
    fn chunks_move_by_the_length_of_the_index() {
        let mut index = index_with_chunks(&[40, 900]);
        let shift = move_offsets(&mut index, 5_000);
        assert_eq!(shift, index.box_size());
        let stbl = &index.traks[0].mdia.minf.stbl;
        let moved = u32::try_from(shift).unwrap();
        assert_eq!(stbl.stco.as_ref().unwrap().entries, [40 + moved, 900 + moved]);
    }

    #[test]
    fn offsets_become_wide_before_they_overflow() {
        let mut index = index_with_chunks(&[40, u32::MAX - 10]);
        let shift = move_offsets(&mut index, u64::from(u32::MAX));
        assert_eq!(shift, index.box_size());
        let stbl = &index.traks[0].mdia.minf.stbl;
        assert!(stbl.stco.is_none());
        let wide = &stbl.co64.as_ref().unwrap().entries;
        assert_eq!(*wide, [40 + shift, u64::from(u32::MAX) - 10 + shift]);
    }
}
