#include <algorithm>
#include <semiflow/pde/ode_scalars.hpp>

#include "clones.hpp"

namespace semiflow {

namespace {

// bars holds the sensitivities to every node, from the last to the first.
SEMIFLOW_CLONES void sweep(const Tape::Node* nodes, Index inputs, Index n, Lanes* bars) {
  while (n-- > inputs) {
    const Tape::Node node = nodes[n];
    const Lanes bar = bars[n];
    bars[node.a] += node.da * bar;
    if (node.b >= 0) bars[node.b] += node.db * bar;
  }
}

}  // namespace

void Tape::pull(const Recorded* y, const Lanes* seeds, Index size, Lanes* result) {
  bars_.assign(nodes_.size(), Lanes(0.0));
  for (Index i = 0; i < size; ++i)
    if (y[i].node >= 0) bars_[static_cast<std::size_t>(y[i].node)] += seeds[i];
  sweep(nodes_.data(), size, std::ssize(nodes_), bars_.data());
  std::copy_n(bars_.begin(), size, result);
}

}  // namespace semiflow
