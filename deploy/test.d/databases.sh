# shellcheck shell=bash
# A private Postgres and private Redis servers (one alone, one behind sentinels, a cluster) on free ports of the loopback
# interface, with their data below $scratch, which goes when the command ends. Nothing of theirs survives a run, so nothing is synced to disk.

redis_pids=()
postgres_running=

start_databases() {
  echo "==> Postgres and Redis"
  start_postgres
  start_redis
  start_redis_behind_sentinels
  start_redis_cluster
}

# A port that is free now, below the range from which the kernel hands out ports by itself; for a node of a cluster with
# the one 10,000 above it, where the nodes talk to each other: `free_port 10000`.
free_port() {
  perl -MIO::Socket::INET -e '
    my $second = shift // 0;
    for (1 .. 100) {
      my $port = 20000 + int rand($second ? 2700 : 12000);
      my @sockets = map { IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => $_) or () }
        $second ? ($port, $port + $second) : $port;
      next if @sockets < ($second ? 2 : 1);
      print $port;
      exit 0;
    }
    exit 1' "$@"
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
  redis_on "$(free_port)"
  export TEST_REDIS_URL=redis://127.0.0.1:$redis_port
}

start_redis_behind_sentinels() {
  local master port hosts=
  redis_on "$(free_port)"
  master=$redis_port
  redis_on "$(free_port)" --replicaof 127.0.0.1 "$master"
  for _ in 1 2 3; do
    port=$(free_port)
    cat >"$scratch/sentinel-$port.conf" <<TEXT
sentinel monitor main 127.0.0.1 $master 2
sentinel down-after-milliseconds main 5000
TEXT
    redis_on "$port" --sentinel
    hosts+=,127.0.0.1:$port
  done
  export TEST_REDIS_SENTINEL_URL=redis+sentinel://${hosts#,}/main
}

# Without replicas: what becomes of a cluster that loses a node is tried on others.
start_redis_cluster() {
  local port hosts=
  local -a nodes=()
  for _ in 1 2 3; do
    port=$(free_port 10000)
    redis_on "$port" --cluster-enabled yes --cluster-config-file "nodes-$port.conf"
    nodes+=("127.0.0.1:$port")
    hosts+=,127.0.0.1:$port
  done
  redis-cli --cluster create "${nodes[@]}" --cluster-replicas 0 --cluster-yes >>"$LOGS/redis.log"
  for node in "${nodes[@]}"; do
    until [[ $(redis-cli -p "${node##*:}" cluster info) == *cluster_state:ok* ]]; do sleep 0.1; done
  done
  export TEST_REDIS_CLUSTER_URL=redis+cluster://${hosts#,}
}

# A server on this port, once it answers; $redis_port is that port.
redis_on() {
  redis_port=$1
  local conf=$scratch/sentinel-$1.conf
  local -a file=()
  if [[ -f $conf ]]; then file=("$conf"); else set -- "$@" --save '' --appendonly no; fi
  redis-server "${file[@]}" --port "$redis_port" --bind 127.0.0.1 --dir "$scratch" "${@:2}" >>"$LOGS/redis.log" &
  redis_pids+=($!)
  for _ in {1..100}; do
    if [[ $(redis-cli -h 127.0.0.1 -p "$redis_port" ping 2>/dev/null) == PONG ]]; then return; fi
    kill -0 "${redis_pids[-1]}" || break
    sleep 0.1
  done
  echo "Redis did not start: $LOGS/redis.log" >&2
  return 1
}

stop_databases() {
  local pid
  for pid in "${redis_pids[@]}"; do
    # There is nothing to save, and nothing to wait for.
    kill -KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true
  done
  if [[ -n $postgres_running ]]; then
    as_postgres "$(postgres_bin)/pg_ctl" -D "$scratch/postgres/d" -m immediate stop >>"$LOGS/postgres.log" || true
  fi
}
