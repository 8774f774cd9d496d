#!/bin/sh
# Sends what the description of the interface allows, and much that it does not, to a server of its own, by schemathesis
# (from PyPI, into .build/fuzz). Fails on any 5xx answer and on any answer that the description does not have.
#
#     scripts/fuzz.sh [SEED [EXAMPLES]]
set -eu
cd "$(dirname "$0")/.."

seed=${1:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
examples=${2:-50}
tools=.build/fuzz
unify=.build/debug/unify
password="correct horse battery staple"

[ -x "$tools/bin/schemathesis" ] || {
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet "schemathesis>=4.32,<5"
}

folder=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export UNIFY_DATA_DIR="$folder" UNIFY_PORT="$port" MULTI_TENANT_MODE=true UNIFY_LOG_LEVEL=warning
server=""
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

echo "$password" | "$unify" user create --username root --email root@example.org --admin --password-stdin >/dev/null
"$unify" serve >"$folder/log" 2>&1 &
server=$!
token=""
for _ in $(seq 100); do
    token=$(python3 - "$port" "$password" 2>/dev/null <<'PYTHON' || true
import json, sys, urllib.request
body = json.dumps({"username": "root", "password": sys.argv[2]}).encode()
request = urllib.request.Request(f"http://127.0.0.1:{sys.argv[1]}/api/login", body, {"Content-Type": "application/json"})
print(json.load(urllib.request.urlopen(request))["token"])
PYTHON
    )
    [ -z "$token" ] || break
    sleep 0.1
done
[ -n "$token" ] || { echo "The server did not start:" >&2; tail "$folder/log" >&2; exit 1; }

echo "fuzzing with the seed $seed"
# What ends the session that asks is tried by the tests of the routes.
"$tools/bin/schemathesis" run "http://127.0.0.1:$port/openapi.yaml" --header "Authorization: Bearer $token" \
    --seed "$seed" --max-examples "$examples" --phases examples,coverage,fuzzing --continue-on-failure \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --exclude-operation-id logout --exclude-operation-id deleteMe --exclude-operation-id changePassword \
    --exclude-operation-id exportMe
