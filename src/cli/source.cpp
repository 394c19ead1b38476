#include "cli/source.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "core/json_text.hpp"
#include "core/priority_words.hpp"

namespace troupe::cli {

namespace {

using nlohmann::json;

// The gateway takes no larger body.
constexpr size_t file_bytes_max = 16 * 1024 * 1024;

bool is_file_name(const std::string& text) {
  std::error_code ignored;
  return text == "-" || text.find('/') != std::string::npos
         || text.find('.') != std::string::npos
         || std::filesystem::exists(text, ignored);
}

bool is_wfcommons(const json& x) {
  return x.is_object() && x.contains("workflow") && x["workflow"].is_object()
         && (x.contains("schemaVersion")
             || x["workflow"].contains("specification"));
}

// Values that were written with a word for a type are what they look like.
json value_of(const std::string& text) {
  auto parsed = json::parse(text, nullptr, false);
  return parsed.is_discarded() ? json(text) : parsed;
}

} // namespace

double scale_of(verb_call& call) {
  if (!call.has("time-scale"))
    return 1;
  try {
    size_t end = 0;
    auto text = call.text("time-scale");
    auto out = std::stod(text, &end);
    if (end == text.size() && out >= 0)
      return out;
  } catch (const std::logic_error&) {
  }
  throw stop_verb{exit_usage, "--time-scale is no number", "write e.g. 0.01"};
}

namespace {

json params_of_text(verb_call& call, const std::string& text) {
  auto parsed = json::parse(text, nullptr, false);
  if (parsed.is_array())
    return {{"tasks", parsed}};
  if (is_wfcommons(parsed))
    return {{"workflow", text},
            {"format", "wfcommons"},
            {"time_scale", scale_of(call)}};
  return {{"workflow", text}};
}

} // namespace

void source_options(po::options_description_easy_init& add) {
  add("input",
      po::value<std::vector<std::string>>()->composing()->value_name("K=V"),
      "an input of the run; V is JSON if it parses, else a string; may be "
      "given again");
  add("input-file", po::value<std::string>()->value_name("FILE"),
      "a JSON object with inputs; --input goes over it");
  add("priority", po::value<std::string>()->value_name("P"),
      "1 to 10, or low, normal, high, urgent, critical; default 5");
  time_scale_option(add);
}

void time_scale_option(po::options_description_easy_init& add) {
  add("time-scale", po::value<std::string>()->value_name("X"),
      "for WfCommons files: run times are multiplied with this");
}

std::string read_text(const std::string& path) {
  std::error_code ignored;
  if (path != "-" && std::filesystem::is_directory(path, ignored))
    throw stop_verb{exit_usage, path + " is a directory", "name a file in it"};
  std::string out;
  std::ifstream file;
  if (path != "-")
    file.open(path, std::ios::binary);
  auto& in = path == "-" ? std::cin : file;
  if (path != "-" && !file)
    throw stop_verb{exit_not_found, "cannot read " + path,
                    "check the name and its permissions"};
  char part[64 * 1024];
  while (in.read(part, sizeof part), in.gcount() > 0) {
    out.append(part, static_cast<size_t>(in.gcount()));
    if (out.size() > file_bytes_max)
      throw stop_verb{exit_usage, path + " is larger than 16 MiB", "split it"};
  }
  try {
    (void)json(out).dump(); // Else its bytes would be replaced on their way.
  } catch (const json::exception&) {
    throw stop_verb{exit_usage, path + " is no UTF-8 text", "save it as UTF-8"};
  }
  return out;
}

json input_of(verb_call& call) {
  json out = json::object();
  if (call.has("input-file")) {
    auto name = call.text("input-file");
    auto found = core::parse_json(read_text(name), name);
    if (!found)
      throw stop_verb{exit_usage, found.error().message, ""};
    out = std::move(*found);
    if (!out.is_object())
      throw stop_verb{exit_usage, name + " holds no JSON object",
                      "write {\"name\": value, ..}"};
  }
  for (const auto& x : call.list("input")) {
    auto equals = x.find('=');
    if (equals == 0 || equals == std::string::npos)
      throw stop_verb{exit_usage, "--input " + x + " is not K=V",
                      "write e.g. --input tag=v1.2"};
    out[x.substr(0, equals)] = value_of(x.substr(equals + 1));
  }
  return out;
}

json file_params(verb_call& call, const std::string& file) {
  return params_of_text(call, read_text(file));
}

json priority_param(const std::string& text) {
  if (core::priority_from(text))
    return text;
  auto digits = text.find_first_not_of("0123456789") == text.npos;
  if (text.empty() || text.size() > 2 || !digits || std::stoi(text) < 1
      || std::stoi(text) > 10)
    throw stop_verb{exit_usage, "`" + text + "` is no priority",
                    "write 1 to 10, or low, normal, high, urgent or critical"};
  return std::stoi(text);
}

json source_params(verb_call& call, const std::string& file) {
  auto out =
    is_file_name(file) ? file_params(call, file) : json{{"name", file}};
  auto input = input_of(call);
  if (!input.empty())
    out["input"] = std::move(input);
  if (call.has("priority"))
    out["priority"] = priority_param(call.text("priority"));
  return out;
}

} // namespace troupe::cli
