#pragma once

#include <string>
#include <vector>

#include "runtime/opened_door.hpp"

namespace troupe::test {

struct hostile {
  std::string what;
  std::string bytes;
  unsigned status; // 0: the connection just ends.
};

/// Requests that are broken, or mean harm, with what they are to be answered.
class hostile_requests {
public:
  explicit hostile_requests(const opened_door& at);

  std::vector<hostile> all;

private:
  void add(const std::string& what, unsigned status, std::string bytes) {
    all.push_back({what, std::move(bytes), status});
  }

  /// A whole request; `headers` stand after those of an honest one.
  std::string get(const std::string& target, const std::string& headers = {},
                  const std::string& method = "GET") const {
    return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + auth_
           + headers + "\r\n";
  }

  std::string post(const std::string& target, const std::string& body,
                   const std::string& type = "application/json") const {
    return get(target,
               "Content-Type: " + type + "\r\nContent-Length: "
                 + std::to_string(body.size()) + "\r\n",
               "POST")
           + body;
  }

  // -- hostile_requests.cpp: HTTP and JSON
  void smuggling();
  void lines_and_headers();
  void sizes();
  void bodies();
  void deep_json();
  void bytes_that_are_no_text();
  void paths();
  void queries();
  void fields();
  // -- hostile_senders.cpp: who asks for what, and from where
  std::string with(const std::string& token) const;
  void tokens();
  void token_headers();
  void other_tenants();
  void hosts();

  const std::string blue_run_;
  const std::string blue_task_;
  const std::string auth_; // Of an honest one, of another tenant.
};

} // namespace troupe::test
