# shellcheck shell=bash
# Images under the names that deploy/Dockerfile and compose.yaml call for, for a machine that reaches no image registry:
# made of Debian's packages and of this machine's Rust toolchain. They stand in for the real ones and are not these:
# Postgres, Redis and HAProxy have the versions that Debian has.

make_bases() {
  if docker image inspect rust:1.95-bookworm postgres:17 redis:7.4 haproxy:3.2 >/dev/null 2>&1; then return; fi
  echo "==> making base images of Debian's packages"
  if ! docker image inspect debian-for-tests >/dev/null 2>&1; then
    mmdebstrap --quiet --variant=apt \
      --include=ca-certificates,gcc,g++,libc6-dev,make,perl,postgresql-15,redis-server,haproxy bookworm "$cache/debian.tar"
    docker import --change 'CMD ["bash"]' "$cache/debian.tar" debian-for-tests >/dev/null
    rm "$cache/debian.tar"
  fi
  base_rust
  base_postgres
  echo -e 'FROM debian-for-tests\nCMD ["redis-server"]' | docker build --quiet -t redis:7.4 - >/dev/null
  echo -e 'FROM debian-for-tests\nUSER haproxy\nENTRYPOINT ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]' |
    docker build --quiet -t haproxy:3.2 - >/dev/null
}

# The toolchain where the real image has it, without its documentation; and this machine's certificates, with which the
# registry of crates is reached.
base_rust() {
  local context=$cache/rust
  rm -rf "$context"
  mkdir -p "$context/usr/local"
  cp -a "$(rustc --print sysroot)" "$context/usr/local/rust"
  rm -rf "$context/usr/local/rust/share" "$context"/usr/local/rust/lib/rustlib/*/bin/llvm-*
  install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$context/etc/ssl/certs/ca-certificates.crt"
  cat >"$context/Dockerfile" <<'TEXT'
FROM debian-for-tests
COPY etc /etc
COPY usr /usr
ENV PATH=/usr/local/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin CARGO_HOME=/usr/local/cargo
TEXT
  docker build --quiet -t rust:1.95-bookworm "$context" >/dev/null
  rm -rf "$context"
}

# Does what compose.yaml needs of the real image's start.
base_postgres() {
  local context=$cache/postgres
  mkdir -p "$context"
  cat >"$context/start" <<'TEXT'
#!/bin/bash
set -euo pipefail
export PGDATA=${PGDATA:-/var/lib/postgresql/data}
if [[ ! -s $PGDATA/PG_VERSION ]]; then
  initdb --username="$POSTGRES_USER" --pwfile=<(echo "$POSTGRES_PASSWORD") --auth=scram-sha-256 >/dev/null
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  pg_ctl start -w -o "-c listen_addresses=" >/dev/null
  PGPASSWORD=$POSTGRES_PASSWORD createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl stop -w >/dev/null
fi
exec postgres -c listen_addresses='*'
TEXT
  chmod 755 "$context/start"
  cat >"$context/Dockerfile" <<'TEXT'
FROM debian-for-tests
COPY start /usr/local/bin/start
RUN install -d -o postgres -g postgres -m 700 /var/lib/postgresql/data && install -d -o postgres /var/run/postgresql
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER postgres
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["/usr/local/bin/start"]
TEXT
  docker build --quiet -t postgres:17 "$context" >/dev/null
  rm -rf "$context"
}
