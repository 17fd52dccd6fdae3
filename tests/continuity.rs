//! Kill -9 in the middle of a broadcast: what players have seen is there again, and goes on.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::harness::client::Client;
use crate::harness::encoder::Encoder;
use crate::harness::partner::Partner;
use crate::harness::player::{Playlist, decoded_frames, renditions};
use crate::harness::program::{Backend, Options, Program};
use crate::live::{follow_to, until_live};

/// What a player remembers of one rendition.
#[derive(Debug, Default)]
struct Memory {
    bytes: BTreeMap<String, Bytes>,
    first_msn: u64,
    /// The newest number of which it has seen a part.
    newest_msn: u64,
    discontinuities: u64,
}

impl Memory {
    /// Reads the playlist and everything that it lists.
    async fn see(&mut self, client: &Client, path: &str) {
        let playlist = Playlist::fetch(client, path).await;
        assert!(!playlist.ended(), "{}", playlist.text);
        let complete = playlist.first_msn() + playlist.segment_count();
        let open = format!("/{complete}.");
        let is_open_listed = playlist.parts().iter().any(|part| part.contains(&open));
        let newest = if is_open_listed { complete } else { complete - 1 };
        let sequence = playlist
            .tag("EXT-X-DISCONTINUITY-SEQUENCE")
            .map_or(0, |n| n.parse().expect("a number"));
        assert!(playlist.first_msn() >= self.first_msn, "the window went back\n{}", playlist.text);
        assert!(newest >= self.newest_msn, "{newest} after {}\n{}", self.newest_msn, playlist.text);
        assert!(sequence >= self.discontinuities, "{}", playlist.text);
        (self.first_msn, self.newest_msn) = (playlist.first_msn(), newest);
        self.discontinuities = sequence;
        for uri in playlist.segments().into_iter().chain(playlist.parts()) {
            let bytes = client.get(&uri).await.expect(200).body;
            let known = self.bytes.entry(uri.clone()).or_insert_with(|| bytes.clone());
            assert_eq!(*known, bytes, "{uri} has other bytes than before");
        }
    }
}

async fn goes_on_after_kills(backend: Backend, kills: usize) {
    let mut program = Program::start(Options::on(backend)).await;
    let partner = Partner::new(&program, "harbour").await;
    let mut encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&program.client(), &partner).await;
    let paths = renditions(&program.client(), &partner.hls()).await;
    let mut memories: Vec<Memory> = paths.iter().map(|_| Memory::default()).collect();
    for _ in 0..kills {
        let client = program.client();
        let lead = paths.first().expect("a video playlist");
        let now = Playlist::fetch(&client, lead).await;
        follow_to(&client, lead, now.first_msn() + now.segment_count()).await;
        for (memory, path) in memories.iter_mut().zip(&paths) {
            memory.see(&client, path).await;
        }
        program.kill_and_restart().await;
        encoder.kill().await;
        let client = program.client();
        for (memory, path) in memories.iter_mut().zip(&paths) {
            memory.see(&client, path).await;
        }
        encoder = Encoder::start(&partner.publish_url(&program)).await;
    }
    let client = program.client();
    let lead = paths.first().expect("a video playlist");
    let now = Playlist::fetch(&client, lead).await;
    follow_to(&client, lead, now.first_msn() + now.segment_count()).await;
    encoder.stop().await;
    the_recording_is_whole(&client, &paths, &memories).await;
}

/// Every segment that was seen is in the ended broadcast, and each decodes.
async fn the_recording_is_whole(client: &Client, paths: &[String], memories: &[Memory]) {
    for (path, memory) in paths.iter().zip(memories) {
        let ended = loop {
            let playlist = Playlist::fetch(client, path).await;
            if playlist.ended() {
                break playlist;
            }
            let open = playlist.first_msn() + playlist.segment_count();
            Playlist::fetch(client, &format!("{path}?_HLS_msn={open}")).await;
        };
        let listed = ended.segments();
        let whole = |uri: &&String| {
            uri.rsplit('/').next().is_some_and(|name| name.matches('.').count() == 1)
        };
        for uri in memory.bytes.keys().filter(whole) {
            assert!(listed.contains(uri), "{uri} is not in\n{}", ended.text);
        }
        let mut init = Bytes::new();
        for line in ended.text.lines() {
            if line.starts_with("#EXT-X-MAP:") {
                let map = Playlist { path: path.clone(), text: line.to_owned() };
                init = client.get(&map.init()).await.expect(200).body;
            } else if !line.starts_with('#') && listed.contains(&ended.resolve(line)) {
                let bytes = client.get(&ended.resolve(line)).await.expect(200).body;
                assert!(decoded_frames(&init, &[bytes]) > 0, "{line}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_kills_lose_nothing_that_a_player_has_seen() {
    goes_on_after_kills(Backend::Embedded, 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_loses_nothing_on_postgresql_and_s3() {
    goes_on_after_kills(Backend::Servers, 2).await;
}
