//! Boxes of an MP4 file, read with checked cursors: lengths are claims, never trusted.

use std::{fs::File, io, os::unix::fs::FileExt};

/// Bytes that are read front to back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    pub(super) const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Version and flags of a full box.
    pub(super) fn version(&mut self) -> Option<u8> {
        let version = self.u8()?;
        self.take(3)?;
        Some(version)
    }

    /// The number of fixed-size rows that follow, when the box is long enough for them.
    pub(super) fn rows(&mut self, row_bytes: usize) -> Option<usize> {
        let count = usize::try_from(self.u32()?).ok()?;
        (count.checked_mul(row_bytes)? <= self.0.len()).then_some(count)
    }

    /// The next box: its name and its content; none when it would reach past the end.
    pub(super) fn next_box(&mut self) -> Option<([u8; 4], &'a [u8])> {
        let mut ahead = *self;
        let size = u64::from(ahead.u32()?);
        let name = ahead.array()?;
        let (size, header) = match size {
            0 => (self.0.len() as u64, 8),
            1 => (ahead.u64()?, 16),
            size => (size, 8),
        };
        if size < header {
            return None;
        }
        let content =
            self.take(usize::try_from(size).ok()?)?.get(usize::try_from(header).ok()?..)?;
        Some((name, content))
    }

    /// The content of the first box of this name among those that follow.
    pub(super) fn find(self, name: [u8; 4]) -> Option<&'a [u8]> {
        self.boxes().find(|(found, _)| *found == name).map(|(_, content)| content)
    }

    /// The boxes that follow.
    pub(super) fn boxes(mut self) -> impl Iterator<Item = ([u8; 4], &'a [u8])> {
        std::iter::from_fn(move || self.next_box())
    }
}

/// A box of the file itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) name: [u8; 4],
    /// Where its content starts.
    pub(crate) start: u64,
    /// One past its last byte.
    pub(crate) end: u64,
    /// It says to be longer than the file.
    pub(crate) is_cut: bool,
}

/// Boxes of one file that are looked at; real ones have a handful, fragmented ones are refused.
const BOXES_MAX: usize = 10_000;

/// The boxes of the file, in order; ends where the file ends or makes no sense.
pub(crate) fn of_file(file: &File, size: u64) -> io::Result<Vec<Placed>> {
    let mut boxes = Vec::new();
    let mut at = 0_u64;
    while boxes.len() < BOXES_MAX && size.saturating_sub(at) >= 8 {
        let mut head = [0; 16];
        let available = usize::try_from(size - at).map_or(head.len(), |left| left.min(head.len()));
        let head = head.get_mut(..available).unwrap_or_default();
        file.read_exact_at(head, at)?;
        let Some((name, header, length)) = header(head, size - at) else { break };
        let claimed = at.saturating_add(length);
        let end = claimed.min(size);
        boxes.push(Placed { name, start: at + header, end, is_cut: claimed > size });
        at = end;
    }
    Ok(boxes)
}

fn header(head: &[u8], left: u64) -> Option<([u8; 4], u64, u64)> {
    let mut cursor = Cursor::new(head);
    let size = u64::from(cursor.u32()?);
    let name = cursor.array()?;
    let (header, length) = match size {
        0 => (8, left),
        1 => (16, cursor.u64()?),
        size => (8, size),
    };
    (length >= header).then_some((name, header, length))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn named(name: [u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).unwrap();
        [&size.to_be_bytes()[..], &name, content].concat()
    }

    #[test]
    fn boxes_follow_each_other_until_one_is_too_long() {
        let mut bytes = [named(*b"aaaa", b"1"), named(*b"bbbb", b"22")].concat();
        bytes.extend_from_slice(&[0, 0, 1, 0]);
        bytes.extend_from_slice(b"cccc333");
        let found: Vec<_> = Cursor::new(&bytes).boxes().collect();
        assert_eq!(found, [(*b"aaaa", &b"1"[..]), (*b"bbbb", b"22")]);
        assert_eq!(Cursor::new(&bytes).find(*b"bbbb"), Some(&b"22"[..]));
    }

    #[test]
    fn a_size_below_its_header_ends_the_walk() {
        for bytes in [&[0, 0, 0, 7, b'a', b'a', b'a', b'a'][..], &[0, 0, 0], &[]] {
            assert_eq!(Cursor::new(bytes).boxes().count(), 0);
        }
    }

    #[test]
    fn rows_that_do_not_fit_are_none() {
        assert_eq!(Cursor::new(&[0, 0, 0, 2, 1, 1, 1, 1]).rows(2), Some(2));
        assert_eq!(Cursor::new(&[0, 0, 0, 3, 1, 1, 1, 1]).rows(2), None);
        assert_eq!(Cursor::new(&[0xff; 8]).rows(usize::MAX), None);
    }

    #[test]
    fn boxes_of_a_file_may_have_64_bit_sizes_and_reach_to_the_end() {
        let mut file = tempfile::tempfile().unwrap();
        let mut bytes = named(*b"ftyp", b"isom");
        bytes.extend_from_slice(&[0, 0, 0, 1]);
        bytes.extend_from_slice(b"mdat");
        bytes.extend_from_slice(&20_u64.to_be_bytes());
        bytes.extend_from_slice(b"data");
        bytes.extend_from_slice(&[0, 0, 0, 0]);
        bytes.extend_from_slice(b"moovrest");
        file.write_all(&bytes).unwrap();
        let size = bytes.len() as u64;
        let boxes = of_file(&file, size).unwrap();
        assert_eq!(
            boxes,
            [
                Placed { name: *b"ftyp", start: 8, end: 12, is_cut: false },
                Placed { name: *b"mdat", start: 28, end: 32, is_cut: false },
                Placed { name: *b"moov", start: 40, end: 44, is_cut: false },
            ]
        );
        let boxes = of_file(&file, size - 13).unwrap();
        assert_eq!(boxes.last().map(|placed| placed.is_cut), Some(true));
    }
}
