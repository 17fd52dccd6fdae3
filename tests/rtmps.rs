//! RTMP inside TLS: ffmpeg and our own publisher send by it, and nothing else gets in by its port.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::client::{Client, PATIENCE};
use crate::harness::encoder::Encoder;
use crate::harness::partner::Partner;
use crate::harness::player::{decoded_frames, renditions};
use crate::harness::program::{Backend, Options, Program, headwater_with};
use crate::live::{follow_to, until_live};
use crate::tls;

/// A program that takes RTMPS and speaks plain HTTP.
async fn program(pair: &tls::Pair) -> Program {
    let mut options = Options::on(Backend::Embedded);
    options.config = pair.config.replace("http.", "rtmp.");
    Program::start(options).await
}

/// Two segments of the channel's picture decode.
async fn plays(client: &Client, partner: &Partner) {
    until_live(client, partner).await;
    let media = renditions(client, &partner.hls()).await;
    let playlist = follow_to(client, media.first().expect("a picture"), 1).await;
    let init = client.get(&playlist.init()).await.expect(200).body;
    let segments = playlist.segments();
    assert!(segments.len() >= 2, "{}", playlist.text);
    for uri in segments {
        let segment = client.get(&uri).await.expect(200).body;
        assert!(decoded_frames(&init, &[segment]) >= 30, "{uri}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_publishes_inside_tls() {
    let pair = tls::pair();
    let program = program(&pair).await;
    assert!(program.rtmps().starts_with("rtmps://127.0.0.1:"), "{}", program.ready);
    let partner = Partner::new(&program, "harbour").await;
    let path = format!("/v1/channels/{}/stream-keys", partner.channel_id);
    let keys = partner.client.get(&path).await.expect(200).json();
    assert_eq!(keys["data"][0]["rtmps_url"], program.rtmps());
    let encoder = Encoder::start(&format!("{}/{}", program.rtmps(), partner.stream_key)).await;
    plays(&program.client(), &partner).await;
    let broadcast = partner.on_air().await;
    encoder.stop().await;
    let path = format!("/v1/broadcasts/{}", broadcast["id"].as_str().expect("an id"));
    let ended = async {
        while partner.client.get(&path).await.expect(200).json()["status"] == "live" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("a goodbye inside TLS ends the broadcast");
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_publisher_sends_inside_tls_to_a_server_that_it_can_trust() {
    let pair = tls::pair();
    let program = program(&pair).await;
    let partner = Partner::new(&program, "harbour").await;
    let url = format!("{}/{}", program.rtmps(), partner.stream_key);
    let arguments = ["publish", "--test", "--to", &url, "--seconds", "12"];
    let stranger = headwater_with(&arguments, &[]).await;
    assert_eq!(stranger.code, Some(1), "{}", stranger.stderr);
    assert!(stranger.stderr.contains("invalid peer certificate"), "{}", stranger.stderr);
    let certificate = pair.certificate_file();
    let trusting = [("SSL_CERT_FILE", certificate.as_str())];
    let client = program.client();
    let (published, ()) =
        futures_util::future::join(headwater_with(&arguments, &trusting), plays(&client, &partner))
            .await;
    assert_eq!(published.code, Some(0), "{}", published.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_tls_is_refused_by_name() {
    let pair = tls::pair();
    let program = program(&pair).await;
    let partner = Partner::new(&program, "harbour").await;
    let plain = program.rtmps().replace("rtmps://", "rtmp://");
    Encoder::start(&format!("{plain}/{}", partner.stream_key)).await.refused().await;
    let address = plain.trim_start_matches("rtmp://").trim_end_matches("/live");
    let mut browser = TcpStream::connect(address).await.expect("a connection");
    browser.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("written");
    let closed = tokio::time::timeout(PATIENCE, browser.read(&mut [0; 64])).await;
    assert!(matches!(closed.expect("in time"), Ok(0) | Err(_)), "nothing is answered");
    let metrics = program.client().get("/metrics").await.expect(200).text();
    for code in ["plain_rtmp", "not_tls"] {
        let counted = format!("headwater_ingest_handshakes_total{{result=\"{code}\"}} 1");
        assert!(metrics.contains(&counted), "{metrics}");
        assert!(program.log().contains(code), "{}", program.log());
    }
    assert!(partner.live().await.is_none());
}
