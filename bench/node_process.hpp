#pragma once

#include <fstream>

#include "bench.hpp"
#include "child_process.hpp"

namespace troupe::bench {

/// A node in a process of its own, so that its memory is its own.
class node_process {
public:
  /// `verb` of `troupe bench` is given a directory, then `args`; there it
  /// writes its port into a file, and a byte once it works.
  node_process(const char* verb, const std::vector<std::string>& args)
    : process_(command(verb, args)) {
    if (process_.wait_byte() != 'r')
      throw std::runtime_error("the node did not start");
    std::ifstream{where_.path() + "/port"} >> port_;
  }
  ~node_process() { process_.end(SIGKILL); }
  node_process(const node_process&) = delete;
  node_process& operator=(const node_process&) = delete;

  uint16_t port() const { return port_; }

  /// VmRSS or VmHWM.
  double memory_mb(const std::string& which) const {
    std::ifstream in{"/proc/" + std::to_string(process_.pid) + "/status"};
    for (std::string word; in >> word;)
      if (double kb = 0; word == which + ":" && in >> kb)
        return kb / 1024;
    throw std::runtime_error("the node is gone");
  }

private:
  std::vector<std::string> command(const char* verb,
                                   const std::vector<std::string>& args) {
    std::vector<std::string> out{"troupe", "bench", verb, where_.path()};
    out.insert(out.end(), args.begin(), args.end());
    return out;
  }

  scratch where_;
  child_process process_;
  uint16_t port_ = 0;
};

} // namespace troupe::bench
