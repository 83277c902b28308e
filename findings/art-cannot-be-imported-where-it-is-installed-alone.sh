#!/usr/bin/env bash
# adversarial-robustness-toolbox 1.20.1 (ART). Guess: what pip installs with a package is what the package needs. ART imports `packaging` and does not
# declare it, so that in a fresh environment, or a slim container, every `import art` ends with ModuleNotFoundError. Pin `packaging` beside ART.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet adversarial-robustness-toolbox==1.20.1
alone=$("$folder/venv/bin/python" -c 'import art' 2>&1 | tail -1 || true)
"$folder/venv/bin/pip" install --quiet packaging==25.0
beside=$("$folder/venv/bin/python" -c 'import art; print(art.__version__)' 2>&1 | tail -1)
echo "alone: $alone"
echo "with packaging: $beside"
[ "$alone" = "ModuleNotFoundError: No module named 'packaging'" ] && [ "$beside" = 1.20.1 ]
