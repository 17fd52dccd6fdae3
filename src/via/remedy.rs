//! What is looked at, and how to put it right in each cache.

/// One thing that a cache must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Duty {
    /// Its name, as `headwater doctor` prints it.
    pub(crate) name: &'static str,
    /// What to do when it is not done, by cache.
    pub(crate) remedies: [(&'static str, &'static str); 4],
}

const fn duty(name: &'static str, remedies: [&'static str; 4]) -> Duty {
    let [nginx, varnish, traffic_server, other] = remedies;
    let remedies = [
        ("nginx", nginx),
        ("Varnish", varnish),
        ("Traffic Server", traffic_server),
        ("any other", other),
    ];
    Duty { name, remedies }
}

pub(super) const KEPT: Duty = duty(
    "kept",
    [
        "proxy_cache ZONE in the location of /hls/ and /vod/; no proxy_no_cache, no proxy_cache_bypass",
        "return (hash) in vcl_recv, and drop Cookie and Authorization before it",
        "map /hls/ and /vod/ in remap.config; cache.http 1, cache.required_headers 0",
        "cache whatever has a max-age, below /hls/ and /vod/, also with cookies",
    ],
);

pub(super) const QUERY: Duty = duty(
    "query in the key",
    [
        "proxy_cache_key $uri$is_args$args, after `set $args $hls_query`",
        "no `regsub(req.url, \"\\?.*\", \"\")`, and no vcl_hash without req.url",
        "cachekey.so with --include-params=_HLS_msn,_HLS_part,_HLS_skip, not --remove-all-params",
        "put _HLS_msn, _HLS_part and _HLS_skip into the cache key",
    ],
);

pub(super) const NOISE: Duty = duty(
    "noise in the key",
    [
        "the maps of nginx.conf and `set $args $hls_query`, so that only _HLS_* is left",
        "the three regsuball of varnish.vcl and std.querysort",
        "cachekey.so with --include-params=_HLS_msn,_HLS_part,_HLS_skip and --sort-params=true",
        "take _HLS_msn, _HLS_part and _HLS_skip into the cache key and nothing else, sorted",
    ],
);

pub(super) const HOLD: Duty = duty(
    "blocking reload",
    [
        "proxy_read_timeout 30s; proxy_cache_lock_timeout 20s; proxy_cache_lock_age 20s",
        "first_byte_timeout = 30s in the backend",
        "transaction_no_activity_timeout_out 30; retries × open_read_retry_time over 18 s",
        "let the origin take 30 s for its first byte; no answer of an older playlist meanwhile",
    ],
);

pub(super) const COLLAPSE: Duty = duty(
    "one request for all",
    [
        "proxy_cache_lock on; proxy_cache_lock_timeout 20s; proxy_cache_lock_age 20s",
        "return (hash), no hit-for-miss: beresp.ttl above 0 for everything below /hls/ and /vod/",
        "max_open_read_retries 400 (by default none), open_read_retry_time 50, open_write_fail_action 5",
        "switch request collapsing on (origin shield), and let those who wait do so for 20 s",
    ],
);

pub(super) const PROMPT: Duty = duty(
    "waiters woken",
    [
        "nothing wakes them faster than its lock's half second: look for a slow or full machine",
        "look at thread_pool_max and for a slow or full machine",
        "open_read_retry_time 50",
        "collapsed requests must be answered when the origin answers, not at the next poll",
    ],
);

pub(super) const HINT: Duty = duty(
    "hinted part",
    [
        "proxy_read_timeout 30s; proxy_max_temp_file_size not below a part",
        "first_byte_timeout = 30s, between_bytes_timeout = 15s",
        "background_fill_completed_threshold 0.0; read_while_writer needs its retries",
        "hold the request and give the whole part: nothing cut, nothing cached while it is cut",
    ],
);

pub(super) const FRESH: Duty = duty(
    "fresh playlist",
    [
        "no proxy_ignore_headers Cache-Control, no proxy_cache_valid 200; use_stale updating alone",
        "beresp.grace = 0s, and no beresp.ttl of your own",
        "no ttl-in-cache in cache.config; when_to_revalidate 0; cache.guaranteed_min_lifetime 0",
        "no minimum lifetime, no stale-while-revalidate beyond the time of one fetch",
    ],
);

pub(super) const ERRORS: Duty = duty(
    "errors forgotten",
    [
        "no proxy_cache_valid any; proxy_cache_valid 404 1s at most; respect Cache-Control",
        "no beresp.ttl of your own for beresp.status >= 400",
        "negative_caching_lifetime 1",
        "error caching no longer than the origin's max-age (CloudFront: 1 s, its default is 10 s)",
    ],
);

pub(super) const LIFETIMES: Duty = duty(
    "headers as sent",
    [
        "no expires, no add_header Cache-Control, no proxy_hide_header",
        "do not unset or set resp.http.Cache-Control, ETag or Content-Type",
        "no header_rewrite of Cache-Control, ETag or Content-Type",
        "pass Cache-Control, ETag, Content-Type and Headwater-Answer on as they are",
    ],
);

pub(super) const CORS: Duty = duty(
    "other sites' pages",
    [
        "no proxy_hide_header Access-Control-*; let OPTIONS pass to the origin",
        "do not unset resp.http.Access-Control-*; return (pass) for OPTIONS",
        "no header_rewrite of Access-Control-*; OPTIONS in ip_allow.yaml",
        "pass Access-Control-* on, on errors too, and let OPTIONS reach the origin",
    ],
);

pub(super) const FORMS: Duty = duty(
    "gzip and plain",
    [
        "proxy_set_header Accept-Encoding $hls_encoding, with it in proxy_cache_key; gzip off here",
        "http_gzip_support on (its default), no do_gzip, no unset of Accept-Encoding",
        "normalize_ae 1; no compress.so for playlists",
        "keep both forms (Vary: Accept-Encoding), compress nothing anew, never media",
    ],
);

pub(super) const RANGES: Duty = duty(
    "byte ranges",
    [
        "no max_ranges 0; no Range in the key without the slice module",
        "http_range_support on (its default)",
        "no removal of Range but by ranges.config",
        "answer ranges out of the whole object; never keep a part of it as the whole",
    ],
);

pub(super) const CONNECTION: Duty = duty(
    "connection kept",
    [
        "keepalive_timeout above 0 (its default is 75s)",
        "timeout_idle above a few seconds; no Connection: close in vcl_deliver",
        "keep_alive_enabled_in 1",
        "keep HTTP/1.1 connections of players open, or speak HTTP/2",
    ],
);

pub(super) const API: Duty = duty(
    "API passed by",
    [
        "no proxy_cache in `location /`; proxy_buffering off there",
        "return (pass) for what is not below /hls/ or /vod/",
        "no ttl-in-cache in cache.config: what may not be kept says no-store",
        "cache nothing outside /hls/ and /vod/, and do not buffer event streams",
    ],
);

pub(super) const PROTOCOL: Duty = duty(
    "HTTP/2",
    [
        "listen 443 ssl http2 (from 1.25.1: http2 on)",
        "-p feature=+http2, and ALPN h2 in hitch or haproxy before it",
        "server_ports 443:ssl:proto=http2;http",
        "switch HTTP/2 on: Apple's players take no low latency without it",
    ],
);
