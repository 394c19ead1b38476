#include <atomic>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "runtime/small_file.hpp"
#include "runtime/webhook_parts.hpp"

// How far webhooks are, and what nobody took, as notes in the store.

namespace troupe::runtime {

using nlohmann::json;

namespace {

using noted = core::result<std::vector<core::note_row>>;

noted interrupted() {
  return failure{errc::restarting, category::unknown,
                 "how far webhooks were could not be read from the store; "
                 "start the node again"};
}

/// The store's answer, or that it was lost; whatever comes first.
class first_answer {
public:
  void tell(noted x) {
    if (!over_.exchange(true))
      told_.set_value(std::move(x));
  }
  noted wait() { return told_.get_future().get(); }

private:
  std::atomic<bool> over_{false};
  std::promise<noted> told_;
};

/// Ready when the last copy is gone: whoever was asked has answered, or will
/// never.
class all_answered {
public:
  ~all_answered() { done_.set_value(); }
  std::future<void> future() { return done_.get_future(); }

private:
  std::promise<void> done_;
};

} // namespace

failure webhooks::parts::recall(
  const std::function<void(read_job, std::function<void()> lost)>& from) {
  auto asked = std::make_shared<first_answer>();
  from(
    [asked](core::store_reader& store) {
      asked->tell(store.notes(std::string{core::webhook_book::notes_head}));
    },
    [asked] { asked->tell(interrupted()); });
  auto known = asked->wait();
  if (!known)
    return known.error();
  core::webhook_book::notes notes;
  for (const auto& x : *known)
    notes.emplace(x.name, x.body.str());
  auto text =
    notes.empty() && !file.empty() ? read_small_file(file) : std::nullopt;
  if (!text)
    return book.load(notes);
  auto why = book.load_file(json::parse(*text, nullptr, false));
  if (why)
    why.message = file + " cannot be read: " + why.message
                  + "; move it away, and webhooks begin with what happens then";
  return why;
}

std::future<void> webhooks::parts::save() {
  auto all = std::make_shared<all_answered>();
  for (auto& [name, body] : book.changes()) {
    auto then = [all, weak = weak_from_this(), name = name, file = file,
                 warn = means->warn](const failure& why) {
      std::error_code ignored;
      if (!why && !file.empty())
        std::filesystem::remove(file, ignored);
      auto me = why ? weak.lock() : nullptr;
      if (!me)
        return;
      warn("positions of webhooks are not kept: " + why.message
           + "; after a crash some events are sent again");
      // Whoever asks may hold the mutex.
      me->means->client.after(std::chrono::milliseconds{0}, [me, name] {
        std::lock_guard guard{me->mutex};
        me->book.not_kept(name);
      });
    };
    means->keep({name, core::text{body}}, std::move(then));
  }
  return all->future();
}

} // namespace troupe::runtime
