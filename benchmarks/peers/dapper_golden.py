"""Writes tests/assimilation/golden/dapper.nc: what DAPPER's filters make of ten observations, cycle by cycle.

    pip install dapper==1.7.1 netCDF4
    python benchmarks/peers/dapper_golden.py tests/assimilation/golden/dapper.nc

Truth, observations and first members are DAPPER's own draws with the models and settings of its tests/test_example_2.py;
filters that draw nothing themselves (no rotation, no perturbed observations) can be compared member by member.
"""
import sys

import dapper as dpr
import dapper.da_methods as da
import netCDF4
import numpy as np
from dapper.mods.Lorenz63.sakov2012 import HMM as lorenz_63
from dapper.mods.Lorenz96.sakov2008 import HMM as lorenz_96

METHODS = {
    "lorenz_63": {
        "etkf_3": da.EnKF("Sqrt", N=3, infl=1.30),
        "etkf_10": da.EnKF("Sqrt", N=10, infl=1.02),
        "denkf_10": da.EnKF("DEnKF", N=10, infl=1.02),
    },
    "lorenz_96": {
        "etkf_28": da.EnKF("Sqrt", N=28, infl=1.02),
        "denkf_40": da.EnKF("DEnKF", N=40, infl=1.01),
        "letkf_7": da.LETKF(N=7, infl=1.04, loc_rad=4),
        "local_eakf_7": da.SL_EAKF(N=7, infl=1.07, loc_rad=6, ordr="mono"),
    },
}
SEED = 3000

dpr.rc.liveplotting_enabled = False
with netCDF4.Dataset(sys.argv[1], "w") as file:
    file.source = f"DAPPER {dpr.__version__}, NumPy {np.__version__}, seed {SEED}"
    for name, HMM in {"lorenz_63": lorenz_63, "lorenz_96": lorenz_96}.items():
        HMM = HMM.copy()
        HMM.tseq.BurnIn = 0
        HMM.tseq.Ko = 10
        dpr.set_seed(SEED)
        truth, observations = HMM.simulate()
        group = file.createGroup(name)
        group.createDimension("state", HMM.Nx)
        group.createDimension("event", len(observations))
        group.createVariable("observation", "f8", ("event", "state"))[:] = np.stack(list(observations))
        for method, xp in METHODS[name].items():
            dpr.set_seed(SEED + 2)
            first = HMM.X0.sample(xp.N)
            dpr.set_seed(SEED + 2)
            xp.assimilate(HMM, truth, observations)
            group.createDimension(f"member_{method}", xp.N)
            group.createVariable(f"first_{method}", "f8", (f"member_{method}", "state"))[:] = first
            group.createVariable(f"mean_{method}", "f8", ("event", "state"))[:] = xp.stats.mu.a[: len(observations)]
            group.createVariable(f"spread_{method}", "f8", ("event", "state"))[:] = xp.stats.spread.a[: len(observations)]
            error = truth[HMM.tseq.kko] - xp.stats.mu.a[: len(observations)]
            rmse = np.sqrt((error**2).mean(axis=1)).mean()
            group.variables[f"mean_{method}"].rmse = rmse
            print(name, method, f"rmse.a {rmse:.4f}")
