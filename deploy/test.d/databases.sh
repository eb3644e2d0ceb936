# shellcheck shell=bash
# A private Postgres and a private Redis on free ports of the loopback interface, with their data below $scratch, which
# goes when the command ends. Nothing of theirs survives a run, so nothing is synced to disk.

redis_pid=
postgres_running=

start_databases() {
  echo "==> Postgres and Redis"
  start_postgres
  start_redis
}

# A port that is free now, below the range from which the kernel hands out ports by itself.
free_port() {
  perl -MIO::Socket::INET -e '
    for (1 .. 100) {
      my $port = 20000 + int rand 12000;
      my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => $port) or next;
      print $port;
      exit 0;
    }
    exit 1'
}

# Postgres refuses to run as root: root runs it as the user that its package brings.
as_postgres() {
  if ((EUID == 0)); then
    (cd / && setpriv --reuid=postgres --regid=postgres --init-groups --reset-env "$@")
  else
    "$@"
  fi
}

start_postgres() {
  local bin data=$scratch/postgres port
  bin=$(postgres_bin)
  port=$(free_port)
  mkdir "$data"
  if ((EUID == 0)); then chown postgres:postgres "$data"; fi
  as_postgres "$bin/initdb" -D "$data/d" -A trust -U postgres --no-sync --locale=C.UTF-8 >"$LOGS/postgres.log"
  postgres_running=1
  as_postgres "$bin/pg_ctl" -D "$data/d" -l "$data/log" -w -t 60 start >>"$LOGS/postgres.log" \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$data -c fsync=off -c max_connections=500"
  export TEST_POSTGRES_URL=postgres://postgres@127.0.0.1:$port/postgres
}

start_redis() {
  local port
  port=$(free_port)
  redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$scratch" >"$LOGS/redis.log" &
  redis_pid=$!
  for _ in {1..100}; do
    if [[ $(redis-cli -h 127.0.0.1 -p "$port" ping 2>/dev/null) == PONG ]]; then
      export TEST_REDIS_URL=redis://127.0.0.1:$port
      return
    fi
    kill -0 "$redis_pid" || break
    sleep 0.1
  done
  echo "Redis did not start: $LOGS/redis.log" >&2
  return 1
}

stop_databases() {
  if [[ -n $redis_pid ]]; then
    kill "$redis_pid" 2>/dev/null && wait "$redis_pid" 2>/dev/null || true
  fi
  if [[ -n $postgres_running ]]; then
    as_postgres "$(postgres_bin)/pg_ctl" -D "$scratch/postgres/d" -m immediate stop >>"$LOGS/postgres.log" || true
  fi
}
