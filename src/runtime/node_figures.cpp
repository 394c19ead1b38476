#include "runtime/node_figures.hpp"

namespace troupe::runtime {

void node_figures::fold(const core::batch& x) {
  std::lock_guard guard{mutex_};
  figures_.fold(x);
}

void node_figures::add_to(core::metric_page& page) const {
  std::lock_guard guard{mutex_};
  figures_.add_to(page);
}

} // namespace troupe::runtime
