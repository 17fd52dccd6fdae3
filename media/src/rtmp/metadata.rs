//! What a publisher says about its stream (`onMetaData`).

use super::amf::{self, Value};
use super::message::{DATA, DATA_AMF3, Message};
use bytes::BytesMut;

/// The useful part of `onMetaData`. Hints only: codec headers are the truth.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metadata {
    /// Pixels.
    pub width: Option<f64>,
    /// Pixels.
    pub height: Option<f64>,
    /// Frames per second.
    pub frame_rate: Option<f64>,
    /// Kilobits per second.
    pub video_kbps: Option<f64>,
    /// Kilobits per second.
    pub audio_kbps: Option<f64>,
    /// FLV number or `FourCC` of the video codec.
    pub video_codec: Option<f64>,
    /// FLV number or `FourCC` of the audio codec: 10 for AAC.
    pub audio_codec: Option<f64>,
    /// Samples per second.
    pub audio_sample_rate: Option<f64>,
    /// The name the encoder gives itself, at most [`Metadata::ENCODER_CHARS_MAX`] characters.
    pub encoder: Option<String>,
}

impl Metadata {
    /// Characters kept of the encoder's name.
    pub const ENCODER_CHARS_MAX: usize = 64;

    /// Reads a data message; `None` if it is no metadata.
    pub(crate) fn read(message: &Message) -> Option<Self> {
        let body = match message.kind {
            DATA_AMF3 => message.payload.strip_prefix(&[0]).unwrap_or(&message.payload),
            _ => &message.payload,
        };
        Self::parse(body)
    }

    /// Reads the values of a data message or of an FLV script tag; `None` if they are no metadata.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let values = amf::read_all(body);
        let mut values = values.iter();
        let mut name = values.next()?.as_str()?;
        if name == "@setDataFrame" {
            name = values.next()?.as_str()?;
        }
        if name != "onMetaData" {
            return None;
        }
        let properties = values.find(|value| matches!(value, Value::Object(_)))?;
        Some(Self::from_properties(properties))
    }

    fn from_properties(properties: &Value) -> Self {
        let number = |name| properties.get(name)?.as_number().filter(|number| number.is_finite());
        Self {
            width: number("width"),
            height: number("height"),
            frame_rate: number("framerate"),
            video_kbps: number("videodatarate"),
            audio_kbps: number("audiodatarate"),
            video_codec: number("videocodecid"),
            audio_codec: number("audiocodecid"),
            audio_sample_rate: number("audiosamplerate"),
            encoder: properties
                .get("encoder")
                .and_then(Value::as_str)
                .map(|name| name.chars().take(Self::ENCODER_CHARS_MAX).collect()),
        }
    }

    /// As the body of an FLV script tag: the name, then the object.
    pub fn write(&self, output: &mut BytesMut) {
        let numbers = [
            ("width", self.width),
            ("height", self.height),
            ("framerate", self.frame_rate),
            ("videodatarate", self.video_kbps),
            ("audiodatarate", self.audio_kbps),
            ("videocodecid", self.video_codec),
            ("audiocodecid", self.audio_codec),
            ("audiosamplerate", self.audio_sample_rate),
        ];
        let numbers = numbers.into_iter().filter_map(|(name, number)| Some((name, number?)));
        let numbers = numbers.map(|(name, number)| (name.to_owned(), Value::Number(number)));
        let encoder =
            self.encoder.iter().map(|name| ("encoder".to_owned(), Value::text(name.as_str())));
        Value::text("onMetaData").write(output);
        Value::Object(numbers.chain(encoder).collect()).write(output);
    }

    /// As a data message to a server.
    pub(crate) fn message(&self, stream: u32) -> Message {
        let mut payload = BytesMut::new();
        Value::text("@setDataFrame").write(&mut payload);
        self.write(&mut payload);
        Message { kind: DATA, stream, timestamp_ms: 0, payload: payload.freeze() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BufMut;

    #[test]
    fn metadata_survives_writing_and_reading() {
        let metadata = Metadata {
            width: Some(1_280.0),
            height: Some(720.0),
            frame_rate: Some(29.97),
            audio_codec: Some(10.0),
            encoder: Some("Headwater".to_owned()),
            ..Metadata::default()
        };
        assert_eq!(Metadata::read(&metadata.message(1)), Some(metadata));
    }

    #[test]
    fn other_data_is_no_metadata() {
        let mut body = BytesMut::new();
        Value::text("@setDataFrame").write(&mut body);
        Value::text("additionalMedia").write(&mut body);
        body.put_bytes(0x11, 20_000);
        assert_eq!(Metadata::parse(&body), None);
        assert_eq!(Metadata::parse(&[]), None);
    }
}
