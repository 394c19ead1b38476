#include "actors/caf_errc.hpp"

#include <caf/atom.hpp>
#include <caf/exit_reason.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

namespace troupe {

namespace {

constexpr auto troupe_category = caf::atom("troupe");

} // namespace

caf::error make_error(errc code) {
  return {static_cast<uint8_t>(code), troupe_category};
}

caf::error make_error(errc code, std::string text) {
  return {static_cast<uint8_t>(code), troupe_category,
          caf::make_message(std::move(text))};
}

errc to_errc(const caf::error& err) {
  if (!err)
    return errc::none;
  auto last = static_cast<uint8_t>(errc::internal);
  if (err.category() != troupe_category || err.code() > last)
    return errc::internal;
  return static_cast<errc>(err.code());
}

std::string to_text(const caf::error& err) {
  if (!err)
    return "ended normally";
  auto has_text = err.context().match_elements<std::string>();
  if (err.category() == troupe_category)
    return has_text ? err.context().get_as<std::string>(0)
                    : std::string{message(to_errc(err))};
  std::string name;
  if (err.category() == caf::atom("exit"))
    name = to_string(static_cast<caf::exit_reason>(err.code()));
  else if (err.category() == caf::atom("system"))
    name = to_string(static_cast<caf::sec>(err.code()));
  else
    name = to_string(err.category()) + "/" + std::to_string(err.code());
  return has_text ? name + ": " + err.context().get_as<std::string>(0) : name;
}

} // namespace troupe
