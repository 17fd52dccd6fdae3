//! FLV files, tag by tag.

use super::{Tag, TagHeader};
use crate::cursor::Cursor;
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Why a file can't be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The first bytes are not `FLV`.
    #[error("this is no FLV file")]
    Signature,
    /// The header is longer than any known.
    #[error("an FLV header of {0} bytes")]
    Header(u32),
    /// A tag longer than the bound.
    #[error("a tag of {length} bytes is longer than {max}")]
    TagTooLong {
        /// As announced.
        length: usize,
        /// The bound.
        max: usize,
    },
}

/// Cuts a file into tags as its bytes come in.
#[derive(Debug, Default)]
pub struct Reader {
    input: BytesMut,
    begun: bool,
}

impl Reader {
    /// Bytes of one tag body, at most.
    pub const TAG_BYTES_MAX: usize = 8 << 20;
    /// Bytes of the file header, at most.
    pub const HEADER_BYTES_MAX: u32 = 1_024;
    const BACK_POINTER: usize = 4;

    /// Takes the next bytes of the file. Poll all tags after each call: nothing else bounds what
    /// waits here.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// The next whole tag.
    pub fn poll(&mut self) -> Result<Option<Tag>, FileError> {
        if !self.begun && !self.begin()? {
            return Ok(None);
        }
        let mut cursor = Cursor::new(&self.input);
        let Some(header) = TagHeader::read(&mut cursor) else { return Ok(None) };
        let TagHeader { kind, length, timestamp_ms } = header;
        if length > Self::TAG_BYTES_MAX {
            return Err(FileError::TagTooLong { length, max: Self::TAG_BYTES_MAX });
        }
        if cursor.take(length + Self::BACK_POINTER).is_none() {
            return Ok(None);
        }
        self.input.advance(Tag::HEADER_BYTES);
        let body = self.input.split_to(length).freeze();
        self.input.advance(Self::BACK_POINTER);
        Ok(Some(Tag { kind, timestamp_ms, body }))
    }

    /// Steps over the file header; false while it is not whole.
    fn begin(&mut self) -> Result<bool, FileError> {
        let mut cursor = Cursor::new(&self.input);
        let compared = self.input.len().min(3);
        if self.input.get(..compared) != b"FLV".get(..compared) {
            return Err(FileError::Signature);
        }
        let Some(length) = cursor.take(5).and_then(|_| cursor.u32()) else { return Ok(false) };
        if length > Self::HEADER_BYTES_MAX {
            return Err(FileError::Header(length));
        }
        let skipped = usize::try_from(length).unwrap_or(usize::MAX) + Self::BACK_POINTER;
        if self.input.len() < skipped {
            return Ok(false);
        }
        self.input.advance(skipped);
        self.begun = true;
        Ok(true)
    }
}

/// The header of a file with video and audio.
pub fn header() -> Bytes {
    Bytes::from_static(b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00")
}

/// Appends a tag with its back pointer.
pub fn write_tag(tag: &Tag, output: &mut BytesMut) {
    let length = u32::try_from(tag.body.len()).unwrap_or(u32::MAX);
    let [high, mid_high, mid_low, low] = tag.timestamp_ms.to_be_bytes();
    output.put_u8(tag.kind);
    output.put_uint(u64::from(length), 3);
    output.put_slice(&[mid_high, mid_low, low, high, 0, 0, 0]);
    output.put_slice(&tag.body);
    output.put_u32(length.saturating_add(11));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tags() -> impl Strategy<Value = Vec<Tag>> {
        let body = prop::collection::vec(any::<u8>(), 0..100);
        let tag = (0..32_u8, any::<u32>(), body).prop_map(|(kind, timestamp_ms, body)| Tag {
            kind,
            timestamp_ms,
            body: body.into(),
        });
        prop::collection::vec(tag, 0..6)
    }

    fn read(bytes: &[u8], piece: usize) -> Result<Vec<Tag>, FileError> {
        let mut reader = Reader::default();
        let mut tags = Vec::new();
        for piece in bytes.chunks(piece) {
            reader.receive(piece);
            while let Some(tag) = reader.poll()? {
                tags.push(tag);
            }
        }
        Ok(tags)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_in_any_pieces(tags in tags(), piece in 1..50_usize) {
            let mut file = BytesMut::from(&header()[..]);
            for tag in &tags {
                write_tag(tag, &mut file);
            }
            prop_assert_eq!(read(&file, piece), Ok(tags));
        }
    }

    #[test]
    fn the_seeds_are_files() {
        crate::seeds::each("flv_file", |bytes| assert!(!read(bytes, 7).unwrap().is_empty()));
    }

    #[test]
    fn what_is_no_file_is_refused_by_name() {
        let too_long = [&header()[..], &[9, 0xff, 0xff, 0xff], &[0; 7]].concat();
        let cases = [
            (b"RIFF".to_vec(), FileError::Signature),
            (b"FLV\x01\x05\xff\x00\x00\x00".to_vec(), FileError::Header(0xff00_0000)),
            (too_long, FileError::TagTooLong { length: 0x00ff_ffff, max: 8 << 20 }),
        ];
        for (bytes, error) in cases {
            assert_eq!(read(&bytes, 7), Err(error));
        }
    }
}
