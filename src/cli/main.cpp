#include <csignal>
#include <cstdlib>
#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/program.hpp"
#include "cli/verb.hpp"
#include "client/http_api.hpp"
#include "sim/program.hpp"

// Only the program's edge: what it reaches in this process.

namespace {

using namespace troupe;

std::string environment(const std::string& name) {
  const auto* found = std::getenv(name.c_str());
  return found ? found : "";
}

std::shared_ptr<core::api> connect(const std::string& address,
                                   const cli::node_login& as) {
  auto where = remote::parse_node_address(address);
  if (!where)
    return nullptr;
  auto out = std::make_shared<remote::http_api>(*where, as);
  if (auto why = out->problem())
    throw cli::stop_verb{cli::exit_usage, why.message, ""};
  return out->reachable() ? out : nullptr;
}

unsigned terminal_width() {
  struct winsize found {};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) != 0 || found.ws_col < 20)
    return 80;
  return found.ws_col;
}

bool draws_over() {
  return ::isatty(STDOUT_FILENO) == 1 && environment("TERM") != "dumb";
}

volatile std::sig_atomic_t interrupts = 0;

// The first call arms it: verbs that only ask are ended by ^C as ever.
bool interrupted() {
  static const bool armed = [] {
    struct sigaction on {};
    on.sa_handler = [](int) { interrupts = 1; };
    on.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    return ::sigaction(SIGINT, &on, nullptr) == 0;
  }();
  return armed && interrupts != 0;
}

} // namespace

int main(int argc, char** argv) {
  if (auto code = cli::spawner_life(argc, argv))
    return *code;
  cli::surroundings around{std::cout,
                           std::cerr,
                           draws_over(),
                           terminal_width(),
                           environment,
                           connect,
                           cli::run_node,
                           cli::run_file_in_process,
                           cli::run_bench,
                           sim::run_program,
                           cli::check_data,
                           interrupted,
                           cli::restore_data,
                           cli::report_config,
                           cli::open_full_screen};
  return cli::run_program({argv + 1, argv + argc}, around);
}
