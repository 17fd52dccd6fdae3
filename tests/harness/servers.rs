//! Real servers for the tests: PostgreSQL and an S3 server. The shared ones start once, with the
//! first test that needs them; each test has a database or bucket of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::client::PATIENCE;

/// A process that ends with the test process, even when that is killed: its shell reads from a
/// pipe that only the test process holds open.
#[derive(Debug)]
pub(crate) struct Attached {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Attached {
    /// Starts `program` with `arguments`, its output in `log`.
    pub(crate) fn start(program: &str, arguments: &[String], log: &Path) -> Self {
        const GUARD: &str = r#""$@" & p=$!; read _; kill $p; wait $p"#;
        let output = std::fs::File::create(log).expect("a log file");
        let mut child = Command::new("sh")
            .args(["-c", GUARD, "_", program])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().expect("a second handle"))
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let stdin = child.stdin.take();
        Self { child, stdin }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        drop(self.stdin.take());
        drop(self.child.wait());
    }
}

/// The whole output of a program that must succeed.
pub(super) fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; run `make tools`"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A loopback port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Waits until a TCP connection to the port is accepted.
pub(super) async fn listening(port: u16, log: &Path) {
    let accepted = async {
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    if tokio::time::timeout(PATIENCE, accepted).await.is_err() {
        let said = std::fs::read_to_string(log).unwrap_or_default();
        panic!("port {port} does not answer:\n{said}");
    }
}

pub(super) fn temporary() -> TempDir {
    // A path short enough for a Unix socket in it.
    tempfile::Builder::new().prefix("hw-").tempdir_in("/tmp").expect("a temporary directory")
}

/// One PostgreSQL server on a Unix socket.
#[derive(Debug)]
pub(crate) struct Postgres {
    directory: TempDir,
    bin: PathBuf,
    /// `setpriv` and what it runs.
    arguments: Vec<String>,
    server: Option<Attached>,
}

impl Postgres {
    /// The server that all tests share.
    pub(crate) async fn shared() -> &'static Self {
        static SERVER: OnceCell<Postgres> = OnceCell::const_new();
        SERVER.get_or_init(Self::start).await
    }

    /// A server of one test, which may stop it.
    pub(crate) async fn start() -> Self {
        let directory = temporary();
        let root = output("id", &["-u"]) == "0";
        let bin = binaries();
        let data = directory.path().join("data");
        let path = directory.path().display().to_string();
        let user: Vec<String> = if root {
            output("chown", &["postgres", &path]);
            ["--reuid=postgres", "--regid=postgres", "--init-groups"].map(str::to_owned).to_vec()
        } else {
            Vec::new()
        };
        let initdb = bin.join("initdb").display().to_string();
        let data_path = data.display().to_string();
        let mut arguments: Vec<&str> = user.iter().map(String::as_str).collect();
        arguments.extend([&*initdb, "-D", &*data_path, "-A", "trust", "-U", "postgres"]);
        arguments.extend(["--no-locale", "-E", "UTF8", "--no-sync"]);
        output("setpriv", &arguments);
        let mut arguments = user.clone();
        arguments.push(bin.join("postgres").display().to_string());
        for argument in ["-D", &*data_path, "-k", &*path, "-c", "listen_addresses=", "-c"] {
            arguments.push(argument.to_owned());
        }
        arguments.extend(["fsync=off", "-c", "max_connections=300"].map(str::to_owned));
        let mut server = Self { directory, bin, arguments, server: None };
        server.start_again().await;
        server
    }

    /// Stops the server as an operator does who does not wait: open connections are cut.
    pub(crate) fn stop(&mut self) {
        let file = self.directory.path().join("data/postmaster.pid");
        let pid = std::fs::read_to_string(file).expect("a running server");
        output("kill", &["-INT", pid.lines().next().expect("a process id")]);
        self.server = None;
    }

    /// Starts it on the same data.
    pub(crate) async fn start_again(&mut self) {
        let log = self.directory.path().join("log");
        self.server = Some(Attached::start("setpriv", &self.arguments, &log));
        let ready = async {
            while !self.socket().exists() || !self.sql("postgres", "SELECT 1") {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, ready).await.expect("PostgreSQL answers in time");
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join(".s.PGSQL.5432")
    }

    fn sql(&self, database: &str, statement: &str) -> bool {
        let host = self.directory.path().display().to_string();
        Command::new(self.bin.join("psql"))
            .args(["-h", &host, "-U", "postgres", "-d", database, "-qc", statement])
            .output()
            .is_ok_and(|output| output.status.success())
    }

    /// The URL of a new, empty database.
    pub(crate) fn database(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
        assert!(self.sql("postgres", &format!("CREATE DATABASE {name}")), "a new database");
        let host = self.directory.path().display().to_string().replace('/', "%2F");
        format!("postgres://postgres@localhost/{name}?host={host}")
    }
}

fn binaries() -> PathBuf {
    let found = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL: run `make tools`");
    let mut versions: Vec<PathBuf> =
        found.flatten().map(|entry| entry.path().join("bin")).collect();
    versions.retain(|bin| bin.join("postgres").exists());
    versions.sort();
    versions.pop().expect("a PostgreSQL server: run `make tools`")
}

/// An S3 server.
#[derive(Debug)]
pub(crate) struct Weed {
    port: u16,
    master: u16,
    directory: TempDir,
    arguments: Vec<String>,
    server: Option<Attached>,
}

const ACCESS_KEY: &str = "headwater-test";
const SECRET_KEY: &str = "headwater-test-secret";

impl Weed {
    /// The server that all tests share.
    async fn shared() -> &'static Self {
        static SERVER: OnceCell<Weed> = OnceCell::const_new();
        SERVER.get_or_init(Self::start).await
    }

    /// A server of one test, which may stop it.
    pub(crate) async fn start() -> Self {
        let directory = temporary();
        let identities = serde_json::json!({"identities": [{
            "name": "hw",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "List", "Tagging", "Write"],
        }]});
        let config = directory.path().join("s3.json");
        std::fs::write(&config, identities.to_string()).expect("a config file");
        let (s3, filer, master, volume) =
            (free_port_low(), free_port_low(), free_port_low(), free_port_low());
        let arguments = [
            "mini".to_owned(),
            format!("-dir={}", directory.path().display()),
            "-ip=127.0.0.1".to_owned(),
            "-ip.bind=127.0.0.1".to_owned(),
            format!("-s3.config={}", config.display()),
            format!("-s3.port={s3}"),
            format!("-filer.port={filer}"),
            format!("-master.port={master}"),
            format!("-volume.port={volume}"),
            "-webdav=false".to_owned(),
            "-admin.ui=false".to_owned(),
        ];
        let arguments = arguments.to_vec();
        let mut server = Self { port: s3, master, directory, arguments, server: None };
        server.start_again().await;
        server
    }

    /// Stops the server: connections are refused from now on.
    pub(crate) fn stop(&mut self) {
        self.server = None;
    }

    /// Starts it on the same data and ports.
    pub(crate) async fn start_again(&mut self) {
        let log = self.directory.path().join("log");
        self.server = Some(Attached::start(&weed(), &self.arguments, &log));
        listening(self.port, &log).await;
    }

    /// A new, empty bucket.
    pub(crate) fn bucket(&self) -> Bucket {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("bucket-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let (program, master) = (weed(), self.master);
        let line = format!(
            "echo s3.bucket.create -name {name} | {program} shell -master=127.0.0.1:{master}"
        );
        output("sh", &["-c", &line]);
        Bucket { port: self.port, name }
    }
}

