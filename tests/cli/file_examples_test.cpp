#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>

#include "cli/example_run.hpp"
#include "cli/real_program.hpp"
#include "core/id.hpp"

// The examples that work on files, each run to its end; what they wrote is
// looked at.

using namespace troupe::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

/// The most tasks that agent had in progress together.
size_t most_at_once(const std::vector<json>& events, const std::string& agent) {
  std::set<std::string> now;
  size_t most = 0;
  for (const auto& x : events) {
    auto kind = x.value("kind", "");
    if (kind == "task_started" && x.value("detail", "") == agent)
      now.insert(x.value("id", ""));
    else if (kind == "task_ended")
      now.erase(x.value("id", ""));
    most = std::max(most, now.size());
  }
  return most;
}

/// How often there was such an event of the task with that number; the steps
/// have their places in the file, from 1.
size_t times(const std::vector<json>& events, const std::string& kind,
             uint64_t number) {
  return static_cast<size_t>(
    std::count_if(events.begin(), events.end(), [&](const json& x) {
      return x.value("kind", "") == kind
             && troupe::core::id_from(x.value("id", ""))->number() == number;
    }));
}

size_t files_in(const std::string& folder, const std::string& ending) {
  fs::directory_iterator all{folder};
  return static_cast<size_t>(
    std::count_if(begin(all), end(all), [&ending](const auto& x) {
      return x.path().extension() == ending;
    }));
}

} // namespace

TEST_CASE("the sales of the CSV files are summed in two ways", "[examples]")
{
  scratch_directory where;
  auto file = where.path("sales.md");
  auto ran = run_example(where, "workflows/sales.yaml", "examples",
                         {"--input", "report=" + file});
  INFO(ran.out << ran.err);
  REQUIRE(ran.code == 0);
  auto report = read_file(file);
  INFO(report);
  CHECK(has_line(report, "| Germany | 8 | 26 | 4,080.10 |"));
  CHECK(has_line(report, "| sofa | 1 | 1 | 1,200.50 |"));
  CHECK(has_line(report, "- line 22, order 1020: was there before"));
  CHECK(has_line(report, "- order 1018: nobody knows C99"));
  // The sum by another way: awk over the lines that are good as they are, plus
  // the four that have to be cleaned first.
  auto plain = output_of(
    "awk -F, 'NR > 1 && NF == 6 && $3 ~ /^C0/ && $4 !~ / / && $5 > 0 && $6 > 0 "
    "&& !seen[$1]++ {sum += $5 * $6} END {printf \"%.2f\", sum}' "
    "examples/data/orders.csv");
  CHECK(std::stod(plain) + 6 * 189.0 + 2 * 34.9 + 1200.5
        == Approx(11689.80).epsilon(1e-9));
  CHECK(has_line(report, "| all | | | 11,689.80 |"));
}

TEST_CASE("a table that is mostly wrong makes no report", "[examples]")
{
  scratch_directory where;
  write_file(where.path("orders.csv"),
             "order,day,customer,product,units,price\n"
             "1,2026-01-01,C01,lamp,1,9.99\n2,2026-01-01,C01,lamp,x,9.99\n");
  auto ran = run_example(where, "workflows/sales.yaml", "examples",
                         {"--input", "orders=" + where.path("orders.csv"),
                          "--input", "report=" + where.path("sales.md")});
  INFO(ran.out << ran.err);
  CHECK(ran.code == 6);
  CHECK(ran.err.find("step `clean` failed") != std::string::npos);
  CHECK_FALSE(fs::exists(where.path("sales.md")));
}

TEST_CASE("a job that fails twice heals, with the rates of yesterday",
          "[examples]")
{
  scratch_directory where;
  auto ran = run_example(where, "workflows/healing.yaml", "examples",
                         {"--input", "out=" + where.path("out"), "--json"});
  INFO(ran.out << ran.err);
  REQUIRE(ran.code == 0);
  CHECK(read_file(where.path("out/tries"))
        == "attempt 1\nattempt 2\nattempt 3\n");
  CHECK(has_line(read_file(where.path("out/export.txt")), "\"USD\":1.165"));
  CHECK_FALSE(fs::exists(where.path("out/alarm")));
  auto events = events_of(ran);
  CHECK(times(events, "task_retrying", 1) == 2);
  CHECK(times(events, "task_fell_back", 1) == 1);
  CHECK(times(events, "task_retrying", 2) == 2);
  CHECK(times(events, "task_fell_back", 2) == 0);
}

