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

[ -x "$tools/bin/schemathesis" ] || {
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet "schemathesis>=4.32,<5"
}

echo "fuzzing with the seed $seed"
# What ends the session that asks is tried by the tests of the routes.
# shellcheck disable=SC2016
scripts/with-server.sh sh -c '"$@" --header "Authorization: Bearer $UNIFY_TOKEN" "$UNIFY_URL/openapi.yaml"' sh \
    "$tools/bin/schemathesis" run \
    --seed "$seed" --max-examples "$examples" --phases examples,coverage,fuzzing --continue-on-failure \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --exclude-operation-id logout --exclude-operation-id deleteMe --exclude-operation-id changePassword \
    --exclude-operation-id exportMe
