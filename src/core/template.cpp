#include "core/template.hpp"

#include <algorithm>
#include <map>

#include "core/json_text.hpp"
#include "core/template_syntax.hpp"

namespace troupe::core {

using nlohmann::json;
using templates::failed;
using templates::piece;
using templates::split;

namespace {

const failure no_failure{};

/// Where the string that begins at `open` ends: behind its quote.
size_t string_end(std::string_view text, size_t open) {
  auto pos = open + 1;
  while (text[pos] != '"')
    pos += text[pos] == '\\' ? 2 : 1;
  return pos + 1;
}

/// Calls `f(begin, end)` for each string value that may hold a reference, until
/// it fails. REQUIRES: valid JSON.
template <class F>
failure each_template(std::string_view text, F f) {
  size_t pos = 0;
  while ((pos = text.find('"', pos)) != text.npos) {
    auto end = string_end(text, pos);
    auto next = text.find_first_not_of(" \t\r\n", end);
    bool is_key = next != text.npos && text[next] == ':';
    if (!is_key && text.substr(pos, end - pos).find("${") != text.npos)
      if (auto why = f(pos, end); why)
        return why;
    pos = end;
  }
  return no_failure;
}

failure not_json(std::string_view what) {
  return failed(std::string{what}
                + " is no JSON, so no template can be found "
                  "in it");
}

bool plain(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
}

/// The text of a quoted string. Most have no escape, and need no parser.
std::string unquoted(std::string_view quoted) {
  if (quoted.find('\\') == quoted.npos)
    return std::string{quoted.substr(1, quoted.size() - 2)};
  return json::parse(quoted).get<std::string>();
}

std::string escaped(std::string_view raw) {
  if (std::all_of(raw.begin(), raw.end(), plain))
    return std::string{raw};
  auto quoted = to_compact(json(std::string{raw}));
  return quoted.substr(1, quoted.size() - 2);
}

/// "there is: `a`, `b`" - for people who mistyped a name.
std::string offers(const json& value) {
  if (!value.is_object())
    return std::string{"it is "} + (value.is_array() ? "a list of " : "a ")
           + (value.is_array() ? std::to_string(value.size()) + " (from 0)"
                               : value.type_name());
  std::string out;
  size_t shown = 0;
  for (const auto& member : value.items()) {
    if (++shown > 8)
      return out + ", ...";
    out += (shown == 1 ? "there is `" : ", `") + member.key() + "`";
  }
  return out.empty() ? "it is empty" : out;
}

const json* step_into(const json& value, const std::string& part) {
  if (value.is_object()) {
    auto pos = value.find(part);
    return pos == value.end() ? nullptr : &*pos;
  }
  // Nine digits cannot overflow and are more than any list has.
  if (!value.is_array() || part.size() > 9
      || part.find_first_not_of("0123456789") != part.npos)
    return nullptr;
  auto index = std::stoul(part);
  return index < value.size() ? &value[index] : nullptr;
}

/// Looks references up; parses each source once.
class resolver {
public:
  explicit resolver(const scope& where) : where_(where) {}

  /// Appends the value as JSON text.
  failure as_json(const reference& x, std::string& out);

  /// Appends a string raw, anything else as JSON text.
  failure as_text(const reference& x, std::string& out);

  /// Appends all pieces as text.
  failure as_text(const std::vector<piece>& pieces, std::string& out);

private:
  struct source {
    std::string name;            // For messages: "step `deploy`".
    std::string part = "part";   // What a path in it is called.
    const text* value = nullptr; // Null: `missing` says why.
    std::string missing;
    size_t used = 0; // Parts of the path that name the source.
  };

  source find(const reference& x) const;
  source find_step(const reference& x) const;
  std::optional<json> scalar(const reference& x) const;
  failure lookup(const reference& x, const json*& out, source& from);
  failure explain(const reference& x, const source& from, const json& stop,
                  size_t used) const;

