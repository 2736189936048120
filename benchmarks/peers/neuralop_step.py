"""A training step of a Fourier neural operator by neuraloperator (pip install torch neuraloperator) on one core.

The same model, batch, loss and optimiser as benchmarks/operator_step.cpp: four layers of gelu(spectral + linear), no
channel MLP, one lifting map, one hidden layer in the head. n_modes = 32 keeps 17 harmonics of a real axis.
"""
import statistics
import time

import torch

torch.set_num_threads(1)
torch.set_num_interop_threads(1)
import neuralop  # noqa: E402
from neuralop.models import FNO  # noqa: E402


def measure(name, n_modes, width, head, shape):
    torch.manual_seed(1)
    model = FNO(
        n_modes=n_modes, in_channels=1, out_channels=1, hidden_channels=width, n_layers=4,
        lifting_channel_ratio=0, projection_channel_ratio=head // width, use_channel_mlp=False,
        fno_skip="linear", positional_embedding="grid",
    )
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=1e-4)
    x, y = torch.randn(shape[0], 1, *shape[1:]), torch.randn(shape[0], 1, *shape[1:])
    times, inference = [], []
    for _ in range(15):
        start = time.perf_counter()
        optimiser.zero_grad()
        gap = (model(x) - y).flatten(1).norm(dim=1) / y.flatten(1).norm(dim=1)
        gap.mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        times.append(1e3 * (time.perf_counter() - start))
        with torch.no_grad():
            start = time.perf_counter()
            model(x)
            inference.append(1e3 * (time.perf_counter() - start))
    count = sum(p.numel() * (2 if p.is_complex() else 1) for p in model.parameters())
    print(f"{name}, {count} parameters: step {min(times):.1f} ms (median {statistics.median(times):.1f}), "
          f"inference {min(inference):.1f} ({statistics.median(inference):.1f})")


print(f"neuraloperator {neuralop.__version__}, torch {torch.__version__}")
measure("line, batch 32, 1024 points, width 64, 17 modes", (32,), 64, 128, (32, 1024))
measure("plane, batch 16, 64 x 64 points, width 32, 24 x 13 modes", (24, 24), 32, 64, (16, 64, 64))
