#include "core/json_text.hpp"
#include "core/metric_page.hpp"
#include "gateway/problem_details.hpp"
#include "gateway/routes.hpp"

namespace troupe::gateway {

namespace {

// A door must live with whatever the layer behind it says.
nlohmann::json parsed(const core::text& body) {
  return nlohmann::json::parse(body.view(), nullptr, false);
}

std::string text_field(const nlohmann::json& body, const char* name) {
  if (!body.is_object() || !body.contains(name) || !body[name].is_string())
    return {};
  return body[name].get<std::string>();
}

void run_made(const forward& asked, const core::api_answer& got,
              http_reply& out) {
  auto body = parsed(got.body);
  auto repeated =
    body.is_object() && body.contains("repeated") && body["repeated"] == true;
  out.status = repeated || asked.waits ? 200 : 201;
  if (asked.waits)
    out.headers.emplace_back("Preference-Applied", "wait");
  auto run = text_field(body, "run");
  if (!run.empty())
    out.headers.emplace_back("Location", "/api/v1/runs/" + run);
}

void started(http_reply& out) {
  out.status = 202;
  out.headers.emplace_back("Preference-Applied", "respond-async");
}

// Anybody may ask for health, so it says nothing but yes or no.
http_reply ready_reply(const core::api_answer& got) {
  auto body = parsed(got.body);
  auto ready = !got.error && body.is_object() && body.contains("ready")
               && body["ready"] == true;
  http_reply out;
  out.status = ready ? 200 : 503;
  out.body = ready ? R"({"status":"ready"})" : R"({"status":"not ready"})";
  return out;
}

} // namespace

http_reply unanswered(answer_form form, const http_request& about) {
  if (form == answer_form::ready)
    return ready_reply({{errc::timed_out, category::timeout, {}}, {}, {}, {}});
  std::string then = "nothing was changed; ask again";
  if (about.method != "GET" && about.method != "HEAD")
    then = about.idempotency_key
             ? "it may still happen; ask again with the same Idempotency-Key, "
               "and it is done once"
             : "it may still happen; look whether it did before you ask again, "
               "and send an Idempotency-Key next time";
  return to_reply(
    complaint{504,
              "unanswered",
              "the node took the request and did not answer in time",
              "no answer within answer_timeout, as when the disk fills up; "
                + then,
              {}},
    about);
}

http_reply reply_to(const forward& asked, const core::api_answer& got,
                    const http_request& about) {
  if (asked.form == answer_form::ready)
    return ready_reply(got);
  if (got.error)
    return to_reply(got, about);
  http_reply out;
  out.body = got.body.empty() ? "{}" : got.body.str();
  if (asked.form == answer_form::run_made)
    run_made(asked, got, out);
  else if (asked.form == answer_form::made)
    out.status = 201;
  else if (asked.form == answer_form::started)
    started(out);
  else if (asked.form == answer_form::figures) {
    out.body = text_field(parsed(got.body), "text");
    out.content_type = core::exposition_type;
  }
  return out;
}

} // namespace troupe::gateway
