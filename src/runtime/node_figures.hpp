#pragma once

#include <mutex>

#include "core/work_figures.hpp"

namespace troupe::runtime {

/// The figures of a node's work: the journal's thread folds them, whoever asks
/// for metrics reads them. Thread-safe.
class node_figures {
public:
  void fold(const core::batch& x);
  void add_to(core::metric_page& page) const;

private:
  mutable std::mutex mutex_;
  core::work_figures figures_;
};

} // namespace troupe::runtime
