"""Reads a result file of netcdf_example as a user of xarray would: read_with_xarray.py PATH."""
import sys

import numpy as np
import xarray

path = sys.argv[1]
for engine in ("h5netcdf", "netcdf4"):
    root = xarray.open_dataset(path, engine=engine)
    assert root.attrs["Conventions"] == "CF-1.8", root.attrs
    assert root.attrs["experiment"] == "seed = 1\n", root.attrs
    assert root.attrs["version"] == "0.1.0", root.attrs
    assert root.attrs["seed"] == 1 and root.attrs["wall_time"] == 1.5, root.attrs
    assert list(root.attrs)[:1] == ["Conventions"], list(root.attrs)
    assert float(root.best) == 0.25 and root.best.attrs["long_name"] == "one number"
    assert root.term_name.dims == ("term",)
    names = [name.decode() if isinstance(name, bytes) else name for name in root.term_name.values]
    assert names == ["u u_x", "u_xx"], names
    assert np.array_equal(root.x, np.arange(8.0)) and root.x.attrs["units"] == "m"
    assert np.array_equal(root.member, [0, 1, 2])

    truth = xarray.open_dataset(path, engine=engine, group="truth")
    assert truth.u.dims == ("time", "x") and truth.u.shape == (5, 8), truth.u
    assert truth.u.attrs == {"long_name": "velocity", "units": "m s-1"}, truth.u.attrs
    assert np.isnan(truth.u.encoding["_FillValue"])
    assert np.array_equal(truth.time, np.linspace(0, 1, 5)) and truth.time.attrs["units"] == "s"
    assert np.array_equal(truth.u[3], np.full(8, 3.0)) and np.isnan(truth.u[4]).all()

    forecast = xarray.open_dataset(path, engine=engine, group="forecast")
    assert forecast.u.dims == ("time", "member", "x"), forecast.u.dims
    expected = 100 * np.arange(4)[:, None, None] + 10 * np.arange(3)[:, None] + np.arange(8)
    assert np.array_equal(forecast.u[:4], expected) and np.isnan(forecast.u[4]).all()
    assert np.array_equal(forecast.time, np.linspace(0, 2, 5))
    assert forecast.u.encoding["zlib"] and forecast.u.encoding["complevel"] == 4, forecast.u.encoding
    assert np.array_equal(forecast.steps[:4], 10 * np.arange(4)) and np.isnan(forecast.steps[4])
