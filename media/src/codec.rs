//! Codec headers: what the first bytes of a track say about it.

pub mod aac;
pub mod av1;
pub mod avc;
mod bits;
pub mod hevc;
pub mod opus;

use crate::unit::FrameRate;
use bytes::Bytes;

/// How pictures are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VideoCoding {
    /// H.264.
    Avc,
    /// H.265.
    Hevc,
    /// AV1.
    Av1,
}

impl VideoCoding {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Avc, Self::Hevc, Self::Av1];

    /// The name of its sample entry, by which Enhanced RTMP knows it too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Avc => "avc1",
            Self::Hevc => "hvc1",
            Self::Av1 => "av01",
        }
    }

    /// The coding with this name.
    pub fn named(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|coding| coding.name().as_bytes() == name)
    }
}

/// How sound is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AudioCoding {
    /// AAC in one of its kinds.
    Aac,
    /// Opus.
    Opus,
}

impl AudioCoding {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Aac, Self::Opus];

    /// The name of its sample entry, by which Enhanced RTMP knows it too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aac => "mp4a",
            Self::Opus => "Opus",
        }
    }

    /// The coding with this name.
    pub fn named(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|coding| coding.name().as_bytes() == name)
    }
}

/// What a decoder of pictures must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Video {
    /// H.264.
    Avc(avc::Config),
    /// H.265.
    Hevc(hevc::Config),
    /// AV1.
    Av1(av1::Config),
}

/// Why a video configuration was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VideoError {
    /// Of H.264.
    #[error(transparent)]
    Avc(#[from] avc::ConfigError),
    /// Of H.265.
    #[error(transparent)]
    Hevc(#[from] hevc::ConfigError),
    /// Of AV1.
    #[error(transparent)]
    Av1(#[from] av1::ConfigError),
}

impl Video {
    /// Reads the decoder configuration record of a coding.
    pub fn parse(coding: VideoCoding, record: Bytes) -> Result<Self, VideoError> {
        Ok(match coding {
            VideoCoding::Avc => Self::Avc(avc::Config::parse(record)?),
            VideoCoding::Hevc => Self::Hevc(hevc::Config::parse(record)?),
            VideoCoding::Av1 => Self::Av1(av1::Config::parse(record)?),
        })
    }

    /// How its pictures are coded.
    pub const fn coding(&self) -> VideoCoding {
        match self {
            Self::Avc(_) => VideoCoding::Avc,
            Self::Hevc(_) => VideoCoding::Hevc,
            Self::Av1(_) => VideoCoding::Av1,
        }
    }

    /// The whole decoder configuration record.
    pub const fn record(&self) -> &Bytes {
        match self {
            Self::Avc(config) => &config.record,
            Self::Hevc(config) => &config.record,
            Self::Av1(config) => &config.record,
        }
    }

    /// As RFC 6381 names it.
    pub fn codec(&self) -> &str {
        match self {
            Self::Avc(config) => &config.codec,
            Self::Hevc(config) => &config.codec,
            Self::Av1(config) => &config.codec,
        }
    }

    /// Shown width in pixels.
    pub const fn width(&self) -> u32 {
        match self {
            Self::Avc(config) => config.width,
            Self::Hevc(config) => config.width,
            Self::Av1(config) => config.width,
        }
    }

    /// Shown height in pixels.
    pub const fn height(&self) -> u32 {
        match self {
            Self::Avc(config) => config.height,
            Self::Hevc(config) => config.height,
            Self::Av1(config) => config.height,
        }
    }

    /// Pictures a second, if its header names them.
    pub const fn frame_rate(&self) -> Option<FrameRate> {
        match self {
            Self::Avc(config) => config.frame_rate,
            Self::Hevc(config) => config.frame_rate,
            Self::Av1(config) => config.frame_rate,
        }
    }
}

/// What a decoder of sound must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audio {
    /// AAC.
    Aac(aac::Config),
    /// Opus.
    Opus(opus::Config),
}

/// Why an audio configuration was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// Of AAC.
    #[error(transparent)]
    Aac(#[from] aac::ConfigError),
    /// Of Opus.
    #[error(transparent)]
    Opus(#[from] opus::ConfigError),
}

impl Audio {
    /// How its sound is coded.
    pub const fn coding(&self) -> AudioCoding {
        match self {
            Self::Aac(_) => AudioCoding::Aac,
            Self::Opus(_) => AudioCoding::Opus,
        }
    }

    /// The whole header.
    pub const fn record(&self) -> &Bytes {
        match self {
            Self::Aac(config) => &config.specific,
            Self::Opus(config) => &config.head,
        }
    }

    /// As RFC 6381 names it.
    pub fn codec(&self) -> &str {
        match self {
            Self::Aac(config) => &config.codec,
            Self::Opus(config) => &config.codec,
        }
    }

    /// Samples per second of the track's clock.
    pub const fn sample_rate(&self) -> u32 {
        match self {
            Self::Aac(config) => config.sample_rate,
            Self::Opus(_) => opus::Config::SAMPLE_RATE,
        }
    }

    /// Channels.
    pub const fn channels(&self) -> u8 {
        match self {
            Self::Aac(config) => config.channels,
            Self::Opus(config) => config.channels,
        }
    }

    /// Samples in one frame or packet.
    pub const fn frame_samples(&self) -> u32 {
        match self {
            Self::Aac(config) => config.frame_samples,
            Self::Opus(config) => config.frame_samples,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_coding_is_found_by_its_name() {
        for coding in VideoCoding::ALL {
            assert_eq!(VideoCoding::named(coding.name().as_bytes()), Some(coding));
        }
        for coding in AudioCoding::ALL {
            assert_eq!(AudioCoding::named(coding.name().as_bytes()), Some(coding));
        }
        assert_eq!((VideoCoding::named(b"hev1"), AudioCoding::named(b"opus")), (None, None));
    }
}