TEST_CASE("rates that are there need no fallback", "[examples]")
{
  scratch_directory where;
  write_file(where.path("today.csv"), "currency,per_euro\nUSD,2.5\n");
  auto ran =
    run_example(where, "workflows/healing.yaml", "examples",
                {"--input", "out=" + where.path("out"), "--input",
                 "source=file://" + where.path("today.csv"), "--json"});
  INFO(ran.out << ran.err);
  REQUIRE(ran.code == 0);
  CHECK(read_file(where.path("out/export.txt")) == "\"USD\":2.5\n");
  CHECK(ran.out.find("task_fell_back") == std::string::npos);
}

TEST_CASE("all files of a folder are packed, three at a time, and listed",
          "[examples]")
{
  scratch_directory where;
  auto out = where.path("packed");
  auto ran = run_example(where, "workflows/pack.yaml", "examples",
                         {"--input", "out=" + out, "--json"});
  INFO(ran.out << ran.err);
  REQUIRE(ran.code == 0);
  auto most = most_at_once(events_of(ran), "pack_file");
  CHECK(most > 0);
  CHECK(most <= 3);
  auto files = files_in(TROUPE_ROOT "/docs", ".md");
  CHECK(files > 10);
  CHECK(output_of("wc -l < " + out + "/SHA256SUMS")
        == std::to_string(files) + "\n");
  CHECK(output_of("cd " + out + " && sha256sum --quiet -c SHA256SUMS 2>&1")
          .empty());
  // In order, though they ended in another one.
  CHECK(output_of("cut -c 67- < " + out + "/SHA256SUMS")
        == output_of("cd docs && LC_ALL=C ls *.md | sed s/$/.gz/"));
  CHECK(output_of("gzip -dc " + out + "/tour.md.gz")
        == read_file(TROUPE_ROOT "/docs/tour.md"));
}

TEST_CASE("agents in three languages make a chart of a log", "[examples]")
{
  scratch_directory where;
  // As the workflow's head says, with another place for what is made.
  auto library = where.path("libquantiles.so");
  CHECK(output_of("c++ -std=c++20 -O2 -shared -fPIC -Iinclude "
                  "examples/agents/quantiles.cpp -o "
                  + library + " 2>&1")
          .empty());
  auto config = read_file(TROUPE_ROOT "/configs/languages.yaml");
  const std::string usual = "build/libquantiles.so";
  config.replace(config.find(usual), usual.size(), library);
  write_file(where.path("node.yaml"), config);
  auto ran =
    run_example(where, "workflows/latency.yaml", where.path("node.yaml"),
                {"--input", "chart=" + where.path("chart.svg")});
  INFO(ran.out << ran.err);
  REQUIRE(ran.code == 0);
  auto chart = read_file(where.path("chart.svg"));
  INFO(chart);
  // What sort and sed say of the path with the most requests.
  auto times = output_of("sed -n 's/.*api.items. [0-9]* \\([0-9]*\\)ms/\\1/p' "
                         "examples/data/access.log | sort -n | tr '\\n' ' '");
  std::istringstream words{times};
  std::vector<int> sorted{std::istream_iterator<int>{words}, {}};
  REQUIRE(sorted.size() > 20);
  auto said = std::to_string(sorted[sorted.size() / 2]) + " / "
              + std::to_string(sorted[sorted.size() * 95 / 100]) + " / "
              + std::to_string(sorted.back()) + " of "
              + std::to_string(sorted.size());
  CHECK(chart.find(">" + said + "<") != std::string::npos);
  CHECK(output_of("grep -c text-anchor " + where.path("chart.svg")) == "5\n");
}
