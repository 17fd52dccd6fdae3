//! The real program as a child process in a directory of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::client::{Client, PATIENCE};
use super::servers::{Bucket, Postgres};

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_headwater");

/// On what the program keeps its facts and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    /// SQLite and files: nothing else runs.
    Embedded,
    /// PostgreSQL and an S3 server.
    Servers,
}

/// How a program is started.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) backend: Backend,
    pub(crate) demo: bool,
    /// Lines of TOML beside those of the backend.
    pub(crate) config: String,
    /// Command line arguments beside the harness's own.
    pub(crate) arguments: Vec<String>,
    /// Environment variables: what must not stand in a file.
    pub(crate) environment: Vec<(String, String)>,
    /// Where the data folder is made, if not beside what was built.
    pub(crate) disk: Option<PathBuf>,
}

impl Options {
    /// No demo, no configuration but the backend's.
    pub(crate) fn on(backend: Backend) -> Self {
        Self {
            backend,
            demo: false,
            config: String::new(),
            arguments: Vec::new(),
            environment: Vec::new(),
            disk: None,
        }
    }

    /// With the demo channel and its test picture.
    #[must_use]
    pub(crate) fn demo(mut self) -> Self {
        self.demo = true;
        self
    }
}

/// A running `headwater serve`. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    directory: TempDir,
    options: Options,
    environment: Vec<(String, String)>,
    pub(crate) ready: Value,
}

impl Program {
    /// Starts the program and waits for its ready line.
    pub(crate) async fn start(options: Options) -> Self {
        let disk = options.disk.as_deref().unwrap_or(Path::new(env!("CARGO_TARGET_TMPDIR")));
        let directory = tempfile::Builder::new()
            .prefix("headwater-")
            .tempdir_in(disk)
            .expect("a temporary directory");
        let (mut toml, mut environment) = backend(options.backend).await;
        toml.push_str(&options.config);
        environment.extend(options.environment.iter().cloned());
        std::fs::write(directory.path().join("headwater.toml"), toml).expect("a config file");
        let (child, ready) =
            launch(directory.path(), &options, &environment, "127.0.0.1:0", "127.0.0.1:0").await;
        Self { child, directory, options, environment, ready }
    }

    /// Kills the process without warning and starts it again on the same data and ports.
    pub(crate) async fn kill_and_restart(&mut self) {
        self.child.start_kill().expect("the process can be killed");
        self.child.wait().await.expect("the process ends");
        self.restart().await;
    }

    /// Asks the process to stop, waits until it has, and starts it again.
    pub(crate) async fn stop_and_restart(&mut self) {
        let code = self.stop().await;
        assert_eq!(code, Some(0), "a clean stop exits with 0\n{}", self.log());
        self.restart().await;
    }

    /// Sends the process a signal: `TERM`, `HUP`.
    pub(crate) async fn signal(&self, name: &str) {
        let (signal, pid) = (format!("-{name}"), self.pid().to_string());
        Command::new("kill").args([signal, pid]).status().await.expect("kill runs");
    }

    /// Asks the process to stop (SIGTERM); its exit code.
    pub(crate) async fn stop(&mut self) -> Option<i32> {
        self.signal("TERM").await;
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        status.expect("the program stops in time").expect("the process ends").code()
    }

    async fn restart(&mut self) {
        let (http, rtmp) = (self.http_address(), self.rtmp_address());
        let (child, ready) =
            launch(self.directory.path(), &self.options, &self.environment, &http, &rtmp).await;
        self.child = child;
        self.ready = ready;
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn http(&self) -> String {
        self.ready["http"].as_str().expect("http").trim_end_matches('/').to_owned()
    }

    /// `rtmp://127.0.0.1:PORT/live`.
    pub(crate) fn rtmp(&self) -> String {
        self.ready["rtmp"].as_str().expect("rtmp").to_owned()
    }

    /// `rtmps://127.0.0.1:PORT/live`, when a certificate is configured.
    pub(crate) fn rtmps(&self) -> String {
        self.ready["rtmps"].as_str().expect("rtmps").to_owned()
    }

    fn http_address(&self) -> String {
        self.http().trim_start_matches("http://").to_owned()
    }

    fn rtmp_address(&self) -> String {
        let url = self.rtmp();
        let address = url.trim_start_matches("rtmp://");
        address.split('/').next().unwrap_or_default().to_owned()
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("the process runs")
    }

    /// A client of this program.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.http())
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// What the program has said on stderr so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Runs a command beside the running program, on the same data.
    pub(crate) async fn command(&self, arguments: &[&str]) -> Output {
        let config = self.directory.path().join("headwater.toml");
        let mut command = Command::new(PROGRAM);
        command.args(arguments).arg("--data").arg(self.data()).arg("--config").arg(config);
        command.envs(self.environment.iter().cloned());
        run(command).await
    }

    /// As [`Self::command`], and its stdout is JSON.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments).await;
        assert_eq!(output.code, Some(0), "{arguments:?}: {}", output.stderr);
        serde_json::from_str(&output.stdout).expect("JSON on stdout")
    }
}

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program with these arguments alone.
pub(crate) async fn headwater(arguments: &[&str]) -> Output {
    headwater_with(arguments, &[]).await
}

/// Runs the program with these arguments and environment variables.
pub(crate) async fn headwater_with(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).envs(environment.iter().copied());
    run(command).await
}

async fn run(mut command: Command) -> Output {
    command.kill_on_drop(true).stdin(Stdio::null());
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.expect("the command ends in time").expect("the command runs");
    Output {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

async fn backend(backend: Backend) -> (String, Vec<(String, String)>) {
    match backend {
        Backend::Embedded => (String::new(), Vec::new()),
        Backend::Servers => {
            let database = Postgres::shared().await.database();
            let bucket = Bucket::create().await;
            let toml = format!("database.url = \"{database}\"\nstore.url = \"{}\"\n", bucket.url());
            (toml, Bucket::environment())
        }
    }
}

async fn launch(
    directory: &Path,
    options: &Options,
    environment: &[(String, String)],
    http: &str,
    rtmp: &str,
) -> (Child, Value) {
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(directory.join("log"))
        .expect("a log file");
    let mut command = Command::new(PROGRAM);
    command.args(["serve", "--json", "--http", http, "--rtmp", rtmp, "--rtmps", "127.0.0.1:0"]);
    command.arg("--data").arg(directory.join("data"));
    command.arg("--config").arg(directory.join("headwater.toml"));
    command.args(options.demo.then_some("--demo"));
    command.args(&options.arguments);
    command.envs(environment.iter().cloned());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
    let mut child = command.spawn().expect("the program starts");
    let stdout = child.stdout.take().expect("stdout is piped");
    let mut lines = BufReader::new(stdout).lines();
    let line = tokio::time::timeout(PATIENCE, lines.next_line()).await;
    let line = line.expect("the program is ready in time").expect("stdout can be read");
    let Some(line) = line else {
        let said = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
        panic!("the program ended before it was ready:\n{said}");
    };
    (child, serde_json::from_str(&line).expect("the ready line is JSON"))
}
