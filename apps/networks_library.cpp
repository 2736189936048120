// The library semiflow_networks, which alone knows the room of learned operators.
#include "networks_library.hpp"

#include <semiflow/operators/torch_setup.hpp>

namespace semiflow {

namespace {

Networks all_networks() {
  prepare_torch();
  return {.version = torch_version};
}

}  // namespace

}  // namespace semiflow

extern "C" const semiflow::Networks* semiflow_networks(std::size_t layout) {
  if (layout != semiflow::networks_layout) return nullptr;
  static const semiflow::Networks networks = semiflow::all_networks();
  return &networks;
}
