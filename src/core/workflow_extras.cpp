#include <array>

#include "core/workflow_reader.hpp"

// What policy and recovery use later: the form is checked here, the JSON kept.

namespace troupe::core::workflows {

namespace {

constexpr std::array<std::string_view, 5> autonomy_words{
  "manual", "assisted", "semi_autonomous", "supervised", "full"};

enum class strategy : uint8_t {};
constexpr std::array<std::pair<std::string_view, strategy>, 11> strategy_words{
  {{"leader_follower", {}},
   {"peer_to_peer", {}},
   {"hierarchical", {}},
   {"consensus", {}},
   {"auction", {}},
   {"pipeline", {}},
   {"blackboard", {}},
   {"parallel", {}},
   {"sequential", {}},
   {"adaptive", {}},
   {"balanced", {}}}};

constexpr bounds<double> share{0, 1};

void check_risk(const value& from) {
  double number = 0;
  if (from.kind() == node_kind::integer || from.kind() == node_kind::real) {
    from.read(number, share);
    return;
  }
  object_reader in{from};
  bool flag = false;
  std::vector<std::string> words;
  in.read("impact", number, bounds<double>{1, 10});
  in.read("reversible", flag);
  in.read("confidence", number, share);
  in.read("criticality", number, share);
  read_words(in, "categories", words);
  finish(in, risk_fields);
}

void check_undo(const value& from) {
  object_reader in{from};
  needs need;
  duration timeout{};
  int64_t retries = 0;
  if (auto agent = in.find("agent"))
    read_agent(*agent, need);
  read_word(in, "type", need.type);
  in.find("input");
  in.read("timeout", timeout, any_duration);
  in.read("retries", retries, bounds<int64_t>{0, retries_max});
  finish(in, undo_fields);
}

void check_boundaries(const value& from) {
  object_reader in{from};
  double number = 0;
  std::string text;
  std::vector<std::string> words;
  in.read("max_impact", number, bounds<double>{0, 10});
  read_words(in, "forbid", words);
  read_words(in, "capabilities", words);
  read_words(in, "environments", words);
  in.read("hours", text);
  if (auto budget = in.find("budget")) {
    if (budget->kind() != node_kind::object)
      budget->fail_expected("an object", "e.g. `{money: 20, calls: 100}`");
    else
      for (size_t i = 0; i < (*budget)->items.size(); ++i)
        budget->item(i).read(number, bounds<double>{0, 1e15});
  }
  finish(in, boundaries_fields);
}

void check_strategy(const value& from) {
  strategy ignored{};
  if (from.kind() != node_kind::object) {
    from.read(ignored, strategy_words);
    return;
  }
  object_reader in{from}; // Each strategy has settings of its own.
  in.require("kind", "e.g. `{kind: consensus, agents: 3}`");
  in.read("kind", ignored, strategy_words);
}

void check_healing(const value& from) {
  std::vector<std::string> words;
  if (!from.read(words, words_max))
    return;
  for (size_t i = 0; i < words.size(); ++i)
    check_name(from.kind() == node_kind::list ? from.item(i) : from, words[i],
               true);
}

/// A level has a number and a word; the word is kept.
std::string autonomy_json(const value& from) {
  int64_t level = -1;
  if (from.kind() == node_kind::integer) {
    from.read(level, bounds<int64_t>{0, 4});
  } else {
    for (size_t i = 0; i < autonomy_words.size(); ++i)
      if (from.kind() == node_kind::string && from->text == autonomy_words[i])
        level = static_cast<int64_t>(i);
    if (level < 0)
      from.fail_expected(
        "0 to 4, or manual, assisted, semi_autonomous, supervised or full",
        did_you_mean(from->text, autonomy_words));
  }
  std::string out;
  append_quoted(
    out, autonomy_words.at(static_cast<size_t>(std::max(level, int64_t{0}))));
  return out;
}

} // namespace

void read_extra(object_reader& in, std::string_view key,
                std::map<std::string, std::string>& to) {
  auto x = in.find(key);
  if (!x)
    return;
  auto& json = to[std::string{key}];
  json = to_json(**x);
  if (key == "autonomy") {
    json = autonomy_json(*x);
  } else if (key == "risk") {
    check_risk(*x);
  } else if (key == "undo" || key == "compensation") {
    check_undo(*x);
  } else if (key == "boundaries") {
    check_boundaries(*x);
  } else if (key == "strategy") {
    check_strategy(*x);
  } else if (key == "healing") {
    check_healing(*x);
  } else if (key == "phase") {
    std::string word;
    if (x->read(word))
      check_name(*x, word, true);
  } else if (key == "complexity") {
    double number = 0;
    x->read(number, bounds<double>{0, 10});
  }
}

} // namespace troupe::core::workflows
