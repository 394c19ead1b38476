#include "core/link_frame.hpp"

#include "core/json_text.hpp"

namespace troupe::core {

namespace {

using nlohmann::json;

bool wrong(link_fault& fault, link_code code, std::string message) {
  fault.code = code;
  fault.message = std::move(message);
  return false;
}

bool usable_id(const json& id) {
  return id.is_string() || id.is_number_integer();
}

bool read_error(const json& error, link_frame& frame) {
  if (!error.is_object())
    return false;
  auto code = error.find("code");
  if (code == error.end() || !code->is_number_integer())
    return false;
  frame.what = link_frame::kind::refusal;
  frame.code = code->get<int64_t>();
  if (auto x = error.find("message"); x != error.end() && x->is_string())
    frame.message = x->get<std::string>();
  if (auto x = error.find("data"); x != error.end() && x->is_object())
    frame.params = *x;
  return true;
}

bool read_answer(const json& all, link_frame& frame, link_fault& fault) {
  auto result = all.find("result");
  auto error = all.find("error");
  if ((result == all.end()) == (error == all.end()))
    return wrong(fault, link_code::no_request,
                 "a frame has a `method`, a `result` or an `error`");
  if (error != all.end() && !read_error(*error, frame))
    return wrong(fault, link_code::no_request,
                 "`error` must be {\"code\": a number, \"message\": a text}");
  if (result != all.end()) {
    frame.what = link_frame::kind::answer;
    frame.result = *result;
  }
  return true;
}

bool read_call(const json& all, link_frame& frame, link_fault& fault) {
  const auto& method = all["method"];
  if (!method.is_string())
    return wrong(fault, link_code::no_request, "`method` must be a text");
  frame.method = method.get<std::string>();
  frame.what = all.contains("id") ? link_frame::kind::request
                                  : link_frame::kind::notification;
  if (auto x = all.find("params"); x != all.end() && !x->is_null()) {
    if (!x->is_object())
      return wrong(fault, link_code::wrong_params,
                   "`params` must be an object, e.g. {\"task\": \"..\"}");
    frame.params = *x;
  }
  return true;
}

} // namespace

bool read_frame(std::string_view line, link_frame& frame, link_fault& fault) {
  frame = {};
  fault = {};
  frame.params = json::object();
  auto all = parse_json(line, "the line");
  if (!all)
    return wrong(fault, link_code::no_json,
                 all.error().message
                   + "; stdout is for frames, write other things to stderr");
  if (!all->is_object())
    return wrong(fault, link_code::no_request,
                 "a frame is one JSON object on a line of its own");
  if (auto id = all->find("id"); id != all->end()) {
    if (usable_id(*id))
      fault.id = *id;
    else if (!id->is_null() || all->contains("method"))
      return wrong(fault, link_code::no_request,
                   "`id` must be a text or a whole number");
    frame.id = *id;
  }
  if (auto version = all->find("jsonrpc");
      version == all->end() || *version != "2.0")
    return wrong(fault, link_code::no_request,
                 "a frame says \"jsonrpc\": \"2.0\"");
  return all->contains("method") ? read_call(*all, frame, fault)
                                 : read_answer(*all, frame, fault);
}

std::string link_request(uint64_t id, std::string_view method,
                         std::string_view params) {
  std::string line = R"({"jsonrpc":"2.0","id":)" + std::to_string(id);
  line += R"(,"method":")";
  line += method;
  line += R"(","params":)";
  line += params;
  return line + "}\n";
}

std::string link_notification(std::string_view method, const json& params) {
  std::string line = R"({"jsonrpc":"2.0","method":")";
  line += method;
  line += R"(","params":)";
  return line + to_compact(params) + "}\n";
}

std::string link_answer(const json& id, const json& result) {
  return R"({"jsonrpc":"2.0","id":)" + to_compact(id) + R"(,"result":)"
         + to_compact(result) + "}\n";
}

std::string link_error(const link_fault& why) {
  json error{{"code", static_cast<int32_t>(why.code)},
             {"message", why.message}};
  return R"({"jsonrpc":"2.0","id":)" + to_compact(why.id) + R"(,"error":)"
         + to_compact(error) + "}\n";
}

void line_cutter::take(std::string_view bytes,
                       const std::function<bool(std::string_view)>& line,
                       const std::function<bool()>& too_long) {
  while (!bytes.empty()) {
    auto end = bytes.find('\n');
    auto part = bytes.substr(0, end);
    if (!dropping_ && part_.size() + part.size() > bytes_max_) {
      dropping_ = true;
      part_ = {}; // And its memory.
      if (!too_long())
        return;
    }
    if (!dropping_)
      part_ += part;
    if (end == std::string_view::npos)
      return;
    bytes.remove_prefix(end + 1);
    if (std::exchange(dropping_, false))
      continue;
    if (!part_.empty() && part_.back() == '\r')
      part_.pop_back();
    if (part_.find_first_not_of(" \t") != std::string::npos && !line(part_))
      return;
    part_.clear();
  }
}

} // namespace troupe::core
