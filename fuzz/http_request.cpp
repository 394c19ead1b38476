#include <nlohmann/json.hpp>

#include "gateway/head.hpp"
#include "gateway/options.hpp"
#include "gateway/routes.hpp"
#include "input.hpp"

// Requests, from the bytes of a connection to the operation or the refusal.

using namespace troupe;
using fuzz::must;

namespace {

namespace http = boost::beast::http;

struct witness {
  void operator()(const gateway::http_reply& x) const {
    must(x.status >= 400 || x.status == 200, "an answer at once is an error");
    must(!x.body.empty(), "a reply says something");
  }
  void operator()(const gateway::forward& x) const {
    must(!x.call.op.empty(), "what is asked has a name");
    auto params = nlohmann::json::parse(x.call.params.view(), nullptr, false);
    must(x.call.params.empty() || params.is_object(),
         "the parameters are an object");
  }
  void operator()(const gateway::open_stream&) const {}
  void operator()(const gateway::talk&) const {}
  void operator()(const gateway::open_socket&) const {}
};

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const gateway::gateway_options opts;
  http::request_parser<http::string_body> parser;
  parser.eager(true);
  parser.header_limit(16 * 1024);
  parser.body_limit(1024 * 1024);
  boost::beast::error_code wrong;
  boost::asio::const_buffer rest{data, size};
  while (rest.size() > 0 && !parser.is_done() && !wrong)
    rest += parser.put(rest, wrong);
  if (wrong || !parser.is_done()) {
    if (wrong && gateway::is_parse_error(wrong))
      must(gateway::parse_complaint(wrong, opts).status >= 400,
           "what is no HTTP is refused");
    return 0;
  }
  auto got = parser.release();
  if (gateway::count_complaint(got))
    return 0;
  auto request = gateway::head_of(got, true);
  request.body = got.body();
  if (auto refused = gateway::refuse_head(request, 8 * 1024)) {
    must(refused->status >= 400, "a refusal is an error");
    return 0;
  }
  std::visit(witness{}, gateway::decide(request));
  return 0;
}
