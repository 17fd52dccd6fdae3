vcl 4.1;
# Varnish as a shield in front of Headwater: one origin request per URL whatever the audience, waiters
# woken within tens of milliseconds, a part streamed to whoever joins while it arrives.
# Start with: varnishd -s malloc,1G -p feature=+http2 -p thread_pool_max=5000

import std;

backend headwater {
  .host = "127.0.0.1";
  .port = "8080";
  .first_byte_timeout = 60s;    # longer than any hold
  .between_bytes_timeout = 15s;
  .max_connections = 2000;
}

sub vcl_recv {
  if (req.url !~ "^/(hls|vod)/") {
    return (pass);              # API, event streams and pages
  }
  unset req.http.Cookie;
  unset req.http.Authorization;
  if (req.url ~ "\?") {
    # Only the delivery directives are part of the key, in one order.
    set req.url = std.querysort(regsuball(req.url, "([?&])(?!_HLS_(msn|part|skip)=)[^&]*", "\1"));
    set req.url = regsuball(req.url, "[?&]+(?=&|$)", "");
    set req.url = regsub(req.url, "^([^?&]*)&", "\1?");
  }
  return (hash);
}

sub vcl_backend_response {
  if (bereq.url ~ "^/(hls|vod)/") {
    set beresp.do_stream = true;
    set beresp.grace = 0s;
    set beresp.keep = 0s;
    if (beresp.status >= 400) {
      set beresp.ttl = 0.5s;
    }
  }
}
