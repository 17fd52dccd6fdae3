//! The index of a rendition, whole in memory: what each segment and init section is. It is written
//! in pages of 64 segments (`media::hls::index`), beside the sheet about the renditions.

use media::hls::index::{Entry, page_of};
use media::hls::sheet::Init;
use media::time::Span;

use crate::cache::Seal;

/// What an entry's object must be.
pub(crate) fn seal(entry: &Entry) -> Seal {
    Seal { bytes: entry.bytes, crc32c: entry.crc32c }
}

/// The whole index of a rendition; segments are consecutive.
#[derive(Debug, Default, Clone)]
pub(crate) struct Index {
    segments: Vec<Entry>,
    inits: Vec<Init>,
}

impl Index {
    /// Puts pages together, in their order; what does not follow is left out.
    pub(crate) fn from_pages(
        pages: impl IntoIterator<Item = Vec<Entry>>,
        inits: Vec<Init>,
    ) -> Self {
        let mut index = Self { segments: Vec::new(), inits };
        for entry in pages.into_iter().flatten() {
            index.push(entry);
        }
        index
    }

    /// Adds the next segment; a number that does not follow is refused.
    pub(crate) fn push(&mut self, entry: Entry) -> bool {
        let follows = self.segments.last().is_none_or(|last| entry.msn == last.msn + 1);
        if follows {
            self.segments.push(entry);
        }
        follows
    }

    /// Adds an init section.
    pub(crate) fn push_init(&mut self, init: Init) {
        self.inits.push(init);
    }

    /// Every segment, oldest first.
    pub(crate) fn segments(&self) -> &[Entry] {
        &self.segments
    }

    /// Every init section, oldest first.
    pub(crate) fn inits(&self) -> &[Init] {
        &self.inits
    }

    /// One segment.
    pub(crate) fn get(&self, msn: u64) -> Option<&Entry> {
        self.segments.get(self.at(msn)?)
    }

    /// One init section.
    pub(crate) fn init(&self, fence: u64, generation: u32) -> Option<&Init> {
        self.inits.iter().find(|init| init.fence == fence && init.generation == generation)
    }

    /// Marks a segment whose bytes were lost: replay shows a gap.
    pub(crate) fn lose(&mut self, msn: u64) {
        if let Some(entry) = self.at(msn).and_then(|at| self.segments.get_mut(at)) {
            entry.gap = true;
        }
    }

    /// The segments of one page.
    pub(crate) fn page(&self, page: u64) -> &[Entry] {
        let first = self.segments.partition_point(|entry| page_of(entry.msn) < page);
        let end = self.segments.partition_point(|entry| page_of(entry.msn) <= page);
        self.segments.get(first..end).unwrap_or_default()
    }

    /// The length of all segments.
    pub(crate) fn duration(&self) -> Span {
        self.segments.iter().map(|entry| entry.duration).sum()
    }

    fn at(&self, msn: u64) -> Option<usize> {
        usize::try_from(msn.checked_sub(self.segments.first()?.msn)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use media::hls::index::{decode, encode};
    use media::time::Wall;

    use super::*;

    fn entry(msn: u64) -> Entry {
        Entry {
            msn,
            fence: 1,
            generation: 0,
            duration: Span::from_seconds(2),
            pdt: Wall(1_700_000_000_000 + i64::try_from(msn).unwrap() * 2_000),
            discontinuity: false,
            gap: false,
            bytes: 1_000,
            crc32c: 7,
            parts: Vec::new(),
        }
    }

    fn filled(range: std::ops::Range<u64>) -> Index {
        let mut index = Index::default();
        index.push_init(Init { fence: 1, generation: 0, bytes: 800, crc32c: 9 });
        for msn in range {
            assert!(index.push(entry(msn)));
        }
        index
    }

    #[test]
    fn pages_put_together_are_the_index() {
        let index = filled(10..200);
        let pages: Vec<Vec<Entry>> =
            (0..5).map(|page| decode(&encode(index.page(page))).unwrap()).collect();
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [54, 64, 64, 8, 0]);
        let again = Index::from_pages(pages, index.inits().to_vec());
        assert_eq!(again.segments(), index.segments());
        assert_eq!(again.duration(), Span::from_seconds(380));
    }

    #[test]
    fn a_segment_is_found_by_its_number() {
        let index = filled(10..200);
        assert_eq!(index.get(10).map(|entry| entry.msn), Some(10));
        assert_eq!(index.get(199).map(|entry| entry.msn), Some(199));
        assert_eq!(index.get(9), None);
        assert_eq!(index.get(200), None);
    }

    #[test]
    fn numbers_do_not_jump() {
        let mut index = filled(0..3);
        assert!(!index.push(entry(5)));
        assert!(!index.push(entry(2)));
        assert_eq!(index.segments().len(), 3);
    }
}
