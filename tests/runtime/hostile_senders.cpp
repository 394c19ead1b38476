#include "core/base64url.hpp"
#include "core/jwt_keys.hpp"
#include "runtime/hostile_requests.hpp"

namespace troupe::test {

using nlohmann::json;

// -- tokens that are none

std::string hostile_requests::with(const std::string& token) const {
  return "GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
         "Bearer "
         + token + "\r\nTroupe-Workspace: red\r\n\r\n";
}

void hostile_requests::tokens() {
  auto claims = opened_door::claims("red", "admin");
  auto good = opened_door::token("red", "admin");
  auto body = good.substr(good.find('.'));
  auto unsigned_body = body.substr(0, body.rfind('.'));
  for (std::string header :
       {R"({"alg":"none"})", R"({"alg":"NONE","typ":"JWT"})", R"({"alg":""})",
        R"({"alg":"HS384"})", R"({"alg":"RS256"})", R"({"typ":"JWT"})",
        R"({"alg":"EdDSA"})", R"({"alg":"HS256","alg":"none"})",
        R"({"alg":"HS256","crit":["x"],"x":1})",
        R"({"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}})",
        R"({"alg":"HS256","jku":"http://evil.example/keys"})",
        R"({"alg":"HS256","kid":"../../../dev/null"})"}) {
    auto head = core::to_base64url(header);
    add("a token of " + header, 401, with(head + body));
    add("the same, not signed", 401, with(head + unsigned_body + "."));
  }
  auto changed = [&](const char* name, const json& value) {
    auto x = claims;
    x[name] = value;
    return core::sign_hs256(x.dump(), opened_door::secret);
  };
  add("a token that has ended", 401, with(changed("exp", 1'000'000'000)));
  add("a token without an end", 401, with(changed("exp", nullptr)));
  add("a token of tomorrow", 401, with(changed("nbf", 4'000'000'000)));
  add("a token for others", 401, with(changed("aud", "other")));
  add("a token of others", 401, with(changed("iss", "evil")));
  add("a token of nobody", 401, with(changed("sub", "")));
  add("a token with a role that is none", 401,
      with(changed("workspaces", {{"red", "root"}})));
  add("a token without roles", 401,
      with(changed("workspaces", json::object())));
  add("a token of another key", 401,
      with(core::sign_hs256(claims.dump(), std::string(32, 'x'))));
  add("a token of an empty key", 401,
      with(core::sign_hs256(claims.dump(), "")));
  add("a token whose claims are changed", 401,
      with(good.substr(0, good.find('.') + 1)
           + core::to_base64url(changed("workspaces", {{"*", "admin"}}))
           + good.substr(good.rfind('.'))));
  add("a token cut short", 401, with(good.substr(0, good.size() - 2)));
  add("a token that is too long", 401,
      with(core::sign_hs256(std::string(9'000, ' '), opened_door::secret)));
  add("three points", 401, with("..."));
}

void hostile_requests::token_headers() {
  auto good = opened_door::token("red", "admin");
  auto get = [&](const std::string& lines) {
    return "GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n";
  };
  add("no token", 401, get(""));
  add("a password", 401, get("Authorization: Basic YWRtaW46YWRtaW4=\r\n"));
  add("a token without its scheme", 401,
      get("Authorization: " + good + "\r\n"));
  add("a token in a cookie", 401, get("Cookie: token=" + good + "\r\n"));
  add("a token of a proxy", 401,
      get("Proxy-Authorization: Bearer " + good + "\r\n"));
  add("a principal by header", 401,
      get("X-Remote-User: admin\r\nX-Forwarded-User: admin\r\n"));
  add("from this machine, by header", 401,
      get("X-Forwarded-For: 127.0.0.1\r\n"));
  add("two tokens", 400,
      get("Authorization: Bearer " + good + "\r\nAuthorization: Bearer x\r\n"));
  add("another method by header", 403,
      this->get("/api/v1/tree", "X-HTTP-Method-Override: DELETE\r\n"));
}

// -- what is others'

void hostile_requests::other_tenants() {
  for (const auto& what : {blue_run_, blue_task_}) {
    auto run = what == blue_run_;
    auto base = (run ? "/api/v1/runs/" : "/api/v1/tasks/") + what;
    for (auto rest : {"", "/why", "/logs"})
      add("to look at what is blue's", 404, get(base + rest));
    for (auto rest : {"/cancel", "/retry"})
      add("to change what is blue's", 404, post(base + rest, "{}"));
  }
  add("blue's events", 404, get("/api/v1/runs/" + blue_run_ + "/events"));
  add("blue's question", 404,
      post("/api/v1/decisions/" + blue_task_, R"({"answer":"approve"})"));
  for (auto workspace : {"blue", "default", "*", "RED", "red2"})
    add(std::string{"the workspace "} + workspace, 403,
        "GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
        "Bearer "
          + opened_door::token("red", "admin")
          + "\r\nTroupe-Workspace: " + workspace + "\r\n\r\n");
  add("two workspaces", 400, get("/api/v1/runs", "Troupe-Workspace: blue\r\n"));
  add("a workspace with a blank", 400,
      "GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
        + opened_door::token("red", "admin")
        + "\r\nTroupe-Workspace: red blue\r\n\r\n");
  for (auto target :
       {"/api/v1/drain", "/api/v1/reload", "/api/v1/agents/echo/drain"})
    add(std::string{"the node's "} + target, 403, post(target, "{}"));
  add("a copy of everything", 403,
      post("/api/v1/backup", R"({"path":"/tmp/troupe-stolen.db"})"));
}

// -- names that somebody bound to this machine, and pages of others

void hostile_requests::hosts() {
  auto from = [&](const std::string& host, const std::string& more = {}) {
    return "GET /api/v1/runs HTTP/1.1\r\nHost: " + host + "\r\n" + auth_ + more
           + "\r\n";
  };
  for (auto host :
       {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
        "evil.example:8765", "127.0.0.1@evil.example", "localhost:x",
        "localhost:999999", "[::1", "0.0.0.0", "169.254.169.254", "10.0.0.1",
        "localhost, evil.example", "xn--lcalhost-54a", "local host"})
    add(std::string{"the host "} + host, 403, from(host));
  for (auto origin : {"http://evil.example", "https://localhost", "null",
                      "http://localhost.evil.example", "http://localhost:1",
                      "localhost", "file://", "http://127.0.0.1"})
    add(std::string{"a page of "} + origin, 403,
        from("localhost", std::string{"Origin: "} + origin + "\r\n"));
  add("a preflight of another page", 403,
      "OPTIONS /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nOrigin: "
      "http://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n");
}

} // namespace troupe::test
