#include <cstdio>
#include <ostream>

#include "cli/listing.hpp"
#include "cli/show.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace troupe::cli {

namespace {

using nlohmann::json;

std::string labels_text(const json& sample) {
  std::string out;
  auto labels = sample.find("labels");
  if (labels == sample.end() || !labels->is_object())
    return out;
  for (const auto& [name, value] : labels->items())
    out += (out.empty() ? "" : " ") + name + "="
           + (value.is_string() ? value.get<std::string>() : value.dump());
  return out;
}

/// Of a histogram: how many there were, and how long one took.
std::string value_text(const json& sample) {
  char text[64];
  auto count = number_of(sample, "count");
  if (!sample.contains("count"))
    std::snprintf(text, sizeof text, "%.10g", number_of(sample, "value"));
  else
    std::snprintf(text, sizeof text, "%.0f, mean %.4g s", count,
                  count > 0 ? number_of(sample, "sum") / count : 0);
  return text;
}

listing list_metrics(verb_call& call) {
  auto got = call.ask("metrics");
  auto wanted = call.text("name");
  table rows{{"METRIC", "LABELS", ">VALUE"}};
  for (const auto& x : items(got, "metrics")) {
    auto name = text_of(x, "name");
    if (name.find(wanted) == name.npos)
      continue;
    for (const auto& sample : items(x, "samples"))
      rows.add({name, labels_text(sample), value_text(sample)});
  }
  auto text = rows.empty() ? "No metric has `" + wanted + "` in its name.\n"
                           : rows.text();
  return {std::move(got), std::move(text)};
}

listing list_webhooks(verb_call& call) {
  auto got = call.ask("webhooks");
  table rows{{"WEBHOOK", "URL", ">TOLD", ">BEHIND", ">DEAD", "LAST ERROR"}};
  for (const auto& x : items(got, "webhooks"))
    rows.add({text_of(x, "name"), text_of(x, "url"),
              std::to_string(count_of(x, "delivered")),
              std::to_string(count_of(x, "behind")),
              std::to_string(count_of(x, "dead")), text_of(x, "last_error")});
  auto text = rows.empty() ? "No webhooks. Configure some: docs/webhooks.md.\n"
                           : rows.text();
  return {std::move(got), std::move(text)};
}

listing list_dead_letters(verb_call& call) {
  auto got = call.ask("dead_letters");
  table rows{{"LETTER", "WEBHOOK", ">EVENTS", ">TRIES", "AT", "WHY"}};
  for (const auto& x : items(got, "letters"))
    rows.add({text_of(x, "id"), text_of(x, "webhook"),
              std::to_string(items(x, "events").size()),
              std::to_string(count_of(x, "tries")),
              short_time(text_of(x, "at")), text_of(x, "why")});
  auto text = rows.empty() ? "Everything was taken.\n" : rows.text();
  return {std::move(got), std::move(text)};
}

} // namespace

int run_webhooks(verb_call& call) {
  return show_listing(call, list_webhooks);
}

int run_dead_letters(verb_call& call) {
  return show_listing(call, list_dead_letters);
}

int run_redeliver(verb_call& call) {
  for (const auto& letter : call.list("letter")) {
    auto got = call.ask("redeliver", {{"letter", letter}});
    call.out() << (call.json() ? got.dump() : letter + " is sent again")
               << '\n';
  }
  return exit_ok;
}

int run_metrics(verb_call& call) {
  return show_listing(call, list_metrics);
}

} // namespace troupe::cli
