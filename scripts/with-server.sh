#!/bin/sh
# Runs a command beside a server of its own with a database for each user, and removes both when it ends:
#
#     scripts/with-server.sh COMMAND [ARGUMENT…]
#
# The command finds the server at UNIFY_URL, its process in UNIFY_SERVER_PID, a token of an administrator in UNIFY_TOKEN and of
# a user in UNIFY_USER_TOKEN.
set -eu
cd "$(dirname "$0")/.."

# The server knows no such setting.
unify() { env -u UNIFY_PROVE_REPORT .build/debug/unify "$@"; }
password="correct horse battery staple"
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

token_of() {
    python3 - "$port" "$1" "$password" 2>/dev/null <<'PYTHON' || true
import json, sys, urllib.request
port, name, password = sys.argv[1:]
body = json.dumps({"username": name, "password": password}).encode()
request = urllib.request.Request(f"http://127.0.0.1:{port}/api/login", body, {"Content-Type": "application/json"})
print(json.load(urllib.request.urlopen(request))["token"])
PYTHON
}

echo "$password" | unify user create --username root --email root@example.org --admin --password-stdin >/dev/null
echo "$password" | unify user create --username user --email user@example.org --password-stdin >/dev/null
env -u UNIFY_PROVE_REPORT .build/debug/unify serve >"$folder/log" 2>&1 &
server=$!
UNIFY_TOKEN=""
for _ in $(seq 100); do
    UNIFY_TOKEN=$(token_of root)
    [ -z "$UNIFY_TOKEN" ] || break
    sleep 0.1
done
[ -n "$UNIFY_TOKEN" ] || { echo "The server did not start:" >&2; tail "$folder/log" >&2; exit 1; }
UNIFY_USER_TOKEN=$(token_of user)
UNIFY_URL="http://127.0.0.1:$port"
UNIFY_SERVER_PID=$server
export UNIFY_TOKEN UNIFY_USER_TOKEN UNIFY_URL UNIFY_SERVER_PID
"$@"
