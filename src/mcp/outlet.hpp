#pragma once

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

namespace troupe::mcp {

/// The last message of an exchange, with what HTTP says beside it.
struct reply {
  nlohmann::json message; // null: there is nothing to answer.
  unsigned status = 200;
  std::string session = {}; // A new one's id.
};

/// Where the messages go that belong to one message of a client. Thread-safe.
class outlet {
public:
  virtual ~outlet() = default;

  /// A notification or a request to the client. False: nobody reads any more.
  virtual bool send(const nlohmann::json& message) = 0;

  /// Once, and nothing after it.
  virtual void finish(const reply& last) = 0;

  /// Somebody still reads.
  virtual bool open() const = 0;
};

using outlet_ptr = std::shared_ptr<outlet>;

} // namespace troupe::mcp
