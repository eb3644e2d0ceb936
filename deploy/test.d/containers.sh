#!/usr/bin/env bash
# Builds the images with the ordinary deploy/Dockerfile, looks at what is in them, brings the ordinary compose.yaml up and
# drives it from the first 401 to the revoked token. Starts a Docker engine of its own, and makes the base images of Debian's
# packages where no registry of images is reached. Takes a quarter of an hour the first time, most of it the release build;
# needs root, 15 GB, and Debian's docker.io and mmdebstrap. The stand-ins for Jaeger, Prometheus and Grafana cannot be made so:
# the profile `observability` is only checked for its form.
#
# usage: deploy/test --containers      (or: containers.sh CACHE)
set -euo pipefail
cache=${1:?"usage: $0 CACHE"}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
cd "$(dirname "$0")/../.."
here=deploy/test.d/containers
# What an image may weigh, in MB.
LIMIT=30

for part in engine bases; do
  # shellcheck source=/dev/null
  source "$here/$part.sh"
done

install_packages() {
  local -a packages=()
  command -v dockerd >/dev/null || packages+=(docker.io)
  command -v mmdebstrap >/dev/null || packages+=(mmdebstrap)
  if ((${#packages[@]})); then apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends "${packages[@]}" >/dev/null; fi
}

build() {
  echo "==> building the images"
  local name
  for name in gateway backend standin; do
    docker build --quiet -f deploy/Dockerfile --target "${name/#backend/mcp-backend}" -t "peaka-mcp-$name:local" . >/dev/null
  done
}

# $1: an image's name, $2: its program.
inspect_image() {
  local image=$1 program=$2 root=$cache/root bytes user
  user=$(docker image inspect --format '{{.Config.User}}' "$image")
  [[ $user == 65532:65532 ]] || { echo "$image runs as '$user'" >&2 && return 1; }
  bytes=$(docker image inspect --format '{{.Size}}' "$image")
  rm -rf "$root" && mkdir "$root"
  local container
  container=$(docker create "$image")
  docker export "$container" | tar -x -C "$root" --exclude=dev
  docker rm "$container" >/dev/null
  local found
  found=$(find "$root" -name '*sh' -perm /111 -o -name busybox -o -name apt -o -name dpkg -o -perm /6000 -type f)
  [[ -z $found ]] || { echo "$image holds what it should not: $found" >&2 && return 1; }
  docker run --rm --read-only --cap-drop ALL --security-opt no-new-privileges "$image" --version >/dev/null
  python3 deploy/sbom.py "$program" >"$cache/$program.cdx.json"
  local packed
  packed=$(docker save "$image" | gzip -6 | wc -c)
  echo "ok: $image: $(megabytes "$bytes"), packed $(megabytes "$packed"), $(find "$root" -type f | wc -l) files," \
    "$(grep -c '"purl"' "$cache/$program.cdx.json") crates in its bill of materials"
  rm -rf "$root"
  ((bytes <= LIMIT * 1000000)) || { echo "$image is larger than $LIMIT MB" >&2 && return 1; }
}

megabytes() { echo "$(($1 / 1000000)).$(($1 / 100000 % 10)) MB"; }

compose() { docker compose --project-name peaka-mcp-test "$@"; }

drive() {
  echo "==> bringing compose.yaml up"
  GATEWAY_MASTER_KEYS=$(head -c 32 /dev/urandom | base64 -w0 | tr '+/' '-_' | tr -d '=')
  export GATEWAY_MASTER_KEYS
  compose --profile observability config --quiet
  compose up --wait --wait-timeout 180 --no-build
  local services
  services=$(compose ps --format '{{.Service}}' | sort | uniq -c | awk '{printf "%s×%s ", $1, $2}')
  echo "ok: running $services"
  python3 "$here/drive.py" http://localhost:8080/mcp
  rolling
}

# One gateway after another is stopped, as an orchestrator does it, and nobody notices.
rolling() {
  local container failed=0 asked=0
  for container in $(compose ps --quiet gateway); do
    docker stop --time 60 "$container" >/dev/null &
    local stopping=$!
    while kill -0 "$stopping" 2>/dev/null; do
      asked=$((asked + 1))
      curl --silent --fail --max-time 5 -o /dev/null http://localhost:8080/.well-known/oauth-authorization-server ||
        failed=$((failed + 1))
    done
    docker start "$container" >/dev/null
    compose up --wait --no-build --no-recreate >/dev/null 2>&1
    sleep 3 # The load balancer asks every second, by name.
  done
  ((failed == 0)) || { echo "$failed of $asked requests failed while gateways were stopped" >&2 && return 1; }
  echo "ok: each gateway stopped once under $asked requests, none failed"
}

tidy() {
  trap - EXIT
  if [[ -n $engine_pid ]]; then
    compose down --volumes --timeout 30 >/dev/null 2>&1 || true
  fi
  stop_engine
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

install_packages
install_compose
start_engine
make_bases
build
inspect_image peaka-mcp-gateway:local gateway
inspect_image peaka-mcp-backend:local mcp-backend
drive
