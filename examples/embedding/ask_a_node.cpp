#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include <troupe/client.hpp>

// Has a node elsewhere run a workflow, and agrees to whatever it asks:
// ask_a_node http://127.0.0.1:8765 FILE

// Of a JSON object whose value is a plain text, this needs no library.
static std::string field(const std::string& json, const std::string& name) {
  auto mark = '"' + name + "\":\"";
  auto begin = json.find(mark);
  if (begin == std::string::npos)
    return {};
  begin += mark.size();
  return json.substr(begin, json.find('"', begin) - begin);
}

static std::string text_of(const char* path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

static int fail(const troupe::client_answer& why) {
  std::cerr << why.error.message << '\n';
  for (const auto& x : why.problems)
    std::cerr << "  line " << x.line << ": " << x.what << "; " << x.hint
              << '\n';
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: ask_a_node NODE FILE\n";
    return 2;
  }
  troupe::client_options options;
  options.node = argv[1];
  if (auto* token = std::getenv("TROUPE_TOKEN"))
    options.token = token;
  troupe::client node{options};
  auto accepted = node.submit(text_of(argv[2]));
  if (!accepted.ok())
    return fail(accepted);

  // All that happens, also if the node is started again meanwhile.
  troupe::follow_options what;
  what.run = accepted.run;
  auto followed = node.follow(what, [&](const troupe::client_event& event) {
    auto kind = field(event.json, "kind");
    std::cerr << kind << ' ' << field(event.json, "at") << '\n';
    if (kind == "decision_asked")
      node.approve(field(event.json, "id"), "looks good");
    return true;
  });
  if (!followed.ok())
    return fail(followed);

  auto end = node.wait(accepted.run);
  if (!end.ok())
    return fail(end);
  std::cout << end.state << ' ' << end.output << '\n';
  return 0;
}
