#!/usr/bin/env bash
# The shell of the golden tests (cram3 --shell): bash with the helpers of golden_helpers.sh, whose
# whole output passes normalise.py, so that a .t file says what the programs print and no more.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BASH_ENV=$here/golden_helpers.sh bash "$@" 2>&1 | python3 -B "$here/normalise.py" "$PWD"
exit "${PIPESTATUS[0]}"
