#include "runtime/hostile_requests.hpp"

namespace troupe::test {

hostile_requests::hostile_requests(const opened_door& at)
  : blue_run_(at.run), blue_task_(at.task),
    auth_("Authorization: Bearer " + opened_door::token("red", "admin")
          + "\r\nTroupe-Workspace: red\r\n") {
  smuggling();
  lines_and_headers();
  sizes();
  bodies();
  deep_json();
  bytes_that_are_no_text();
  paths();
  queries();
  fields();
  tokens();
  token_headers();
  other_tenants();
  hosts();
}

// -- requests hidden in others: two readers would cut them differently

void hostile_requests::smuggling() {
  const std::string hidden =
    "POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\n" + auth_
    + "Content-Type: application/json\r\nContent-Length: 19\r\n\r\n"
      R"([{"agent":"echo"}])";
  auto with = [&](const std::string& lengths, const std::string& body) {
    return get("/api/v1/plans", "Content-Type: application/json\r\n" + lengths,
               "POST")
           + body;
  };
  const std::string none = "0\r\n\r\n" + hidden;
  struct {
    const char* lengths;
    unsigned status;
  } const rows[] = {
    {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", 400},
    {"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", 400},
    {"Content-Length: 4\r\nContent-Length: 5\r\n", 400},
    {"Content-Length: 5, 5\r\n", 400},
    {"Content-Length: +5\r\n", 400},
    {"Content-Length: -5\r\n", 400},
    {"Content-Length: 0x5\r\n", 400},
    {"Content-Length: 5 5\r\n", 400},
    {"Content-Length: 5;\r\n", 400},
    {"Content-Length: \r\n", 400},
    {"Content-Length: 18446744073709551616\r\n", 400},
    {"Content-Length : 5\r\n", 400},
    {"Content-Length: 5\n", 400},
    {"Transfer-Encoding : chunked\r\n", 400},
    {"X: a\r\n Content-Length: 5\r\n\r\n", 400},
    {"Content-\tLength: 5\r\n", 400},
  };
  for (const auto& x : rows)
    add(x.lengths, x.status, with(x.lengths, none));
  const char* chunks[] = {
    "zz\r\n",           "-1\r\n",     "0x2\r\n[]\r\n0\r\n\r\n", "2[]\r\n0\r\n",
    "2\r\n[]0\r\n\r\n", "\r\n[]\r\n", "ffffffffffffffffff\r\n", "2 ;\r\n[]",
  };
  for (const auto* x : chunks)
    add("a chunk " + std::string{x}, 400,
        with("Transfer-Encoding: chunked\r\n", x));
}

// -- no HTTP, or not quite

void hostile_requests::lines_and_headers() {
  const std::string host = "Host: localhost\r\n";
  struct {
    std::string bytes;
    unsigned status;
  } const rows[] = {
    {"\r\n\r\n\r\n", 400},
    {"GET\r\n\r\n", 400},
    {"GET /\r\n\r\n", 400},
    {"GET / HTTP/1.1 x\r\n\r\n", 505},
    {"GET / HTTP/0.9\r\n\r\n", 505},
    {"GET / HTTP/2.0\r\n\r\n", 505},
    {"GET / HTTP/9.9\r\n\r\n", 505},
    {"GET / http/1.1\r\n\r\n", 505},
    {"GET  / HTTP/1.1\r\n" + host + "\r\n", 400},
    {" GET / HTTP/1.1\r\n" + host + "\r\n", 400},
    {"G\x01T / HTTP/1.1\r\n" + host + "\r\n", 400},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"GET / HTTP/1.1\r\nHost localhost\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n: localhost\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHo st: localhost\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x01z\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x7fz\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" + host + host + "\r\n", 400},
    {"GET / HTTP/1.1\r\n" + host + "\rX: y\r\n\r\n", 400},
    {std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"}, 400},
    {std::string{"GET / HTTP/1.1\r\nHost: local"} + '\0' + "host\r\n\r\n", 400},
    {"SSH-2.0-OpenSSH_9.2\r\n\r\n", 400},
    {"{\"jsonrpc\":\"2.0\"}\r\n\r\n", 400},
  };
  for (const auto& x : rows)
    add("no HTTP: " + x.bytes, x.status, x.bytes);
  for (auto method : {"DELETE", "PUT", "PATCH", "TRACE", "PROPFIND"})
    add(std::string{"the method "} + method, 405,
        get("/api/v1/runs", {}, method));
  for (auto method : {"BREW", "get", "GETT"})
    add(std::string{"no method of HTTP: "} + method, 405,
        get("/api/v1/runs", {}, method));
  add("CONNECT", 400, get("localhost:22", {}, "CONNECT"));
}

// -- too much

void hostile_requests::sizes() {
  add("a long address", 414, get("/" + std::string(9'000, 'a')));
  add("a long query", 414, get("/api/v1/runs?name=" + std::string(9'000, 'a')));
  add("a long header", 431,
      get("/", "X: " + std::string(40'000, 'a') + "\r\n"));
  std::string many;
  for (int i = 0; i < 5'000; ++i)
    many += "X" + std::to_string(i) + ": y\r\n";
  add("many headers", 431, get("/", many));
  add("a header without an end", 431,
      "GET / HTTP/1.1\r\nX: " + std::string(40'000, 'a'));
  add("a long body", 413,
      get("/api/v1/tasks",
          "Content-Type: application/json\r\nContent-Length: 99999999\r\n",
          "POST"));
  add("a long chunk", 413,
      get("/api/v1/tasks",
          "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n",
          "POST")
        + "7fffffff\r\n[");
  add(
    "a long key", 400,
    get("/api/v1/runs", "Idempotency-Key: " + std::string(300, 'k') + "\r\n"));
  add("a long event id", 400,
      get("/api/v1/events",
          "Last-Event-ID: " + std::string(2'000, '1') + "\r\n"));
}

// -- bodies that are not what they should be

void hostile_requests::bodies() {
  for (auto type : {"text/html", "multipart/form-data; boundary=x",
                    "application/x-www-form-urlencoded", "text/plain",
                    "application/xml", "image/png", "application/jsonx"})
    add(std::string{"a body of "} + type, 415,
        post("/api/v1/tasks", "[{}]", type));
  struct {
    const char* target;
    const char* body;
    unsigned status;
  } const rows[] = {
    {"/api/v1/tasks", "{", 400},
    {"/api/v1/tasks", "[", 400},
    {"/api/v1/tasks", "[1,]", 400},
    {"/api/v1/tasks", "[{}]]", 400},
    {"/api/v1/tasks", "[{\"agent\":\"echo\",}]", 400},
    {"/api/v1/tasks", "[{'agent':'echo'}]", 400},
    {"/api/v1/tasks", "[NaN]", 400},
    {"/api/v1/tasks", "[{\"a\":\"\\ud800\"}]", 400},
    {"/api/v1/tasks", "[{\"a\":\"\\u12\"}]", 400},
    {"/api/v1/tasks", "[{\"a\":01}]", 400},
    {"/api/v1/tasks", "[1e999999]", 400},
    {"/api/v1/tasks", "[]", 422},
    {"/api/v1/tasks", "[7]", 422},
    {"/api/v1/tasks", "[{\"agent\":7}]", 422},
    {"/api/v1/tasks", "[{\"agnet\":\"echo\"}]", 422},
    {"/api/v1/tasks", "[{\"agent\":\"echo\",\"priority\":-1}]", 422},
    {"/api/v1/tasks", "[{\"agent\":\"echo\",\"priority\":1e99}]", 422},
    {"/api/v1/tasks", "[{\"agent\":\"echo\",\"depends_on\":[\"x\"]}]", 422},
    {"/api/v1/runs", "null", 422},
    {"/api/v1/runs", "7", 422},
    {"/api/v1/runs", "{\"name\":7}", 422},
    {"/api/v1/runs", "{\"name\":\"../../etc/passwd\"}", 404},
    {"/api/v1/runs", "{\"workflow\":\"!!python/object:os.system x\"}", 422},
    {"/api/v1/runs", "{\"definition\":[]}", 422},
    {"/api/v1/runs", "{\"name\":\"a\",\"workspace\":\"blue\"}", 422},
    {"/api/v1/runs", "{\"name\":\"a\",\"wait\":\"yes\"}", 422},
    {"/api/v1/workflows", "{\"workflow\":\"steps: {a: {}}\"}", 422},
    {"/api/v1/plans", "{\"tasks\":{\"a\":1}}", 422},
  };
  for (const auto& x : rows)
    add(std::string{"the body "} + x.body, x.status, post(x.target, x.body));
}

void hostile_requests::deep_json() {
  for (auto [open, close] : {std::pair{'[', ']'}, std::pair{'{', '}'}}) {
    for (size_t n : {200u, 5'000u, 500'000u}) {
      std::string body(n, open);
      if (open == '{') {
        body.clear();
        for (size_t i = 0; i < n; ++i)
          body += "{\"a\":";
        body += "1";
      }
      body += std::string(n, close);
      add("deep " + std::to_string(n), 400, post("/api/v1/tasks", body));
    }
  }
  add("deep and never closed", 400,
      post("/api/v1/tasks", std::string(100'000, '[')));
  std::string anchors = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'j'; ++c) {
    std::string before(1, static_cast<char>(c - 1));
    anchors += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 9; ++i)
      anchors += (i > 0 ? ",*" : "*") + before;
    anchors += "]\n";
  }
  add("a YAML that grows", 422,
      post("/api/v1/runs", anchors, "application/yaml"));
  add("an input deep in a query", 400,
      get("/api/v1/runs?input=" + std::string(2'000, '['),
          "Content-Type: application/yaml\r\nContent-Length: 0\r\n", "POST"));
}

void hostile_requests::bytes_that_are_no_text() {
  for (std::string bad :
       {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82",
        "\x80", "\xfe\xff", "\xf0\x80\x80\xaf"}) {
    add("a body that is no UTF-8", 400,
        post("/api/v1/tasks", "[{\"name\":\"" + bad + "\"}]"));
    std::string escaped;
    for (unsigned char c : bad) {
      constexpr const char* digits = "0123456789abcdef";
      escaped += {'%', digits[c >> 4], digits[c & 15]};
    }
    add("an address that is no UTF-8", 400,
        get("/api/v1/runs?name=" + escaped));
  }
  add("a zero in a body", 400,
      post("/api/v1/tasks", std::string{"[{\"a\":\""} + '\0' + "\"}]"));
  add("a line break in a string", 400,
      post("/api/v1/tasks", "[{\"a\":\"\n\"}]"));
}

// -- ways to files and to other routes

void hostile_requests::paths() {
  for (auto target :
       {"/../etc/passwd", "/api/v1/../../etc/passwd", "/api/v1/./runs",
        "/api/v1//runs", "//api/v1/runs", "/api/v1/runs/", "/API/v1/runs",
        "/api/v1/runs/%2e%2e/status", "/api/v1/runs%2F..%2Fstatus",
        "/api/v1/runs;x=1", "/api/v1", "/api/v2/runs", "/.git/config",
        "/api/v1/agents/%2e%2e", "/metrics/../api/v1/runs",
        "/api/v1/runs/../../../../etc/shadow", "/favicon.ico/..;/api"})
    add(std::string{"the way "} + target, 404, get(target));
  for (auto target :
       {"/api/v1/runs/1", "/api/v1/runs/0190a1b2", "/api/v1/runs/%00",
        "/api/v1/runs/%zz", "/api/v1/runs/%", "/api/v1/runs/..",
        "/api/v1/runs/' OR 1=1", "/api/v1/runs/%27%20OR%201%3D1",
        "/api/v1/tasks/0190a1b2-0000-7000-8000-00000000000g",
        "/api/v1/runs/${jndi:ldap:x}", "/api/v1/runs/%0d%0aX:%20y",
        "http://localhost/api/v1/runs", "*", "api/v1/runs", "/api/v1/runs#x",
        "\\..\\windows"})
    add(std::string{"no id, or no address: "} + target,
        std::string_view{target}.find(' ') == std::string_view::npos ? 400
                                                                     : 505,
        get(target));
}

void hostile_requests::queries() {
  for (auto target : {"/api/v1/runs?limit=-1", "/api/v1/runs?limit=1e3",
                      "/api/v1/runs?limit=99999999999999999999",
                      "/api/v1/runs?limit=", "/api/v1/runs?limit=1&limit=2",
                      "/api/v1/runs?workspace=blue",
                      "/api/v1/runs?access_token=x", "/api/v1/runs?__proto__=x",
                      "/api/v1/tree?depth=0x10", "/api/v1/events?after=1"})
    add(std::string{"the query "} + target, 400, get(target));
  add("a number beyond what is allowed", 422,
      get("/api/v1/runs?limit=999999999"));
}

void hostile_requests::fields() {
  for (auto line : {"Idempotency-Key:\r\n", "Idempotency-Key: a b\r\n",
                    "Idempotency-Key: \xc3\xa4\r\n",
                    "Idempotency-Key: a\r\nIdempotency-Key: b\r\n",
                    "Last-Event-ID: x y\r\n"})
    add(std::string{"the header "} + line, 400, get("/api/v1/runs", line));
}

} // namespace troupe::test
