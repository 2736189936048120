"""What the comparisons share: one core and one thread for both sides, alternating rounds, and the table.

Import it before NumPy or JAX: they count threads when they are loaded. CORE names the core, 0 by default.
"""
import json
import os
import subprocess
import sys
import time

os.sched_setaffinity(0, {int(os.environ.get("CORE", "0"))})  # the programs that we start inherit it
for library in ["OMP", "OPENBLAS", "MKL"]:
    os.environ[f"{library}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
# malloc keeps large arrays instead of asking the kernel for zeroed pages every time, for NumPy as for us.
os.environ["MALLOC_MMAP_THRESHOLD_"] = os.environ["MALLOC_TRIM_THRESHOLD_"] = "1000000000"
if os.environ.get("SEMIFLOW_SIDES") != "started":  # malloc reads its settings at the start
    os.execve(sys.executable, [sys.executable] + sys.argv, os.environ | {"SEMIFLOW_SIDES": "started"})

import numpy as np  # noqa: E402

ROUNDS, REPETITIONS = 5, 5  # of every side in turn, so that a slow minute of the machine meets both


class Semiflow:
    """semiflow_side for one equation and method; states are [member, ...] in C order."""

    def __init__(self, build, equation, points, method, filter=0.0):
        self.program = os.path.join(build, "benchmarks", "semiflow_side")
        self.problem = [equation, str(points)], [method]
        self.filter = filter
        self.context = {}

    def _call(self, states, dt, steps, filter, *mode):
        equation, method = self.problem
        command = [self.program, *equation, repr(dt), str(steps), *method, repr(filter), *mode]
        return subprocess.run(command, input=np.ascontiguousarray(states).tobytes(), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=True).stdout

    def run(self, states, dt, steps):
        return np.frombuffer(self._call(states, dt, steps, self.filter, "run")).reshape(states.shape)

    def reference(self, states, dt, steps, finer=4):
        """The same flow with a finer step; the filter, which acts once a step, is that much weaker."""
        moved = self._call(states, dt / finer, steps * finer, self.filter / finer, "run")
        return np.frombuffer(moved).reshape(states.shape)

    def times(self, states, dt, steps):
        """{planning: [(wall, cpu) seconds of all steps]}, one pair a repetition."""
        text = self._call(states, dt, steps, self.filter, "time", f"--benchmark_repetitions={REPETITIONS}",
                          "--benchmark_format=json")
        report = json.loads(text)
        self.context = report["context"]
        result = {}
        for row in report["benchmarks"]:
            if row["run_type"] == "iteration":
                result.setdefault(row["name"].split("/")[0], []).append((row["real_time"] / 1e3, row["cpu_time"] / 1e3))
        return result


def timed(advance):
    """[(wall, cpu)] of REPETITIONS calls."""
    result = []
    for _ in range(REPETITIONS):
        wall, cpu = time.perf_counter(), time.process_time()
        advance()
        result.append((time.perf_counter() - wall, time.process_time() - cpu))
    return result


def relative(a, b):
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def compare(title, semiflow, states, dt, steps, peers, bar, peer_steps=None):
    """Times advance() of peers {name: (advance, transforms a step, error)} and of Semiflow in turns; prints the table.

    peer_steps: the steps of one call of advance(), steps by default. Times are those of one step of all members.
    """
    rows = {}
    for name, (advance, _, _) in peers.items():
        advance()  # warm-up: plans, compilation
    for _ in range(ROUNDS):
        for name, (advance, _, _) in peers.items():
            rows.setdefault(name, []).extend(np.array(timed(advance)) / (peer_steps or steps))
        for planning, seconds in semiflow.times(states, dt, steps).items():
            rows.setdefault(f"Semiflow, {planning} plans", []).extend(np.array(seconds) / steps)
    print(f"\n{title}; ms a step, {ROUNDS * REPETITIONS} repetitions, load {os.getloadavg()[0]:.1f}; "
          f"{semiflow.context['libraries']}\n")
    print("| | minimum | median | CPU, minimum | transforms | error | ratio of minima | of medians |")
    print("|---|---|---|---|---|---|---|---|")
    ours = np.array(rows["Semiflow, default plans"])
    for name, seconds in rows.items():
        s = np.array(seconds)
        transforms, error = peers[name][1:] if name in peers else (semiflow.context["transforms"], semiflow.error)
        least, median = s[:, 0].min() / ours[:, 0].min(), np.median(s[:, 0]) / np.median(ours[:, 0])
        print(f"| {name} | {1e3 * s[:, 0].min():.4g} | {1e3 * np.median(s[:, 0]):.4g} | {1e3 * s[:, 1].min():.4g} | "
              f"{transforms} | {error:.1e} | {least:.2f} | {median:.2f} |")
    print(f"\nbar: {bar}", flush=True)
