#!/usr/bin/env bash
# Instructions of the microbenches in bff/benches, counted by callgrind: unlike times they repeat to a tenth of a percent.
# Each case runs with two numbers of rounds; the difference is what the rounds cost, without start and end.
#
#   bench/instructions.sh               all cases
#   bench/instructions.sh transcode     those of one bench
set -euo pipefail
cd "$(dirname "$0")/.."

command -v valgrind >/dev/null || { echo "this needs \`valgrind\`: install the package of that name" >&2; exit 1; }

few=5
many=55

# Its bench, how its name begins, how many fields, items or requests it has, and the most instructions that each may take.
cases() {
  cat <<'END'
transcode scan   1000  120
transcode flat   1000  220
transcode large 10000  230
transcode nest   1000  540
transcode join    100 5000
transcode prost  1000    -
request   hit       1 27000
request   miss      1 630000
request   encode    1 2300
END
}

program() { # program BENCH: builds it and says where it is
  cargo bench --locked -p anabranch --bench "$1" --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"name":"'"$1"'".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1
}

count() { # count PROGRAM CASE ROUNDS
  ANABRANCH_BENCH_ROUNDS=$3 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$1" "$2" 2>&1 >/dev/null |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

failed=false
last=
printf '%-10s %-7s %14s %10s\n' bench case instructions 'at most'
while read -r bench name each limit; do
  [ $# = 0 ] || [ "$bench" = "$1" ] || continue
  [ "$bench" = "$last" ] || binary=$(program "$bench")
  last=$bench
  [ -x "$binary" ] || { echo "the bench $bench does not build" >&2; exit 1; }
  less=$(count "$binary" "$name" $few)
  more=$(count "$binary" "$name" $many)
  tenths=$(((more - less) * 10 / (many - few) / each))
  note=
  if [ "$limit" != - ] && [ "$tenths" -gt $((limit * 10)) ]; then
    failed=true
    note='  too many'
  fi
  printf '%-10s %-7s %12d.%d %10s%s\n' "$bench" "$name" $((tenths / 10)) $((tenths % 10)) "$limit" "$note"
done < <(cases)
! $failed
