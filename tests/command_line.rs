//! The command line: what scripts rely on, and what a mistake is told.

use crate::harness::program::{Backend, Options, Program, headwater};
use crate::live::until_there;

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_says_where_everything_is() {
    let program = Program::start(Options::on(Backend::Embedded).demo()).await;
    let ready = &program.ready;
    assert_eq!(ready["event"], "ready");
    assert_eq!(ready["pid"].as_u64(), Some(u64::from(program.pid())));
    assert_eq!(ready["demo"]["channel"], "demo");
    let client = program.client();
    client.get(ready["demo"]["watch"].as_str().expect("a page")).await.expect(200);
    client.get("/livez").await.expect(200);
    client.get("/readyz").await.expect(200);
    let metrics = client.get("/metrics").await.expect(200).text();
    assert!(metrics.contains("headwater_"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_made_beside_a_running_server_and_without_one() {
    let mut program = Program::start(Options::on(Backend::Embedded)).await;
    let made = program.json(&["channel", "new", "one", "--json"]).await;
    assert!(made["stream_key"].as_str().expect("a key").starts_with("hw_live_"));
    program.client().get("/v1/channels/by-slug/one").await.expect(200);
    assert_eq!(program.stop().await, Some(0), "{}", program.log());
    let made = program.json(&["channel", "new", "two", "--json"]).await;
    assert_eq!(made["slug"], "two");
    let twice = program.command(&["channel", "new", "two", "--json"]).await;
    assert_eq!(twice.code, Some(1), "{}", twice.stderr);
    assert!(twice.stderr.contains("two"), "{}", twice.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_on_the_same_data_do_not_meet() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let names: Vec<String> = (0..60).map(|number| format!("c{number}")).collect();
    let made = names.iter().map(|name| async {
        let arguments = ["channel", "new", name, "--json"];
        program.json(&arguments).await["slug"].clone()
    });
    assert_eq!(futures_util::future::join_all(made).await, names);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_gets_one_sentence_and_a_non_zero_exit() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let path = |name: &str| directory.path().join(name).display().to_string();
    let wrong = path("wrong.toml");
    std::fs::write(&wrong, "[live]\nprofil = \"low\"\n").expect("a file");
    let file = path("file");
    std::fs::write(&file, "").expect("a file");
    let held = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = held.local_addr().expect("an address").to_string();
    let data = path("data");
    let cases: [(&[&str], i32, &str); 6] = [
        (&["serve", "--config", &wrong, "--data", &data], 2, "did you mean `live.profile`"),
        (&["serve", "--data", &file, "--http", "127.0.0.1:0", "--rtmp", "127.0.0.1:0"], 1, &file),
        (&["serve", "--data", &data, "--http", &port, "--rtmp", "127.0.0.1:0"], 1, &port),
        (&["serve", "--htp", "127.0.0.1:0"], 2, "--http"),
        (&["channel", "new", "brd_x", "--data", &data], 2, "brd_"),
        (&["probe", "http://127.0.0.1:9/index.m3u8"], 1, "127.0.0.1:9"),
    ];
    for (arguments, code, said) in cases {
        let output = headwater(arguments).await;
        assert_eq!(output.code, Some(code), "{arguments:?}: {}", output.stderr);
        assert!(output.stderr.contains(said), "{arguments:?}: {}", output.stderr);
        assert!(!output.stderr.contains("panicked"), "{arguments:?}: {}", output.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_has_one_server_and_the_second_takes_nothing() {
    let first = Program::start(Options::on(Backend::Embedded).demo()).await;
    let data = first.data().display().to_string();
    let arguments = ["serve", "--data", &data, "--http", "127.0.0.1:0", "--rtmp", "127.0.0.1:0"];
    let second = headwater(&arguments).await;
    assert_eq!(second.code, Some(1), "{}", second.stderr);
    let said = format!("headwater: another headwater works in {data}: stop it");
    assert!(second.stderr.contains(&said), "{}", second.stderr);
    let playlist = first.ready["demo"]["hls"].as_str().expect("an address");
    until_there(&first.client(), playlist).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_named_and_its_failure_said_once() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let config = directory.path().join("headwater.toml");
    let url = "postgres://headwater@127.0.0.1:9/headwater";
    std::fs::write(&config, format!("database.url = {url:?}\n")).expect("a file");
    let data = directory.path().join("data").display().to_string();
    let config = config.display().to_string();
    let arguments = ["serve", "--config", &config, "--data", &data, "--http", "127.0.0.1:0"];
    let output = headwater(&arguments).await;
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    let said = "cannot open the database headwater at 127.0.0.1:9: ";
    assert!(output.stderr.contains(said), "{}", output.stderr);
    let (_, cause) = output.stderr.rsplit_once(": ").expect("a cause");
    assert_eq!(output.stderr.matches(cause.trim()).count(), 1, "{}", output.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_committed_contract_is_the_one_that_the_program_prints() {
    let printed = headwater(&["openapi"]).await;
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    let committed = include_str!("../openapi.yaml");
    assert!(printed.stdout == committed, "openapi.yaml is old: run `make openapi`");
}
