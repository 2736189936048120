"""DAPPER's side of the ks-twin comparison: ETKF N=20 on KS (mods/KS/bocquet2019.py), wall-clock a cycle on one core.

    pip install dapper; OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 taskset -c 0 python3 benchmarks/dapper_ks.py [cycles]

DAPPER's own settings for speed: error_only, no live plots, no progress bar, no polling of the keyboard; malloc's
thresholds are to be raised by the caller, as for our side (benchmarks/README.md).
"""
import sys
import time

import numpy as np

import dapper as dpr
import dapper.da_methods as da
import dapper.tools.progressbar
from dapper.mods.KS.bocquet2019 import HMM

dapper.tools.progressbar.disable_progbar = True
dapper.tools.progressbar.disable_user_interaction = True
cycles = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
dpr.rc.comps["error_only"] = True
dpr.rc.field_summaries = ["rms"]
dpr.rc.store_u = False
dpr.rc.liveplotting = False
HMM.tseq.BurnIn = 100
HMM.tseq.T = cycles * 1.0
dpr.set_seed(3000)
xx, yy = HMM.simulate()
for method in [da.OptInterp(), da.EnKF("Sqrt", N=20, infl=1.03, rot=True)]:
    seconds = []
    for _ in range(7 if isinstance(method, da.EnKF) else 1):
        start = time.perf_counter()
        method.assimilate(HMM, xx, yy, liveplots=False)
        seconds.append(time.perf_counter() - start)
    method.stats.average_in_time()
    rmse = method.stats.err.rms.a
    after = rmse[len(rmse) // 10 :]
    print(f"{type(method).__name__}: {1e3 * min(seconds) / len(yy):.3f} ms a cycle (minimum), "
          f"{1e3 * np.median(seconds) / len(yy):.3f} (median), rmse.a {np.mean(after):.4f}, truth std {np.std(xx):.3f}")
