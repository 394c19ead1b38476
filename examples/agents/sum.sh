#!/bin/sh
# Gets a list of numbers, answers with their sum.
set -eu
sum=0
for number in $(sed -n 's/.*"input":\[\([0-9,]*\)\].*/\1/p' | tr ',' ' '); do
  sum=$((sum + number))
done
echo "$sum"
