#include "agents/simple_agents.hpp"

#include <catch2/catch.hpp>

#include "agents/recording_sink.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using agents::test::recording_sink;
using agents::test::task_with;

namespace {

std::shared_ptr<recording_sink> perform(const reactive_factory& make,
                                        std::string input) {
  auto sink = std::make_shared<recording_sink>();
  make()->perform(task_with(std::move(input)), reply{sink});
  return sink;
}

} // namespace

TEST_CASE("echo gives back its input and noop gives null", "[agents]")
{
  auto echoed = perform(agents::echo(), R"({"a":[1, 2]})")->result();
  CHECK(echoed.what == verdict::done);
  CHECK(echoed.output == R"({"a":[1, 2]})");
  CHECK(perform(agents::noop(), "7")->result().output == "null");
}

TEST_CASE("sleep answers later and holds nobody", "[agents]")
{
  auto sink = perform(agents::sleep(), R"({"seconds":1.5})");
  CHECK(!sink->given());
  REQUIRE(sink->later());
  CHECK(sink->later()->first == 1500ms);
  CHECK(sink->later()->second.output == R"({"slept_ms":1500})");
  CHECK(perform(agents::sleep(), R"({"ms":5})")->later()->first == 5ms);
}

TEST_CASE("sleep refuses what is no time", "[agents]")
{
  for (auto input :
       {"", "null", "5", "{}", R"({"ms":-1})", R"({"ms":"5"})",
        R"({"hours":1})", R"({"ms":1,"seconds":1})", R"({"seconds":1e300})"}) {
    auto sink = perform(agents::sleep(), input);
    CHECK(sink->result().error.kind == category::validation);
    CHECK(!sink->later());
  }
}
