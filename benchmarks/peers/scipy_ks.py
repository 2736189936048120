"""Kuramoto-Sivashinsky, ETDRK4, N = 128: a NumPy program on scipy.fft (pocketfft) against Semiflow.

    python3 benchmarks/peers/scipy_ks.py BUILD

The program is as fast as we could write it: members in one batch, arrays made once, only the modes that the 2/3 rule
leaves, FFT counts as ours. numpy.fft is the same pocketfft, but since NumPy 2 can write into given arrays.
"""
import sides  # first: pins the core
import sys

import numpy as np
import scipy
import scipy.fft

POINTS, LENGTH, DT = 128, 32 * np.pi, 0.25
KEPT = (POINTS - 1) // 3 + 1  # the 2/3 rule: 3 |k| < N


class Etdrk4:
    """Kassam & Trefethen (2005) in Fourier space: v [member, mode], moved in place."""

    def __init__(self, members, library):
        k = 2 * np.pi / LENGTH * np.arange(KEPT)
        L = k**2 - k**4
        circle = np.exp(1j * np.pi * (np.arange(64) + 0.5) / 64)  # upper half: L is real
        z = DT * L[:, None] + circle
        mean = lambda f: DT * f.mean(axis=1).real  # noqa: E731
        self.E, self.e = np.exp(DT * L), np.exp(DT * L / 2)
        self.q = mean((np.exp(z / 2) - 1) / z)
        self.f1 = mean((-4 - z + np.exp(z) * (4 - 3 * z + z**2)) / z**3)
        self.f2 = 2 * mean((2 + z + np.exp(z) * (z - 2)) / z**3)
        self.f3 = mean((-4 - 3 * z - z**2 + np.exp(z) * (4 - z)) / z**3)
        self.g = -0.5j * k
        self.Nv, self.Na, self.Nb, self.Nc, self.a, self.b, self.work = np.empty((7, members, KEPT), complex)
        self.u, self.modes = np.empty((members, POINTS)), np.empty((members, POINTS // 2 + 1), complex)
        self.padded = np.zeros_like(self.modes)
        self.nonlinear = self.by_scipy if library == "scipy" else self.by_numpy

    def by_scipy(self, v, out):
        u = scipy.fft.irfft(v, POINTS, axis=-1)  # pads with zeros by itself
        np.multiply(u, u, out=u)
        np.multiply(self.g, scipy.fft.rfft(u, axis=-1, overwrite_x=True)[:, :KEPT], out=out)

    def by_numpy(self, v, out):
        self.padded[:, :KEPT] = v
        np.fft.irfft(self.padded, POINTS, axis=-1, out=self.u)
        np.multiply(self.u, self.u, out=self.u)
        np.fft.rfft(self.u, axis=-1, out=self.modes)
        np.multiply(self.g, self.modes[:, :KEPT], out=out)

    def step(self, v):
        Nv, Na, Nb, Nc, a, b, work = self.Nv, self.Na, self.Nb, self.Nc, self.a, self.b, self.work
        self.nonlinear(v, Nv)
        np.multiply(self.e, v, out=b)  # e v, wanted twice
        np.multiply(self.q, Nv, out=a)
        a += b
        self.nonlinear(a, Na)
        np.multiply(self.q, Na, out=work)
        b += work
        self.nonlinear(b, Nb)
        np.multiply(2, Nb, out=b)
        b -= Nv
        b *= self.q
        a *= self.e
        a += b
        self.nonlinear(a, Nc)
        v *= self.E
        Nv *= self.f1
        v += Nv
        Na += Nb
        Na *= self.f2
        v += Na
        Nc *= self.f3
        v += Nc

    def advance(self, v, steps):
        for _ in range(steps):
            self.step(v)


def physical(v):
    return scipy.fft.irfft(v, POINTS, axis=-1)


s = np.arange(POINTS) * 2 * np.pi / POINTS
print(f"NumPy {np.__version__}, SciPy {scipy.__version__}; workers = 1")
ours = sides.Semiflow(sys.argv[1], "kuramoto-sivashinsky", POINTS, "etdrk4")
for members in [1, 40]:
    phase = np.arange(members)[:, None]
    u = ours.run(np.cos(s) * (1 + np.sin(s + 0.1 * phase)), DT, 600)  # onto the attractor
    start, steps = scipy.fft.rfft(u, axis=-1)[:, :KEPT], 40
    u = physical(start)
    mine, exact, peers = ours.run(u, DT, steps), ours.reference(u, DT, steps), {}
    ours.error = sides.relative(mine, exact)
    for library in ["scipy", "numpy"]:
        peer, v = Etdrk4(members, library), start.copy()
        peer.advance(v, steps)
        theirs = physical(v)
        print(f"{members} members: after {steps} steps the states of Semiflow and {library}.fft differ by "
              f"{sides.relative(theirs, mine):.1e} of their norm")
        move = lambda peer=peer, v=v: peer.advance(v, 400)  # noqa: E731
        peers[f"{library}.fft"] = (move, 8, sides.relative(theirs, exact))
    sides.compare(f"KS, N = {POINTS}, {members} members, ETDRK4, dt {DT}, error at step {steps}", ours, u, DT, 400, peers,
                  "10 for 1 and for 40 members")
