#pragma once

#include "core/jwt_keys.hpp"
#include "gateway/doorkeeper.hpp"
#include "gateway/raw_client.hpp"

// A door that asks who comes, and tokens for it.

namespace troupe::test {

using nlohmann::json;

inline const std::string secret(32, 's');
inline const std::string run = "0190a1b2-0000-7000-8000-000000000000";

inline core::instant utc_now() {
  return std::chrono::time_point_cast<core::duration>(
    std::chrono::system_clock::now());
}

inline std::string token(const json& workspaces,
                         const std::string& with = secret,
                         const std::string& kid = {}) {
  auto end = core::to_us(utc_now()) / 1'000'000 + 600;
  json claims{{"iss", "team"},
              {"sub", "ann"},
              {"aud", "troupe"},
              {"exp", end},
              {"workspaces", workspaces}};
  return core::sign_jwt(claims.dump(), {kid, core::jwt_algorithm::hs256, with});
}

inline gateway::login_rules_ptr rules(const std::string& with = secret,
                                      const std::string& kid = {}) {
  core::login_rules out;
  out.issuers.push_back(
    {"team", "team", {{kid, core::jwt_algorithm::hs256, with}}});
  return std::make_shared<const core::login_rules>(std::move(out));
}

inline gateway::gateway_options asking() {
  gateway::gateway_options opts;
  opts.login = rules();
  return opts;
}

inline raw_reply ask(const served& at, const std::string& line,
                     const std::string& headers = {}) {
  return at.ask(line + " HTTP/1.1\r\nHost: localhost\r\n" + headers
                + "Connection: close\r\n\r\n");
}

inline std::string as(const std::string& token) {
  return "Authorization: Bearer " + token + "\r\n";
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace troupe::test
