#include <malloc.h>
#include <torch/torch.h>

#include <semiflow/core/error.hpp>
#include <semiflow/operators/torch_setup.hpp>

namespace semiflow {

namespace {

// glibc gives blocks of more than 128 KiB back to the kernel as soon as they are freed, and every tensor then costs a
// page fault for each 4 KiB: up to nine tenths of the time of a training step. 32 MiB is the largest threshold that
// glibc accepts; it refuses more without an effect.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 0x7fffffff);
  mallopt(M_TOP_PAD, 64 << 20);
}

// Builds without a BLAS of their own have had wrong conjugate products, and Debian's returns 0 for complex dot products,
// which therefore must not be used at all.
void check_products() {
  const torch::Tensor a = torch::arange(24, torch::kDouble).reshape({4, 6}) / 7 - 1;
  const torch::Tensor b = torch::arange(18, torch::kDouble).reshape({6, 3}) / 5 - 2;
  const torch::Tensor direct = (a.unsqueeze(2) * b.unsqueeze(0)).sum(1);
  if (!torch::allclose(torch::matmul(a, b), direct, 1e-12, 1e-12) ||
      !torch::allclose(torch::matmul(b.t(), a.t()), direct.t(), 1e-12, 1e-12))
    throw Error(Fault::run, "libtorch", "it multiplies matrices wrongly", "install another build, or another BLAS");
}

bool prepare() {
  keep_freed_memory();
  torch::set_num_threads(1);
  torch::set_num_interop_threads(1);
  check_products();
  return true;
}

}  // namespace

void prepare_torch() { [[maybe_unused]] static const bool once = prepare(); }

std::string torch_version() { return "libtorch " TORCH_VERSION; }

}  // namespace semiflow
