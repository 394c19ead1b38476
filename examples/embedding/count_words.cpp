#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>
#include <sstream>

#include <troupe/agent.hpp>
#include <troupe/node.hpp>

// Counts the words of all files of a folder: count_words FOLDER. Two agents, a
// node inside this program, a workflow, and everything that happens to it.

namespace fs = std::filesystem;

// JSON texts that hold no quotes or backslashes need no library.
static std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

static std::string unquoted(const std::string& json) {
  return json.size() < 2 ? "" : json.substr(1, json.size() - 2);
}

// A folder's name in, a list of its files out.
class lister : public troupe::agent {
  troupe::outcome perform(const troupe::task& t, troupe::context&) override {
    std::error_code failed;
    std::string list;
    for (const auto& x : fs::directory_iterator{unquoted(t.input), failed})
      list += (list.empty() ? "" : ",") + quoted(x.path().string());
    if (failed)
      return troupe::outcome::give_up(failed.message());
    return troupe::outcome::done("[" + list + "]");
  }
};

// A file's name in, the number of its words out; of a list of numbers the sum.
class counter : public troupe::agent {
  troupe::outcome perform(const troupe::task& t,
                          troupe::context& ctx) override {
    if (t.name == "sum")
      return troupe::outcome::done(std::to_string(sum_of(t.input)));
    std::ifstream file{unquoted(t.input)};
    size_t words = 0;
    for (std::string word; file >> word && !ctx.cancelled();)
      ++words;
    ctx.log(t.input + " has " + std::to_string(words) + " words");
    return troupe::outcome::done(std::to_string(words));
  }

  static size_t sum_of(std::string list) {
    for (auto& c : list)
      c = c >= '0' && c <= '9' ? c : ' ';
    std::istringstream numbers{list};
    size_t sum = 0;
    for (size_t x; numbers >> x;)
      sum += x;
    return sum;
  }
};

constexpr auto workflow = R"(
workflow: word-counts
input:
  folder: {type: string, required: true}
steps:
  list:
    agent: lister
    input: "${run.input.folder}"
  count:
    depends_on: [list]
    foreach: "${steps.list.output}"
    agent: counter
    input: "${item}"
  sum:
    depends_on: [count]
    agent: counter
    input: "${steps.count.output}"
)";

static int fail(const std::string& why) {
  std::cerr << why << '\n';
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 2)
    return fail("usage: count_words FOLDER");
  troupe::node_options options;
  options.data = "count-words-data"; // What is accepted survives a kill -9.
  troupe::node node{options};
  troupe::profile lists{.name = "lister"};
  troupe::profile counts{.name = "counter", .max_load = 4};
  node.add(lists, [] { return std::make_unique<lister>(); });
  node.add(counts, [] { return std::make_unique<counter>(); });
  if (auto why = node.start())
    return fail(why.message);
  troupe::submit_options how;
  how.input = "{\"folder\":" + quoted(argv[1]) + "}";
  auto accepted = node.submit(workflow, how);
  if (accepted.error)
    return fail(accepted.error.message);
  auto watching = node.watch(accepted.run, [](const std::string& event) {
    std::cerr << event << '\n';
    return true;
  });
  if (watching)
    return fail(watching.message);
  auto end = node.wait(accepted.run);
  if (end.state != "completed")
    return fail("the run has " + end.state + ": " + end.output);
  std::cout << end.output << '\n';
  if (auto why = node.stop())
    return fail(why.message);
  return 0;
}
