//! Publishes to an RTMP server, plain or inside TLS, in real time: the test picture, or an FLV file.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use infra::clock::SharedClock;
use media::flv::Tag;
use media::rtmp::Limits;
use media::rtmp::client::{Event, Session};
use media::rtmp::metadata::Metadata;
use media::rtmp::target::Address;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::trust;

mod feed;

pub(crate) use feed::Feed;

/// How long the server may take to answer; also how long a write may stand still.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a publish goes and how long it lasts.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) address: Address,
    pub(crate) limit: Option<Duration>,
}

impl Order {
    /// Reads the target's address.
    pub(crate) fn new(to: &str, seconds: Option<u64>) -> anyhow::Result<Self> {
        let address = Address::parse(to).with_context(|| format!("`{to}`"))?;
        Ok(Self { address, limit: seconds.map(Duration::from_secs) })
    }
}

/// The feed that the command line asks for.
pub(crate) fn feed(file: Option<&Path>, clock: SharedClock) -> anyhow::Result<Feed> {
    match file {
        None => Ok(Feed::test(clock)),
        Some(path) => Feed::file(path, clock),
    }
}

/// Sends the feed in real time until it ends, the limit is reached, or `stop` is ready.
pub(crate) async fn run(
    order: &Order,
    feed: &mut Feed,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let mut connection = Connection::open(order).await?;
    connection.negotiate().await?;
    connection.session.send_metadata(&feed.metadata());
    connection.flush().await?;
    tokio::pin!(stop);
    feed.begin();
    while let Some(due) = feed.due() {
        if order.limit.is_some_and(|limit| due >= limit) {
            break;
        }
        tokio::select! {
            () = &mut stop => break,
            () = tokio::time::sleep(feed.wait(due)) => {}
            heard = connection.hear() => {
                heard?;
                continue;
            }
        }
        for tag in feed.take(due)? {
            connection.session.send(&tag);
        }
        connection.flush().await?;
    }
    connection.session.close();
    connection.flush().await?;
    connection.socket.shutdown().await.context("closing the connection")
}

/// What the bytes travel over: a socket, or TLS on one.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

struct Connection {
    session: Session,
    socket: Box<dyn Stream>,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(order: &Order) -> anyhow::Result<Self> {
        let (host, port) = (order.address.host.as_str(), order.address.port);
        let connected = tokio::time::timeout(PATIENCE, connect(&order.address))
            .await
            .with_context(|| format!("{host}:{port} does not answer"))?;
        let socket = connected.with_context(|| format!("cannot connect to {host}:{port}"))?;
        let session = Session::new(Limits::default(), order.address.clone());
        Ok(Self { session, socket, buffer: vec![0; 65_536] })
    }

    /// Handshake, connect and publish, until the server lets us send.
    async fn negotiate(&mut self) -> anyhow::Result<()> {
        self.flush().await?;
        while !self.session.is_publishing() {
            let heard = tokio::time::timeout(PATIENCE, self.hear()).await;
            heard.context("the server does not answer")??;
        }
        Ok(())
    }

    /// Waits for bytes of the server and takes what they say. Cancel safe: a read that is dropped
    /// has taken no bytes.
    async fn hear(&mut self) -> anyhow::Result<()> {
        let count = self.socket.read(&mut self.buffer).await.context("reading from the server")?;
        let Some(bytes) = self.buffer.get(..count).filter(|bytes| !bytes.is_empty()) else {
            bail!("the server closed the connection");
        };
        self.session.receive(bytes)?;
        while let Some(event) = self.session.poll() {
            if let Event::Refused(refused) = event {
                return Err(refused.into());
            }
        }
        self.flush().await
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        let output = self.session.take_output();
        if output.is_empty() {
            return Ok(());
        }
        let writing = async {
            self.socket.write_all(&output).await?;
            self.socket.flush().await
        };
        let written = tokio::time::timeout(PATIENCE, writing).await;
        written.context("the server takes no more bytes")?.context("sending to the server")
    }
}

async fn connect(address: &Address) -> anyhow::Result<Box<dyn Stream>> {
    let socket = TcpStream::connect((address.host.as_str(), address.port)).await?;
    socket.set_nodelay(true)?;
    if !address.tls {
        return Ok(Box::new(socket));
    }
    let name = ServerName::try_from(address.host.clone())?;
    Ok(Box::new(trust::connector()?.connect(name, socket).await?))
}

/// What the test picture says of itself.
fn test_metadata() -> Metadata {
    Metadata {
        width: Some(1280.0),
        height: Some(720.0),
        frame_rate: Some(30.0),
        audio_sample_rate: Some(48_000.0),
        ..Metadata::default()
    }
}

/// A tag at another time.
fn at(tag: Tag, timestamp_ms: u32) -> Tag {
    Tag { timestamp_ms, ..tag }
}
