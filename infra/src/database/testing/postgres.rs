//! One real PostgreSQL server for all tests of this process, on a socket directory.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use sea_orm::ConnectionTrait as _;
use tokio::sync::OnceCell;

use super::Database;
use crate::{
    clock::SystemClock,
    config::{self, Secret},
    tasks::Tasks,
};

/// The server ends with this process, even by kill -9: its shell waits on our end of a pipe.
const WITH_US: &str = r#"d=$1; shift; "$@" & p=$!; read -r _; kill -INT $p; wait $p; rm -rf "$d""#;

struct Server {
    directory: PathBuf,
    /// Holds the pipe.
    _shell: Child,
}

/// Makes a database like the migrated one and tells its address.
pub(super) async fn database() -> Secret {
    static TEMPLATE: OnceCell<()> = OnceCell::const_new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    TEMPLATE.get_or_init(make_template).await;
    let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
    administer(&format!("create database {name} template hw")).await;
    url(&name)
}

async fn make_template() {
    administer("create database hw").await;
    let config = config::Database::postgres(url("hw"));
    let db = Database::open(&config, &Tasks::new(), SystemClock::shared()).await.unwrap();
    db.migrate().await.expect("the migrations apply");
    db.read().clone().close().await.unwrap();
}

async fn administer(sql: &str) {
    let own = sea_orm::Database::connect(url("postgres").expose()).await.unwrap();
    own.execute_unprepared(sql).await.unwrap();
    own.close().await.unwrap();
}

fn url(database: &str) -> Secret {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let directory = SERVER.get_or_init(start).directory.display();
    Secret::new(format!("postgres:///{database}?host={directory}&user=postgres"))
}

fn start() -> Server {
    let bin = binaries();
    let directory = tempfile::Builder::new().prefix("hw-pg-").tempdir().unwrap().keep();
    let is_root = output(Command::new("id").arg("-u")) == "0";
    if is_root {
        output(Command::new("chown").arg("postgres:").arg(&directory));
    }
    let data = directory.join("data");
    output(as_postgres(is_root, &bin.join("initdb")).arg("-D").arg(&data).args([
        "-A",
        "trust",
        "-U",
        "postgres",
        "--no-locale",
        "-E",
        "UTF8",
    ]));
    let server = as_postgres(is_root, &bin.join("postgres"));
    let mut shell = Command::new("sh")
        .args(["-c", WITH_US, "_"])
        .arg(&directory)
        .arg(server.get_program())
        .args(server.get_args())
        .arg("-D")
        .arg(&data)
        .arg("-k")
        .arg(&directory)
        .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(shell.stderr.take().unwrap()).lines();
    let ready = lines.any(|line| line.is_ok_and(|line| line.contains("ready to accept")));
    assert!(ready, "PostgreSQL did not start in {}", directory.display());
    // Whatever it says later must not fill the pipe.
    std::thread::spawn(move || lines.count());
    Server { directory, _shell: shell }
}

fn as_postgres(is_root: bool, program: &Path) -> Command {
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
    command.current_dir("/");
    command
}

fn binaries() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<_> =
        versions.map(|version| version.path().join("bin")).filter(|bin| bin.is_dir()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| PathBuf::from(output(Command::new("pg_config").arg("--bindir"))))
}

fn output(command: &mut Command) -> String {
    let told = command.output().unwrap_or_else(|error| {
        panic!("{command:?}: {error}; PostgreSQL is needed: apt-get install postgresql")
    });
    assert!(told.status.success(), "{command:?}: {}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8_lossy(&told.stdout).trim().to_owned()
}
