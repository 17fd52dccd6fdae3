//! Any bytes as AMF0; what was read is written and read again.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use media::rtmp::amf;
use media::rtmp::metadata::Metadata;

fuzz_target!(|bytes: &[u8]| {
    Metadata::parse(bytes);
    let mut written = BytesMut::new();
    for value in amf::read_all(bytes) {
        value.write(&mut written);
    }
    let mut again = BytesMut::new();
    for value in amf::read_all(&written) {
        value.write(&mut again);
    }
    assert_eq!(written, again);
});
