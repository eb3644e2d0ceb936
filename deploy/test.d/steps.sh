# shellcheck shell=bash
# The steps: what each runs, how they are run one after another, and the report.

ALL_STEPS="fmt clippy doc deny charts build rust doctest openapi faults clients"
export CARGO_TERM_COLOR=never NO_COLOR=1
LOGS=${CARGO_TARGET_DIR:-target}/test/logs
# Several times what the longest takes on two cores from nothing: a step that is not done by then hangs.
MOST_SECONDS=1800

step_fmt() { cargo fmt --all --check; }
step_clippy() { cargo clippy --locked --workspace --all-targets -- -D warnings; }
step_doc() { RUSTDOCFLAGS=-Dwarnings cargo doc --locked --workspace --no-deps; }
step_deny() { cargo fetch --locked && cargo deny --offline check bans licenses sources; }

step_charts() { deploy/test.d/charts.sh "$TOOLS/charts"; }

# Always the whole workspace with all targets: building one package alone, or without its tests, unifies the
# features of the dependencies anew and builds most of them again.
step_build() { cargo build --locked --workspace --all-targets; }
step_rust() { cargo nextest run --locked --workspace; }

step_doctest() { cargo test --locked --doc --workspace; }

step_openapi() { deploy/test.d/openapi.sh "$TOOLS"; }

# It starts databases of its own, as it ends and hinders them.
step_faults() { "${CARGO_TARGET_DIR:-target}/debug/faults" short --jobs 3; }

step_clients() {
  node --test --test-timeout=120000 --test-reporter=spec 'deploy/npm/tests/*.test.mjs'
  # A minute or three is what a file takes: this is for one that hangs.
  cd deploy/clients && node --test --test-concurrency=2 --test-timeout=600000 --test-reporter=spec 'tests/*.test.js'
}

# What a runner prints at its end, as it printed it.
closing_lines() {
  [[ -f $2 ]] || return 0
  case $1 in
    rust) grep -A 1000 -E '^ +Summary \[' "$2" || true ;;
    # Crates without an example have nothing to say.
    doctest) grep -E '^test result:' "$2" | grep -v ' 0 passed; 0 failed' || true ;;
    # One line for each scenario: its name and whether all held.
    faults) grep -E '^## ' "$2" | sed 's/^## /faults /' || true ;;
    clients) grep -A 7 -E '^(ℹ|#) tests [0-9]' "$2" || true ;;
  esac
}

declare -a ORDER=()
declare -A OUTCOME=() TOOK=()
step_pid= watch_pid=

run_steps() {
  if { wants rust || wants openapi || wants faults || wants clients; } && ! wants build; then chosen=" build$chosen"; fi
  local name
  for name in $ALL_STEPS; do
    if wants "$name"; then run_step "$name"; fi
  done
}

run_step() {
  local name=$1 log=$LOGS/$1.log began=$SECONDS
  ORDER+=("$name")
  TOOK[$name]=0
  rm -f "$log"
  if [[ $name =~ ^(rust|openapi|faults|clients)$ && ${OUTCOME[build]} != ok ]]; then
    OUTCOME[$name]="not run" && return
  fi
  echo "==> $name"
  # Its own process group, so that it can be ended as a whole, and waited for, so that a signal gets through.
  set -m
  # Both append: what one of them writes does not go over what the other wrote.
  (set -euo pipefail && "step_$name") >>"$log" 2>&1 </dev/null &
  step_pid=$!
  end_if_it_hangs "$step_pid" >>"$log" 2>&1 &
  watch_pid=$!
  set +m
  if wait "$step_pid"; then OUTCOME[$name]=ok; else OUTCOME[$name]=FAILED; fi
  stop_step
  TOOK[$name]=$((SECONDS - began))
  if [[ ${OUTCOME[$name]} == FAILED ]]; then
    tail -n 150 "$log"
    echo "==> $name FAILED after ${TOOK[$name]} s, all of it in $log"
  else
    echo "    ok after ${TOOK[$name]} s"
  fi
}

# Says what was going on, as nobody can look any more afterwards.
end_if_it_hangs() {
  sleep "$MOST_SECONDS"
  echo "not done after $MOST_SECONDS s, so it is ended; what runs now:"
  # All but the kernel's own.
  ps --ppid 2 -p 2 --deselect --forest -o pid,stat,etimes,args | cut -c 1-200 || true
  kill -- "-$1"
}

# Ends the step under way, if it has not ended, and whatever it left behind.
stop_step() {
  if [[ -z $step_pid ]]; then return; fi
  kill -- "-$watch_pid" "-$step_pid" 2>/dev/null || true
  for _ in {1..100}; do
    kill -0 -- "-$step_pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL -- "-$step_pid" 2>/dev/null || true
  step_pid=
}

report() {
  local name failed=0
  for name in "${ORDER[@]}"; do closing_lines "$name" "$LOGS/$name.log"; done
  echo
  for name in "${ORDER[@]}"; do
    printf '%-8s %-8s %4d s\n' "$name" "${OUTCOME[$name]}" "${TOOK[$name]}"
    if [[ ${OUTCOME[$name]} != ok ]]; then failed=1; fi
  done
  printf '%-17s %4d s\n' total $((SECONDS - start))
  return "$failed"
}
