#include "mcp/people.hpp"

#include <algorithm>
#include <atomic>

#include "mcp/tool.hpp"

namespace troupe::mcp {

using nlohmann::json;

namespace {

constexpr std::string_view prefix = "approval:";

bool has(const json& list, const std::string& word) {
  return list.is_array()
         && std::find(list.begin(), list.end(), word) != list.end();
}

std::string title_of(const json& decision) {
  auto question = text_of(decision, "question");
  return question.empty() ? "May task " + text_of(decision, "task") + " go on?"
                          : question;
}

json question_of(const json& decision) {
  json form{{"type", "object"}, {"required", {"decision"}}};
  form["properties"]["decision"] = {
    {"type", "string"}, {"title", "Decision"}, {"enum", {"approve", "reject"}}};
  form["properties"]["comment"] = {
    {"type", "string"},
    {"title", "Comment"},
    {"description", "kept in the history of the run"}};
  json params{{"mode", "form"},
              {"message", title_of(decision)},
              {"requestedSchema", std::move(form)}};
  return {{"method", "elicitation/create"}, {"params", std::move(params)}};
}

json confirmation_of(const json& decision) {
  json form{{"type", "object"}, {"required", {"approve"}}};
  form["properties"]["approve"] = {{"type", "boolean"}, {"title", "Approve"}};
  json params{{"mode", "form"},
              {"message", title_of(decision)},
              {"requestedSchema", std::move(form)}};
  return {{"confirm",
           {{"method", "elicitation/create"}, {"params", std::move(params)}}}};
}

void record(const request_ptr& r, const std::string& op, json params,
            const std::function<void()>& then) {
  r->call(op, params, [then](const core::api_answer&) { then(); });
}

void approve_now(const request_ptr& r) {
  auto asked = arguments(*r);
  r->call("approve", asked, [r](const core::api_answer& got) {
    r->succeed(got.error ? failed_result(got) : value_result(body_of(got)));
  });
}

/// The decision that this task waits for; null: it waits for none.
json decision_for(const core::api_answer& got, const std::string& task) {
  auto body = body_of(got);
  for (const auto& x : member(body, "decisions"))
    if (text_of(x, "task") == task)
      return x;
  return nullptr;
}

} // namespace

void approve_task(const request_ptr& r) {
  if (!r->can("elicitation"))
    return approve_now(r);
  const auto& said = r->answer("confirm");
  if (!said.is_null()) {
    auto yes = text_of(said, "action") == "accept"
               && member(member(said, "content"), "approve") == true;
    if (yes)
      return approve_now(r);
    return r->succeed(text_result(
      "not approved: the user did not confirm it; it still waits", true));
  }
  r->call("approvals", json::object(), [r](const core::api_answer& got) {
    auto found =
      decision_for(got, text_of(member(r->params, "arguments"), "task"));
    // What waits for nobody is refused as ever, and says why.
    if (found.is_null())
      return approve_now(r);
    r->ask(confirmation_of(found), nullptr);
  });
}

void find_decisions(const request_ptr& r, const std::string& run,
                    std::function<void(json list)> then) {
  r->call("approvals", json::object(),
          [run, then = std::move(then)](const core::api_answer& got) {
            auto list = json::array();
            auto body = body_of(got);
            for (const auto& x : member(body, "decisions"))
              if (text_of(x, "run") == run)
                list.push_back(x);
            then(std::move(list));
          });
}

json questions_of(const json& decisions, const json& done) {
  auto out = json::object();
  for (const auto& x : decisions)
    if (auto key = std::string{prefix} + text_of(x, "task"); !has(done, key))
      out[key] = question_of(x);
  return out;
}

void record_answers(const request_ptr& r, const json& answers, const json& done,
                    const std::function<void(json keys)>& then) {
  auto keys = done.is_array() ? done : json::array();
  auto open = std::make_shared<std::atomic<size_t>>(1);
  auto one_less = [open, then](const json& all) {
    if (--*open == 0)
      then(all);
  };
  json todo = json::array();
  for (const auto& [key, said] : answers.items()) {
    if (!key.starts_with(prefix) || has(keys, key))
      continue;
    keys.push_back(key);
    const auto& content = member(said, "content");
    auto op = text_of(content, "decision");
    if (text_of(said, "action") != "accept"
        || (op != "approve" && op != "reject"))
      continue;
    json params{{"task", key.substr(prefix.size())}};
    if (auto comment = text_of(content, "comment"); !comment.empty())
      params["comment"] = comment;
    todo.push_back({{"op", op}, {"params", std::move(params)}});
  }
  *open += todo.size();
  for (const auto& x : todo)
    record(r, text_of(x, "op"), x["params"],
           [one_less, keys] { one_less(keys); });
  one_less(keys);
}

} // namespace troupe::mcp
