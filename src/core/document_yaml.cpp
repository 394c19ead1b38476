#include <map>
#include <unordered_set>

#include <yaml.h>

#include "core/document_checks.hpp"
#include "core/yaml_scalar.hpp"

namespace troupe::core {

namespace {

using documents::meter;
using documents::refused;

std::string_view view(const yaml_char_t* text) {
  return text == nullptr
           ? std::string_view{}
           : std::string_view{reinterpret_cast<const char*>(text)};
}

uint32_t from_one(size_t n) {
  return static_cast<uint32_t>(n + 1);
}

struct yaml_event : yaml_event_t {
  yaml_event() : yaml_event_t{} {}
  ~yaml_event() { yaml_event_delete(this); }
  yaml_event(const yaml_event&) = delete;
  yaml_event& operator=(const yaml_event&) = delete;
};

/// What an alias brings in, and how much that is.
struct anchored {
  node tree;
  uint64_t nodes = 0;
  uint64_t bytes = 0;
  uint32_t height = 0;
};

class yaml_reader {
public:
  yaml_reader(std::string_view source, const document_limits& limits,
              problems& out);
  ~yaml_reader() { yaml_parser_delete(&parser_); }
  yaml_reader(const yaml_reader&) = delete;
  yaml_reader& operator=(const yaml_reader&) = delete;

  node document();
  uint32_t depth() const { return meter_.deepest(); }

private:
  /// A list or an object that is not yet complete.
  struct open_node {
    node tree;
    std::string anchor;
    uint64_t nodes_before = 0;
    uint64_t bytes_before = 0;
    uint32_t height = 1;  // Of what is in it so far.
    bool has_key = false; // `key` waits for its value.
    node key;
  };

  void next(yaml_event& to);
  [[noreturn]] void fail_syntax();
  bool take(const yaml_event& x); // False: the document is complete.
  void scalar(const yaml_event& x);
  void begin(node_kind kind, const yaml_event& x);
  void end();
  void alias(const yaml_event& x);
  void check_tag(const yaml_event& x, std::string_view tag);
  void remember(const std::string& name, anchored what);
  void add(node&& x, uint32_t height);
  bool wants_key() const {
    return !open_.empty() && open_.back().tree.kind == node_kind::object
           && !open_.back().has_key;
  }
  static void place(const yaml_event& x, node& at) {
    at.line = from_one(x.start_mark.line);
    at.column = from_one(x.start_mark.column);
  }
  [[noreturn]] static void fail(const node& at, std::string what,
                                std::string hint) {
    throw refused{{"", at.line, at.column, std::move(what), std::move(hint)}};
  }

