//! The command line: what each command takes, and the help that a newcomer reads.
//!
//! Conventions: stdout is data, stderr is talk; `--json` everywhere; exit codes 0 good, 1 failed,
//! 2 usage, 3 found something wrong.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Live and VOD streaming: RTMP in, low-latency HLS out, with the room beside the picture.
#[derive(Debug, Parser)]
#[command(name = "headwater", version, about, max_term_width = 100, propagate_version = true)]
#[command(after_help = "\
Examples:
  headwater serve --demo                          a test picture is live at once
  headwater channel new harbour --title Harbour   prints the stream key, once
  headwater publish --test --to rtmp://127.0.0.1:1935/live/KEY
  headwater probe http://127.0.0.1:8080/hls/harbour/index.m3u8")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// The folder of database, objects and spool; nothing is written outside it
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// A TOML file; flags and HEADWATER_* variables stand above it
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print machine-readable JSON on stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything in one process: ingest, delivery, API, pages and workers
    Serve(Serve),
    /// Make channels
    #[command(subcommand)]
    Channel(Channel),
    /// Make, list and revoke API keys
    #[command(subcommand)]
    Key(Key),
    /// Sign in the owner
    #[command(subcommand)]
    User(User),
    /// Send a file or the test picture to an RTMP server in real time
    Publish(Publish),
    /// Follow an HLS stream and say what is wrong with it, on any server; exit code 3 if players may fail
    Probe(Probe),
    /// Make a recording out of an MP4 file, without encoding it again
    Import(Import),
    /// Make a file out of a recording: MP4 without encoding it again, or its comments as JSON lines
    Export(Export),
    /// Print the API's contract (OpenAPI 3.1)
    Openapi,
    /// Check this machine and the configured stores, or a cache; each line says what to do
    Doctor(Doctor),
    /// Bring the database's schema up to date
    Migrate,
    /// Prove the money ledger
    #[command(subcommand)]
    Ledger(Verify),
    /// Prove the audit log
    #[command(subcommand)]
    Audit(Verify),
    /// Check or show the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Judge the feed's ranking
    #[command(subcommand)]
    Feeds(Feeds),
}

/// `headwater serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Start with a channel `demo`, a live test picture and scripted viewers
    #[arg(long)]
    pub(crate) demo: bool,
    /// Listen on all addresses of this machine instead of loopback only
    #[arg(long)]
    pub(crate) lan: bool,
    /// Where HTTP listens; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) http: Option<SocketAddr>,
    /// Where RTMP listens; port 0 takes a free one [default: 127.0.0.1:1935]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) rtmp: Option<SocketAddr>,
    /// Where RTMPS listens when a certificate is configured [default: 127.0.0.1:1936]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) rtmps: Option<SocketAddr>,
}

/// `headwater channel …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Channel {
    /// Make a channel with its room, and print its stream key: this is the only time it is shown
    New {
        /// The channel's name in addresses: a–z, 0–9 and -, 1 to 64 of them
        slug: String,
        /// The channel's title [default: the slug]
        #[arg(long)]
        title: Option<String>,
    },
}

/// `headwater key …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make an API key and print it: this is the only time it is shown
    New {
        /// What the key may do, for example `comments:read`; `*` is everything
        #[arg(long, required = true, num_args = 1..)]
        scope: Vec<String>,
        /// A name to know the key by
        #[arg(long)]
        label: Option<String>,
    },
    /// List the keys, without their secrets
    List,
    /// Revoke a key
    Revoke {
        /// The key's id, `key_…`
        id: String,
    },
}

/// `headwater user …`.
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Print a link that signs the owner in; it works once, for 30 minutes
    Link,
}

/// `headwater publish`.
#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// An FLV file: H.264, H.265 or AV1, and AAC or Opus
    #[arg(required_unless_present = "test", conflicts_with = "test")]
    pub(crate) file: Option<PathBuf>,
    /// Send our own test picture: 1280×720 at 30 frames a second with a running clock
    #[arg(long)]
    pub(crate) test: bool,
    /// Where to: rtmp://HOST:PORT/live/KEY, or rtmps:// for a server that the system's roots vouch for
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
    /// Stop after so many seconds [default: a file's end, or never]
    #[arg(long, value_name = "N")]
    pub(crate) seconds: Option<u64>,
}

/// `headwater probe`.
#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// A multivariant or media playlist
    pub(crate) url: String,
    /// How long to follow a live stream
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) seconds: u64,
}

/// `headwater doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Check a cache or CDN instead: a live stream's playlist as viewers ask for it
    #[arg(long, value_name = "URL")]
    pub(crate) via: Option<String>,
    /// The same playlist past the cache, or only where that is [default: the same path at http.listen]
    #[arg(long, value_name = "URL", requires = "via")]
    pub(crate) origin: Option<String>,
}

/// `headwater import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// A progressive MP4 file with H.264 and AAC
    pub(crate) file: PathBuf,
    /// The channel that the recording belongs to
    #[arg(long, value_name = "SLUG")]
    pub(crate) channel: String,
    /// The recording's title [default: the file's name]
    #[arg(long)]
    pub(crate) title: Option<String>,
}

/// `headwater export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The recording's id, `rec_…`
    pub(crate) recording: String,
    /// The file to write: its name ends in .mp4 for picture and sound, in .jsonl for the comments
    #[arg(short, long, value_name = "FILE.mp4|FILE.jsonl")]
    pub(crate) output: PathBuf,
    /// Replace a file that exists
    #[arg(long)]
    pub(crate) force: bool,
}

/// `… verify`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verify {
    /// Exit 0 when everything agrees, 3 when something does not
    Verify,
}

/// `headwater config …`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Read the configuration and say whether it is good
    Check,
    /// Print each value and where it came from; secrets are not shown
    Show,
}

/// `headwater feeds …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Feeds {
    /// Compare the ranking with the simple rules on a simulated schedule; exit 3 when it loses
    Evaluate {
        /// The seed of the simulated schedule
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}
