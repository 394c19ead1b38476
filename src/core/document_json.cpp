#include "core/document_checks.hpp"

// A reader of our own, because nlohmann's does not say where a value stood and
// silently takes the last of two equal keys.

namespace troupe::core {

namespace {

using documents::meter;
using documents::refused;

class json_reader {
public:
  json_reader(std::string_view source, const document_limits& limits,
              problems& out)
    : all_(source), meter_(limits), problems_(out) {}

  node document();
  uint32_t depth() const { return meter_.deepest(); }

private:
  [[noreturn]] void fail(std::string what, std::string hint = {}) const;
  [[noreturn]] void fail_at(size_t at, std::string what,
                            std::string hint = {}) const;
  uint32_t column(size_t at) const {
    return static_cast<uint32_t>(at - line_begin_ + 1);
  }
  bool done() const { return pos_ >= all_.size(); }
  char look() const { return done() ? '\0' : all_[pos_]; }
  std::string shown() const;
  void skip_blanks();

  void value(node& to);
  void list(node& to);
  void object(node& to);
  void word(node& to);
  void number(node& to);
  std::string string();
  void escape(std::string& to);
  uint32_t hex4();

  std::string_view all_;
  size_t pos_ = 0;
  uint32_t line_ = 1;
  size_t line_begin_ = 0;
  meter meter_;
  problems& problems_;
};

void append_utf8(std::string& to, uint32_t c) {
  auto put = [&](uint32_t x) { to += static_cast<char>(x); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | (c >> 6));
    put(0x80 | (c & 63));
  } else if (c < 0x10000) {
    put(0xe0 | (c >> 12));
    put(0x80 | ((c >> 6) & 63));
    put(0x80 | (c & 63));
  } else {
    put(0xf0 | (c >> 18));
    put(0x80 | ((c >> 12) & 63));
    put(0x80 | ((c >> 6) & 63));
    put(0x80 | (c & 63));
  }
}

void json_reader::fail_at(size_t at, std::string what, std::string hint) const {
  throw refused{{"", line_, column(at), "no valid JSON: " + std::move(what),
                 std::move(hint)}};
}

void json_reader::fail(std::string what, std::string hint) const {
  fail_at(pos_, std::move(what), std::move(hint));
}

std::string json_reader::shown() const {
  if (done())
    return "the end";
  auto end = pos_ + 1;
  while (end < all_.size()
         && (static_cast<unsigned char>(all_[end]) & 0xc0u) == 0x80u)
    ++end; // A character of several bytes is shown whole.
  return "`" + std::string{all_.substr(pos_, end - pos_)} + "`";
}

void json_reader::skip_blanks() {
  for (; !done(); ++pos_) {
    auto c = all_[pos_];
    if (c == '\n') {
      ++line_;
      line_begin_ = pos_ + 1;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      return;
    }
  }
}

node json_reader::document() {
  skip_blanks();
  node root;
  value(root);
  skip_blanks();
  if (!done())
    fail("expected the end, found " + shown());
  return root;
}

void json_reader::value(node& x) {
  x.line = line_;
  x.column = column(pos_);
  meter_.count(1, 0, x.line, x.column);
  auto c = look();
  if (c == '{') {
    object(x);
  } else if (c == '[') {
    list(x);
  } else if (c == '"') {
    x.kind = node_kind::string;
    x.text = string();
  } else if (c == '-' || (c >= '0' && c <= '9')) {
    number(x);
  } else {
    word(x);
  }
}

void json_reader::list(node& to) {
  to.kind = node_kind::list;
  meter_.enter(to.line, to.column);
  ++pos_;
  skip_blanks();
  while (look() != ']') {
    value(to.items.emplace_back());
    skip_blanks();
    if (look() == ',') {
      ++pos_;
      skip_blanks();
      if (look() == ']')
        fail("a comma before `]`", "remove it");
    } else if (look() != ']') {
      fail("expected `,` or `]` in the list, found " + shown());
    }
  }
  ++pos_;
  meter_.leave();
}

void json_reader::object(node& to) {
  to.kind = node_kind::object;
  meter_.enter(to.line, to.column);
  ++pos_;
  skip_blanks();
  while (look() != '}') {
    if (look() != '"')
      fail("expected a field's name in double quotes, found " + shown());
    auto& member = to.items.emplace_back();
    member.key_line = line_;
    member.key_column = column(pos_);
    member.key = string();
    skip_blanks();
    if (look() != ':')
      fail("expected `:` after \"" + member.key + "\", found " + shown());
    ++pos_;
    skip_blanks();
    value(member);
    skip_blanks();
    if (look() == ',') {
      ++pos_;
      skip_blanks();
      if (look() == '}')
        fail("a comma before `}`", "remove it");
    } else if (look() != '}') {
      fail("expected `,` or `}` in the object, found " + shown());
    }
  }
  ++pos_;
  meter_.leave();
  documents::check_duplicates(to, problems_);
}

void json_reader::word(node& to) {
  auto takes = [&](std::string_view word) {
    if (!all_.substr(pos_).starts_with(word))
      return false;
    pos_ += word.size();
    return true;
  };
  if (takes("null"))
    return;
  to.truth = takes("true");
  if (!to.truth && !takes("false"))
    fail("expected a value, found " + shown(),
         done() ? "the text is cut off" : "texts stand in double quotes");
  to.kind = node_kind::boolean;
}

void json_reader::number(node& to) {
  auto begin = pos_;
  to.kind = node_kind::integer;
  for (; !done(); ++pos_) {
    auto c = all_[pos_];
    if (c == '.' || c == 'e' || c == 'E')
      to.kind = node_kind::real;
    else if (!(c >= '0' && c <= '9') && c != '-' && c != '+')
      break;
  }
  to.text = all_.substr(begin, pos_ - begin);
  if (!documents::is_json_number(to.text))
    fail_at(begin, "`" + to.text.substr(0, 40) + "` is not a number");
  meter_.count(0, to.text.size(), to.line, to.column);
}

std::string json_reader::string() {
  auto begin = pos_++;
  std::string out;
  for (;;) {
    auto plain = pos_;
    while (!done() && static_cast<unsigned char>(all_[pos_]) >= 0x20
           && all_[pos_] != '"' && all_[pos_] != '\\')
      ++pos_;
    out += all_.substr(plain, pos_ - plain);
    if (done() || look() == '\n')
      fail_at(begin, "this text has no closing `\"`");
    auto c = all_[pos_];
    if (c != '"' && c != '\\')
      fail("a control character in a text", "write it as \\u00XX or \\t");
    ++pos_;
    if (c == '"')
      break;
    escape(out);
  }
  meter_.count(0, out.size(), line_, column(begin));
  return out;
}

void json_reader::escape(std::string& to) {
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  if (auto at = letters.find(look()); !done() && at != letters.npos) {
    to += meanings[at];
    ++pos_;
    return;
  }
  if (look() != 'u')
    fail("unknown escape `\\` before " + shown());
  auto begin = pos_ - 1;
  ++pos_;
  auto code = hex4();
  if (code >= 0xd800 && code <= 0xdbff
      && all_.substr(pos_).starts_with("\\u")) {
    pos_ += 2;
    auto low = hex4();
    if (low >= 0xdc00 && low <= 0xdfff)
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  if (code >= 0xd800 && code <= 0xdfff)
    fail_at(begin, "half of a surrogate pair");
  append_utf8(to, code);
}

uint32_t json_reader::hex4() {
  uint32_t code = 0;
  for (int i = 0; i < 4; ++i, ++pos_) {
    auto c = look();
    auto digit = std::string_view{"0123456789abcdef"}.find(
      static_cast<char>(c >= 'A' && c <= 'F' ? c + 32 : c));
    if (done() || digit == std::string_view::npos)
      fail("expected four hexadecimal digits after `\\u`");
    code = code * 16 + static_cast<uint32_t>(digit);
  }
  return code;
}

} // namespace

parsed_document read_json(std::string_view source,
                          const document_limits& limits) {
  parsed_document out;
  if (source.starts_with("\xef\xbb\xbf"))
    source.remove_prefix(3);
  try {
    documents::check_source(source, limits);
    json_reader reader{source, limits, out.problems};
    out.root = reader.document();
    out.depth = reader.depth();
  } catch (const refused& x) {
    out.root = {};
    out.problems.push_back(x.why);
  }
  return out;
}

} // namespace troupe::core