  std::string_view all_;
  yaml_parser_t parser_{};
  meter meter_;
  problems& problems_;
  std::vector<open_node> open_;
  std::map<std::string, anchored, std::less<>> anchors_;
  node root_;
};

yaml_reader::yaml_reader(std::string_view source, const document_limits& limits,
                         problems& out)
  : all_(source), meter_(limits), problems_(out) {
  if (yaml_parser_initialize(&parser_) == 0)
    throw std::bad_alloc{};
  yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
  // No text at all is an empty one; libyaml ends the process for null.
  const auto* text = source.empty() ? "" : source.data();
  yaml_parser_set_input_string(
    &parser_, reinterpret_cast<const unsigned char*>(text), source.size());
}

void yaml_reader::next(yaml_event& to) {
  if (yaml_parser_parse(&parser_, &to) == 0)
    fail_syntax();
}

std::string hint_for(std::string_view what, char at) {
  if (at == '\t')
    return "indent with spaces, not tabs";
  if (at == '@' || at == '`' || at == '%')
    return "put a text that begins with `" + std::string{at} + "` in quotes";
  if (what.starts_with("mapping values are not allowed"))
    return "put a text that contains `: ` in quotes";
  if (what.find("block end") != what.npos
      || what.find("expected key") != what.npos)
    return "check the indentation, and for a missing `:`, quote or bracket";
  return {};
}

void yaml_reader::fail_syntax() {
  const auto& mark = parser_.problem_mark;
  std::string what =
    parser_.problem != nullptr ? parser_.problem : "it cannot be read";
  auto at = parser_.problem_mark.index < all_.size() ? all_[mark.index] : '\0';
  auto hint = hint_for(what, at);
  if (parser_.context != nullptr && parser_.context_mark.index != mark.index)
    what += std::string{" "} + parser_.context + " that begins in line "
            + std::to_string(parser_.context_mark.line + 1);
  throw refused{{"", from_one(mark.line), from_one(mark.column),
                 "no valid YAML: " + what, hint}};
}

node yaml_reader::document() {
  for (bool more = true; more;) {
    yaml_event x;
    next(x);
    more = take(x);
  }
  for (;;) { // Whatever follows must be the end.
    yaml_event x;
    next(x);
    if (x.type == YAML_STREAM_END_EVENT)
      return std::move(root_);
    node at;
    place(x, at);
    fail(at, "a second YAML document begins here",
         "keep one document in a file");
  }
}

bool yaml_reader::take(const yaml_event& x) {
  switch (x.type) {
    case YAML_SCALAR_EVENT:
      scalar(x);
      return true;
    case YAML_SEQUENCE_START_EVENT:
      begin(node_kind::list, x);
      return true;
    case YAML_MAPPING_START_EVENT:
      begin(node_kind::object, x);
      return true;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      end();
      return true;
    case YAML_ALIAS_EVENT:
      alias(x);
      return true;
    case YAML_STREAM_END_EVENT: {
      node at;
      at.line = at.column = 1;
      fail(at, "the document is empty", "");
    }
    default:
      return x.type != YAML_DOCUMENT_END_EVENT;
  }
}

void yaml_reader::check_tag(const yaml_event& x, std::string_view tag) {
  constexpr std::string_view core_tags = "tag:yaml.org,2002:";
  if (tag.empty() || tag == "!" || tag.starts_with(core_tags))
    return;
  node at;
  place(x, at);
  fail(at, "the tag `" + std::string{tag} + "` is not known",
       "remove it; only YAML's own types exist here");
}

void yaml_reader::scalar(const yaml_event& x) {
  const auto& from = x.data.scalar;
  std::string_view text{reinterpret_cast<const char*>(from.value), from.length};
  auto tag = view(from.tag);
  check_tag(x, tag);
  node made;
  place(x, made);
  meter_.count(1, text.size(), made.line, made.column);
  bool plain = from.style == YAML_PLAIN_SCALAR_STYLE;
  if (wants_key() || !plain || tag == "!" || tag == YAML_STR_TAG) {
    made.kind = node_kind::string;
    made.text = text;
  } else {
    documents::resolve_plain(text, made);
  }
  if (from.anchor != nullptr)
    remember(std::string{view(from.anchor)}, {made, 1, text.size(), 0});
  add(std::move(made), 0);
}

void yaml_reader::begin(node_kind kind, const yaml_event& x) {
  bool list = kind == node_kind::list;
  check_tag(x,
            view(list ? x.data.sequence_start.tag : x.data.mapping_start.tag));
  open_node made;
  made.tree.kind = kind;
  place(x, made.tree);
  if (wants_key())
    fail(made.tree, "a list or an object cannot be the name of a field",
         "put a text that begins with `[` or `{` in quotes");
  made.anchor =
    view(list ? x.data.sequence_start.anchor : x.data.mapping_start.anchor);
  made.nodes_before = meter_.nodes();
  made.bytes_before = meter_.bytes();
  meter_.enter(made.tree.line, made.tree.column);
  meter_.count(1, 0, made.tree.line, made.tree.column);
  // An alias inside of what it names must not find an older one of that name.
  anchors_.erase(made.anchor);
  open_.push_back(std::move(made));
}

/// Brings the members of `<<` in where there are none of that name.
void merge(node& object) {
  std::vector<node> bases;
  std::erase_if(object.items, [&](node& x) {
    if (x.key != "<<")
      return false;
    if (x.kind == node_kind::list)
      bases.insert(bases.end(), x.items.begin(), x.items.end());
    else
      bases.push_back(std::move(x));
    return true;
  });
  if (bases.empty())
    return;
  std::unordered_set<std::string> seen;
  for (const auto& x : object.items)
    seen.insert(x.key);
  for (auto& base : bases) {
    if (base.kind != node_kind::object)
      throw refused{{"", base.line, base.column,
                     "`<<` needs an object, or a list of objects",
                     "name an anchored object, e.g. `<<: *base`"}};
    for (auto& x : base.items)
      if (seen.insert(x.key).second)
        object.items.push_back(std::move(x));
  }
}

void yaml_reader::end() {
  auto done = std::move(open_.back());
  open_.pop_back();
  meter_.leave();
  if (done.tree.kind == node_kind::object) {
    documents::check_duplicates(done.tree, problems_);
    merge(done.tree);
  }
  if (!done.anchor.empty())
    remember(done.anchor, {done.tree, meter_.nodes() - done.nodes_before,
                           meter_.bytes() - done.bytes_before, done.height});
  add(std::move(done.tree), done.height);
}

void yaml_reader::remember(const std::string& name, anchored what) {
  // The copy counts too: anchors within anchors would multiply.
  meter_.count(what.nodes, what.bytes, what.tree.line, what.tree.column);
  anchors_.insert_or_assign(name, std::move(what));
}

void yaml_reader::alias(const yaml_event& x) {
  node at;
  place(x, at);
  auto name = view(x.data.alias.anchor);
  auto pos = anchors_.find(name);
  if (pos == anchors_.end())
    fail(at, "the alias `*" + std::string{name} + "` names no anchor before it",
         "anchors are written `&" + std::string{name}
           + "`; one cannot contain itself");
  const auto& what = pos->second;
  meter_.count(what.nodes, what.bytes, at.line, at.column);
  if (meter_.depth() + what.height > meter_.limits().depth_max)
    fail(at,
         "nested deeper than " + std::to_string(meter_.limits().depth_max)
           + " levels by this alias (depth_max)",
         "make it flatter");
  meter_.reach(what.height);
  auto copy = what.tree;
  if (wants_key() && copy.kind != node_kind::string)
    fail(at, "the alias `*" + std::string{name} + "` is no name of a field",
         "write the name itself");
  add(std::move(copy), what.height);
}

void yaml_reader::add(node&& x, uint32_t height) {
  if (open_.empty()) {
    root_ = std::move(x);
    return;
  }
  auto& to = open_.back();
  to.height = std::max(to.height, height + 1);
  if (to.tree.kind == node_kind::list) {
    to.tree.items.push_back(std::move(x));
  } else if (!to.has_key) {
    to.has_key = true;
    to.key = std::move(x);
  } else {
    to.has_key = false;
    x.key = std::move(to.key.text);
    x.key_line = to.key.line;
    x.key_column = to.key.column;
    to.tree.items.push_back(std::move(x));
  }
}

} // namespace

parsed_document read_yaml(std::string_view source,
                          const document_limits& limits) {
  parsed_document out;
  if (source.starts_with("\xef\xbb\xbf"))
    source.remove_prefix(3);
  try {
    documents::check_source(source, limits);
    yaml_reader reader{source, limits, out.problems};
    out.root = reader.document();
    out.depth = reader.depth();
  } catch (const refused& x) {
    out.root = {};
    out.problems.push_back(x.why);
  }
  return out;
}

} // namespace troupe::core
