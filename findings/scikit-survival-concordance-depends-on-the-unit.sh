#!/usr/bin/env bash
# scikit-survival 0.28.0. Guess: a concordance index depends on the order of the risk scores alone. But concordance_index_censored
# and concordance_index_ipcw take scores for ties that differ by at most tied_tol = 1e-8, an absolute number: the same predictions in
# another unit have another index. Hazards per floating-point operation, probabilities of rare failures, or any scores
# multiplied by 1e-9, are all "tied" and get exactly 0.5, the index of a model without merit, and nothing is said; on the way there the
# index falls by degrees. lifelines compares the numbers themselves and gives one value for all units. So: ranks, logarithms, or tied_tol=0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet scikit-survival==0.28.0 lifelines==0.30.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import numpy
from lifelines.utils import concordance_index
from sksurv.metrics import concordance_index_censored, concordance_index_ipcw
from sksurv.util import Surv

time = numpy.array([2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0, 19.0])
event = numpy.array([1, 1, 0, 1, 1, 0, 1, 1], dtype=bool)
risk = 1 / time
outcome = Surv.from_arrays(event, time)
indices = {}
for unit in (1.0, 1e-6, 1e-7, 1e-9):
    score = risk * unit
    indices[unit] = (
        concordance_index_censored(event, time, score)[0],
        concordance_index_censored(event, time, score, tied_tol=0)[0],
        concordance_index_ipcw(outcome, outcome, score)[0],
        concordance_index(time, -score, event),
    )
    print(f"risk / time unit {unit:g}: censored {indices[unit][0]:.3f}, with tied_tol=0 {indices[unit][1]:.3f}, "
          f"ipcw {indices[unit][2]:.3f}, lifelines {indices[unit][3]:.3f}")
whole, tiny = indices[1.0], indices[1e-9]
sys.exit(0 if whole == (1, 1, 1, 1) and tiny[0] == 0.5 and tiny[2] == 0.5 and tiny[1] == 1 and tiny[3] == 1 else 1)
PYTHON
