#!/bin/sh
# Makes a Python environment of packages whose hashes are known, in place of an older one where the requirements changed:
#
#     scripts/python-environment.sh FOLDER REQUIREMENTS [REQUIREMENTS WITHOUT WHAT THEY DEPEND ON]
set -eu
folder=$1 requirements=$2 alone=${3:-}

# shellcheck disable=SC2086
wanted=$(cat "$requirements" $alone | sha256sum)
[ "$(cat "$folder/made" 2>/dev/null)" != "$wanted" ] || exit 0
rm -rf "$folder"
python3 -m venv "$folder"
install() { "$folder/bin/pip" install --quiet --disable-pip-version-check --require-hashes "$@"; }
install -r "$requirements"
[ -z "$alone" ] || install --no-deps -r "$alone"
echo "$wanted" >"$folder/made"
