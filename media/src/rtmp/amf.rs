//! AMF0: the values in commands and metadata.
//!
//! Values are read as far as they can be understood; what follows an unknown marker is lost, as it
//! has no length. Nothing is reserved for sizes that a sender only claims.

use crate::cursor::Cursor;
use bytes::{BufMut, BytesMut};

/// One AMF0 value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Every number is a float.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// Text, or an XML document.
    String(String),
    /// Named values in their order: object, typed object or associative array.
    Object(Vec<(String, Value)>),
    /// Values by position.
    Array(Vec<Value>),
    /// Milliseconds since 1970.
    Date(f64),
    /// Null, undefined, unsupported, or a reference to a value before.
    Null,
}

impl Value {
    /// Values inside values, at most.
    pub const DEPTH_MAX: u32 = 16;
    /// Values in one message, at most.
    pub const COUNT_MAX: u32 = 1_024;

    /// A text value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// An object from its properties.
    pub fn object<const N: usize>(properties: [(&str, Value); N]) -> Self {
        Self::Object(properties.map(|(name, value)| (name.to_owned(), value)).into())
    }

    /// The property of that name, in an object.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Object(properties) => {
                properties.iter().find(|(key, _)| key == name).map(|(_, value)| value)
            }
            Self::Number(_)
            | Self::Boolean(_)
            | Self::String(_)
            | Self::Array(_)
            | Self::Date(_)
            | Self::Null => None,
        }
    }

    /// The text of a text value.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The number of a number value.
    pub fn as_number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// Appends the value in AMF0. Text longer than 65 535 bytes is written as a long string.
    pub fn write(&self, output: &mut BytesMut) {
        match self {
            Self::Number(number) => {
                output.put_u8(marker::NUMBER);
                output.put_f64(*number);
            }
            Self::Boolean(boolean) => {
                output.put_u8(marker::BOOLEAN);
                output.put_u8(u8::from(*boolean));
            }
            Self::String(text) => write_text(text, output),
            Self::Object(properties) => {
                output.put_u8(marker::OBJECT);
                for (name, value) in properties {
                    write_name(name, output);
                    value.write(output);
                }
                output.put_slice(&[0, 0, marker::OBJECT_END]);
            }
            Self::Array(values) => {
                output.put_u8(marker::STRICT_ARRAY);
                output.put_u32(u32::try_from(values.len()).unwrap_or(u32::MAX));
                for value in values {
                    value.write(output);
                }
            }
            Self::Date(milliseconds) => {
                output.put_u8(marker::DATE);
                output.put_f64(*milliseconds);
                output.put_u16(0);
            }
            Self::Null => output.put_u8(marker::NULL),
        }
    }
}

mod marker {
    pub(super) const NUMBER: u8 = 0;
    pub(super) const BOOLEAN: u8 = 1;
    pub(super) const STRING: u8 = 2;
    pub(super) const OBJECT: u8 = 3;
    pub(super) const NULL: u8 = 5;
    pub(super) const UNDEFINED: u8 = 6;
    pub(super) const REFERENCE: u8 = 7;
    pub(super) const ECMA_ARRAY: u8 = 8;
    pub(super) const OBJECT_END: u8 = 9;
    pub(super) const STRICT_ARRAY: u8 = 10;
    pub(super) const DATE: u8 = 11;
    pub(super) const LONG_STRING: u8 = 12;
    pub(super) const UNSUPPORTED: u8 = 13;
    pub(super) const XML_DOCUMENT: u8 = 15;
    pub(super) const TYPED_OBJECT: u8 = 16;
}

fn write_text(text: &str, output: &mut BytesMut) {
    if let Ok(length) = u16::try_from(text.len()) {
        output.put_u8(marker::STRING);
        output.put_u16(length);
    } else {
        output.put_u8(marker::LONG_STRING);
        output.put_u32(u32::try_from(text.len()).unwrap_or(u32::MAX));
    }
    output.put_slice(text.as_bytes());
}

/// Names have 16-bit lengths; ours are all short.
fn write_name(name: &str, output: &mut BytesMut) {
    let name = name.as_bytes();
    let name = name.get(..usize::from(u16::MAX)).unwrap_or(name);
    output.put_u16(u16::try_from(name.len()).unwrap_or(u16::MAX));
    output.put_slice(name);
}

/// All values of a message that can be read: fewer than it holds if it is damaged or holds a
/// marker that AMF0 does not know.
pub fn read_all(bytes: &[u8]) -> Vec<Value> {
    let mut reader = Reader { cursor: Cursor::new(bytes), left: Value::COUNT_MAX };
    let mut values = Vec::new();
    while let Some(value) = reader.value(Value::DEPTH_MAX) {
        values.push(value);
    }
    values
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    /// Values that may still be read.
    left: u32,
}

