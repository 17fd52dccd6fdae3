//! The least HTTP/1.1 client: one connection, one request at a time, one buffer.

use std::io;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

/// What one read takes at most.
const READ_BYTES: usize = 256 << 10;

/// A kept-alive connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    host: String,
    bearer: String,
}

/// The head of an answer, and where its body begins in the buffer.
#[derive(Debug, Clone, Copy)]
struct Head {
    status: u16,
    body_start: usize,
    length: Option<usize>,
}

impl Connection {
    /// Connects to the host of `url`; `bearer` goes with every request unless it is empty.
    pub(crate) async fn open(url: &Url, bearer: &str) -> anyhow::Result<Self> {
        let host = url.host_str().context("the address has a host")?;
        let port = url.port_or_known_default().context("the address has a port")?;
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        let bearer = match bearer {
            "" => String::new(),
            token => format!("authorization: Bearer {token}\r\n"),
        };
        Ok(Self { stream, buffer: Vec::new(), host: format!("{host}:{port}"), bearer })
    }

    /// Asks and reads the whole answer; its body stays in the connection's buffer.
    pub(crate) async fn get(&mut self, path: &str) -> io::Result<(u16, &[u8])> {
        self.ask("GET", path, "").await?;
        self.whole().await
    }

    /// Posts JSON and reads the whole answer.
    pub(crate) async fn post(&mut self, path: &str, json: &str) -> io::Result<(u16, &[u8])> {
        self.ask("POST", path, json).await?;
        self.whole().await
    }

    /// Asks for a body that does not end; returns the status.
    pub(crate) async fn stream(&mut self, path: &str) -> io::Result<u16> {
        self.ask("GET", path, "").await?;
        Ok(self.head().await?.status)
    }

    /// What came of a body that does not end. Keeps the last `keep` bytes of what came before.
    pub(crate) async fn more(&mut self, keep: usize) -> io::Result<&[u8]> {
        let gone = self.buffer.len().saturating_sub(keep);
        self.buffer.drain(..gone);
        self.fill().await?;
        Ok(&self.buffer)
    }

    async fn ask(&mut self, method: &str, path: &str, json: &str) -> io::Result<()> {
        let (host, bearer) = (&self.host, &self.bearer);
        let body = match json.len() {
            0 => String::new(),
            length => format!("content-type: application/json\r\ncontent-length: {length}\r\n"),
        };
        let text = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n{bearer}{body}\r\n{json}");
        self.buffer.clear();
        self.stream.write_all(text.as_bytes()).await
    }

    async fn whole(&mut self) -> io::Result<(u16, &[u8])> {
        let head = self.head().await?;
        let length = head.length.ok_or_else(|| io::Error::other("an answer without a length"))?;
        while self.buffer.len() < head.body_start + length {
            self.fill().await?;
        }
        Ok((head.status, self.buffer.get(head.body_start..).unwrap_or_default()))
    }

    async fn head(&mut self) -> io::Result<Head> {
        loop {
            if let Some(head) = head_of(&self.buffer) {
                return Ok(head);
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> io::Result<()> {
        self.buffer.reserve(READ_BYTES);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn head_of(bytes: &[u8]) -> Option<Head> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let status = text.get(9..12)?.parse().ok()?;
    let length = text.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Some(Head { status, body_start: end + 4, length })
}
