#!/bin/sh
# Installs the C libraries that the build needs, from Debian's packages. Without root it prints the line to run.
set -eu

packages="libsqlite3-dev libsodium-dev libqrencode-dev libpq-dev libmariadb-dev unixodbc-dev tdsodbc git ca-certificates"
# The tests read databases and archives with other programs than the ones that wrote them.
case "${1:-}" in
test | prove) packages="$packages python3 procps openssl postgresql mariadb-server-core mariadb-client strace faketime curl sqlite3 nginx-light haproxy pgbouncer" ;;
esac
# The pages are tested, and shown, in a real browser.
case "${1:-}" in
test | screenshots) packages="$packages python3 python3-venv chromium chromium-driver fonts-dejavu-core oathtool zbar-tools" ;;
esac
[ "${1:-}" != bench ] ||
    packages="$packages python3 python3-venv procps openssl postgresql mariadb-server-core mariadb-client pgbouncer wrk"
[ "${1:-}" != sbom ] || packages="$packages python3 python3-venv"
[ "${1:-}" != prove ] || packages="$packages python3-venv sqlmap wrk"

missing=""
for package in $packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done

if ! command -v swift >/dev/null 2>&1; then
    echo "Swift 6.3 is missing: see https://www.swift.org/install/linux" >&2
    exit 1
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "Some packages are missing. Run this, then try again:" >&2
    echo "    sudo apt-get update && sudo apt-get install -y$missing" >&2
    exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing
