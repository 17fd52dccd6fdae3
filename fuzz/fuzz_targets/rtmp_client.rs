//! Any bytes from a server.
#![no_main]

use libfuzzer_sys::fuzz_target;
use media::rtmp::Limits;
use media::rtmp::client::Session;
use media::rtmp::target::Address;

fuzz_target!(|bytes: &[u8]| {
    let address = Address::parse("rtmp://h/live/KEY").expect("a good address");
    let mut session = Session::new(Limits::default(), address);
    for piece in bytes.chunks(500) {
        if session.receive(piece).is_err() {
            break;
        }
        while session.poll().is_some() {}
        session.take_output();
    }
});
