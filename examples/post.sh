#!/bin/sh
# Posts one reading, and once more when it was not acknowledged. LOADSTAR_ADDRESS=http://HOST:8086 LOADSTAR_KEY=key_… ./post.sh
# Ends with 0 when it is stored, 1 when it is refused for good, 75 when it should be sent again later.
set -eu
body=${1:-'{"energy_produced": 1.25, "energy_consumed": 0.75, "current_load": 45.2}'}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
for attempt in 1 2 3; do
  # The key comes from standard input: on the command line everybody on the machine could read it.
  status=$(printf 'header = "X-API-Key: %s"\n' "$LOADSTAR_KEY" |
    curl -s -m 30 -o "$answer" -w '%{http_code}' -K - -H 'Content-Type: application/json' -d "$body" \
      "$LOADSTAR_ADDRESS/api/hardware/data") || status=000
  case $status in
    200) cat "$answer"; exit 0 ;;
    000 | 429 | 503 | 507) sleep "${LOADSTAR_WAIT_S:-2}" ;;
    *) cat "$answer" >&2; exit 1 ;;
  esac
done
echo "not acknowledged (status $status): send it again later" >&2
exit 75
