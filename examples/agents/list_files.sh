#!/bin/sh
# Gets a folder, answers with a list of the texts in it. The task comes as one
# JSON object on stdin; what goes to stdout as JSON is the output.
set -eu
folder=$(sed -n 's/.*"input":"\([^"]*\)".*/\1/p')
cd "$folder"
separator=
printf '['
for file in *.txt; do
  printf '%s"%s/%s"' "$separator" "$folder" "$file"
  separator=,
done
printf ']\n'
