#include "cli/listing.hpp"

#include <ostream>
#include <sstream>

#include "cli/live_news.hpp"
#include "cli/show.hpp"
#include "cli/table.hpp"

namespace troupe::cli {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds look_interval{100};
/// Where nothing happens, and where much does.
constexpr milliseconds asked_at_least{2'000};
constexpr milliseconds asked_at_most{300};

void print(verb_call& call, const listing& x) {
  if (call.json())
    call.out() << x.answer.dump() << std::endl;
  else
    call.out() << x.text << std::flush;
}

/// How to see the page after this one.
void say_more(verb_call& call, const listing& x) {
  auto next = text_of(x.answer, "next");
  if (!next.empty() && !call.json())
    call.err() << "troupe: there are more: --after " << next << '\n';
}

/// Says when it is time to ask again.
class rhythm {
public:
  explicit rhythm(verb_call& call) : news_(call) {}

  bool due() {
    auto now = clock::now();
    if (now < asked_ + asked_at_most)
      return false;
    happened_ = news_.take() || happened_;
    if (!happened_ && now < asked_ + asked_at_least)
      return false;
    happened_ = false;
    asked_ = now;
    return true;
  }

  void wait() { news_.wait(look_interval); }

private:
  live_news news_;
  clock::time_point asked_;
  bool happened_ = false;
};

std::vector<screen_line> lines_of(const listing& x, screen_size size) {
  std::vector<screen_line> out;
  std::istringstream lines{x.text};
  for (std::string line; std::getline(lines, line);)
    out.push_back({line, out.empty() ? look::title : look::plain});
  auto room = size.rows > 1 ? size.rows - 1 : 0;
  auto more = out.size() > room ? out.size() - room : 0;
  out.resize(room);
  out.push_back(
    {(more > 0 ? std::to_string(more) + " more lines; " : "") + "q: quit",
     look::faint});
  for (auto& line : out)
    line.text = fitted(line.text, size.columns);
  return out;
}

int draw_until_quit(verb_call& call, full_screen& screen,
                    listing (*ask)(verb_call&)) {
  rhythm when{call};
  listing newest;
  for (;;) {
    if (when.due())
      newest = ask(call);
    screen.show(lines_of(newest, screen.size()));
    auto key = screen.key(look_interval);
    if (key == "q" || key == "end")
      return exit_ok;
  }
}

int print_changes(verb_call& call, listing (*ask)(verb_call&)) {
  const auto& interrupted = call.around().interrupted;
  rhythm when{call};
  listing newest;
  for (auto first = true; !interrupted || !interrupted();) {
    if (!when.due()) {
      when.wait();
      continue;
    }
    auto now = ask(call);
    auto changed =
      first
      || (call.json() ? now.answer != newest.answer : now.text != newest.text);
    if (changed && !first && !call.json())
      call.out() << '\n';
    if (changed)
      print(call, now);
    newest = std::move(now);
    first = false;
  }
  return exit_interrupted;
}

} // namespace

nlohmann::json page_params(verb_call& call,
                           std::initializer_list<const char*> names) {
  nlohmann::json out{{"limit", call.number("limit")}};
  for (const auto* name : names)
    if (call.has(name))
      out[name] = call.text(name);
  return out;
}

void watch_option(po::options_description_easy_init& add) {
  add("watch", "show it again whenever it changes, until ^C");
}

int show_listing(verb_call& call, listing (*ask)(verb_call&)) {
  if (!call.has("watch")) {
    auto once = ask(call);
    print(call, once);
    say_more(call, once);
    return exit_ok;
  }
  const auto& around = call.around();
  call.node(); // Else the screen would be cleared for nothing.
  auto colour = around.environment("NO_COLOR").empty();
  auto screen = around.terminal && around.screen && !call.json()
                  ? around.screen(colour)
                  : nullptr;
  return screen ? draw_until_quit(call, *screen, ask)
                : print_changes(call, ask);
}

} // namespace troupe::cli
