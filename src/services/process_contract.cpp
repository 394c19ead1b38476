#include "services/process_contract.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>

#include "core/cut_text.hpp"
#include "core/json_text.hpp"
#include "core/task_object.hpp"

namespace troupe::services {

namespace {

using std::chrono::milliseconds;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string shortened(std::string message) {
  return core::end_of_text(std::move(message), failure_bytes_max);
}

outcome failed(errc code, category kind, std::string message) {
  auto result = outcome::failed(shortened(std::move(message)), kind);
  result.error.code = code;
  return result;
}

outcome judge_success(std::string output, const std::string& name) {
  auto text = trimmed(output);
  if (text.empty())
    return outcome::done();
  if (nlohmann::json::accept(text)) {
    if (core::json_depth(text) > core::json_depth_max)
      return failed(errc::invalid_result, category::invalid_result,
                    "the output of `" + name + "` nests deeper than "
                      + std::to_string(core::json_depth_max)
                      + " levels (json_depth_max); make it flatter");
    return outcome::done(std::string{text});
  }
  while (!output.empty() && (output.back() == '\n' || output.back() == '\r'))
    output.pop_back();
  return outcome::done(core::to_compact(output));
}

// Only what is said outright adds tasks to a run: a program that answers with
// something of its own that looks alike must not.
outcome judge_envelope(const std::string& output, const std::string& name) {
  auto wrong = [&name](const std::string& what) {
    return failed(errc::invalid_result, category::invalid_result,
                  "`" + name
                    + "` did not answer {\"output\": .., \"tasks\": "
                      "[..]}, which `answers: envelope` asks for: "
                    + what);
  };
  auto text = trimmed(output);
  if (text.empty())
    return outcome::done();
  auto json = core::parse_json(text, "stdout");
  if (!json)
    return wrong(json.error().message);
  if (!json->is_object())
    return wrong(std::string{"it is no object but "} + json->type_name());
  for (const auto& [key, value] : json->items())
    if (key != "output" && key != "tasks")
      return wrong("unknown key `" + key + "`; put it into `output`");
  auto result =
    outcome::done(core::to_compact(json->value("output", nlohmann::json{})));
  auto tasks = json->find("tasks");
  if (tasks == json->end() || tasks->is_null())
    return result;
  if (!tasks->is_array())
    return wrong(std::string{"`tasks` is no list but "} + tasks->type_name());
  if (tasks->empty())
    return result;
  return std::move(result).with_tasks(core::to_compact(*tasks));
}

// {"error": {"message", "category", "retry_after_ms"}}: what the process says
// of its own failure, each part only where it makes sense.
void apply_own_error(outcome& to, std::string_view output) {
  auto text = trimmed(output);
  if (text.empty() || text.front() != '{')
    return;
  auto json = core::parse_json(text, "stdout");
  if (!json || !json->is_object())
    return;
  auto error = json->find("error");
  if (error == json->end() || !error->is_object())
    return;
  auto part = [&](const char* key) {
    return error->value(key, nlohmann::json{});
  };
  if (auto x = part("message"); x.is_string() && !x.get<std::string>().empty())
    to.error.message = shortened(x.get<std::string>());
  if (auto x = part("category"); x.is_string())
    to.error.kind =
      category_from(x.get<std::string>()).value_or(category::unknown);
  if (auto x = part("retry_after_ms"); x.is_number()) {
    constexpr double longest = milliseconds{retry_after_max}.count();
    to.delay = milliseconds{
      static_cast<int64_t>(std::clamp(x.get<double>(), 0.0, longest))};
  }
}

std::string with_lines(std::string sentence, const run_end& end) {
  if (!end.last_lines.empty())
    sentence += ": " + shortened(end.last_lines);
  return sentence;
}

outcome judge_signal(const run_end& end, const std::string& name) {
  if (end.code == SIGXCPU)
    return failed(errc::limit_reached, category::resource,
                  "`" + name
                    + "` used more processor time than "
                      "cpu_seconds_max; raise it or give it less to do");
  if (end.code == SIGXFSZ)
    return failed(errc::limit_reached, category::resource,
                  "`" + name
                    + "` wrote a file longer than file_bytes_max; "
                      "raise it or write less");
  return failed(errc::agent_crashed, category::agent_crash,
                with_lines("`" + name + "` was killed by signal "
                             + std::to_string(end.code) + " ("
                             + ::strsignal(end.code) + ")",
                           end));
}

} // namespace

std::string task_object(const task& t) {
  return core::task_object(t) + "\n";
}

std::string exit_message(const run_end& end, const std::string& name) {
  auto sentence = "`" + name + "` exited with code " + std::to_string(end.code);
  if (end.last_lines.empty())
    return sentence
           + " and wrote nothing to stderr; run it by hand with the "
             "same input to see why";
  return with_lines(std::move(sentence), end);
}

outcome judge_violent_end(const run_end& end, const std::string& name) {
  switch (end.fate) {
    case run_fate::exited:
      break;
    case run_fate::signalled:
      return judge_signal(end, name);
    case run_fate::lost:
      return failed(errc::agent_crashed, category::agent_crash,
                    "`" + name
                      + "` was killed because its spawner died; see "
                        "what killed it, e.g. the out-of-memory killer");
    case run_fate::not_started:
      return failed(end.why.code, end.why.kind, end.why.message);
    case run_fate::timed_out:
      return failed(errc::timed_out, category::timeout,
                    with_lines("`" + name
                                 + "` took longer than `limits.time` of its "
                                   "agent and was ended",
                               end));
    case run_fate::cancelled:
      return failed(errc::cancelled, category::cancelled,
                    with_lines("`" + name
                                 + "` was ended because its task was "
                                   "cancelled or its time was up",
                               end));
    case run_fate::output_too_big:
      return failed(errc::limit_reached, category::invalid_result,
                    "`" + name
                      + "` wrote more to stdout than output_bytes_max "
                        "and was killed; write large results to a file and put "
                        "its name into the output, or raise the limit");
  }
  return failed(errc::internal, category::unknown, exit_message(end, name));
}

outcome judge(run_end end, const std::string& name, answer_form form) {
  if (end.fate != run_fate::exited)
    return judge_violent_end(end, name);
  if (end.code == 0 && form == answer_form::envelope)
    return judge_envelope(end.output, name);
  if (end.code == 0)
    return judge_success(std::move(end.output), name);
  auto result = outcome::failed(exit_message(end, name));
  apply_own_error(result, end.output);
  return result;
}

} // namespace troupe::services
