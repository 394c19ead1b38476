#!/bin/sh
# Does nothing but say so, before and after, in a file that no crash of the node
# can take back: DEEDS. What it is to do stands in its input: {"fail": N} fails
# the first N attempts, {"ms": N} takes its time.
read -r task
number() { echo "$task" | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }
fail=$(number fail)
ms=$(number ms)
echo "begin $TROUPE_TASK $TROUPE_ATTEMPT $$ $(date +%s%N)" >>"$DEEDS"
[ -z "$ms" ] || sleep "$(printf '0.%03d' "$ms")"
echo "end $TROUPE_TASK $TROUPE_ATTEMPT $$ $(date +%s%N)" >>"$DEEDS"
if [ "${fail:-0}" -ge "$TROUPE_ATTEMPT" ]; then
  echo '{"error": {"message": "as asked", "category": "rate_limit"}}'
  exit 1
fi
echo "{\"task\": \"$TROUPE_TASK\"}"
