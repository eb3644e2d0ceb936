# shellcheck shell=bash
# The programs of a release, and how they are built. A profile knows functions by names in which packages, features, target and
# cargo's profile have a part: whoever records one and whoever uses it must build alike.

HOST=$(rustc -vV | sed -n 's/^host: //p')
LLVM=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
PROFILE=$PWD/deploy/release/paths.profdata

# $1: flags for rustc; the others: more for cargo. With a target, build scripts and macros are not built with the flags.
build_programs() {
  local flags=$1
  shift
  RUSTFLAGS="${RUSTFLAGS:+$RUSTFLAGS }$flags" \
    cargo build --release --locked --package gateway --package mcp-backend --package standin --target "$HOST" "$@"
}
