#include <array>
#include <utility>

#include "cli/terminal.hpp"

namespace troupe::cli {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 22> names{
  {{"\x1b[A", "up"},         {"\x1bOA", "up"},       {"\x1b[B", "down"},
   {"\x1bOB", "down"},       {"\x1b[C", "right"},    {"\x1bOC", "right"},
   {"\x1b[D", "left"},       {"\x1bOD", "left"},     {"\x1b[5~", "page_up"},
   {"\x1b[6~", "page_down"}, {"\x1b[H", "home"},     {"\x1bOH", "home"},
   {"\x1b[1~", "home"},      {"\x1b[F", "end_key"},  {"\x1bOF", "end_key"},
   {"\x1b[4~", "end_key"},   {"\x1b[Z", "back_tab"}, {"\t", "tab"},
   {"\r", "enter"},          {"\n", "enter"},        {"\x03", "end"},
   {"\x1b", "escape"}}};

/// How long a sequence is that nobody here knows: "ESC [ ... letter".
size_t unknown_sequence(const std::string& bytes) {
  size_t at = 2;
  while (at < bytes.size() && (bytes[at] < 0x40 || bytes[at] > 0x7e))
    ++at;
  return std::min(at + 1, bytes.size());
}

/// How many bytes the first character has.
size_t character(const std::string& bytes) {
  size_t n = 1;
  while (n < bytes.size()
         && (static_cast<unsigned char>(bytes[n]) & 0xc0) == 0x80)
    ++n;
  return n;
}

} // namespace

std::string take_key(std::string& bytes) {
  if (bytes.empty())
    return {};
  auto foreign = bytes.size() > 1 && bytes[0] == '\x1b'
                 && (bytes[1] == '[' || bytes[1] == 'O');
  for (const auto& [sequence, name] : names)
    if (bytes.starts_with(sequence) && !(foreign && name == "escape")) {
      bytes.erase(0, sequence.size());
      return std::string{name};
    }
  auto size = foreign ? unknown_sequence(bytes) : character(bytes);
  auto key = foreign ? std::string{"unknown"} : bytes.substr(0, size);
  bytes.erase(0, size);
  return key;
}

} // namespace troupe::cli
