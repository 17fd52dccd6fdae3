//! Any bytes as an FLV file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use media::flv::file::Reader;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader::default();
    for piece in bytes.chunks(61) {
        reader.receive(piece);
        loop {
            match reader.poll() {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
});
