#!/bin/sh
# Builds the tests with a sanitizer, in a folder of their own, and runs those that can find something with it:
#
#     scripts/sanitize.sh thread     the library's suites: pool, contexts, caches, provisioning, SQLite underneath
#     scripts/sanitize.sh address    the engines' suites, which call C, against the test servers
#
# Fails where a test fails or the sanitizer reports anything. SUITES=… runs others: SUITES=UserLimitTests, for example,
# the limits of users in the application, which takes a build of everything.
set -eu
cd "$(dirname "$0")/.."

kind=${1:?thread or address}
swift=${2:-swift}
case "$kind" in
thread)
    [ -n "${SUITES:-}" ] || export LIBRARY_ALONE=1
    suites=${SUITES:-TenancyTests|SQLiteEngineTests}
    flags="--sanitize=thread -Xswiftc -DTHREAD_SANITIZER"
    ;;
address)
    suites=${SUITES:-SQLiteEngineTests|PostgreSQLEngineTests|MySQLEngineTests}
    flags="--sanitize=address"
    # Leaks are not looked for: the runtime keeps what it makes once.
    export ASAN_OPTIONS=detect_leaks=0
    ;;
*)
    echo "There is no sanitizer called $kind: thread or address." >&2
    exit 2
    ;;
esac

# The library alone needs fewer packages; the list of all of them stays as it is.
resolved=.build/Package.resolved.kept
mkdir -p .build
rm -f "$resolved"
[ ! -f Package.resolved ] || cp Package.resolved "$resolved"
put_back() {
    rm -f Package.resolved
    [ ! -f "$resolved" ] || mv "$resolved" Package.resolved
}
trap put_back EXIT
trap 'exit 1' INT TERM HUP

# shellcheck disable=SC2086
"$swift" build --build-tests $flags --scratch-path ".build/$kind"
# shellcheck disable=SC2086
scripts/test-servers.sh run scripts/swift-test.sh scripts/bounded.sh 40 \
    "$swift" test --skip-build $flags --scratch-path ".build/$kind" --no-parallel --filter "$suites"
