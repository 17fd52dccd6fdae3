//! Sample tables (`stbl`) as a list of samples.

use super::boxes::Cursor;

/// Samples of one track: 24 hours at 60 frames a second.
pub(super) const SAMPLES_MAX: usize = 5_200_000;
/// Bytes of one sample: no picture of ours is larger.
const SAMPLE_BYTES_MAX: u32 = 64 << 20;

/// One sample, in decode order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// Where it lies in the file.
    pub(super) offset: u64,
    pub(super) bytes: u32,
    /// Decode time in ticks of the track.
    pub(super) decode: i64,
    pub(super) composition_offset: i32,
    pub(super) is_sync: bool,
}

/// What is wrong with a track's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TableError {
    #[error("its table `{0}` is missing, cut off or contradicts the others")]
    Broken(&'static str),
    #[error("it has more than {SAMPLES_MAX} samples")]
    TooMany,
    #[error("one of its samples is larger than {SAMPLE_BYTES_MAX} bytes")]
    TooLarge,
}

/// The samples of a track, and the decode time after the last one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Samples {
    pub(super) list: Vec<Sample>,
    pub(super) end: i64,
}

/// Expands the tables of a `stbl` box.
pub(super) fn expand(stbl: &[u8]) -> Result<Samples, TableError> {
    let tables = Cursor::new(stbl);
    let sizes = sizes(tables)?;
    let mut samples = Samples { list: place(tables, &sizes)?, end: 0 };
    samples.end = time(tables, &mut samples.list)?;
    compose(tables, &mut samples.list)?;
    mark_sync(tables, &mut samples.list)?;
    Ok(samples)
}

/// `stsz` or `stz2`: one size for all, or one for each.
fn sizes(tables: Cursor<'_>) -> Result<Vec<u32>, TableError> {
    let broken = TableError::Broken("stsz");
    let Some(content) = tables.find(*b"stsz") else { return compact_sizes(tables) };
    let mut cursor = Cursor::new(content);
    cursor.version().ok_or(broken)?;
    let same = cursor.u32().ok_or(broken)?;
    let sizes = if same == 0 {
        let count = cursor.rows(4).ok_or(broken)?;
        check_count(count)?;
        (0..count).map(|_| cursor.u32()).collect::<Option<Vec<_>>>().ok_or(broken)?
    } else {
        let count = usize::try_from(cursor.u32().ok_or(broken)?).map_err(|_| broken)?;
        check_count(count)?;
        vec![same; count]
    };
    let fits = sizes.iter().all(|&bytes| bytes <= SAMPLE_BYTES_MAX);
    if fits { Ok(sizes) } else { Err(TableError::TooLarge) }
}

fn compact_sizes(tables: Cursor<'_>) -> Result<Vec<u32>, TableError> {
    let broken = TableError::Broken("stz2");
    let mut cursor = Cursor::new(tables.find(*b"stz2").ok_or(TableError::Broken("stsz"))?);
    cursor.version().ok_or(broken)?;
    cursor.take(3).ok_or(broken)?;
    let field_bits = cursor.u8().ok_or(broken)?;
    let count = cursor.u32().and_then(|count| usize::try_from(count).ok()).ok_or(broken)?;
    check_count(count)?;
    let mut read = |index: usize, half: &mut u8| -> Option<u32> {
        match field_bits {
            16 => cursor.u16().map(u32::from),
            8 => cursor.u8().map(u32::from),
            4 if index.is_multiple_of(2) => {
                *half = cursor.u8()?;
                Some(u32::from(*half >> 4))
            }
            4 => Some(u32::from(*half & 0xf)),
            _ => None,
        }
    };
    let mut half = 0;
    (0..count).map(|index| read(index, &mut half)).collect::<Option<_>>().ok_or(broken)
}

fn check_count(count: usize) -> Result<(), TableError> {
    if count <= SAMPLES_MAX { Ok(()) } else { Err(TableError::TooMany) }
}

