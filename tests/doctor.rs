//! `headwater doctor --via`: the caches as we ship them are clean, and each mistake that people make
//! with them is found by its name.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

use crate::harness::caches::Cache;
use crate::harness::caches::Kind::{self, Nginx, TrafficServer, Varnish};
use crate::harness::encoder::Encoder;
use crate::harness::partner::Partner;
use crate::harness::program::{Backend, Options, Output, Program, headwater};
use crate::harness::servers::free_port;
use crate::live::until_live;

/// What must be found, and what was done to the shipped configuration: a text in it, and another.
type Mistake = (Kind, &'static [&'static str], (&'static str, &'static str));

const MISTAKES: &[Mistake] = &[
    (Nginx, &["kept"], ("proxy_cache headwater;", "proxy_cache off;")),
    (Nginx, &["query in the key"], ("$uri$is_args$args#$hls_encoding", "$uri#$hls_encoding")),
    (Nginx, &["noise in the key"], ("set $args $hls_query;", "")),
    (Nginx, &["one request for all"], ("proxy_cache_lock on;", "proxy_cache_lock off;")),
    (Nginx, &["one request for all"], ("lock_timeout 20s;", "lock_timeout 2s;")),
    (Nginx, &["blocking reload", "hinted part"], ("read_timeout 30s;", "read_timeout 20ms;")),
    (Nginx, &["blocking reload"], ("read_timeout 30s;", "read_timeout 3s;")),
    (
        Nginx,
        &["fresh playlist"],
        (VARY, "proxy_ignore_headers Vary Cache-Control; proxy_cache_valid 200 1m;"),
    ),
    (
        Nginx,
        &["errors forgotten"],
        (VARY, "proxy_ignore_headers Vary Cache-Control; proxy_cache_valid any 1m;"),
    ),
    (Nginx, &["headers as sent"], (VARY, "proxy_ignore_headers Vary; expires 1h;")),
    (
        Nginx,
        &["other sites' pages"],
        (VARY, "proxy_ignore_headers Vary; proxy_hide_header Access-Control-Allow-Origin;"),
    ),
    (
        Nginx,
        &["other sites' pages"],
        ("set $args", "if ($request_method = OPTIONS) { return 405; }\nset $args"),
    ),
    // `Vary` is not heeded; compression is lost.
    (Nginx, &["gzip and plain"], ("$args#$hls_encoding;", "$args;")),
    (Nginx, &["gzip and plain"], ("Accept-Encoding $hls_encoding;", "Accept-Encoding identity;")),
    (Nginx, &["byte ranges"], (VARY, "proxy_ignore_headers Vary; max_ranges 0;")),
    (Nginx, &["connection kept"], (VARY, "proxy_ignore_headers Vary; keepalive_timeout 0;")),
    (Varnish, &["kept"], ("return (hash);", "return (pass);")),
    (Varnish, &["noise in the key"], ("if (req.url ~ \"\\?\")", "if (false)")),
    (Varnish, &["blocking reload"], ("first_byte_timeout = 30s", "first_byte_timeout = 3s")),
    (
        Varnish,
        &["errors forgotten"],
        (
            "if (beresp.ttl <= 0s)",
            "if (beresp.status >= 400) { set beresp.ttl = 60s; }\nif (beresp.ttl <= 0s)",
        ),
    ),
    (
        Varnish,
        &["other sites' pages"],
        ("req.method != \"GET\" && req.method != \"HEAD\"", "false"),
    ),
    (
        TrafficServer,
        &["noise in the key"],
        ("@pparam=--include-params=_HLS_msn,_HLS_part,_HLS_skip", ""),
    ),
    (
        TrafficServer,
        &["query in the key"],
        ("--include-params=_HLS_msn,_HLS_part,_HLS_skip", "--remove-all-params=true"),
    ),
    (
        TrafficServer,
        &["one request for all"],
        ("max_open_read_retries INT 400", "max_open_read_retries INT -1"),
    ),
    (
        Nginx,
        &["API passed by"],
        (
            "proxy_buffering off;",
            "proxy_cache headwater; proxy_ignore_headers Cache-Control; proxy_cache_valid any 1m;",
        ),
    ),
];

/// A line of nginx.conf beside which others are put.
const VARY: &str = "proxy_ignore_headers Vary;";

/// How many caches are looked at at once.
const AT_ONCE: usize = 13;

async fn on_air() -> (Program, Partner, Encoder) {
    on_air_with(Options::on(Backend::Embedded)).await
}

async fn on_air_with(options: Options) -> (Program, Partner, Encoder) {
    let program = Program::start(options).await;
    let partner = Partner::new(&program, "harbour").await;
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&program.client(), &partner).await;
    (program, partner, encoder)
}

