#include <semiflow/core/error.hpp>
#include <semiflow/core/product_communicator.hpp>
#include <string>

namespace semiflow {

namespace {

int checked(const Communicator& all, int domain_ranks) {
  if (domain_ranks < 1 || all.size() % domain_ranks != 0)
    throw Error(Fault::input, {},
                std::to_string(all.size()) + " ranks cannot be split into domains of " + std::to_string(domain_ranks),
                "take a divisor of the number of ranks");
  return domain_ranks;
}

}  // namespace

ProductCommunicator::ProductCommunicator(const Communicator& all, int domain_ranks)
    : members(all.split(all.rank() % checked(all, domain_ranks))),
      domain(std::make_shared<const Communicator>(all.split(all.rank() / domain_ranks))) {}

}  // namespace semiflow
