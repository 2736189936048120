"""Two-layer quasi-geostrophic turbulence, AB3: pyqg (Cython, FFTW) against Semiflow. README.md says how to install it.

    python3 benchmarks/peers/pyqg_two_layer.py BUILD [POINTS]...
"""
import sides  # first: pins the core
import sys

import numpy as np
import pyfftw
import pyqg

STEPS = 1000
FILTER = 23.6


def turbulence(points, seed=1):
    """Smooth random q of rms 3e-6 / s about wavenumber 6: [layer, y, x], the same flow on every grid."""
    small = 32
    rng = np.random.default_rng(seed)
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(small, 1 / small), np.fft.rfftfreq(small, 1 / small), indexing="ij"))
    modes = np.fft.rfft2(rng.standard_normal((2, small, small))) * np.exp(-((k - 6) ** 2) / 8) * (0 < k) * (k < 15)
    spread = np.zeros((2, points, points // 2 + 1), complex)
    spread[:, : small // 2, : small // 2] = modes[:, : small // 2, : small // 2]
    spread[:, -small // 2 :, : small // 2] = modes[:, -small // 2 :, : small // 2]
    q = np.fft.irfft2(spread)
    return 3e-6 * q / q.std()


def model(points, dt, q):
    """pyqg without its diagnostics and messages, as its own benchmark runs it."""
    m = pyqg.QGModel(nx=points, dt=dt, tmax=0.0, taveint=np.inf, twrite=np.inf, tavestart=np.inf, ntd=1, log_level=0,
                     filterfac=FILTER)
    m.set_q(q)
    return m


def advance(m, steps):
    m.tmax = m.t + (steps - 0.5) * m.dt  # its clock adds up dt, so that a half step keeps rounding out of it
    m.run()


print(f"pyqg {pyqg.__version__}, pyFFTW {pyfftw.__version__} with FFTW {pyfftw.fftw_version}, NumPy {np.__version__}; "
      "pyqg plans by FFTW_MEASURE; 2 x (3 inverse + 2 forward) transforms a step")
for points in [int(n) for n in sys.argv[2:]] or [128, 256]:
    dt = 1800.0 * 256 / points
    q = turbulence(points)
    ours = sides.Semiflow(sys.argv[1], "two-layer", points, "ab3-euler", FILTER)
    m = model(points, dt, q)
    advance(m, STEPS)
    assert m.tc == STEPS
    mine, theirs, exact = ours.run(q, dt, STEPS), np.array(m.q), ours.reference(q, dt, STEPS)
    print(f"\n{points}^2: after {STEPS} steps the states differ by {sides.relative(mine, theirs):.1e} of their norm; the "
          f"flow has moved by {sides.relative(mine, q):.2f}")
    ours.error = sides.relative(mine, exact)
    timed = model(points, dt, q)
    sides.compare(f"two layers, {points}^2, AB3, dt {dt:g}, error at step {STEPS}", ours, q, dt, 50,
                  {"pyqg": (lambda: advance(timed, 50), 10, sides.relative(theirs, exact))}, "1.5 at 256^2")
