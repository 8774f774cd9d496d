#!/bin/sh
# Lets Microsoft's own parser read the T-SQL that Unify sends to SQL Server, which runs nowhere here. Runs tests of the
# application on SQLite, with an engine that also writes down what SQL Server would be sent, and gives scripts/tsql.py
# that and the engine's own statements. Downloads the parser, 43 MB, from PyPI into .build/tsql.
#
#     scripts/tsql.sh [SWIFT]
#
# The tests must be built.
set -eu
cd "$(dirname "$0")/.."

swift=${1:-swift}
[ "$(uname -m)" = x86_64 ] || {
    echo "Microsoft's parser is to be had for x86-64 only; left out." >&2
    exit 0
}
tools=.build/tsql
scripts/python-environment.sh "$tools" scripts/requirements-tsql.txt scripts/requirements-tsql-parser.txt
statements=$(mktemp)
trap 'rm -f "$statements"' EXIT
suites='RouteSweepTests|ItemRouteTests|AdminRouteTests|AccountRouteTests|AccountStateTests|UserPageTests|ConsolePageTests'
suites="$suites|PageAnswerTests|PurgeRouteTests|UserLimitTests|RecoveryTests|HealthRouteTests|DataAccessTests|StorageQuotaTests"
suites="$suites|ConfirmationTests|SecondFactorTests|AuditTests|AddressRouteTests|ExportTests"
UNIFY_TEST_TSQL="$statements" scripts/bounded.sh 15 "$swift" test --skip-build --no-parallel --filter "$suites" ||
    echo "Some of these tests failed; make test says whether they are right. What they sent is read all the same." >&2
"$tools/bin/python" scripts/tsql.py "$tools"/lib/python3*/site-packages/mssqlcli/mssqltoolsservice/bin "$statements"
