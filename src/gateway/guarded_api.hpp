#pragma once

#include <memory>

#include "core/api.hpp"
#include "gateway/exchange.hpp"

namespace troupe::gateway {

/// The semantic layer, as far as somebody may go: for doors whose requests are
/// taken apart behind the gateway. What he may not do never reaches `all`.
std::shared_ptr<core::api> guarded(std::shared_ptr<core::api> all,
                                   caller_ptr who);

/// Whether an answer says more than he may know: warnings are about every
/// workspace.
bool hides_something(const core::caller& who, std::string_view op);
core::api_answer without_what_is_hidden(core::api_answer got);

} // namespace troupe::gateway
