#!/bin/sh
# Proves isolation and durability by attack and by fault, on every engine, and prints what was tried and what was found:
#
#     make prove
#     make prove PROVE=20 SEED=4711
#
# Fails if one row of another user was seen, one acknowledged write was lost, one answer was undocumented, any test of these
# suites fails, or one of the faults could not be made here.
set -eu
cd "$(dirname "$0")/.."

swift=${1:-swift}
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
report=$(mktemp)
trap 'rm -f "$report"' EXIT
export UNIFY_PROVE="${PROVE:-5}" UNIFY_PROVE_SEED="$seed" UNIFY_PROVE_REPORT="$report"

suites=$(scripts/tagged-suites.py proof)
echo "The seed is $seed; repeat this run by: make prove PROVE=$UNIFY_PROVE SEED=$seed"
status=0
scripts/test-servers.sh run scripts/swift-test.sh "$swift" test --skip-build --no-parallel --filter "$suites" ||
    status=1
unset UNIFY_PROVE UNIFY_PROVE_SEED
scripts/fuzz.sh "$seed" 100 || status=1
scripts/injection.sh || status=1
scripts/tsql.sh "$swift" || status=1
scripts/with-server.sh scripts/sign-in-timing.py || status=1
UNIFY_TRUSTED_PROXIES=127.0.0.1 scripts/with-server.sh scripts/cost-of-bodies.py || status=1
"$swift" build -c release --product unify
scripts/noisy-neighbour.py || status=1

# Their suites are left out, without a failure, where the machine lets nobody mount a disk or trace a process.
for fault in "full disk" "power loss" "failing disk"; do
    grep -q "^$fault" "$report" || {
        echo "Nothing was tried with a fault of this kind: $fault." >&2
        status=1
    }
done

echo
echo "What was tried, with the seed $seed:"
sort "$report" | awk -F '\t' '
    { key = $1 "\t" $2; if (!(key in sum)) order[++count] = key; sum[key] += $3 }
    END { for (i = 1; i <= count; i++) { split(order[i], part, "\t"); printf "%-45s %-40s %8d\n", part[1], part[2], sum[order[i]] } }'
[ "$status" -eq 0 ] && echo "Nothing was lost, and nobody saw another's row." || echo "Something failed: see above." >&2
exit "$status"
