#!/bin/sh
# Lets sqlmap look for a parameter that reaches the database as SQL, in a server of its own. Fails where it finds one, and
# where a request is refused before anything is put into it: then nothing of it was tried.
#
#     scripts/injection.sh
set -eu
cd "$(dirname "$0")/.."

if [ -z "${UNIFY_URL:-}" ]; then exec scripts/with-server.sh scripts/injection.sh; fi

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
found=0
refused=0
tried=0
token=$UNIFY_USER_TOKEN

# METHOD PATH BODY: sends it, keeps the answer, and fails unless it is one of success. No body is an empty one.
succeeds() {
    status=$(
        python3 - "$token" "$UNIFY_URL" "$output/answer" "$@" <<'PYTHON'
import sys, urllib.error, urllib.request
token, url, path, method, target, body = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
request = urllib.request.Request(url + target, body.encode() or None, headers, method=method)
try:
    answer = urllib.request.urlopen(request, timeout=60)
except urllib.error.HTTPError as error:
    answer = error
open(path, "wb").write(answer.read())
print(answer.status)
PYTHON
    )
    case "$status" in 2*) return 0 ;; esac
    echo "$1 $2 was answered $status: $(cat "$output/answer")" >&2
    return 1
}

# NAME METHOD PATH BODY [OPTION…]: the request as it is, then as sqlmap changes it. In the path `*` marks a place to try; in the
# body NEW stands for a word that nothing is called yet.
try() {
    name=$1 method=$2 path=$3 body=$4
    shift 4
    tried=$((tried + 1))
    succeeds "$method" "$(printf '%s' "$path" | tr -d '*')" "$(printf '%s' "$body" | sed "s/NEW/plain$tried/g")" || {
        refused=1
        return 0
    }
    [ -z "$body" ] ||
        set -- -H "Content-Type: application/json" --data "$(printf '%s' "$body" | sed "s/NEW/changed$tried/g")" "$@"
    timeout 1200 sqlmap --batch --level 2 --risk 2 --threads 4 --flush-session --disable-coloring \
        --output-dir "$output" --ignore-code '*' --header "Authorization: Bearer $token" \
        -u "$UNIFY_URL$path" --method "$method" "$@" >"$output/log" 2>&1 || true
    if grep -q "all tested parameters do not appear to be injectable" "$output/log"; then
        echo "not injectable: $name"
    else
        echo "sqlmap did not say that $name is safe:" >&2
        tail -n 20 "$output/log" >&2
        found=1
    fi
}

task='{"title":"a","description":"b","priority":1}'
note='{"title":"a","body":"b"}'
event='{"title":"a","location":"b","description":"c","starts_at":"2026-06-01T10:00:00Z","ends_at":"2026-06-01T11:00:00Z"}'
account='{"username":"NEW","email":"NEW@example.org","password":"correct horse battery staple"}'

# What the requests are about: number 1 of each kind, and a second page.
for _ in 1 2; do
    succeeds POST /api/tasks "$task"
    succeeds POST /api/notes "$note"
    succeeds POST /api/events "$event"
done
succeeds GET '/api/notes?limit=1' ''
cursor=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["next_cursor"])' <"$output/answer")

try "lists of tasks" GET "/api/tasks?q=a&limit=5&done=true&due_before=2027-01-01T00:00:00Z" '' \
    -p q,limit,done,due_before
try "lists of notes" GET "/api/notes?q=a&limit=5" '' -p q,limit
try "lists of events" GET "/api/events?q=a&from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z" '' -p q,from,to
try "cursors" GET "/api/notes?q=a&cursor=$cursor" '' -p cursor
try "numbers in paths" GET "/api/tasks/1*" ''
try "new tasks" POST /api/tasks "$task"
try "new notes" POST /api/notes "$note"
try "changed notes" PATCH /api/notes/1 "$note"
try "new events" POST /api/events "$event"
try "changed events" PATCH /api/events/1 "$event"
# Other words for blanks, which the rule for addresses refuses.
try "registering" POST /api/register "$account" -p username,email --tamper space2comment
# Ten tries for one name are let through; the rest is refused before it comes near the database.
try "signing in" POST /api/login '{"username":"user","password":"correct horse battery staple"}'
token=$UNIFY_TOKEN
try "lists of users" GET "/admin/users?q=u&limit=5" '' -p q,limit

[ -z "${UNIFY_PROVE_REPORT:-}" ] || printf 'sqlmap\tplaces tried\t%s\nsqlmap\tplaces open to injection\t%s\n' "$tried" "$found" \
    >>"$UNIFY_PROVE_REPORT"
[ "$found" -eq 0 ] && [ "$refused" -eq 0 ]
