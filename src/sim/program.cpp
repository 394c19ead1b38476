#include "sim/program.hpp"

#include <boost/program_options.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <thread>

#include "core/workflow.hpp"
#include "sim/seeds.hpp"
#include "sim/shrink.hpp"

namespace troupe::sim {

namespace {

namespace po = boost::program_options;
using nlohmann::json;
using steady = std::chrono::steady_clock;

constexpr int exit_ok = 0;
constexpr int exit_broken = 1;
constexpr int exit_usage = 2;

/// What is printed of a story: its end.
constexpr size_t story_lines = 80;

po::options_description all_options() {
  po::options_description all{"Options"};
  auto add = all.add_options();
  add("seed", po::value<uint64_t>(), "play this one and tell about it");
  add("seeds", po::value<uint64_t>()->default_value(300),
      "play so many, each with a configuration and faults of its own");
  add("from", po::value<uint64_t>(), "the first of them; else it is drawn");
  add("seconds", po::value<uint64_t>()->default_value(0),
      "begin no seed after that time; 0: no end");
  add("faults", po::value<std::string>()->default_value("all"),
      "all, none, or some of crashes,kills,stalls,disk,agents,commands");
  add("jobs", po::value<uint32_t>()->default_value(0),
      "processes side by side; 0: one for each core");
  add("tries", po::value<uint32_t>()->default_value(200),
      "shorter stories to try where an invariant is broken; 0: none");
  add("story", "tell what happened also where all is well");
  add("help", "this text");
  return all;
}

void print_help() {
  std::cout
    << "Usage: troupe sim [OPTIONS] [WORKFLOW...]\n\n"
       "Deterministic simulation: the actors of a node, with a store, agents "
       "and a\nclock that are made up, in thousands of orders, with faults. A "
       "seed that breaks\nan invariant is told as the shortest story that "
       "does. Without workflows random\nones are used; yours run with "
       "simulated agents. See docs/simulation.md.\n\n"
    << all_options();
}

/// The file as JSON, so that it can be made shorter.
json read_workflow(const std::string& path) {
  std::ifstream file{path};
  std::stringstream text;
  text << file.rdbuf();
  if (!file)
    throw po::error("cannot read `" + path + "`; is the name right?");
  auto parsed = core::parse_workflow(text.str());
  if (!parsed.value)
    throw po::error(core::to_text(parsed.problems.front(), path));
  return json::parse(parsed.value->source.view());
}

void print_figures(const report& sum, uint64_t n) {
  auto mean = [n](uint64_t x) {
    return static_cast<double>(x) / static_cast<double>(n == 0 ? 1 : n);
  };
  std::printf("  mean: %.0f messages, %.0f tasks, %.0f agent calls, %.1f "
              "commands, %.1f faults, %.2f lives of the node, %.0f s of its "
              "time\n",
              mean(sum.steps), mean(sum.tasks), mean(sum.calls),
              mean(sum.commands), mean(sum.faults), mean(sum.restarts),
              mean(static_cast<uint64_t>(sum.lasted.count())) / 1e6);
}

void print_plan(const plan& x) {
  std::cout << "  configuration: " << describe(x.how) << "\n  agents:";
  for (const auto& agent : x.agents) {
    std::cout << ' ' << agent.who.name << '(';
    for (const auto& word : agent.who.capabilities)
      std::cout << word;
    std::cout << " x" << agent.who.max_load << (agent.who.pure ? " pure" : "")
              << (agent.outside ? " outside" : "")
              << (agent.blocking ? " blocking" : "") << ')';
  }
  std::cout << '\n';
  for (size_t i = 0; i < x.work.size(); ++i)
    if (x.work[i].at >= core::duration{0})
      std::cout << "  work " << i << " at " << x.work[i].at.count() / 1000
                << " ms: " << x.work[i].definition.dump() << '\n';
  for (const auto& event : x.events)
    std::cout << "  " << to_string(event) << '\n';
}

void print_story(const report& x) {
  auto from = x.story.size() - std::min(x.story.size(), story_lines);
  for (auto i = from; i < x.story.size(); ++i)
    std::cout << "  " << x.story[i] << '\n';
}

/// The seed once more, as short as can be.
void tell_bad(const seed_range& of, uint64_t seed, uint32_t tries) {
  auto what = draw_plan(seed, of.faults, of.own);
  auto how = play(what);
  if (how.broken.empty()) {
    std::cout << "  played alone it is well: the processes differ\n";
    return;
  }
  auto least = shrink(what, how, tries);
  std::cout << "  the shortest story of " << least.plays << ":\n";
  print_plan(least.what);
  std::cout << "  what happened:\n";
  print_story(least.how);
  std::cout << "  " << least.how.broken << '\n';
}

int play_one(const seed_range& of, uint64_t seed, uint32_t tries, bool story) {
  auto what = draw_plan(seed, of.faults, of.own);
  auto how = play(what, story);
  std::cout << "seed " << seed << ": "
            << (how.broken.empty() ? "well" : how.broken) << ", trace "
            << std::hex << how.trace << std::dec << '\n';
  print_figures(how, 1);
  if (story) {
    print_plan(what);
    print_story(how);
  }
  if (how.broken.empty())
    return exit_ok;
  if (tries > 0)
    tell_bad(of, seed, tries);
  return exit_broken;
}

int play_many(const seed_range& of, uint32_t tries) {
  std::cout << "sim: " << of.count << " seeds from " << of.first << " on "
            << of.processes << " processes" << std::endl;
  auto begin = steady::now();
  auto all = play_seeds(of);
  std::chrono::duration<double> took = steady::now() - begin;
  std::printf("sim: %llu seeds, %zu bad, %.1f s, %.0f a minute\n",
              static_cast<unsigned long long>(all.played), all.bad_seeds.size(),
              took.count(),
              static_cast<double>(all.played) * 60 / took.count());
  print_figures(all.sum, all.played);
  for (const auto& x : all.bad_seeds)
    std::cout << "seed " << x.seed << ": " << x.broken << '\n';
  std::cout << std::flush;
  if (!all.trouble.empty())
    std::cerr << "troupe sim: not all seeds were played: " << all.trouble
              << '\n';
  if (all.bad_seeds.empty())
    return all.trouble.empty() ? exit_ok : exit_broken;
  const auto& first = all.bad_seeds.front();
  std::cout << "seed " << first.seed << " again (`troupe sim --seed "
            << first.seed << "`):\n";
  if (tries > 0 && !first.broken.starts_with("crash"))
    tell_bad(of, first.seed, tries);
  return exit_broken;
}

/// From the environment, so that a script can say it; else drawn.
uint64_t fresh_seed() {
  const auto* given = std::getenv("TROUPE_SIM_FROM");
  return given ? std::strtoull(given, nullptr, 10)
               : std::random_device{}() % 1'000'000'000;
}

int run(const po::variables_map& args) {
  seed_range of;
  if (!read_faults(args["faults"].as<std::string>(), of.faults))
    throw po::error("--faults takes all, none, or some of "
                    "crashes,kills,stalls,disk,agents,commands");
  if (args.count("workflow") > 0)
    for (const auto& path : args["workflow"].as<std::vector<std::string>>())
      of.own.push_back(read_workflow(path));
  of.count = args["seeds"].as<uint64_t>();
  of.time_max = std::chrono::seconds{args["seconds"].as<uint64_t>()};
  of.processes = args["jobs"].as<uint32_t>();
  if (of.processes == 0)
    of.processes = std::max(1u, std::thread::hardware_concurrency());
  auto tries = args["tries"].as<uint32_t>();
  if (args.count("seed") > 0)
    return play_one(of, args["seed"].as<uint64_t>(), tries,
                    args.count("story") > 0);
  of.first =
    args.count("from") > 0 ? args["from"].as<uint64_t>() : fresh_seed();
  return play_many(of, tries);
}

} // namespace

int run_program(const std::vector<std::string>& args) {
  po::positional_options_description files;
  files.add("workflow", -1);
  auto known = all_options();
  po::options_description all;
  all.add(known).add_options()("workflow",
                               po::value<std::vector<std::string>>());
  try {
    po::variables_map given;
    po::store(
      po::command_line_parser(args).options(all).positional(files).run(),
      given);
    if (given.count("help") > 0) {
      print_help();
      return exit_ok;
    }
    return run(given);
  } catch (const po::error& why) {
    std::cerr << "troupe: " << why.what()
              << "\n  hint: `troupe sim --help` lists the options\n";
    return exit_usage;
  }
}

} // namespace troupe::sim
