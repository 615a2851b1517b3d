#!/bin/sh
# A sweep by GNU parallel, one shard at a time on each slot; `--resume` leaves out the shards that ended well before.
# With `--sshloginfile HOSTS` it runs on several machines that share OUT.
#
#   SCENARIO=my.toml OUT=out/my SHARDS=32 sh gnu-parallel.sh
#   windtunnel sweep merge out/my
set -eu
: "${SCENARIO:?say which scenario}" "${OUT:?say which folder}" "${SHARDS:=8}"
mkdir -p "$OUT"
seq "$SHARDS" | parallel --quote --joblog "$OUT/parallel.log" --resume --retries 3 \
  "${WINDTUNNEL:-windtunnel}" sweep run "$SCENARIO" \
  --shard "{}/$SHARDS" --threads 1 --out "$OUT" --no-progress