/// SeaweedFS opens each port + 10,000 for gRPC as well, so its ports must be low ones.
fn free_port_low() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let start = 20_000 + (std::process::id() * 16) % 12_000;
    loop {
        let offset = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(start + offset).expect("a port");
        let free = |port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(port) && free(port + 10_000) {
            return port;
        }
    }
}

/// Where `make tools` puts the wheels.
pub(super) fn tools() -> PathBuf {
    std::env::var_os("HEADWATER_TOOLS").map_or_else(
        || {
            PathBuf::from(std::env::var_os("HOME").unwrap_or_default())
                .join(".cache/headwater-tools")
        },
        PathBuf::from,
    )
}

fn weed() -> String {
    let weed = tools().join("venv/bin/weed");
    assert!(weed.exists(), "{} is missing: run `make tools`", weed.display());
    weed.display().to_string()
}

/// A bucket of one test.
#[derive(Debug)]
pub(crate) struct Bucket {
    port: u16,
    name: String,
}

impl Bucket {
    /// A new, empty bucket of the shared server.
    pub(crate) async fn create() -> Self {
        Weed::shared().await.bucket()
    }

    /// The address as the program's configuration takes it.
    pub(crate) fn url(&self) -> String {
        format!("s3+http://127.0.0.1:{}/{}", self.port, self.name)
    }

    /// The access key, as the program's environment takes it.
    pub(crate) fn environment() -> Vec<(String, String)> {
        let pairs = [("HEADWATER_STORE_KEY", ACCESS_KEY), ("HEADWATER_STORE_SECRET", SECRET_KEY)];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }
}
