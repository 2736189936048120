"""DAPPER's side of benchmarks/filter_cycles.cpp and of the first line of letkf_step.cpp, wall-clock on one core.

    pip install dapper; OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 taskset -c 0 python3 benchmarks/dapper_cycles.py

DAPPER's own settings for speed: error_only, no live plots, no progress bar, no polling of the keyboard; malloc's
thresholds are to be raised by the caller, as for our side (benchmarks/README.md).
"""
import time

import numpy as np

import dapper as dpr
import dapper.da_methods as da
import dapper.tools.progressbar
from dapper.da_methods.ensemble import local_analyses
from dapper.tools.localization import nd_Id_localization

dapper.tools.progressbar.disable_progbar = True
dapper.tools.progressbar.disable_user_interaction = True
dpr.rc.comps["error_only"] = True
dpr.rc.field_summaries = ["rms"]
dpr.rc.store_u = False
dpr.rc.liveplotting = False


def cycles(name, HMM, method, count, interval):
    HMM.tseq.BurnIn = 0.1 * count * interval
    HMM.tseq.T = count * interval
    dpr.set_seed(3000)
    xx, yy = HMM.simulate()
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        method.assimilate(HMM, xx, yy, liveplots=False)
        seconds.append(time.perf_counter() - start)
    print(f"{name}: {1e3 * min(seconds) / len(yy):.3f} ms a cycle (minimum), "
          f"{1e3 * np.median(seconds) / len(yy):.3f} (median)", flush=True)


def plane(points, sensors, members):
    rng = np.random.default_rng(1)
    k = np.fft.fftfreq(points) * points
    decay = (k[:, None] ** 2 + k[None, :] ** 2 + 4.0) ** -1.5
    E = np.array([np.fft.ifft2(np.fft.fft2(rng.standard_normal((points, points))) * decay).real.ravel()
                  for _ in range(members)])
    E /= np.sqrt(np.mean(E ** 2))
    where = np.sort(rng.choice(points ** 2, sensors, replace=False))
    Eo, y = E[:, where], rng.standard_normal(sensors)
    from dapper.tools.matrices import CovMat
    R = CovMat(0.5 * np.ones(sensors))
    batches, taperer = nd_Id_localization((points, points), (2, 2), where)(10, "x2y", "GC")
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        local_analyses(E, Eo, R, y, batches, taperer)
        seconds.append(time.perf_counter() - start)
    print(f"LETKF analysis {points}^2, {sensors} sensors, N = {members}: {1e3 * min(seconds):.0f} ms (minimum), "
          f"{1e3 * np.median(seconds):.0f} (median)", flush=True)


from dapper.mods.Lorenz96.sakov2008 import HMM as lorenz
cycles("Lorenz-96 ETKF N = 24", lorenz, da.EnKF("Sqrt", N=24, infl=1.02, rot=True), 2000, 0.05)
cycles("Lorenz-96 LETKF N = 7", lorenz, da.LETKF(N=7, infl=1.04, loc_rad=4, rot=True), 500, 0.05)
from dapper.mods.KS.bocquet2019 import HMM as ks
cycles("KS LETKF N = 16", ks, da.LETKF(N=16, infl=1.04, loc_rad=51 / 1.82, rot=True), 200, 1.0)
plane(129, 300, 25)
plane(129, 300, 45)
