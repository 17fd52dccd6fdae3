//! The suite of every store, against a real S3 server.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use super::*;
use crate::object::conformance;

/// The server ends with this process, even by kill -9: its shell waits on our end of a pipe. It is
/// not asked to end: once its directory is gone it waits for ever.
const WITH_US: &str = r#"weed=${HEADWATER_TOOLS:-$HOME/.cache/headwater-tools}/venv/bin/weed
test -x "$weed" || { echo "$weed is missing: run make tools"; exit 1; }
"$weed" "$@" & p=$!; read -r _; kill -9 $p; wait $p"#;

/// Who we are at the test server.
const IDENTITIES: &str = r#"{"identities": [{"name": "hw",
    "credentials": [{"accessKey": "AK", "secretKey": "SK"}],
    "actions": ["Admin", "Read", "List", "Tagging", "Write"]}]}"#;

/// SeaweedFS opens each port and the one 10,000 above it.
const ROLES: [&str; 7] = ["s3", "filer", "master", "volume", "admin", "s3.iceberg", "s3.lance"];

fn start(directory: &Path) -> (Child, u16) {
    let identities = directory.join("s3.json");
    std::fs::write(&identities, IDENTITIES).unwrap();
    let first = free_block();
    let ports = ROLES.iter().zip(first..).map(|(role, port)| match role.split_once('.') {
        Some((server, part)) => format!("-{server}.port.{part}={port}"),
        None => format!("-{role}.port={port}"),
    });
    let mut shell = Command::new("sh")
        .args(["-c", WITH_US, "_", "mini", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"])
        .args(["-webdav=false", "-admin.ui=false", "-bucket=conformance"])
        .arg(format!("-dir={}", directory.display()))
        .arg(format!("-s3.config={}", identities.display()))
        .args(ports)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines().map_while(Result::ok);
    let is_ready = lines.by_ref().any(|line| {
        said.push(line);
        said.last().is_some_and(|line| line.contains("ready to use"))
    });
    assert!(is_ready, "SeaweedFS did not start: {said:?}");
    // Whatever it says later must not fill the pipe.
    std::thread::spawn(move || lines.count());
    (shell, first)
}

fn free_block() -> u16 {
    let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let first = 20_000 + u16::try_from(std::process::id() % 1_000).unwrap() * 10;
    (first..30_000)
        .step_by(10)
        .find(|first| (*first..first + 7).all(|port| is_free(port) && is_free(port + 10_000)))
        .expect("a block of free ports")
}

#[tokio::test]
async fn seaweedfs_keeps_the_promises_of_a_store() {
    let directory = tempfile::tempdir().unwrap();
    let (mut shell, port) = start(directory.path());
    let bucket = Bucket {
        endpoint: Some(format!("http://127.0.0.1:{port}")),
        name: "conformance".into(),
        region: "any".into(),
        access_key: "AK".into(),
        secret_key: Secret::new("SK"),
        path_style: true,
    };
    let store = S3::new(&bucket);
    conformance::check(&store).await;
    let head = store.head("media/b/1.m4s").await.unwrap();
    assert_eq!(head.content_type.as_deref(), Some("video/iso.segment"));
    assert!(head.cache_control.is_some_and(|kept| kept.ends_with("immutable")));
    let wrong = S3::new(&Bucket { secret_key: Secret::new("other"), ..bucket });
    let refused = wrong.get("page", None).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    drop(shell.stdin.take());
    shell.wait().unwrap();
    let gone = wrong.head("page").await;
    assert!(matches!(gone, Err(Error::Unavailable(_))), "{gone:?}");
}