impl Reader<'_> {
    fn value(&mut self, depth: u32) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        let depth = depth.checked_sub(1)?;
        let value = match self.cursor.u8()? {
            marker::NUMBER => Value::Number(self.cursor.f64()?),
            marker::BOOLEAN => Value::Boolean(self.cursor.u8()? != 0),
            marker::STRING => Value::String(self.short_text()?),
            marker::LONG_STRING | marker::XML_DOCUMENT => {
                let length = self.cursor.u32()?;
                Value::String(self.text(length)?)
            }
            marker::OBJECT => self.object(depth)?,
            marker::TYPED_OBJECT => {
                self.short_text()?;
                self.object(depth)?
            }
            marker::ECMA_ARRAY => {
                // The count is only a hint: real senders write 0 or a wrong one.
                self.cursor.u32()?;
                self.object(depth)?
            }
            marker::STRICT_ARRAY => self.array(depth)?,
            marker::DATE => {
                let milliseconds = self.cursor.f64()?;
                self.cursor.u16()?;
                Value::Date(milliseconds)
            }
            marker::NULL | marker::UNDEFINED | marker::UNSUPPORTED => Value::Null,
            marker::REFERENCE => {
                self.cursor.u16()?;
                Value::Null
            }
            _ => return None,
        };
        Some(value)
    }

    /// Properties up to the end marker. The end of the message ends them too: some senders forget
    /// the marker.
    fn object(&mut self, depth: u32) -> Option<Value> {
        let mut properties = Vec::new();
        while !self.cursor.is_empty() {
            let name = self.short_text()?;
            if name.is_empty() && self.cursor.rest().first() == Some(&marker::OBJECT_END) {
                self.cursor.u8()?;
                break;
            }
            properties.push((name, self.value(depth)?));
        }
        Some(Value::Object(properties))
    }

    fn array(&mut self, depth: u32) -> Option<Value> {
        let count = self.cursor.u32()?;
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(self.value(depth)?);
        }
        Some(Value::Array(values))
    }

    fn short_text(&mut self) -> Option<String> {
        let length = self.cursor.u16()?;
        self.text(u32::from(length))
    }

    fn text(&mut self, length: u32) -> Option<String> {
        let bytes = self.cursor.take(usize::try_from(length).ok()?)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(|number| Value::Number(f64::from(number))),
            any::<bool>().prop_map(Value::Boolean),
            ".{0,20}".prop_map(Value::String),
            Just(Value::String("x".repeat(70_000))),
            any::<i32>().prop_map(|number| Value::Date(f64::from(number))),
            Just(Value::Null),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(("[a-z]{1,5}", inner.clone()), 0..4).prop_map(Value::Object),
                prop::collection::vec(inner, 0..4).prop_map(Value::Array),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(values in prop::collection::vec(value(), 0..4)) {
            let mut bytes = BytesMut::new();
            for value in &values {
                value.write(&mut bytes);
            }
            prop_assert_eq!(read_all(&bytes), values);
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let read = read_all(&bytes);
            prop_assert!(read.len() <= bytes.len());
        }
    }

    #[test]
    fn the_seeds_hold_values() {
        crate::seeds::each("amf", |bytes| assert!(!read_all(bytes).is_empty()));
    }

    #[test]
    fn a_claimed_size_reserves_nothing() {
        let claims = [
            vec![marker::STRICT_ARRAY, 0xff, 0xff, 0xff, 0xff, marker::NULL],
            vec![marker::LONG_STRING, 0xff, 0xff, 0xff, 0xff, b'x'],
        ];
        for claim in claims {
            assert_eq!(read_all(&claim), []);
        }
    }

    #[test]
    fn deep_and_many_values_are_cut_off() {
        let deep = [marker::STRICT_ARRAY, 0, 0, 0, 1].repeat(1_000);
        assert_eq!(read_all(&deep), []);
        let many = vec![marker::NULL; 5_000];
        assert_eq!(read_all(&many).len(), 1_024);
    }

    #[test]
    fn what_real_senders_write_is_read() {
        let object = Value::object([("a", Value::Boolean(true))]);
        let property = [0, 1, b'a', marker::BOOLEAN, 1];
        let end = [0, 0, marker::OBJECT_END];
        let cases: [(&str, Vec<u8>); 4] = [
            ("an associative array with a wrong count", {
                [&[marker::ECMA_ARRAY, 0, 0, 0, 9][..], &property, &end].concat()
            }),
            ("an associative array without its end", {
                [&[marker::ECMA_ARRAY, 0, 0, 0, 1][..], &property].concat()
            }),
            ("an object", [&[marker::OBJECT][..], &property, &end].concat()),
            ("a typed object", {
                [&[marker::TYPED_OBJECT, 0, 1, b'T'][..], &property, &end].concat()
            }),
        ];
        for (name, bytes) in cases {
            assert_eq!(read_all(&bytes), std::slice::from_ref(&object), "{name}");
        }
    }
}
