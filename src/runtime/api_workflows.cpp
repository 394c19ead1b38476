#include "runtime/api_question.hpp"

// What is registered: definitions by name and version, and how two differ.

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// Versions that are looked for below the newest.
constexpr uint32_t versions_max = 200;

json head_of(const core::definition_row& row) {
  return {{"version", row.version},
          {"hash", row.hash},
          {"created_at", core::to_rfc3339(row.created_at)}};
}

core::api_answer unknown(const std::string& name, uint32_t version) {
  auto which = version == 0 ? std::string{"no workflow `" + name + "`"}
                            : "no version " + std::to_string(version)
                                + " of workflow `" + name + "`";
  return refuse(errc::not_found,
                which
                  + " is registered here; register it with `troupe "
                    "register FILE` or POST /api/v1/workflows");
}

/// The definition, or an answer that says why there is none.
std::optional<core::definition_row>
definition_or_refusal(core::store_reader& store, const std::string& workspace,
                      const std::string& name, uint32_t version,
                      const node_api::callback& then) {
  auto row = store.find_definition(workspace, name, version);
  if (row && *row)
    return std::move(*row);
  then(row ? unknown(name, version) : refuse(row.error()));
  return std::nullopt;
}

core::result<json> versions_of(core::store_reader& store,
                               const core::definition_row& newest) {
  auto out = json::array({head_of(newest)});
  auto low = newest.version > versions_max ? newest.version - versions_max : 0;
  for (auto v = newest.version - 1; v > low; --v) {
    auto row = store.find_definition(newest.workspace, newest.name, v);
    if (!row)
      return row.error();
    if (*row)
      out.push_back(head_of(**row));
  }
  return out;
}

/// RFC 6902, and what stood there before.
json changes_between(const json& from, const json& to) {
  auto all = json::diff(from, to);
  for (auto& x : all)
    if (x["op"] != "add")
      x["was"] =
        from.value(json::json_pointer{x["path"].get<std::string>()}, json{});
  return all;
}

/// A number of a query or body; answers the call if it is none.
std::optional<uint32_t> version_of(const json& params, const char* field,
                                   const node_api::callback& then) {
  auto pos = params.find(field);
  if (pos == params.end())
    return 0;
  if (pos->is_number_unsigned() && *pos > 0 && *pos <= INT32_MAX)
    return pos->get<uint32_t>();
  then(refuse(errc::invalid,
              std::string{"`"} + field + "` must be the number of a version"));
  return std::nullopt;
}

json to_json(const core::registered_row& x) {
  return {{"name", x.name},
          {"version", x.version},
          {"hash", x.hash},
          {"created_at", core::to_rfc3339(x.created_at)},
          {"versions", x.versions}};
}

} // namespace

void node_api::workflows_call(question& q) {
  auto page = q.page();
  if (!page)
    return;
  read(
    [page = *page, workspace = q.what.workspace,
     then = q.then](core::store_reader& store) {
      auto found = store.registered(workspace, page);
      if (!found)
        return then(refuse(found.error()));
      json body{{"workflows", json::array()}};
      for (const auto& x : found->rows)
        body["workflows"].push_back(to_json(x));
      if (!found->next.empty())
        body["next"] = found->next;
      then(answer_with(body));
    },
    q.then);
}

void node_api::workflow_call(question& q) {
  auto version = version_of(q.params, "version", q.then);
  if (!version)
    return;
  read(
    [name = q.word("name").value_or(""), version = *version,
     workspace = q.what.workspace, then = q.then](core::store_reader& store) {
      auto one = definition_or_refusal(store, workspace, name, version, then);
      if (!one)
        return;
      auto newest = definition_or_refusal(store, workspace, name, 0, then);
      if (!newest)
        return;
      auto versions = versions_of(store, *newest);
      if (!versions)
        return then(refuse(versions.error()));
      auto body = head_of(*one);
      body["name"] = name;
      body["definition"] = json::parse(one->body.view());
      body["versions"] = std::move(*versions);
      then(answer_with(body));
    },
    q.then);
}

void node_api::diff_call(question& q) {
  auto from = version_of(q.params, "from", q.then);
  auto to = from ? version_of(q.params, "to", q.then) : std::nullopt;
  if (!to)
    return;
  if (*from == 0)
    return q.then(refuse(errc::invalid, "`from` is missing; give the number of "
                                        "the older version"));
  read(
    [name = q.word("name").value_or(""), from = *from, to = *to,
     workspace = q.what.workspace, then = q.then](core::store_reader& store) {
      auto a = definition_or_refusal(store, workspace, name, from, then);
      if (!a)
        return;
      auto b = definition_or_refusal(store, workspace, name, to, then);
      if (!b)
        return;
      then(answer_with(
        {{"name", name},
         {"from", a->version},
         {"to", b->version},
         {"changes", changes_between(json::parse(a->body.view()),
                                     json::parse(b->body.view()))}}));
    },
    q.then);
}

} // namespace troupe::runtime
