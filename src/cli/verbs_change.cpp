#include <filesystem>
#include <ostream>

#include "cli/reference.hpp"
#include "cli/verbs.hpp"

namespace troupe::cli {

namespace {

using nlohmann::json;

void show(verb_call& call, const json& answer, const std::string& text) {
  call.out() << (call.json() ? answer.dump() : text) << '\n';
}

/// All that are named, before the first of them is changed: where one names
/// nothing, nothing is done.
std::vector<core::id>
find_all(verb_call& call, core::id (*find)(verb_call&, const std::string&)) {
  std::vector<core::id> out;
  for (const auto& x : call.list("target"))
    out.push_back(find(call, x));
  if (out.size() > 1)
    for (auto of : out)
      call.ask(of.number() == 0 ? "run" : "task", target_params(of));
  return out;
}

/// Each is tried and told, also after one that is refused. Returns the exit
/// code of the first refusal.
int change_all(verb_call& call, const std::vector<core::id>& all,
               const std::string& op, const json& more) {
  int code = exit_ok;
  for (auto of : all) {
    auto params = target_params(of);
    if (!more.is_null())
      params.update(more);
    try {
      auto answer = call.ask(op, params);
      auto text = to_string(of);
      if (!answer.value("previous", "").empty())
        text += " " + answer.value("previous", "") + " ->";
      show(call, answer, text + " " + answer.value("state", "done"));
    } catch (const stop_verb& why) {
      if (all.size() == 1)
        throw;
      say(call.around(), {why.code, to_string(of) + ": " + why.what, why.hint});
      code = code == exit_ok ? why.code : code;
    }
  }
  return code;
}

int answer(verb_call& call, const std::string& op, const std::string& done) {
  auto of = find_target(call, call.text("target"));
  if (of.number() == 0)
    throw stop_verb{exit_usage, "this names a run, not a task",
                    "write RUN/NAME; `troupe approvals` lists what waits"};
  json params{{"task", to_string(of)}};
  for (auto name : {"comment", "by"})
    if (call.has(name))
      params[name] = call.text(name);
  show(call, call.ask(op, params), to_string(of) + " " + done);
  return exit_ok;
}

} // namespace

void cancel_options(adder& add) {
  add("reason", po::value<std::string>()->value_name("TEXT"),
      "kept with the run");
}

int run_cancel(verb_call& call) {
  json more = json::object();
  if (call.has("reason"))
    more["reason"] = call.text("reason");
  return change_all(call, find_all(call, find_target), "cancel", more);
}

int run_retry(verb_call& call) {
  return change_all(call, find_all(call, find_target), "retry", {});
}

int run_pause(verb_call& call) {
  return change_all(call, find_all(call, find_run), "pause", {});
}

int run_resume(verb_call& call) {
  return change_all(call, find_all(call, find_run), "resume", {});
}

void signal_options(adder& add) {
  add("payload", po::value<std::string>()->value_name("JSON"),
      "what the waiting step gets as its output");
}

int run_signal(verb_call& call) {
  auto run = to_string(find_run(call, call.text("run")));
  json params{{"run", run}, {"name", call.text("name")}};
  if (call.has("payload")) {
    auto payload = json::parse(call.text("payload"), nullptr, false);
    if (payload.is_discarded())
      throw stop_verb{exit_usage, "--payload is no JSON",
                      "quote it for the shell: --payload '{\"a\": 1}'"};
    params["payload"] = std::move(payload);
  }
  auto got = call.ask("signal", params);
  show(call, got,
       got.value("repeated", false)
         ? (call.asked_again() ? "an earlier try has arrived" : "came before")
       : got.value("taken", false)
         ? "taken by a waiting step"
         : "no step waits for it now; kept until one does");
  return exit_ok;
}

void answer_options(adder& add) {
  add("comment", po::value<std::string>()->value_name("TEXT"),
      "kept with the decision");
  add("by", po::value<std::string>()->value_name("NAME"), "who decides");
}

int run_approve(verb_call& call) {
  return answer(call, "approve", "approved");
}

int run_reject(verb_call& call) {
  return answer(call, "reject", "rejected");
}

int run_backup(verb_call& call) {
  // The node works in a directory of its own.
  auto path = std::filesystem::absolute(call.text("path")).lexically_normal();
  auto got = call.ask("backup", {{"path", path.string()}});
  show(call, got,
       got.value("path", "") + ": "
         + std::to_string(got.value("size_bytes", uint64_t{0})) + " bytes");
  return exit_ok;
}

int run_restore(verb_call& call) {
  auto backup = call.text("backup");
  auto data = call.text("directory");
  if (auto why = call.around().restore(backup, data))
    throw stop_verb{exit_code_of(why), why.message, ""};
  if (call.json()) {
    call.out() << nlohmann::json{{"backup", backup}, {"data", data}}.dump()
               << '\n';
    return exit_ok;
  }
  call.out() << data << " holds the store of " << backup
             << ".\nStart a node with it: troupe node --data " << data
             << "\nWork that was done after the backup was made is not known; "
                "what was under way then begins again.\n";
  return exit_ok;
}

} // namespace troupe::cli
