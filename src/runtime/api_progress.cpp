#include <caf/event_based_actor.hpp>

#include "runtime/api_question.hpp"

// How long a run still takes: the monitor's word, on top of the row.

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// An estimate is worth no more waiting than that.
constexpr std::chrono::seconds estimate_within{1};

} // namespace

void node_api::add_eta(const core::run_row& row, json shown,
                       const callback& then) {
  auto body = std::make_shared<json>(std::move(shown));
  auto to = child_ref<progress_actor>{monitors_, "progress"}.handle();
  if (!to || core::terminal(row.state))
    return then(answer_with(*body));
  sys_.spawn([to, body, then, run = row.key](caf::event_based_actor* self) {
    self->request(to, estimate_within, stats_atom_v, run)
      .then(
        [body, then](const std::string& text) {
          auto eta = json::parse(text, nullptr, false);
          if (eta.is_object())
            (*body)["eta"] = std::move(eta);
          then(answer_with(*body));
        },
        [body, then](const caf::error&) { then(answer_with(*body)); });
  });
}

} // namespace troupe::runtime
