#include "store/queue_cursor.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::store {

namespace {

std::optional<int> number(std::string_view text) {
  int x = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (code != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return x;
}

} // namespace

queue_cursor::queue_cursor(const core::queue_filter& of)
  : states_(of.states), last_(std::max<int>(1, of.priority_min)) {
  for (uint32_t i = 0; of.states.empty() && i < core::task_states; ++i)
    states_.push_back(static_cast<core::task_state>(i));
}

std::optional<failure> queue_cursor::start(const std::string& text) {
  if (text.empty())
    return std::nullopt;
  failure bad{errc::invalid, category::validation,
              "`" + text
                + "` is no cursor of this list; pass `next` of the page before "
                  "as it is, with the same filter"};
  auto first = text.find('.');
  auto second = first == text.npos ? first : text.find('.', first + 1);
  if (second == text.npos)
    return bad;
  std::string_view all{text};
  auto priority = number(all.substr(0, first));
  auto index = number(all.substr(first + 1, second - first - 1));
  auto key = core::id_from(all.substr(second + 1));
  if (!priority || !index || !key || *priority < 1 || *priority > 10
      || *index < 0 || static_cast<size_t>(*index) >= states_.size())
    return bad;
  priority_ = *priority;
  index_ = static_cast<size_t>(*index);
  after_ = *key;
  return std::nullopt;
}

void queue_cursor::next_part() {
  after_ = {};
  if (++index_ < states_.size())
    return;
  index_ = 0;
  --priority_;
}

std::string queue_cursor::text() const {
  return std::to_string(priority_) + '.' + std::to_string(index_) + '.'
         + to_string(after_);
}

void add_to(core::audit_sums& sums, std::string_view status,
            core::duration took, const std::string& agent,
            core::duration slow_after) {
  ++sums.executions;
  sums.completed += status == "completed";
  sums.failed += status == "failed";
  sums.slow += took > slow_after;
  sums.busy += took;
  sums.agents[agent] += took;
}

} // namespace troupe::store
