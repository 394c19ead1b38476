#include "gateway/mcp_stream.hpp"

#include <utility>

namespace troupe::gateway {

mcp_stream::mcp_stream(house_ptr in, timed_stream over,
                       std::shared_ptr<stream_debt> debt,
                       std::string request_id)
  : sse_connection(std::move(in), std::move(over), std::move(request_id)),
    debt_(std::move(debt)) {}

mcp_stream::~mcp_stream() {
  debt_->open = false;
}

void mcp_stream::leave() {
  // A comment is never owed to anybody.
  add(": the node is stopping; come again\n\n");
  end();
}

void mcp_stream::expire() {
  add(": the token that opened this stream has expired, or logins were read "
      "anew\n\n");
  end();
}

void mcp_stream::on_paid(size_t owed) {
  debt_->owed_bytes -= owed;
}

void mcp_stream::on_end() {
  debt_->open = false;
}

} // namespace troupe::gateway
