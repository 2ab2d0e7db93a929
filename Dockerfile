# The service, alone. docker-compose.yml runs it with PostgreSQL.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock ./
COPY migrations migrations
COPY openapi openapi
COPY benches benches
COPY src src
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked \
    && cp target/release/newsroom /usr/local/bin/newsroom \
    && strip /usr/local/bin/newsroom

FROM debian:bookworm-slim
# Certificates, for the mail server and PostgreSQL over TLS.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin newsroom \
    && install -d -o newsroom -g newsroom -m 0700 /var/lib/newsroom
COPY --from=build /usr/local/bin/newsroom /usr/local/bin/newsroom
USER newsroom
WORKDIR /var/lib/newsroom
# The port that is published decides what clients use: set NEWSROOM_PUBLIC_URL to it.
ENV NEWSROOM_DATA_DIR=/var/lib/newsroom \
    NEWSROOM_HTTP__BIND=0.0.0.0:8080 \
    NEWSROOM_PUBLIC_URL=http://127.0.0.1:8080
VOLUME /var/lib/newsroom
EXPOSE 8080
# bash speaks HTTP well enough, and is there already.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health/ready HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200 '* ]]"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["newsroom"]
CMD ["serve"]
