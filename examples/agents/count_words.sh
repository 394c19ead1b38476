#!/bin/sh
# Gets a file's name, answers with the number of its words.
set -eu
file=$(sed -n 's/.*"input":"\([^"]*\)".*/\1/p')
echo "counting $file" >&2 # Shown to who watches.
wc -w < "$file"
