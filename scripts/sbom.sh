#!/bin/sh
# Writes the bill of materials of this build (CycloneDX 1.6, JSON), and checks it against the schema of that form:
#
#     scripts/sbom.sh [FILE]
#
# It names the Swift packages and the C libraries in the versions that are here, with their licences as far as those can be
# told, and the tools of the tests, marked as not part of the product. Run it after a build: that fetches the packages.
set -eu
cd "$(dirname "$0")/.."

file=${1:-.build/sbom.cdx.json}
scripts/python-environment.sh .build/sbom scripts/requirements-sbom.txt
.build/sbom/bin/python scripts/sbom.py >"$file"
.build/sbom/bin/python - "$file" <<'PYTHON'
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

with open(sys.argv[1]) as file:
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(file.read())
if fault:
    sys.exit(f"{sys.argv[1]} is not CycloneDX 1.6: {fault}")
PYTHON
echo "$file"
