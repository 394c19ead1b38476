#include "core/graph.hpp"

#include <algorithm>
#include <numeric>

namespace troupe::core {

namespace {

/// Kahn's algorithm that, when stuck, cuts a cycle out and goes on.
class sorter {
public:
  explicit sorter(const adjacency& predecessors)
    : predecessors_(predecessors), successors_(predecessors.size()),
      open_(predecessors.size()), done_(predecessors.size()) {
    for (uint32_t i = 0; i < predecessors.size(); ++i) {
      open_[i] = static_cast<uint32_t>(predecessors[i].size());
      for (auto p : predecessors[i])
        successors_[p].push_back(i);
    }
  }

  sorted_graph sort() {
    sorted_graph out;
    for (uint32_t i = 0; i < open_.size(); ++i)
      if (open_[i] == 0)
        release(i);
    auto drain = [&] {
      for (; head_ < queue_.size(); ++head_)
        for (auto s : successors_[queue_[head_]])
          if (--open_[s] == 0 && !done_[s])
            release(s);
    };
    drain();
    for (uint32_t i = 0; i < open_.size(); ++i) {
      if (done_[i])
        continue;
      // Finding one costs a pass over all; a few are enough to mend a file.
      if (out.cycles.size() < cycles_max) {
        out.cycles.push_back(find_cycle(i));
        for (auto member : out.cycles.back())
          release(member);
      } else {
        release(i);
      }
      drain();
    }
    out.order = std::move(queue_);
    return out;
  }

private:
  void release(uint32_t i) {
    done_[i] = true;
    queue_.push_back(i);
  }

  /// REQUIRES: `from` is not done; then it has a predecessor that is not.
  std::vector<uint32_t> find_cycle(uint32_t from) const {
    std::vector<uint32_t> path;
    std::vector<uint32_t> at; // Place in `path` plus one.
    at.resize(open_.size());
    for (auto x = from; at[x] == 0;) {
      path.push_back(x);
      at[x] = static_cast<uint32_t>(path.size());
      x = *std::find_if(predecessors_[x].begin(), predecessors_[x].end(),
                        [&](uint32_t p) { return !done_[p]; });
      if (at[x] != 0) {
        path.erase(path.begin(), path.begin() + at[x] - 1);
        break;
      }
    }
    std::rotate(path.begin(), std::min_element(path.begin(), path.end()),
                path.end());
    return path;
  }

  const adjacency& predecessors_;
  adjacency successors_;
  std::vector<uint32_t> open_; // Predecessors not yet done.
  std::vector<bool> done_;
  std::vector<uint32_t> queue_;
  size_t head_ = 0;
};

} // namespace

sorted_graph sort_graph(const adjacency& predecessors) {
  return sorter{predecessors}.sort();
}

void check_ancestry(const adjacency& predecessors,
                    const std::vector<uint32_t>& order,
                    const std::vector<ancestry>& wanted,
                    const std::function<void(size_t)>& missing) {
  std::vector<size_t> far; // Most pairs are direct; they need no search.
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto& direct = predecessors[wanted[i].node];
    if (std::find(direct.begin(), direct.end(), wanted[i].ancestor)
        == direct.end())
      far.push_back(i);
  }
  std::stable_sort(far.begin(), far.end(), [&](size_t a, size_t b) {
    return wanted[a].ancestor < wanted[b].ancestor;
  });
  std::vector<uint64_t> above(predecessors.size()); // Bit: that ancestor.
  std::vector<uint64_t> own(predecessors.size());
  for (size_t begin = 0; begin < far.size();) {
    std::fill(own.begin(), own.end(), 0);
    size_t end = begin;
    for (uint32_t bit = 0; end < far.size(); ++end) {
      auto& mask = own[wanted[far[end]].ancestor];
      if (mask == 0 && bit == 64)
        break;
      if (mask == 0)
        mask = uint64_t{1} << bit++;
    }
    for (auto x : order) {
      above[x] = 0;
      for (auto p : predecessors[x])
        above[x] |= above[p] | own[p];
    }
    for (; begin < end; ++begin) {
      const auto& pair = wanted[far[begin]];
      if ((above[pair.node] & own[pair.ancestor]) == 0)
        missing(far[begin]);
    }
  }
}

} // namespace troupe::core