/// What the doctor finds wrong, and the whole of what it said.
async fn wrong(program: &Program, partner: &Partner, cache: &Cache) -> (BTreeSet<String>, String) {
    wrong_at(program, &format!("{}{}", cache.http(), partner.hls())).await
}

async fn wrong_at(program: &Program, via: &str) -> (BTreeSet<String>, String) {
    let arguments = ["doctor", "--json", "--via", via, "--origin", &program.http()];
    judged(&program.command(&arguments).await)
}

fn judged(output: &Output) -> (BTreeSet<String>, String) {
    let said = format!("{}{}", output.stdout, output.stderr);
    let checks: Vec<Value> =
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    let failed = checks.iter().filter(|check| check["ok"] == false);
    let names: BTreeSet<String> = failed
        .map(|check| {
            let nginx = check["fix"]["nginx"].as_str().expect("a remedy");
            assert!(!nginx.is_empty(), "{check}");
            check["check"].as_str().expect("a name").to_owned()
        })
        .collect();
    assert_eq!(output.code, Some(if names.is_empty() { 0 } else { 3 }), "{said}");
    (names, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_the_shipped_caches_clean() {
    let (program, partner, encoder) = on_air().await;
    let looked = [Nginx, Varnish, TrafficServer].map(async |kind| {
        let cache = Cache::in_front_of(kind, &program.http()).await;
        let (names, said) = wrong(&program, &partner, &cache).await;
        assert!(names.is_empty(), "{kind:?}: {said}");
        assert!(!said.contains("\"ok\":null"), "{kind:?}: {said}");
    });
    join_all(looked).await;
    encoder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_each_mistake_in_a_cache_by_its_name() {
    let (program, partner, encoder) = on_air().await;
    let looked = stream::iter(MISTAKES).map(async |(kind, expected, change)| {
        let cache = Cache::changed(*kind, &program.http(), &[*change]).await;
        let (names, said) = wrong(&program, &partner, &cache).await;
        let missed = expected.iter().any(|name| !names.contains(*name));
        missed.then(|| {
            format!("{expected:?} is not in {names:?} of {kind:?} with {change:?}:\n{said}\n")
        })
    });
    let missed: Vec<Option<String>> = looked.buffer_unordered(AT_ONCE).collect().await;
    let missed: String = missed.into_iter().flatten().collect();
    assert!(missed.is_empty(), "{missed}");
    encoder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_what_it_needs() {
    let (program, partner, encoder) = on_air().await;
    let origin = program.http();
    for (via, code, said) in [
        (format!("{origin}/hls/nobody/index.m3u8"), 1, "name a playlist of a live stream"),
        ("no address".to_owned(), 2, "`no address`"),
        (format!("http://127.0.0.1:1{}", partner.hls()), 1, "cannot connect"),
    ] {
        let output = program.command(&["doctor", "--via", &via, "--origin", &origin]).await;
        assert_eq!(output.code, Some(code), "{via}: {}", output.stderr);
        assert!(output.stderr.contains(said), "{via}: {}", output.stderr);
    }
    encoder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cache_the_doctor_finds_that_nothing_is_kept() {
    let (program, partner, encoder) = on_air().await;
    // The origin is where the configuration has it.
    let config = program.data().join("look.toml");
    let listen = program.http().replace("http://", "http.listen = \"") + "\"\n";
    std::fs::write(&config, listen).expect("a file");
    let (via, config) =
        (format!("{}{}", program.http(), partner.hls()), config.display().to_string());
    let output = headwater(&["doctor", "--json", "--via", &via, "--config", &config]).await;
    let (names, said) = judged(&output);
    let expected = ["kept", "one request for all"].map(str::to_owned);
    assert_eq!(names, BTreeSet::from(expected), "{said}");
    encoder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_doctor_wants_http_2() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a pair");
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).expect("a file");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
    let mut options = Options::on(Backend::Embedded);
    // The one authority that the doctor trusts.
    let trusted = certificate.display().to_string();
    options.environment.push(("SSL_CERT_FILE".to_owned(), trusted.clone()));
    let (program, partner, encoder) = on_air_with(options).await;
    let looked = [("ssl http2", false), ("ssl", true)].map(async |(kind, is_wrong)| {
        let port = free_port();
        let listen = format!(
            "listen 127.0.0.1:{port} {kind};\nssl_certificate {trusted};\n\
             ssl_certificate_key {};\nlocation / {{",
            key.display()
        );
        let change = ("location / {", listen.as_str());
        let _cache = Cache::changed(Nginx, &program.http(), &[change]).await;
        let via = format!("https://127.0.0.1:{port}{}", partner.hls());
        let (names, said) = wrong_at(&program, &via).await;
        assert_eq!(names.contains("HTTP/2"), is_wrong, "{kind}: {said}");
    });
    join_all(looked).await;
    encoder.stop().await;
}
