#include "core/template_syntax.hpp"

#include <algorithm>
#include <array>

namespace troupe::core::templates {

namespace {

constexpr std::string_view roots_text =
  "steps, run, item, index, iteration, output, task, checkpoint";

/// Reads `${root.part[0]['part']}` from its `$` on.
class reader {
public:
  reader(std::string_view all, size_t at) : all_(all), at_(at), pos_(at + 2) {}

  result<reference> read();
  size_t end() const { return pos_; }

private:
  bool done() const { return pos_ >= all_.size(); }
  bool at_char(char c) const { return !done() && all_[pos_] == c; }
  void skip_blanks() {
    while (at_char(' '))
      ++pos_;
  }
  std::string word();
  std::string bracket(); // Empty: malformed.
  failure malformed(std::string_view why) const;

  std::string_view all_;
  size_t at_;
  size_t pos_;
};

failure reader::malformed(std::string_view why) const {
  auto shown = all_.substr(at_, std::min<size_t>(all_.size() - at_, 40));
  return failed("`" + std::string{shown} + "`: " + std::string{why});
}

std::string reader::word() {
  auto begin = pos_;
  auto ends = all_.find_first_of(" .[]{}$\"'\n\t", pos_);
  pos_ = std::min(ends, all_.size());
  return std::string{all_.substr(begin, pos_ - begin)};
}

std::string reader::bracket() {
  ++pos_; // The opening one.
  std::string part;
  if (at_char('\'') || at_char('"')) {
    auto quote = all_[pos_++];
    auto end = all_.find(quote, pos_);
    if (end == all_.npos)
      return {};
    part = all_.substr(pos_, end - pos_);
    pos_ = end + 1;
  } else {
    part = word();
    auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!std::all_of(part.begin(), part.end(), digit))
      return {};
  }
  if (!at_char(']'))
    return {};
  ++pos_;
  return part;
}

bool one_of(std::string_view word, std::initializer_list<const char*> all) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

/// What is wrong with its meaning, whatever the scope; empty: nothing.
std::string misuse(const reference& x) {
  const auto& path = x.path;
  if (!one_of(x.root, {"steps", "run", "item", "index", "iteration", "output",
                       "task", "checkpoint"}))
    return "unknown name `" + x.root + "`; a reference begins with one of "
           + std::string{roots_text};
  if (x.root == "steps") {
    if (path.empty())
      return "name the step, e.g. `${steps.build.output}`";
    if (path.size() < 2 || path[1] != "output")
      return "a step has only its `output` here; write `${steps." + path[0]
             + ".output" + (path.size() > 1 ? "." + path[1] : "") + "}`";
  }
  if (x.root == "run") {
    if (path.empty() || !one_of(path[0], {"input", "id", "name"}))
      return "of a run there are `run.input`, `run.id` and `run.name`";
    if (path[0] != "input" && path.size() > 1)
      return "`run." + path[0] + "` is a text and has no parts";
  }
  if (x.root == "task" && (path.size() != 1 || path[0] != "id"))
    return "of a task there is only `task.id`";
  if (one_of(x.root, {"index", "iteration"}) && !path.empty())
    return "`" + x.root + "` is a number and has no parts";
  return {};
}

result<reference> reader::read() {
  reference out;
  out.at = at_;
  skip_blanks();
  out.root = word();
  if (out.root.empty())
    return malformed(done() ? "`${` without its `}`; to write a plain `${`, "
                              "use `$${`"
                            : "a name must follow `${`; to write a plain "
                              "`${`, use `$${`");
  while (at_char('.') || at_char('[')) {
    std::string part;
    if (all_[pos_] == '.') {
      ++pos_;
      part = word();
    } else {
      part = bracket();
    }
    if (part.empty())
      return malformed("a part of the path is empty or malformed; write "
                       "`.name`, `[0]` or `['any key']`");
    out.path.push_back(std::move(part));
  }
  skip_blanks();
  if (done())
    return malformed("`${` without its `}`; to write a plain `${`, use `$${`");
  if (all_[pos_] != '}')
    return malformed("unexpected `" + std::string{all_.substr(pos_, 1)}
                     + "`; only a path can stand in `${...}`, conditions "
                       "belong into `when`");
  ++pos_;
  if (auto what = misuse(out); !what.empty())
    return failed("`" + std::string{all_.substr(at_, pos_ - at_)}
                  + "`: " + what);
  return out;
}

} // namespace

failure failed(std::string message) {
  return {errc::template_failed, category::validation, std::move(message)};
}

result<std::vector<piece>> split(std::string_view plain) {
  std::vector<piece> out;
  size_t begin = 0; // Of the literal that is being gathered.
  auto flush = [&](size_t end) {
    if (end > begin)
      out.push_back({false, plain.substr(begin, end - begin), {}});
  };
  size_t pos = 0;
  while ((pos = plain.find("${", pos)) != plain.npos) {
    if (pos > begin && plain[pos - 1] == '$') {
      // `$${`: the first `$` goes, the rest stays.
      flush(pos - 1);
      begin = pos;
      pos += 2;
      continue;
    }
    flush(pos);
    reader r{plain, pos};
    auto ref = r.read();
    if (!ref)
      return ref.error();
    out.push_back({true, {}, std::move(*ref)});
    begin = pos = r.end();
  }
  flush(plain.size());
  return out;
}

} // namespace troupe::core::templates
