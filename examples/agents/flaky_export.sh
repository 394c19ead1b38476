#!/bin/sh
# Fails as real things do: refused, then killed, then it works. It knows how
# often it was tried from a file beside what it writes.
set -eu
task=$(cat)
out=$(printf %s "$task" | sed -n 's/.*"out":"\([^"]*\)".*/\1/p')
mkdir -p "$out"
echo "attempt $TROUPE_ATTEMPT" >> "$out/tries"
case $(wc -l < "$out/tries") in
  1) echo "the licence server has no seat" >&2; exit 75 ;;
  2) kill -KILL $$ ;;
esac
printf '%s\n' "$task" \
  | sed -n 's/.*"rates":{\([^}]*\)}.*/\1/p' | tr ',' '\n' > "$out/export.part"
# Whoever looks sees all of it or nothing.
mv "$out/export.part" "$out/export.txt"
echo "\"$out/export.txt\""
