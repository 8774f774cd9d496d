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

if [ -z "${UNIFY_URL:-}" ]; then
    scripts/python-environment.sh "$tools" scripts/requirements-fuzz.txt
    echo "fuzzing with the seed $seed"
    exec scripts/with-server.sh scripts/fuzz.sh "$seed" "$examples"
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Counts what is sent. With FUZZ_ACCOUNTS each request comes from an account that was made for it, and every other one with
# its right password: what ends a session or an account does so each time, and nobody else's.
cat >"$folder/hooks.py" <<'PYTHON'
import atexit, collections, itertools, json, os, urllib.request
import schemathesis

PASSWORD = "correct horse battery staple"
numbers, sent, accepted = itertools.count(1), collections.Counter(), collections.Counter()


def register(number):
    name = f"fuzz-{os.getpid()}-{number}"
    body = json.dumps({"username": name, "email": f"{name}@example.org", "password": PASSWORD}).encode()
    request = urllib.request.Request(
        os.environ["UNIFY_URL"] + "/api/register", body, {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=60))["token"]


@schemathesis.hook
def before_call(context, case, kwargs):
    number = next(numbers)
    if "FUZZ_ACCOUNTS" not in os.environ:
        return
    case.headers["Authorization"] = f"Bearer {register(number)}"
    if number % 2 == 0 and isinstance(case.body, dict):
        for field in ("password", "current_password"):
            if field in case.body:
                case.body[field] = PASSWORD


@schemathesis.hook
def after_call(context, case, response):
    sent[case.operation.label] += 1
    accepted[case.operation.label] += 200 <= response.status_code < 300


@atexit.register
def tell():
    with open(os.environ["FUZZ_COUNTS"], "a") as counts:
        for label, number in sent.items():
            counts.write(f"{label}\t{number}\t{accepted[label]}\n")
PYTHON

run() {
    FUZZ_COUNTS="$folder/counts" SCHEMATHESIS_HOOKS="$folder/hooks.py" timeout 3600 "$tools/bin/schemathesis" run \
        --seed "$seed" --max-examples "$examples" --phases examples,coverage,fuzzing --continue-on-failure \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
        "$@" "$UNIFY_URL/openapi.yaml"
}

status=0
set -- --header "Authorization: Bearer $UNIFY_TOKEN"
for operation in logout deleteMe changePassword exportMe; do set -- "$@" --exclude-operation-id "$operation"; done
run "$@" || status=1
set --
for operation in logout deleteMe changePassword exportMe; do set -- "$@" --include-operation-id "$operation"; done
export FUZZ_ACCOUNTS=1
run "$@" || status=1

# What is refused each time is not tried.
for operation in 'POST /api/logout' 'DELETE /api/me' 'PUT /api/me/password' 'GET /api/me/export'; do
    awk -F '\t' -v operation="$operation" '$1 == operation && $3 > 0 { found = 1 } END { exit !found }' \
        "$folder/counts" || {
        echo "No request to $operation was accepted: it was not tried." >&2
        status=1
    }
done
requests=$(awk -F '\t' '{ sum += $2 } END { print sum + 0 }' "$folder/counts")
echo "$requests requests were sent."
[ -z "${UNIFY_PROVE_REPORT:-}" ] || printf 'schemathesis\trequests sent\t%s\nschemathesis\tpasses that found something\t%s\n' \
    "$requests" "$status" >>"$UNIFY_PROVE_REPORT"
exit "$status"
