//! A publisher over a real socket: the test picture in real time, through the client session.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use media::flv::Tag;
use media::rtmp::Limits;
use media::rtmp::client::{Event, Refused, Session};
use media::rtmp::target::Address;
use media::testcard::{Encoder, FRAMES_PER_SECOND, sound::Sound};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connected publisher.
pub(super) struct Publisher {
    socket: TcpStream,
    session: Session,
    encoder: Encoder,
    sound: Sound,
    frame: u64,
    audio_frame: u64,
    with_audio: bool,
}

impl Publisher {
    /// Connects and asks to publish.
    pub(super) async fn connect(rtmp: SocketAddr, key: &str) -> Result<Self, Refused> {
        let address = Address::parse(&format!("rtmp://{rtmp}/live/{key}")).unwrap();
        let mut publisher = Self {
            socket: TcpStream::connect(rtmp).await.unwrap(),
            session: Session::new(Limits::default(), address),
            encoder: Encoder::new(),
            sound: Sound::new(0),
            frame: 0,
            audio_frame: 0,
            with_audio: true,
        };
        publisher.flush().await;
        let mut buffer = BytesMut::new();
        loop {
            match publisher.session.poll() {
                Some(Event::Accepted) => break,
                Some(Event::Refused(refused)) => return Err(refused),
                None => {}
            }
            let read = publisher.socket.read_buf(&mut buffer).await.unwrap();
            assert_ne!(read, 0, "the server closes only after a reason");
            publisher.session.receive(&buffer.split()).unwrap();
            publisher.flush().await;
        }
        publisher.session.send(&Tag::config(&Encoder::config()));
        publisher.session.send(&Tag::config(&Sound::config()));
        publisher.flush().await;
        Ok(publisher)
    }

    /// Sends one frame and the sound that belongs to it.
    pub(super) async fn send_frame(&mut self) {
        let unit = self.encoder.frame(self.frame, self.frame * 33);
        self.frame += 1;
        let until = unit.timestamp_ms;
        self.session.send(&Tag::unit(&unit));
        while self.with_audio {
            let unit = self.sound.frame(self.audio_frame);
            if unit.timestamp_ms > until {
                break;
            }
            self.audio_frame += 1;
            self.session.send(&Tag::unit(&unit));
        }
        self.flush().await;
    }

    /// Sends in real time for this many frames.
    pub(super) async fn send_frames(&mut self, count: u64) {
        let mut pace =
            tokio::time::interval(Duration::from_nanos(1_000_000_000 / FRAMES_PER_SECOND));
        for _ in 0..count {
            pace.tick().await;
            self.send_frame().await;
        }
    }

    /// Sends in real time until the server sends it away; returns the reason.
    pub(super) async fn send_until_dismissed(mut self) -> Refused {
        let mut pace =
            tokio::time::interval(Duration::from_nanos(1_000_000_000 / FRAMES_PER_SECOND));
        let mut buffer = BytesMut::new();
        loop {
            tokio::select! {
                biased;
                read = self.socket.read_buf(&mut buffer) => {
                    assert_ne!(read.unwrap(), 0, "the server closes only after a reason");
                    self.session.receive(&buffer.split()).unwrap();
                    if let Some(Event::Refused(refused)) = self.session.poll() {
                        return refused;
                    }
                }
                _ = pace.tick() => self.send_frame().await,
            }
        }
    }

    /// Ends the broadcast in good order.
    pub(super) async fn goodbye(mut self) {
        self.session.close();
        self.flush().await;
        self.socket.shutdown().await.unwrap();
    }

    async fn flush(&mut self) {
        let output = self.session.take_output();
        self.socket.write_all(&output).await.unwrap();
    }
}
