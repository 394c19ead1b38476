#include <algorithm>

#include "input.hpp"
#include "mcp/server.hpp"

// What a client of the MCP says: a message a line, in one session and without.
// A line that begins with `!` sets a header of those that follow.

using namespace troupe;
using fuzz::must;

namespace {

/// Knows one run that waits for a person, and answers at once.
class stub : public core::api {
public:
  void call(core::api_request what,
            std::function<void(core::api_answer)> then) override {
    must(nlohmann::json::accept(what.params.view()), "params are JSON");
    core::api_answer out;
    if (what.params.view().size() % 7 == 6)
      out.error = {errc::not_found, category::unknown, "not there"};
    else
      out.body = core::text{std::string{
        R"({"run":"r","state":"running","counts":{"awaiting_approval":1},)"
        R"("decisions":[{"task":"t","run":"r","question":"?"}],"runs":[{}]})"}};
    then(std::move(out));
  }

  void watch(core::watch_request,
             std::function<bool(const core::watch_event&)> sink) override {
    if (sink({"1", R"({"kind":"log","id":"t","line":"x"})", false}))
      sink({"2", R"({"kind":"end"})", true});
  }
};

class witness : public mcp::outlet {
public:
  bool send(const nlohmann::json& message) override {
    must(!answered_, "nothing follows the answer");
    must(message.contains("method"), "what is told has a method");
    must(!mcp::to_line(message).empty(), "it can be written");
    return true;
  }

  void finish(const mcp::reply& last) override {
    must(!answered_, "an answer comes once");
    answered_ = true;
    must(last.status >= 200 && last.status < 600, "its status is one of HTTP");
    if (last.message.is_null())
      return;
    must(last.message.contains("result") != last.message.contains("error"),
         "it is a result or an error");
    must(mcp::to_line(last.message).find('\n') == std::string::npos,
         "it is one line");
  }

  bool open() const override { return !answered_; }

private:
  bool answered_ = false;
};

using headers = std::vector<std::pair<std::string, std::string>>;

void set_header(headers& to, std::string_view line) {
  auto colon = line.find(':');
  if (colon != line.npos && to.size() < 16)
    to.emplace_back(line.substr(0, colon), line.substr(colon + 1));
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = fuzz::text_of(data, size);
  auto api = std::make_shared<stub>();
  mcp::surroundings around;
  around.after = [](auto, auto) {}; // Time stands still.
  around.chance = [n = 0]() mutable { return std::to_string(++n); };
  around.secret = "s";
  around.fixtures = true;
  mcp::server server{std::move(around)};
  auto pipe = server.open_pipe();
  headers with;
  for (int lines = 0; !text.empty() && lines < 32; ++lines) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with('!')) {
      set_header(with, line.substr(1));
      continue;
    }
    mcp::incoming said{std::string{line}, {api}, true, with};
    auto copy = said;
    copy.over_http = false;
    server.take(std::move(said), std::make_shared<witness>());
    server.take(std::move(copy), std::make_shared<witness>(), pipe);
  }
  pipe->close();
  server.close();
  return 0;
}
