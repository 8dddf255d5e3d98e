#!/bin/sh
# Builds everything in $BENCH_WORK (default: .work here, ignored by git).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${BENCH_WORK:-$here/.work}
mkdir -p "$work/src"
cp -R "$here/rust" "$here/proto" "$here/queries" "$work/src/"
(cd "$work/src/rust" && CARGO_TARGET_DIR="$work/target" cargo build --release)
# The gateway, from the workspace above.
(cd "$here/.." && CARGO_TARGET_DIR="$work/target" cargo build --release -p anabranch-cli)
for p in ${PEERS-p2-apollo p3-hive p4-tailcall}; do
  mkdir -p "$work/$p"
  cp -R "$here/peers/$p/." "$work/$p/"
  # A peer whose packages cannot be had is left out by run.py.
  (cd "$work/$p" && npm install --no-package-lock --no-audit --no-fund) || echo "no $p" >&2
done
[ -n "${PEERS-all}" ] || exit 0
cp -R "$here/proto" "$work/p4-tailcall/"
# P3: compose the supergraph. Mesh 1.8 drops the documented load option
# `defaults`, and then answers null for every proto3 default (false, 0, ""), so
# it is put into the supergraph here, where the transport reads it.
(cd "$work/p3-hive" && PROTO_DIR="$here/proto" node_modules/.bin/mesh-compose -o supergraph.graphql &&
  sed -i 's/roots: \[{name:/roots: [{loadOptions: {defaults: true, keepCase: true}, name:/g' supergraph.graphql)
