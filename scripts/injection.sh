#!/bin/sh
# Lets sqlmap look for a parameter that reaches the database as SQL, in a server of its own. Fails where it finds one.
#
#     scripts/injection.sh
set -eu
cd "$(dirname "$0")/.."

if [ -z "${UNIFY_URL:-}" ]; then exec scripts/with-server.sh "$0"; fi

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
found=0
tried=0
try() {
    name=$1
    shift
    sqlmap --batch --level 2 --risk 2 --threads 4 --flush-session --disable-coloring --output-dir "$output" \
        --ignore-code '*' --header "Authorization: Bearer $UNIFY_USER_TOKEN" "$@" >"$output/log" 2>&1 || true
    tried=$((tried + 1))
    if grep -q "all tested parameters do not appear to be injectable" "$output/log"; then
        echo "not injectable: $name"
    else
        echo "sqlmap did not say that $name is safe:" >&2
        tail -n 20 "$output/log" >&2
        found=1
    fi
}

json="Content-Type: application/json"
try "lists of tasks" -u "$UNIFY_URL/api/tasks?q=a&limit=5&done=true&due_before=2027-01-01T00:00:00Z" \
    -p q,limit,done,due_before
try "lists of events" -u "$UNIFY_URL/api/events?q=a&from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z" -p q,from,to
try "cursors" -u "$UNIFY_URL/api/notes?q=a&cursor=abc" -p cursor
try "numbers in paths" -u "$UNIFY_URL/api/tasks/1*"
try "new tasks" -u "$UNIFY_URL/api/tasks" --method POST -H "$json" --data '{"title":"a","description":"b","priority":1}'
# Ten tries for one name are let through; the rest is refused before it comes near the database.
try "signing in" -u "$UNIFY_URL/api/login" --method POST -H "$json" --data '{"username":"a","password":"b"}'
[ -z "${UNIFY_PROVE_REPORT:-}" ] || printf 'sqlmap\tplaces tried\t%s\nsqlmap\tplaces open to injection\t%s\n' "$tried" "$found" \
    >>"$UNIFY_PROVE_REPORT"
exit "$found"
