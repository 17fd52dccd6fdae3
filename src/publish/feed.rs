//! What is sent, and when each piece of it is due.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use infra::clock::SharedClock;
use media::flv::{Tag, file};
use media::rtmp::metadata::Metadata;
use media::testcard::sound::{FRAME_SAMPLES, SAMPLE_RATE, Sound};
use media::testcard::{Encoder, FRAMES_PER_SECOND};

/// A source of tags with due times.
pub(crate) struct Feed {
    clock: SharedClock,
    /// The monotonic time of the first tag.
    start: Duration,
    source: Source,
}

enum Source {
    Test(Box<Test>),
    File(Tags),
}

impl Feed {
    /// The test picture with the clock's time in it.
    pub(crate) fn test(clock: SharedClock) -> Self {
        Self { start: clock.monotonic(), clock, source: Source::Test(Box::new(Test::new(0))) }
    }

    /// An FLV file, from its beginning.
    pub(crate) fn file(path: &Path, clock: SharedClock) -> anyhow::Result<Self> {
        let source = Source::File(Tags::open(path)?);
        Ok(Self { start: clock.monotonic(), clock, source })
    }

    /// What the publisher tells the server about the stream.
    pub(crate) fn metadata(&self) -> Metadata {
        match self.source {
            Source::Test(_) => super::test_metadata(),
            Source::File(_) => Metadata::default(),
        }
    }

    /// Time runs from here.
    pub(crate) fn begin(&mut self) {
        self.start = self.clock.monotonic();
        if let Source::Test(test) = &mut self.source {
            let clock_ms = u64::try_from(self.clock.now().0).unwrap_or_default();
            **test = Test::new(clock_ms);
        }
    }

    /// When the next tags are due, since [`Self::begin`]; `None` after the last.
    pub(crate) fn due(&self) -> Option<Duration> {
        match &self.source {
            Source::Test(test) => Some(test.due()),
            Source::File(tags) => tags.due(),
        }
    }

    /// How long it is until then.
    pub(crate) fn wait(&self, due: Duration) -> Duration {
        (self.start + due).saturating_sub(self.clock.monotonic())
    }

    /// The tags that are due by then.
    pub(crate) fn take(&mut self, due: Duration) -> anyhow::Result<Vec<Tag>> {
        match &mut self.source {
            Source::Test(test) => {
                let clock_ms = u64::try_from(self.clock.now().0).unwrap_or_default();
                Ok(test.take(clock_ms))
            }
            Source::File(tags) => tags.take(due),
        }
    }
}

/// The test picture: whichever track is behind goes first.
struct Test {
    picture: Encoder,
    sound: Sound,
    frames: u64,
    sounds: u64,
    configured: bool,
}

impl Test {
    fn new(clock_ms: u64) -> Self {
        let (picture, sound) = (Encoder::new(), Sound::new(clock_ms));
        Self { picture, sound, frames: 0, sounds: 0, configured: false }
    }

    fn picture_due(&self) -> Duration {
        Duration::from_nanos(self.frames * 1_000_000_000 / FRAMES_PER_SECOND)
    }

    /// A frame of sound is complete, and so can be sent, when its last sample has been heard.
    fn sound_due(&self) -> Duration {
        Duration::from_nanos((self.sounds + 1) * FRAME_SAMPLES * 1_000_000_000 / SAMPLE_RATE)
    }

    fn due(&self) -> Duration {
        self.picture_due().min(self.sound_due())
    }

    fn take(&mut self, clock_ms: u64) -> Vec<Tag> {
        let mut tags = Vec::new();
        if !self.configured {
            self.configured = true;
            tags.push(Tag::config(&Encoder::config()));
            tags.push(Tag::config(&Sound::config()));
        }
        if self.picture_due() <= self.sound_due() {
            tags.push(Tag::unit(&self.picture.frame(self.frames, clock_ms)));
            self.frames += 1;
        } else {
            tags.push(Tag::unit(&self.sound.frame(self.sounds)));
            self.sounds += 1;
        }
        tags
    }
}

/// The tags of an FLV file, read piece by piece.
struct Tags {
    file: std::fs::File,
    reader: file::Reader,
    next: Option<Tag>,
    first_ms: u32,
}

impl Tags {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let file = std::fs::File::open(path).with_context(|| format!("cannot read {shown}"))?;
        let mut tags = Self { file, reader: file::Reader::default(), next: None, first_ms: 0 };
        tags.advance().with_context(|| format!("{shown} is not an FLV file"))?;
        tags.first_ms = tags.next.as_ref().map_or(0, |tag| tag.timestamp_ms);
        Ok(tags)
    }

    fn due(&self) -> Option<Duration> {
        let tag = self.next.as_ref()?;
        Some(Duration::from_millis(u64::from(tag.timestamp_ms.saturating_sub(self.first_ms))))
    }

    fn take(&mut self, due: Duration) -> anyhow::Result<Vec<Tag>> {
        let mut tags = Vec::new();
        while self.due().is_some_and(|next| next <= due) {
            if let Some(tag) = self.next.take() {
                let time = tag.timestamp_ms.saturating_sub(self.first_ms);
                tags.push(super::at(tag, time));
            }
            self.advance()?;
        }
        Ok(tags)
    }

    /// Reads on until the next tag with media is whole.
    fn advance(&mut self) -> anyhow::Result<()> {
        let mut buffer = vec![0; 65_536];
        loop {
            if let Some(tag) = self.reader.poll()? {
                if tag.kind != Tag::SCRIPT {
                    self.next = Some(tag);
                    return Ok(());
                }
                continue;
            }
            let count = self.file.read(&mut buffer).context("reading the file")?;
            if count == 0 {
                self.next = None;
                return Ok(());
            }
            self.reader.receive(buffer.get(..count).unwrap_or_default());
        }
    }
}