/// `stsc` with `stco` or `co64`: which chunk holds how many samples, and where it lies.
fn place(tables: Cursor<'_>, sizes: &[u32]) -> Result<Vec<Sample>, TableError> {
    let broken = TableError::Broken("stsc");
    let chunks = chunk_offsets(tables)?;
    let mut cursor = Cursor::new(tables.find(*b"stsc").ok_or(broken)?);
    cursor.version().ok_or(broken)?;
    let count = cursor.rows(12).ok_or(broken)?;
    let mut runs = Vec::with_capacity(count.min(chunks.len()));
    for _ in 0..count {
        let (first, per_chunk) = (cursor.u32().ok_or(broken)?, cursor.u32().ok_or(broken)?);
        cursor.take(4).ok_or(broken)?;
        let first = usize::try_from(first).ok().and_then(|f| f.checked_sub(1)).ok_or(broken)?;
        runs.push((first, per_chunk));
    }
    let mut samples = Vec::with_capacity(sizes.len());
    let mut sizes = sizes.iter();
    for (index, &(first, per_chunk)) in runs.iter().enumerate() {
        let end = runs.get(index + 1).map_or(chunks.len(), |&(next, _)| next);
        for chunk in chunks.get(first..end.max(first).min(chunks.len())).ok_or(broken)? {
            let mut offset = *chunk;
            for &bytes in sizes.by_ref().take(usize::try_from(per_chunk).unwrap_or(usize::MAX)) {
                samples.push(Sample {
                    offset,
                    bytes,
                    decode: 0,
                    composition_offset: 0,
                    is_sync: true,
                });
                offset = offset.checked_add(u64::from(bytes)).ok_or(broken)?;
            }
        }
    }
    if sizes.next().is_some() { Err(broken) } else { Ok(samples) }
}

fn chunk_offsets(tables: Cursor<'_>) -> Result<Vec<u64>, TableError> {
    let broken = TableError::Broken("stco");
    let (content, is_long) = match (tables.find(*b"stco"), tables.find(*b"co64")) {
        (Some(content), _) => (content, false),
        (None, Some(content)) => (content, true),
        (None, None) => return Err(broken),
    };
    let mut cursor = Cursor::new(content);
    cursor.version().ok_or(broken)?;
    let count = cursor.rows(if is_long { 8 } else { 4 }).ok_or(broken)?;
    check_count(count)?;
    (0..count)
        .map(|_| if is_long { cursor.u64() } else { cursor.u32().map(u64::from) })
        .collect::<Option<_>>()
        .ok_or(broken)
}

/// `stts`: how long each sample lasts. Returns the time after the last one.
fn time(tables: Cursor<'_>, samples: &mut [Sample]) -> Result<i64, TableError> {
    let broken = TableError::Broken("stts");
    let mut cursor = Cursor::new(tables.find(*b"stts").ok_or(broken)?);
    cursor.version().ok_or(broken)?;
    let runs = cursor.rows(8).ok_or(broken)?;
    let (mut at, mut last) = (0_i64, 0_i64);
    let mut samples = samples.iter_mut();
    for _ in 0..runs {
        let (count, delta) = (cursor.u32().ok_or(broken)?, cursor.u32().ok_or(broken)?);
        // Some writers mean a negative duration; time does not go back.
        last = if delta > i32::MAX.cast_unsigned() { 0 } else { i64::from(delta) };
        for sample in samples.by_ref().take(usize::try_from(count).unwrap_or(usize::MAX)) {
            sample.decode = at;
            at = at.checked_add(last).ok_or(broken)?;
        }
    }
    // A table that is too short goes on as it ended.
    for sample in samples {
        sample.decode = at;
        at = at.checked_add(last).ok_or(broken)?;
    }
    Ok(at)
}

/// `ctts`: how much later each sample is shown. Version 0 is read as signed too: writers use it so.
fn compose(tables: Cursor<'_>, samples: &mut [Sample]) -> Result<(), TableError> {
    let broken = TableError::Broken("ctts");
    let Some(content) = tables.find(*b"ctts") else { return Ok(()) };
    let mut cursor = Cursor::new(content);
    cursor.version().ok_or(broken)?;
    let runs = cursor.rows(8).ok_or(broken)?;
    let mut samples = samples.iter_mut();
    for _ in 0..runs {
        let (count, offset) = (cursor.u32().ok_or(broken)?, cursor.i32().ok_or(broken)?);
        for sample in samples.by_ref().take(usize::try_from(count).unwrap_or(usize::MAX)) {
            sample.composition_offset = offset;
        }
    }
    Ok(())
}

