#include <algorithm>
#include <cassert>

#include "core/expression.hpp"
#include "core/priority_words.hpp"
#include "core/workflow_reader.hpp"

// Forms that several fields share.

namespace troupe::core::workflows {

bool is_name(std::string_view name, bool dots) {
  auto letter = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name.size() <= name_bytes_max && letter(name[0])
         && std::all_of(name.begin(), name.end(), [&](char c) {
              return letter(c) || c == '-' || (dots && c == '.');
            });
}

bool check_name(const value& at, std::string_view name, bool dots) {
  if (is_name(name, dots))
    return true;
  std::string what, hint;
  if (name.size() > name_bytes_max) {
    what = "this name has more than " + std::to_string(name_bytes_max)
           + " bytes (name_bytes_max)";
    hint = "shorten it";
  } else {
    what = "`" + std::string{name} + "` is not a name";
    hint = "use letters, digits, `_`, `-`" + std::string{dots ? " and `.`" : ""}
           + "; begin with a letter, a digit or `_`";
  }
  if (at->key == name)
    at.fail_at_key(std::move(what), std::move(hint));
  else
    at.fail(std::move(what), std::move(hint));
  return false;
}

void read_word(object_reader& in, std::string_view key, std::string& to) {
  std::string word;
  auto x = in.find(key);
  if (x && x->read(word) && check_name(*x, word, true))
    to = std::move(word);
}

void read_words(object_reader& in, std::string_view key,
                std::vector<std::string>& to) {
  auto x = in.find(key);
  if (!x)
    return;
  std::vector<std::string> all;
  if (x->kind() != node_kind::list || (*x)->items.size() > words_max) {
    if (x->read(all, words_max))
      check_name(*x, all[0], true);
  } else {
    for (size_t i = 0; i < (*x)->items.size(); ++i)
      if (x->item(i).read(all.emplace_back()))
        check_name(x->item(i), all.back(), true);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  to = std::move(all);
}

void read_priority(object_reader& in, uint8_t& to) {
  auto x = in.find("priority");
  if (!x)
    return;
  if (x->kind() == node_kind::integer) {
    x->read(to, bounds<int64_t>{1, 10});
    return;
  }
  std::vector<std::string_view> known;
  for (const auto& [word, priority] : priority_words) {
    if (x->kind() == node_kind::string && (*x)->text == word) {
      to = priority;
      return;
    }
    known.push_back(word);
  }
  x->fail_expected("1 to 10, or low, normal, high, urgent or critical",
                   did_you_mean((*x)->text, known));
}

void read_labels(object_reader& in, std::map<std::string, std::string>& to) {
  auto x = in.find("labels");
  if (!x)
    return;
  if (x->kind() != node_kind::object) {
    x->fail_expected("an object of labels", "e.g. `{team: web}`");
    return;
  }
  if ((*x)->items.size() > labels_max) {
    x->fail("more than " + std::to_string(labels_max) + " labels (labels_max)",
            "remove some");
    return;
  }
  for (size_t i = 0; i < (*x)->items.size(); ++i) {
    auto label = x->item(i);
    auto& text = to[label->key];
    if (label.kind() == node_kind::boolean)
      text = label->truth ? "true" : "false";
    else if (label.kind() == node_kind::integer
             || label.kind() == node_kind::real)
      text = label->text;
    else
      label.read(text, 1024);
  }
}

void read_expression(const value& from, std::string& to) {
  std::string lua;
  if (from.kind() == node_kind::boolean) {
    from.fail_expected("a Lua condition", "put it in quotes");
    return;
  }
  if (!from.read(lua, expression_text_bytes_max))
    return;
  if (auto wrong = check_expression(lua))
    from.fail("`" + lua.substr(0, 60) + "`: " + *wrong);
  else
    to = std::move(lua);
}

std::string step_names::suggest(std::string_view name,
                                std::optional<uint32_t> self,
                                const problems& so_far) const {
  constexpr size_t names_compared_max = 2000;
  if (all.size() > names_compared_max || so_far.size() > problems_max)
    return {};
  std::vector<std::string_view> known{all.begin(), all.end()};
  if (self)
    known.erase(known.begin() + *self);
  return did_you_mean(name, known);
}

bool has_template(std::string_view text) {
  return text.find("${") != text.npos;
}

text to_object(const std::map<std::string, std::string>& from, bool quoted) {
  if (from.empty())
    return {};
  std::string out = "{";
  for (const auto& [name, what] : from) {
    if (out.size() > 1)
      out += ',';
    append_quoted(out, name);
    out += ':';
    if (quoted)
      append_quoted(out, what);
    else
      out += what;
  }
  return text{out + "}"};
}

void finish(object_reader& in, std::span<const field> fields) {
  in.finish();
  auto asked = in.asked();
  assert(std::equal(asked.begin(), asked.end(), fields.begin(), fields.end(),
                    [](auto a, const field& b) { return a == b.name; }));
}

} // namespace troupe::core::workflows
