"""Navier-Stokes in a plane: exponax (ETDRK4) and jax-cfd (Crank-Nicolson with RK4) against Semiflow's ETDRK4.

    python3 benchmarks/peers/jax_ns.py BUILD [POINTS]...

float64, one core, compiled: a scan over the steps in Fourier space, which spares JAX the transforms of the state that
exponax's own repeat() makes every step.
"""
import sides  # first: pins the core
import sys
from importlib.metadata import version

import exponax
import jax
import jax.numpy as jnp
import jax_cfd.base.grids as grids
import jax_cfd.spectral as spectral
import numpy as np

jax.config.update("jax_enable_x64", True)
VISCOSITY, END = 5e-3, 1.0


def vortices(points, seed=1):
    """Random vorticity of rms 4 about wavenumber 6, below the cut of the 2/3 rule: [y, x]."""
    small = 64
    rng = np.random.default_rng(seed)
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(small, 1 / small), np.fft.rfftfreq(small, 1 / small), indexing="ij"))
    modes = np.fft.rfft2(rng.standard_normal((small, small))) * np.exp(-((k - 6) ** 2) / 8) * (0 < k) * (k < 21)
    spread = np.zeros((points, points // 2 + 1), complex)
    spread[: small // 2, : small // 2] = modes[: small // 2, : small // 2]
    spread[-small // 2 :, : small // 2] = modes[-small // 2 :, : small // 2]
    w = np.fft.irfft2(spread)
    return 4 * w / w.std()


def repeated(step, steps):
    return jax.jit(lambda state: jax.lax.scan(lambda s, _: (step(s), None), state, None, length=steps)[0])


def exponax_step(points, dt):
    # Its vorticity is u_y - v_x and its first axis is x. Ours is v_x - u_y and our first axis y: the same array. It
    # keeps |k| <= fraction N / 2 - 1; we keep 3 |k| < N.
    kept = (points - 1) // 3
    return exponax.stepper.NavierStokesVorticity(2, 2 * np.pi, points, dt, diffusivity=VISCOSITY, order=4,
                                                 dealiasing_fraction=(kept + 1) / (points // 2)).step_fourier


def jax_cfd_step(points, dt):
    grid = grids.Grid((points, points), domain=((0, 2 * np.pi), (0, 2 * np.pi)))
    equation = spectral.equations.NavierStokes2D(VISCOSITY, grid, smooth=True)
    # Its own mask is one-sided along y (-43 .. 41 at 128^2), which costs it digits and not time: ours in its place.
    kx, ky = (np.abs(k) * 2 * np.pi for k in grid.rfft_mesh())
    equation.filter_ = jnp.asarray((3 * kx < points - 0.5) & (3 * ky < points - 0.5), float)
    return spectral.time_stepping.crank_nicolson_rk4(equation, dt)


print(f"jax {jax.__version__}, exponax {exponax.__version__}, jax-cfd {version('jax-cfd')}, {jax.devices()[0].platform}, float64")
for points in [int(n) for n in sys.argv[2:]] or [128, 256]:
    dt = 0.0025 * 256 / points
    steps = round(END / dt)
    w = vortices(points)
    ours = sides.Semiflow(sys.argv[1], "navier-stokes", points, "etdrk4")
    mine, exact, peers = ours.run(w, dt, steps), ours.reference(w, dt, steps), {}
    ours.error = sides.relative(mine, exact)
    modes = jnp.fft.rfftn(w)
    # jax-cfd's vorticity is v_x - u_y with x along the first axis.
    for name, step, start, physical, transforms in [
        ("exponax, ETDRK4", exponax_step(points, dt), modes[None], lambda v: np.fft.irfftn(v[0]), 20),
        ("jax-cfd, CN-RK4", jax_cfd_step(points, dt), -modes, lambda v: -np.fft.irfftn(v), 25)]:
        theirs = physical(np.array(repeated(step, steps)(start)))
        print(f"{points}^2: after {steps} steps the states of Semiflow and {name} differ by "
              f"{sides.relative(theirs, mine):.1e} of their norm; the flow has moved by {sides.relative(mine, w):.2f}")
        few = repeated(step, 20)
        move = lambda few=few, start=start: few(start).block_until_ready()  # noqa: E731
        peers[name] = (move, transforms, sides.relative(theirs, exact))
    sides.compare(f"Navier-Stokes, {points}^2, dt {dt:g}, error at step {steps}", ours, w, dt, 20, peers,
                  "3 at 256^2")
