#pragma once

#include <unistd.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/exit_code.hpp"
#include "cli/program.hpp"
#include "gateway/scripted_api.hpp"

namespace troupe::test {

inline const std::string run_a = "0190a1b2-0000-7000-8000-000000000000";

/// A file with that text, gone with the object.
struct file {
  explicit file(const std::string& text, const std::string& ending = ".yaml") {
    static int last = 0;
    path = "/tmp/troupe-cli-" + std::to_string(::getpid()) + "-"
           + std::to_string(++last) + ending;
    std::ofstream{path} << text;
  }
  ~file() { ::unlink(path.c_str()); }
  file(const file&) = delete;
  file& operator=(const file&) = delete;
  std::string path;
};

/// Runs the program against a scripted node and keeps what it said.
struct console {
  int run(const std::vector<std::string>& args) {
    out.str("");
    err.str("");
    cli::surroundings around{
      out,
      err,
      terminal,
      80,
      [this](const std::string& name) { return environment[name]; },
      [this](const std::string& address, const cli::node_login& as) {
        tried.push_back(address);
        login = as;
        return answering ? api : nullptr;
      },
      [this](const cli::node_args& given) {
        node = given;
        return 0;
      },
      [this](const cli::node_args& given,
             const std::function<int(core::api&)>& use) {
        node = given;
        in_process = true;
        return use(*api);
      },
      [this](const std::vector<std::string>& given) {
        bench = given;
        return 0;
      },
      [this](const std::vector<std::string>& given) {
        sim = given;
        return 0;
      },
      [this](const std::string&, bool deep) {
        checked_deeply = deep;
        return store_problems;
      },
      interrupted,
      [this](const std::string& backup, const std::string& data) {
        restored = {backup, data};
        return restore_trouble;
      },
      [this](const cli::node_args& given) {
        node = given;
        return config;
      },
      screen,
      std::chrono::milliseconds{0}};
    return cli::run_program(args, around);
  }

  bool said(const std::string& text) const {
    return out.str().find(text) != std::string::npos;
  }
  bool complained(const std::string& text) const {
    return err.str().find(text) != std::string::npos;
  }

  std::shared_ptr<scripted_api> api = std::make_shared<scripted_api>();
  std::map<std::string, std::string> environment;
  bool answering = true;
  bool terminal = false;
  std::ostringstream out;
  std::ostringstream err;
  std::vector<std::string> tried; // Addresses.
  cli::node_login login;
  cli::node_args node;
  bool in_process = false;
  std::vector<std::string> bench;
  std::vector<std::string> sim;
  core::result<std::vector<std::string>> store_problems =
    std::vector<std::string>{};
  bool checked_deeply = false;
  std::pair<std::string, std::string> restored; // From, to.
  failure restore_trouble;
  runtime::config_report config;
  std::function<std::unique_ptr<cli::full_screen>(bool)> screen;
  std::function<bool()> interrupted; // Empty: nobody can.
};

/// What the program's last call asked for.
inline nlohmann::json params(console& at) {
  return nlohmann::json::parse(at.api->last_call().params.view());
}

} // namespace troupe::test
