//! Ports: an address that somebody chose must be free; a default one gives way to the next.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;
use tokio::net::TcpListener;

/// Where an address came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Nobody chose it: the next free port is as good.
    Default,
    /// Somebody chose it: a busy port is an error.
    Chosen,
}

/// Ports that are tried after a busy default.
const TRIES: u16 = 20;

/// Listens on the address, or on the next free port when nobody chose it.
pub(super) async fn listen(
    address: SocketAddr,
    choice: Choice,
) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let mut wanted = address;
    loop {
        match TcpListener::bind(wanted).await {
            Ok(listener) => {
                let bound = listener.local_addr()?;
                return Ok((listener, bound));
            }
            Err(source) if wanted.port() < address.port().saturating_add(TRIES) => {
                wanted = next(wanted, choice, source)?;
            }
            Err(source) => return Err(refused(wanted, source)),
        }
    }
}

/// The address to try after `busy`, or why none is tried.
pub(super) fn next(
    busy: SocketAddr,
    choice: Choice,
    source: io::Error,
) -> anyhow::Result<SocketAddr> {
    if choice == Choice::Chosen || source.kind() != io::ErrorKind::AddrInUse {
        return Err(refused(busy, source));
    }
    let port = busy.port().checked_add(1).context("no port is free")?;
    let next = SocketAddr::new(busy.ip(), port);
    tracing::warn!(address = %busy, next = %next, "{}, trying the next", occupied(busy));
    Ok(next)
}

fn refused(address: SocketAddr, source: io::Error) -> anyhow::Error {
    if source.kind() == io::ErrorKind::AddrInUse {
        return anyhow::anyhow!("{}: choose another port", occupied(address));
    }
    anyhow::Error::new(source).context(format!("cannot listen on {address}"))
}

/// "127.0.0.1:8080 is taken by nginx (pid 7)", as far as the system tells.
fn occupied(address: SocketAddr) -> String {
    match holder(address.port()) {
        Some(who) => format!("{address} is taken by {who}"),
        None => format!("{address} is taken"),
    }
}

/// Who listens on a port, by Linux's tables of sockets and open files.
fn holder(port: u16) -> Option<String> {
    let inode = listening_inode(port)?;
    let link = format!("socket:[{inode}]");
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    processes.filter(|process| holds(&process.path(), &link)).find_map(|process| {
        let name = std::fs::read_to_string(process.path().join("comm")).ok()?;
        let pid = process.file_name().to_string_lossy().into_owned();
        Some(format!("{} (pid {pid})", name.trim()))
    })
}

fn listening_inode(port: u16) -> Option<String> {
    const LISTENING: &str = "0A";
    let suffix = format!(":{port:04X}");
    ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().find_map(|table| {
        let table = std::fs::read_to_string(table).ok()?;
        table.lines().skip(1).find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let local = fields.get(1)?;
            let state = fields.get(3)?;
            let found = local.ends_with(&suffix) && *state == LISTENING;
            found.then(|| fields.get(9).map(|inode| (*inode).to_owned())).flatten()
        })
    })
}

fn holds(process: &Path, link: &str) -> bool {
    let Ok(files) = std::fs::read_dir(process.join("fd")) else { return false };
    files.flatten().any(|file| {
        std::fs::read_link(file.path()).is_ok_and(|target| target.to_string_lossy() == link)
    })
}
