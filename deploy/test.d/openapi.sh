#!/usr/bin/env bash
# Calls every operation that the gateway describes in /openapi.json, on both listeners, with what the description allows
# and with what it does not: no answer may be a server error, and none may differ from the description. The argument is a
# folder of tools with schemathesis in it.
set -euo pipefail

TOOLS=$1
program=$(realpath "${CARGO_TARGET_DIR:-target}/debug/quickstart")
state=$(mktemp -d)
pid=

tidy() {
  trap - EXIT
  if [[ -n $pid ]]; then kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; fi
  rm -rf "$state"
}
trap tidy EXIT
trap 'exit 143' TERM INT

# The public listener, the internal one, the backend and the local Peaka are at fixed distances from each other.
port=$(perl -MIO::Socket::INET -e '
  TRY: for (1 .. 100) {
    my $port = 20000 + int rand 12000;
    my @sockets = map { IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => $port + $_) or next TRY }
      (0, 1, 10, -10);
    print $port;
    exit 0;
  }
  exit 1')
LOG_FILTER=error "$program" --state "$state" --port "$port" &
pid=$!
# It leaves files where it runs.
cd "$state"
# What is not asked for: that bad input is refused is the Rust tests' to say, who know why each is bad.
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance
for listener in "$port" "$((port + 1))"; do
  "$TOOLS/schemathesis/bin/schemathesis" run "http://127.0.0.1:$listener/openapi.json" --checks "$checks" \
    --phases examples,coverage,fuzzing --max-examples 60 --max-time 30 --seed 1 --generation-database none \
    --wait-for-schema 60 --request-timeout 20 --continue-on-failure --no-color
done
