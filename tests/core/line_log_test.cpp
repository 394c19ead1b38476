#include "core/line_log.hpp"

#include <catch2/catch.hpp>

using namespace troupe::core;

namespace {

const instant t0 = from_us(1'790'000'000'000'000);

std::vector<log_line> all_of(const line_log& log) {
  auto kept = log.kept();
  REQUIRE(kept);
  return lines_of(kept->left_out, kept->lines.view(), 0, 100'000);
}

} // namespace

TEST_CASE("an attempt that said nothing has no log", "[log]")
{ CHECK(line_log{}.kept() == nullptr); }

TEST_CASE("lines are kept in order, with their time", "[log]")
{
  line_log log;
  log.add("one", t0);
  log.add("two\nthree\n", t0 + std::chrono::seconds{1});
  log.add("", t0);
  auto all = all_of(log);
  REQUIRE(all.size() == 4);
  CHECK(all[0].text == "one");
  CHECK(all[0].at == to_rfc3339(t0));
  CHECK(all[1].text == "two");
  CHECK(all[2].text == "three");
  CHECK(all[2].at == to_rfc3339(t0 + std::chrono::seconds{1}));
  CHECK(all[3].text.empty());
  CHECK(all[3].number == 3);
}

TEST_CASE("the newest lines are kept, and those before them counted", "[log]")
{
  line_log log;
  for (int i = 0; i < 10'000; ++i)
    log.add("line " + std::to_string(i), t0);
  auto kept = log.kept();
  REQUIRE(kept);
  CHECK(kept->lines.size() <= log_bytes_max);
  CHECK(kept->lines.size() > log_bytes_max - 100);
  auto all = all_of(log);
  CHECK(all.front().number == kept->left_out);
  CHECK(all.front().text == "line " + std::to_string(kept->left_out));
  CHECK(all.back().number == 9'999);
  CHECK(all.back().text == "line 9999");
}

TEST_CASE("a long line is cut before a character, not within one", "[log]")
{
  line_log log;
  std::string snowmen;
  while (snowmen.size() < 10'000)
    snowmen += "\u2603";
  log.add(snowmen, t0);
  auto all = all_of(log);
  REQUIRE(all.size() == 1);
  CHECK(all[0].text.size() <= log_line_bytes_max);
  CHECK(all[0].text.size() > log_line_bytes_max - 3);
  CHECK(all[0].text.size() % 3 == 0);
}

TEST_CASE("what would move a terminal's cursor becomes a blank", "[log]")
{
  line_log log;
  log.add("a\x1b[2Jb\tc\r", t0);
  CHECK(all_of(log)[0].text == "a [2Jb\tc");
}

TEST_CASE("secrets are hidden before a line is kept", "[log]")
{
  line_log log;
  auto shown =
    log.add("push to https://ann:hunter2@example.org as API_TOKEN=abc now\n"
            "TOKEN=abc",
            t0);
  CHECK(all_of(log)[0].text
        == "push to https://ann:(hidden)@example.org as API_TOKEN=(hidden) "
           "now");
  CHECK(shown == all_of(log)[0].text + "\nTOKEN=(hidden)");
}

TEST_CASE("a page of lines begins at a number and ends at a limit", "[log]")
{
  line_log log;
  for (int i = 0; i < 10; ++i)
    log.add(std::to_string(i), t0);
  auto kept = log.kept();
  auto page = lines_of(0, kept->lines.view(), 4, 3);
  REQUIRE(page.size() == 3);
  CHECK(page[0].number == 4);
  CHECK(page[0].text == "4");
  CHECK(page[2].text == "6");
  CHECK(lines_of(0, kept->lines.view(), 10, 3).empty());
  // Numbers go on where older lines were left out.
  CHECK(lines_of(100, kept->lines.view(), 0, 1)[0].number == 100);
}
