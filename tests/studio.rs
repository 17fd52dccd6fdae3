//! What a creator learns of the publishers that came: by the API and on the studio's page.

use serde_json::{Value, json};

use crate::harness::browser;
use crate::harness::client::PATIENCE;
use crate::harness::encoder::Encoder;
use crate::harness::partner::Partner;
use crate::harness::program::{Backend, Options, Program};
use crate::live::until_live;

/// The codes of a channel's ingest log, oldest first.
async fn codes(partner: &Partner) -> Vec<String> {
    let path = format!("/v1/channels/{}/ingest-log", partner.channel_id);
    let page = partner.client.get(&path).await.expect(200).json();
    let lines = page["data"].as_array().expect("a list");
    let code = |line: &Value| line["code"].as_str().expect("a code").to_owned();
    lines.iter().rev().map(code).collect()
}

/// Waits until the log ends with `code`.
async fn until_logged(partner: &Partner, code: &str) {
    let logged = async { while codes(partner).await.last().is_none_or(|last| last != code) {} };
    let in_time = tokio::time::timeout(PATIENCE, logged).await;
    assert!(in_time.is_ok(), "no {code} in {:?}", codes(partner).await);
}

async fn log(backend: Backend) {
    let mut program = Program::start(Options::on(backend)).await;
    let partner = Partner::new(&program, "harbour").await;
    assert_eq!(codes(&partner).await, Vec::<String>::new());
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&program.client(), &partner).await;
    until_logged(&partner, "accepted").await;
    Encoder::start(&partner.publish_url(&program)).await.refused().await;
    until_logged(&partner, "already_live").await;
    encoder.stop().await;
    until_logged(&partner, "ended").await;

    let keys = format!("/v1/channels/{}/stream-keys", partner.channel_id);
    let listed = partner.client.get(&keys).await.expect(200).json();
    let key = listed["data"][0]["id"].as_str().expect("a key").to_owned();
    let revoke = format!("{keys}/{key}");
    partner.client.send(http::Method::DELETE, &revoke, None).await.expect(204);
    let said = Encoder::start(&partner.publish_url(&program)).await.refused().await;
    assert!(said.contains("key_revoked"), "{said}");
    until_logged(&partner, "key_revoked").await;
    let before = codes(&partner).await;
    program.kill_and_restart().await;
    assert_eq!(codes(&partner).await, before, "the log outlives the process");

    if backend == Backend::Embedded {
        let setup = program.json(&["user", "link", "--json"]).await;
        let link = setup["url"].as_str().expect("a link");
        let (_, token) = link.split_once("setup=").expect("a token");
        let url = format!("{}/studio?channel=harbour&setup={token}", program.http());
        let lines = browser::run("studio", &json!({ "url": url })).await;
        let shown = lines["log"].as_array().expect("lines");
        let words = |text: &str| shown.iter().any(|line| line == text);
        assert!(words("A publisher came with a valid key."), "{lines}");
        assert!(
            words("A second publisher was refused: this channel is already on the air."),
            "{lines}"
        );
        assert!(
            words(
                "A publisher came with a revoked key and was refused. Make a new key and set it in the encoder."
            ),
            "{lines}"
        );
        assert_eq!(lines["console"], json!([]), "{lines}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_creator_reads_why_a_publisher_was_refused() {
    log(Backend::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_creator_reads_why_a_publisher_was_refused_on_postgresql() {
    log(Backend::Servers).await;
}
