#!/bin/sh
# Writes the three locks: names, versions, markers and hashes, no addresses.
set -eu
cd "$(dirname "$0")/.."
newest=$(python3 -c 'from datetime import date, timedelta; print(date.today() - timedelta(days=7))')
compile() { uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
    --quiet --exclude-newer "$newest" "$@" > /dev/null; }
compile --all-extras --group dev --group bench -o locks/bench.txt
sed -E '/^ +--hash/d; s/ \\$//' locks/bench.txt > locks/constraints.tmp
compile --all-extras --group dev -c locks/constraints.tmp -o locks/dev.txt
compile --group build -c locks/constraints.tmp -o locks/run.txt
rm locks/constraints.tmp
