#pragma once

#include <memory>

#include "core/api.hpp"
#include "gateway/exchange.hpp"

namespace troupe::gateway {

/// The semantic layer, as far as somebody may go: for doors whose requests are
/// taken apart behind the gateway. What he may not do never reaches `all`.
std::shared_ptr<core::api> guarded(std::shared_ptr<core::api> all,
                                   caller_ptr who);

} // namespace troupe::gateway
