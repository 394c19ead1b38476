#include "services/error_lines.hpp"

#include <catch2/catch.hpp>

using namespace troupe::services;
using namespace std::chrono_literals;

namespace {

const error_lines::time_point t0{};
using lines = std::vector<std::string>;

} // namespace

TEST_CASE("lines are found however the bytes come", "[services]")
{
  error_lines reader;
  CHECK(reader.take("on", t0).log.empty());
  CHECK(reader.take("e\r\ntwo\n\nthr", t0).log == lines{"one", "two"});
  CHECK(reader.finish(t0).log == lines{"thr"});
  CHECK(reader.finish(t0).log.empty());
  CHECK(reader.tail() == "one\r\ntwo\n\nthr");
  CHECK(reader.last_lines() == "one\ntwo\nthr");
}

TEST_CASE("only an object with a number is progress", "[services]")
{
  error_lines reader;
  auto got = reader.take("{\"progress\":0.2}\n"
                         "{\"progress\":7,\"note\":\"late\",\"x\":1}\n",
                         t0);
  CHECK(got.log.empty());
  CHECK(got.progress == progress_note{1.0, "late"});
  auto text = lines{R"({"progress":"half"})", R"({"progress":0.5)", "0.5",
                    R"(["progress"])", R"({"note":"x"})"};
  for (auto& line : text)
    CHECK(reader.take(line + "\n", t0).log == lines{line});
  CHECK(reader.last_lines().find("late") == std::string::npos);
}

TEST_CASE("a long line is cut and says so", "[services]")
{
  error_lines reader{{.line_bytes_max = 4}};
  auto got = reader.take("abcd\nabcdefgh\nxy\n", t0);
  REQUIRE(got.log.size() == 3);
  CHECK(got.log[0] == "abcd");
  CHECK(got.log[1] == "abcd ... (cut at 4 bytes, line_bytes_max)");
  CHECK(got.log[2] == "xy");
}

TEST_CASE("lines over the rate are counted", "[services]")
{
  error_lines reader{{.lines_per_second = 1, .lines_burst = 2}};
  CHECK(reader.take("1\n2\n3\n4\n", t0).log == lines{"1", "2"});
  auto later = reader.take("5\n6\n", t0 + 1s).log;
  REQUIRE(later.size() == 2);
  CHECK(later[0] == "(2 lines dropped, over lines_per_second: 1)");
  CHECK(later[1] == "5");
  CHECK(reader.finish(t0 + 1s).log
        == lines{"(1 lines dropped, over lines_per_second: 1)"});
  CHECK(reader.last_lines() == "1\n2\n3\n4\n5\n6");
}

TEST_CASE("the tail and the last lines are bounded", "[services]")
{
  error_lines reader{{.tail_bytes_max = 4, .last_lines_max = 2}};
  reader.take("1\n2\n3\n4\n5\n6\n", t0);
  CHECK(reader.tail() == "5\n6\n");
  CHECK(reader.last_lines() == "5\n6");
}

TEST_CASE("garbage becomes text", "[services]")
{
  error_lines reader;
  CHECK(reader.take("a\xff\xfe z\n", t0).log
        == lines{"a\xef\xbf\xbd\xef\xbf\xbd z"});
  CHECK(valid_utf8("gr\xc3\xbc\xc3\x9f") == "gr\xc3\xbc\xc3\x9f");
  CHECK(reader.tail() == "a\xef\xbf\xbd\xef\xbf\xbd z\n");
}

TEST_CASE("values that are to be hidden are in nothing it gives", "[services]")
{
  error_lines lines{{}, {"hunter2-hunter2"}};
  auto found = lines.take("I am hunter2-hunter2\n"
                          "{\"progress\":0.5,\"note\":\"hunter2-hunter2\"}\n"
                          "and hunter2-",
                          {});
  CHECK(found.log == std::vector<std::string>{"I am (hidden)"});
  CHECK(found.progress->note == "(hidden)");
  found = lines.take("hunter2.\n", {}); // In two pieces.
  CHECK(found.log == std::vector<std::string>{"and (hidden)."});
  CHECK(lines.last_lines() == "I am (hidden)\nand (hidden).");
  CHECK(lines.tail().find("hunter2") == std::string::npos);
}
