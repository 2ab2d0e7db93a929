# newsroom behind Varnish 7 with varnish-modules (Debian: varnish, varnish-modules).
#
#   varnishd -f /etc/varnish/newsroom.vcl -p http_gzip_support=off …
#   NEWSROOM_PURGE__URLS=http://127.0.0.1:6081/        where newsroom reaches this Varnish
#   NEWSROOM_HTTP__TRUSTED_PROXIES=127.0.0.1/32        where Varnish comes from: limits are then counted for each reader
#
# With http_gzip_support=off Varnish keeps the bytes that newsroom made, brotli and gzip and neither, each under its own ETag. Without it
# everything works too, but brotli is never served.
vcl 4.1;

import std;
import xkey;

backend newsroom {
    .host = "127.0.0.1";
    .port = "8080";
    # Events are streamed with a heartbeat, and who waits for a change waits for 30 s at most.
    .first_byte_timeout = 60s;
    .between_bytes_timeout = 60s;
}

# Who may purge: newsroom, and nobody else.
acl purgers {
    "127.0.0.1";
    "::1";
}

sub vcl_recv {
    if (req.method == "PURGE") {
        # What came through another proxy on this machine is not newsroom.
        if (client.ip !~ purgers || req.http.X-Forwarded-For ~ ",") {
            return (synth(403, "Forbidden"));
        }
        if (!req.http.xkey-purge) {
            return (synth(400, "No keys"));
        }
        return (synth(200, "Purged " + xkey.purge(req.http.xkey-purge)));
    }

    # What is not delivery is private: it goes through as it is, and so does every method that changes something.
    if (req.url !~ "^/v1/delivery/" || (req.method != "GET" && req.method != "HEAD")) {
        return (pass);
    }

    # Delivery answers everybody alike. Nothing that says who asks reaches it, or keeps an answer from others.
    unset req.http.Authorization;
    unset req.http.Cookie;
    unset req.http.Accept;
    unset req.http.X-Request-Id;
    set req.http.Host = "newsroom";
    set req.url = std.querysort(req.url);

    # Those who wait for the next event wait alone.
    if (req.url ~ "^/v1/delivery/stream" || req.url ~ "[?&]wait=") {
        return (pass);
    }

    # Of all ways to write Accept-Encoding three are left.
    if (req.http.Accept-Encoding ~ "(?i)(^|[ ,])br($|[ ,;])" && req.http.Accept-Encoding !~ "(?i)br *; *q=0(\.0*)? *(,|$)") {
        set req.http.Accept-Encoding = "br";
    } elsif (req.http.Accept-Encoding ~ "(?i)(^|[ ,])gzip($|[ ,;])" && req.http.Accept-Encoding !~ "(?i)gzip *; *q=0(\.0*)? *(,|$)") {
        set req.http.Accept-Encoding = "gzip";
    } else {
        unset req.http.Accept-Encoding;
    }
    return (hash);
}

sub vcl_backend_response {
    # Never longer than newsroom says: s-maxage forbids to serve what is stale, also while newsroom is away.
    set beresp.grace = 0s;
    if (beresp.http.Cache-Control ~ "(^|[ ,])s-maxage=" && (beresp.status == 200 || beresp.status == 308)) {
        # Who is told of every change may keep it longer than others.
        if (beresp.http.Surrogate-Control ~ "^max-age=[0-9]+$") {
            set beresp.ttl = std.duration(regsub(beresp.http.Surrogate-Control, "^max-age=", "") + "s", beresp.ttl);
        }
        set beresp.http.xkey = beresp.http.Surrogate-Key;
        # Of the one who asked first, and of nobody else.
        unset beresp.http.X-Request-Id;
        unset beresp.http.RateLimit;
        unset beresp.http.RateLimit-Policy;
    } else {
        # Problems, private answers, whatever else: for the one who asked.
        set beresp.uncacheable = true;
        set beresp.ttl = 10s;
    }
    unset beresp.http.Surrogate-Control;
    return (deliver);
}

sub vcl_deliver {
    unset resp.http.xkey;
    unset resp.http.Surrogate-Key;
    if (obj.hits > 0) {
        set resp.http.X-Cache = "HIT";
        # It is true now: who keeps it after us counts from here.
        set resp.http.Age = "0";
    } else {
        set resp.http.X-Cache = "MISS";
    }
}
