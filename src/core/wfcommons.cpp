#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <unordered_map>

#include "core/reader.hpp"
#include "core/workflow.hpp"
#include "core/workflow_reader.hpp"

// WfCommons WfFormat 1.5, https://wfcommons.org/format: recorded runs of
// scientific workflows. The file is turned into one of ours and read as such.

namespace troupe::core {

namespace {

constexpr double seconds_max = 1e8; // Three years.

struct wf_task {
  std::string id;
  std::string name; // A step's: `id` with other characters replaced.
  double seconds = 0;
  std::set<uint32_t> parents;
};

class importer {
public:
  importer(double time_scale, problems& out)
    : time_scale_(time_scale), out_(out) {}

  void read(const value& root);
  std::string to_workflow() const;

private:
  void read_tasks(const value& from);
  void read_links(const value& from);
  void link(const value& list, uint32_t index, bool to_parents);
  void read_run_times(const value& from);
  std::string free_name(std::string_view wanted, bool dots);

  double time_scale_;
  problems& out_;
  std::string name_ = "wfcommons";
  std::string description_;
  std::vector<wf_task> tasks_;
  std::unordered_map<std::string, uint32_t> by_id_;
  std::set<std::string> names_;
};

/// The member as a value with its way, if it is there and of that kind.
std::optional<value> get(const value& from, std::string_view key,
                         node_kind kind) {
  for (size_t i = 0; from.kind() == node_kind::object && i < from->items.size();
       ++i)
    if (from->items[i].key == key) {
      if (from.item(i).kind() == kind)
        return from.item(i);
      from.item(i).fail_expected(describe(kind));
      return std::nullopt;
    }
  from.fail_at_key("`" + std::string{key} + "` is missing",
                   "is this WfCommons WfFormat 1.5?");
  return std::nullopt;
}

std::string importer::free_name(std::string_view wanted, bool dots) {
  std::string name;
  for (auto c : wanted.substr(0, workflows::name_bytes_max - 8))
    name += workflows::is_name(std::string{"a"} + c, dots) ? c : '_';
  if (name.empty() || name[0] == '-' || name[0] == '.')
    name.insert(0, 1, '_');
  auto free = name;
  for (int i = 2; !names_.insert(free).second; ++i)
    free = name + "_" + std::to_string(i);
  return free;
}

void importer::read(const value& root) {
  auto version = get(root, "schemaVersion", node_kind::string);
  if (version && (*version)->text != "1.5")
    version->fail("WfFormat " + (*version)->text + " is not supported",
                  "convert it to 1.5 with the WfCommons tools");
  if (auto* x = root.kind() == node_kind::object ? root->find("name") : nullptr;
      x != nullptr && x->kind == node_kind::string) {
    name_ = free_name(x->text, true);
    names_.clear(); // Steps have names of their own.
    description_ = x->text;
  }
  auto workflow = get(root, "workflow", node_kind::object);
  if (!workflow)
    return;
  auto specification = get(*workflow, "specification", node_kind::object);
  auto execution = get(*workflow, "execution", node_kind::object);
  if (!specification || !execution)
    return;
  auto tasks = get(*specification, "tasks", node_kind::list);
  auto times = get(*execution, "tasks", node_kind::list);
  if (!tasks || !times)
    return;
  read_tasks(*tasks);
  if (!out_.empty())
    return; // Without all names the links would only repeat what is wrong.
  read_links(*tasks);
  read_run_times(*times);
}

void importer::read_tasks(const value& from) {
  for (size_t i = 0; i < from->items.size(); ++i) {
    auto item = from.item(i);
    wf_task made;
    if (auto id = get(item, "id", node_kind::string))
      made.id = (*id)->text;
    made.name = free_name(made.id, false);
    if (!by_id_.emplace(made.id, static_cast<uint32_t>(i)).second)
      item.fail("the id `" + made.id + "` is here twice", "ids must be unique");
    tasks_.push_back(std::move(made));
  }
}

void importer::read_links(const value& from) {
  for (uint32_t i = 0; i < tasks_.size(); ++i) {
    auto item = from.item(i);
    if (auto parents = get(item, "parents", node_kind::list))
      link(*parents, i, true);
    if (auto children = get(item, "children", node_kind::list))
      link(*children, i, false);
  }
}

void importer::link(const value& list, uint32_t index, bool to_parents) {
  for (size_t i = 0; i < list->items.size(); ++i) {
    auto other = by_id_.find(list->items[i].text);
    if (other == by_id_.end())
      list.item(i).fail("there is no task `" + list->items[i].text + "`",
                        "name tasks by their `id`");
    else if (to_parents)
      tasks_[index].parents.insert(other->second);
    else
      tasks_[other->second].parents.insert(index);
  }
}

void importer::read_run_times(const value& from) {
  std::vector<bool> known(tasks_.size());
  for (size_t i = 0; i < from->items.size(); ++i) {
    auto item = from.item(i);
    auto id = get(item, "id", node_kind::string);
    auto* time = item.kind() == node_kind::object
                   ? item->find("runtimeInSeconds")
                   : nullptr;
    if (!id || time == nullptr)
      continue; // Reported for the task below.
    auto pos = by_id_.find((*id)->text);
    if (pos == by_id_.end()) {
      id->fail("there is no task `" + (*id)->text + "`",
               "name tasks by their `id`");
      continue;
    }
    object_reader in{item};
    double seconds = 0;
    known[pos->second] = true;
    if (in.read("runtimeInSeconds", seconds, bounds<double>{0, seconds_max}))
      tasks_[pos->second].seconds = seconds * time_scale_;
  }
  for (size_t i = 0; i < tasks_.size(); ++i)
    if (!known[i])
      from.fail("the execution has no `runtimeInSeconds` of task `"
                  + tasks_[i].id + "`",
                "only recorded runs can be imported");
}

/// Shortest text that reads back as the same number.
std::string to_short(double x) {
  char buffer[32];
  auto [end, code] = std::to_chars(buffer, buffer + sizeof buffer, x);
  return {buffer, end};
}

std::string importer::to_workflow() const {
  std::string out = "{\"workflow\":";
  append_quoted(out, name_);
  if (!description_.empty()) {
    out += ",\"description\":";
    append_quoted(out, description_);
  }
  out += ",\"steps\":[";
  for (const auto& x : tasks_) {
    if (out.back() != '[')
      out += ',';
    out += "{\"name\":";
    append_quoted(out, x.name);
    if (x.name != x.id) {
      out += ",\"description\":";
      append_quoted(out, x.id);
    }
    out += ",\"depends_on\":[";
    for (auto parent : x.parents) {
      if (out.back() != '[')
        out += ',';
      append_quoted(out, tasks_[parent].name);
    }
    out += "],\"agent\":{\"capabilities\":[\"sleep\"]},"
           "\"type\":\"data_processing\",\"input\":{\"seconds\":"
           + to_short(x.seconds) + "}";
    duration expected{std::max<int64_t>(1000, std::llround(x.seconds * 1e6))};
    // Room for a loaded machine: short tasks are late by more than a factor.
    auto timeout = std::min<duration>(expected * 10 + std::chrono::seconds{30},
                                      workflows::duration_max);
    out += ",\"expected\":\"" + to_text(expected) + "\",\"timeout\":\""
           + to_text(timeout) + "\"}";
  }
  return out + "]}";
}

} // namespace

parsed_workflow import_wfcommons(std::string_view json, double time_scale) {
  parsed_workflow out;
  if (!(time_scale >= 0 && time_scale <= 1000)) {
    out.problems.push_back(
      {"", 0, 0, "the time scale " + to_short(time_scale) + " is out of range",
       "allowed are 0 to 1000"});
    return out;
  }
  auto document = read_json(json);
  out.problems = std::move(document.problems);
  if (!out.problems.empty())
    return out;
  importer made{time_scale, out.problems};
  made.read(value{document.root, out.problems});
  if (!out.problems.empty())
    return out;
  out = parse_workflow(made.to_workflow());
  for (auto& x : out.problems)
    x.line = x.column = 0; // Of our text, which nobody has seen.
  return out;
}

} // namespace troupe::core
