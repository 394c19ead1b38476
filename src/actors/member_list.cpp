#include "actors/member_list.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

using guard = std::lock_guard<std::mutex>;

void member_list::add(const std::string& name, bool outside) {
  guard lock{mutex_};
  auto [pos, is_new] = all_.try_emplace(name);
  if (is_new)
    pos->second.came = ++last_;
  pos->second.outside = outside;
}

void member_list::remove(const std::string& name) {
  guard lock{mutex_};
  all_.erase(name);
}

std::vector<std::string> member_list::names() const {
  std::vector<std::pair<uint64_t, std::string>> in_order;
  {
    guard lock{mutex_};
    for (const auto& [name, x] : all_)
      in_order.emplace_back(x.came, name);
  }
  std::sort(in_order.begin(), in_order.end());
  std::vector<std::string> out;
  for (auto& x : in_order)
    out.push_back(std::move(x.second));
  return out;
}

bool member_list::has(const std::string& name) const {
  guard lock{mutex_};
  return all_.contains(name);
}

bool member_list::works_outside(const std::string& name) const {
  guard lock{mutex_};
  if (auto pos = all_.find(name); pos != all_.end())
    return pos->second.outside;
  // One that was made in an earlier life of the node.
  return std::any_of(
    on_demand_->begin(), on_demand_->end(),
    [&](const auto& x) { return x.outside && core::is_instance(x, name); });
}

size_t member_list::size() const {
  guard lock{mutex_};
  return all_.size();
}

std::shared_ptr<const member_list::standbys> member_list::on_demand() const {
  guard lock{mutex_};
  return on_demand_;
}

void member_list::set_on_demand(standbys to) {
  auto now = std::make_shared<const standbys>(std::move(to));
  guard lock{mutex_};
  on_demand_ = std::move(now);
}

bool member_list::any_inside() const {
  guard lock{mutex_};
  return std::any_of(all_.begin(), all_.end(),
                     [](const auto& x) { return !x.second.outside; })
         || std::any_of(on_demand_->begin(), on_demand_->end(),
                        [](const auto& x) { return !x.outside; });
}

} // namespace troupe