  const scope& where_;
  std::map<std::string, json> parsed_;
};

failure blame(const reference& x, const std::string& why) {
  return failed("`${" + to_text(x) + "}`: " + why);
}

std::optional<json> resolver::scalar(const reference& x) const {
  if (x.root == "run" && x.path[0] != "input")
    return std::string{x.path[0] == "id" ? where_.run_id : where_.run_name};
  if (x.root == "task")
    return std::string{where_.task_id};
  if (x.root == "index" && where_.index)
    return *where_.index;
  if (x.root == "iteration" && where_.iteration)
    return *where_.iteration;
  return std::nullopt;
}

resolver::source resolver::find_step(const reference& x) const {
  source out{"step `" + x.path[0] + "`", "output", nullptr, {}, 2};
  if (where_.output_of)
    out.value = where_.output_of(x.path[0]);
  out.missing = out.name
                + " has no output here: it was skipped, is not among the "
                  "dependencies, or does not exist; see `depends_on`";
  return out;
}

resolver::source resolver::find(const reference& x) const {
  if (x.root == "steps")
    return find_step(x);
  if (x.root == "run")
    return {"the run", "input", where_.run_input, "the run has no input", 1};
  if (x.root == "output")
    return {"the output", "part", where_.output,
            "`output` is not known here; it is the step's own, so use it in "
            "`repeat_until` and `expect`",
            0};
  if (x.root == "checkpoint")
    return {"the checkpoint", "part", nullptr,
            "`checkpoint` is only known in `undo`", 0};
  auto value = x.root == "item" ? where_.item : nullptr;
  auto only = x.root == "iteration" ? "repeat_until" : "foreach";
  return {"the item", "part", value,
          "`" + x.root + "` is only known in a step with `" + only + "`", 0};
}

failure resolver::explain(const reference& x, const source& from,
                          const json& stop, size_t used) const {
  std::string wanted;
  for (auto i = from.used; i <= used; ++i)
    wanted += (wanted.empty() ? "" : ".") + x.path[i];
  return blame(x, from.name + " has no " + from.part + " `" + wanted + "`; "
                    + offers(stop));
}

failure resolver::lookup(const reference& x, const json*& out, source& from) {
  from = find(x);
  if (!from.value)
    return blame(x, from.missing);
  auto [pos, fresh] = parsed_.try_emplace(from.name);
  if (fresh) {
    auto view = from.value->view();
    auto value = parse_json(view.empty() ? "null" : view, from.name);
    if (!value)
      return blame(x, value.error().message);
    pos->second = std::move(*value);
  }
  out = &pos->second;
  for (auto i = from.used; i < x.path.size(); ++i) {
    auto next = step_into(*out, x.path[i]);
    if (!next)
      return explain(x, from, *out, i);
    out = next;
  }
  return no_failure;
}

failure within_limit(const std::string& out) {
  if (out.size() <= template_result_bytes_max)
    return no_failure;
  return failed("the resolved text is over 4 MiB "
                "(template_result_bytes_max); pass a reference to the data "
                "instead of the data");
}

failure resolver::as_json(const reference& x, std::string& out) {
  if (auto plain = scalar(x)) {
    out += to_compact(*plain);
    return within_limit(out);
  }
  const json* value = nullptr;
  source from;
  if (auto why = lookup(x, value, from); why)
    return why;
  // A whole source keeps its own bytes: order of keys, form of numbers.
  if (x.path.size() == from.used && !from.value->empty())
    out += from.value->view();
  else
    out += to_compact(*value);
  return within_limit(out);
}

failure resolver::as_text(const reference& x, std::string& out) {
  auto plain = scalar(x);
  const json* value = plain ? &*plain : nullptr;
  source from;
  if (!value)
    if (auto why = lookup(x, value, from); why)
      return why;
  out += value->is_string() ? value->get_ref<const std::string&>()
                            : to_compact(*value);
  return within_limit(out);
}

failure resolver::as_text(const std::vector<piece>& pieces, std::string& out) {
  for (const auto& p : pieces) {
    if (!p.is_reference)
      out += p.literal;
    else if (auto why = as_text(p.value, out); why)
      return why;
  }
  return no_failure;
}

/// Appends what a JSON string with references becomes.
failure replace(std::string_view quoted, resolver& values, std::string& out) {
  auto decoded = unquoted(quoted);
  auto pieces = split(decoded);
  if (!pieces)
    return pieces.error();
  if (pieces->size() == 1 && pieces->front().is_reference)
    return values.as_json(pieces->front().value, out);
  std::string made;
  if (auto why = values.as_text(*pieces, made); why)
    return why;
  out += '"' + escaped(made) + '"';
  return within_limit(out);
}

} // namespace

std::string to_text(const reference& x) {
  auto out = x.root;
  for (const auto& part : x.path)
    out += "." + part;
  return out;
}

result<std::vector<reference>> references_in_string(std::string_view plain) {
  auto pieces = split(plain);
  if (!pieces)
    return pieces.error();
  std::vector<reference> out;
  for (auto& p : *pieces)
    if (p.is_reference)
      out.push_back(std::move(p.value));
  return out;
}

result<std::vector<reference>> references(std::string_view text) {
  std::vector<reference> out;
  if (text.find("${") == text.npos)
    return out;
  if (!json::accept(text))
    return not_json("this text");
  auto why = each_template(text, [&](size_t begin, size_t end) {
    auto quoted = text.substr(begin, end - begin);
    bool escapes = quoted.find('\\') != quoted.npos;
    auto found = references_in_string(unquoted(quoted));
    if (!found)
      return found.error();
    for (auto& x : *found) {
      x.at = begin + (escapes ? 0 : 1 + x.at);
      out.push_back(std::move(x));
    }
    return no_failure;
  });
  if (why)
    return why;
  return out;
}

result<text> resolve(const text& from, const scope& where) {
  auto view = from.view();
  if (view.find("${") == view.npos)
    return from;
  if (!json::accept(view))
    return not_json("this text");
  resolver values{where};
  std::string out;
  size_t copied = 0;
  auto why = each_template(view, [&](size_t begin, size_t end) {
    out += view.substr(copied, begin - copied);
    copied = end;
    return replace(view.substr(begin, end - begin), values, out);
  });
  if (why)
    return why;
  out += view.substr(copied);
  if (auto over = within_limit(out); over)
    return over;
  return text{std::move(out)};
}

result<std::string> resolve_string(std::string_view plain, const scope& where) {
  if (plain.find("${") == plain.npos)
    return std::string{plain};
  auto pieces = split(plain);
  if (!pieces)
    return pieces.error();
  resolver values{where};
  std::string out;
  if (auto why = values.as_text(*pieces, out); why)
    return why;
  if (auto over = within_limit(out); over)
    return over;
  return out;
}

} // namespace troupe::core