/// `stss`: which samples decoding can start at; all when there is no such table.
fn mark_sync(tables: Cursor<'_>, samples: &mut [Sample]) -> Result<(), TableError> {
    let broken = TableError::Broken("stss");
    let Some(content) = tables.find(*b"stss") else { return Ok(()) };
    let mut cursor = Cursor::new(content);
    cursor.version().ok_or(broken)?;
    let count = cursor.rows(4).ok_or(broken)?;
    for sample in samples.iter_mut() {
        sample.is_sync = false;
    }
    for _ in 0..count {
        let number = usize::try_from(cursor.u32().ok_or(broken)?).map_err(|_| broken)?;
        if let Some(sample) = number.checked_sub(1).and_then(|index| samples.get_mut(index)) {
            sample.is_sync = true;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(name: [u8; 4], words: &[u32]) -> Vec<u8> {
        let size = u32::try_from(12 + words.len() * 4).unwrap();
        let words = [&[size][..], &[u32::from_be_bytes(name), 0], words].concat();
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn tables_become_samples() {
        let stbl = [
            table(*b"stsz", &[0, 5, 10, 20, 30, 40, 50]),
            table(*b"stco", &[3, 100, 1_000, 2_000]),
            table(*b"stsc", &[2, 1, 2, 1, 3, 1, 1]),
            table(*b"stts", &[2, 2, 10, 3, 20]),
            table(*b"ctts", &[1, 2, 5]),
            table(*b"stss", &[2, 1, 4]),
        ]
        .concat();
        let samples = expand(&stbl).unwrap();
        let rows: Vec<_> = samples
            .list
            .iter()
            .map(|s| (s.offset, s.bytes, s.decode, s.composition_offset, s.is_sync))
            .collect();
        assert_eq!(
            rows,
            [
                (100, 10, 0, 5, true),
                (110, 20, 10, 5, false),
                (1_000, 30, 20, 0, false),
                (1_030, 40, 40, 0, true),
                (2_000, 50, 60, 0, false),
            ]
        );
        assert_eq!(samples.end, 80);
    }

    #[test]
    fn tables_that_contradict_each_other_are_refused() {
        let check = |tables: &[Vec<u8>], expected: TableError| {
            assert_eq!(expand(&tables.concat()), Err(expected));
        };
        let stco = table(*b"stco", &[1, 100]);
        let stsc = table(*b"stsc", &[1, 1, 1, 1]);
        let stts = table(*b"stts", &[1, 1, 1]);
        check(&[stco.clone(), stsc.clone(), stts.clone()], TableError::Broken("stsz"));
        let lies = table(*b"stsz", &[0, u32::MAX]);
        check(&[lies, stco.clone(), stsc.clone(), stts.clone()], TableError::Broken("stsz"));
        let huge = table(*b"stsz", &[1, u32::MAX]);
        check(&[huge, stco.clone(), stsc.clone(), stts.clone()], TableError::TooMany);
        let large = table(*b"stsz", &[0, 1, u32::MAX]);
        check(&[large, stco.clone(), stsc.clone(), stts.clone()], TableError::TooLarge);
        let two = table(*b"stsz", &[0, 2, 5, 5]);
        check(&[two, stco, stsc, stts], TableError::Broken("stsc"));
    }

    proptest! {
        #[test]
        fn no_table_makes_the_reader_panic(
            words in proptest::collection::vec(proptest::collection::vec(any::<u32>(), 0..12), 6),
            small in any::<bool>(),
        ) {
            let names = [*b"stsz", *b"stco", *b"stsc", *b"stts", *b"ctts", *b"stss"];
            let stbl: Vec<u8> = names
                .into_iter()
                .zip(&words)
                .flat_map(|(name, words)| {
                    let words: Vec<u32> =
                        words.iter().map(|w| if small { w % 7 } else { *w }).collect();
                    table(name, &words)
                })
                .collect();
            if let Ok(samples) = expand(&stbl) {
                prop_assert!(samples.list.is_sorted_by_key(|sample| sample.decode));
            }
        }
    }
}
