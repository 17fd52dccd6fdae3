vcl 4.1;
# Varnish 7 as an edge or shield in front of Headwater: one origin request per URL whatever the
# audience, waiters woken within tens of milliseconds, a part streamed to whoever joins while it
# arrives. Start it with
#   varnishd -a :80 -f varnish.vcl -s malloc,1G -s Transient=malloc,512M -p thread_pool_max=5000
# and `headwater doctor --via` against it. TLS stands in front (hitch, haproxy).

import std;

backend headwater {
  .host = "127.0.0.1";
  .port = "8080";
  # Longer than any hold, which is three target durations: 18 s with the longest profile.
  .first_byte_timeout = 30s;
  .between_bytes_timeout = 15s;
  .max_connections = 2000;
}

sub vcl_recv {
  if (req.url !~ "^/(hls|vod)/") {
    return (pass);              # API, event streams and pages
  }
  if (req.method != "GET" && req.method != "HEAD") {
    return (pass);              # preflights: a hash lookup would turn them into GETs
  }
  unset req.http.Cookie;
  unset req.http.Authorization;
  if (req.url ~ "\?") {
    # Only the delivery directives are part of the key, in one order; the origin gets the same URL,
    # so that the key never says less than the question. First names go that are no directive, then
    # what is left of their separators, then the first separator becomes a question mark again.
    set req.url = regsuball(req.url, "([?&])(?!_HLS_(?:msn|part|skip)=)[^?&]*", "\1");
    set req.url = regsuball(req.url, "[?&]+(?=[?&]|$)", "");
    set req.url = regsub(req.url, "^([^?&]*)[?&]", "\1?");
    set req.url = std.querysort(req.url);
  }
  return (hash);
}

sub vcl_backend_fetch {
  if (bereq.url !~ "^/(hls|vod)/") {
    set bereq.first_byte_timeout = 300s;
    set bereq.between_bytes_timeout = 3600s;   # event streams may be silent for long
  }
}

sub vcl_backend_response {
  if (bereq.url ~ "^/(hls|vod)/" && !bereq.uncacheable) {
    set beresp.do_stream = true;
    # Nothing is served past its lifetime: a stale playlist is a stall.
    set beresp.grace = 0s;
    set beresp.keep = 0s;
    if (beresp.ttl <= 0s) {
      # An answer that nobody may keep is shared by those who wait for it; without this the URL
      # would be passed through for the next two minutes.
      set beresp.ttl = 0.5s;
    }
    return (deliver);
  }
}

sub vcl_backend_error {
  if (bereq.url ~ "^/(hls|vod)/") {
    # The origin is away: everybody who waits hears it at once, and pages may read it.
    set beresp.ttl = 1s;
    set beresp.grace = 0s;
    set beresp.http.Cache-Control = "public, max-age=1";
    set beresp.http.Access-Control-Allow-Origin = "*";
    set beresp.http.Retry-After = "1";
    return (deliver);
  }
}

sub vcl_deliver {
  # Age is what hls.js tunes in with; how it was answered is what `headwater doctor` shows.
  if (obj.hits > 0) {
    set resp.http.X-Cache-Status = "HIT";
  } else {
    set resp.http.X-Cache-Status = "MISS";
  }
}
