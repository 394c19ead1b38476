#include <catch2/catch.hpp>

#include "core/access.hpp"

using namespace troupe::core;

namespace {

caller somebody(std::string_view workspace, role_set what) {
  caller out;
  out.principal = "team/ann";
  out.workspaces.emplace(workspace, what);
  return out;
}

bool may(const caller& who, std::string_view op, std::string_view workspace) {
  return !deny(who, op, workspace);
}

} // namespace

TEST_CASE("each role can what it is for and nothing else", "[access]")
{
  struct {
    role who;
    const char* may;
    const char* may_not;
  } const table[] = {
    {role::viewer, "runs", "submit"},       {role::viewer, "watch", "approve"},
    {role::operator_, "submit", "approve"}, {role::operator_, "run", "reject"},
    {role::approver, "approve", "cancel"},  {role::approver, "logs", "submit"},
    {role::admin, "approve", "reload"},     {role::admin, "cancel", "backup"},
  };
  for (const auto& x : table) {
    auto who = somebody("prod", x.who);
    INFO(word_of(x.who) << ' ' << x.may << ' ' << x.may_not);
    CHECK(may(who, x.may, "prod"));
    CHECK_FALSE(may(who, x.may_not, "prod"));
  }
}

TEST_CASE("a role holds in its workspace only", "[access]")
{
  auto who = somebody("prod", role::admin);
  CHECK(may(who, "cancel", "prod"));
  CHECK_FALSE(may(who, "runs", "default"));
  CHECK_FALSE(may(who, "runs", "prod2"));
  CHECK_FALSE(may(who, "runs", ""));
  auto all = somebody("*", role::viewer);
  CHECK(may(all, "runs", "prod"));
  CHECK_FALSE(may(all, "cancel", "prod"));
}

TEST_CASE("what is about the node takes a role in all workspaces", "[access]")
{
  CHECK_FALSE(may(somebody("prod", role::admin), "drain", "prod"));
  CHECK_FALSE(may(somebody("prod", role::viewer), "tree", "prod"));
  CHECK(may(somebody("*", role::viewer), "tree", "prod"));
  CHECK_FALSE(may(somebody("*", role::operator_), "reload", "prod"));
  CHECK(may(somebody("*", role::admin), "reload", "prod"));
  CHECK(may(owner(), "backup", "default"));
}

TEST_CASE("nobody asks in the workspace that stands for all", "[access]")
{ CHECK_FALSE(may(owner(), "runs", "*")); }

TEST_CASE("an operation that is not in the table needs all there is",
          "[access]")
{
  CHECK_FALSE(has_need("format_disk"));
  CHECK_FALSE(may(somebody("prod", role::admin), "format_disk", "prod"));
  CHECK(may(somebody("*", role::admin), "format_disk", "prod"));
}

TEST_CASE("two roles beside each other add up", "[access]")
{
  role_set both = role::operator_;
  both.add(role::approver);
  auto who = somebody("prod", both);
  CHECK(may(who, "submit", "prod"));
  CHECK(may(who, "approve", "prod"));
  CHECK_FALSE(may(who, "drain", "prod"));
}

TEST_CASE("a refusal says which role is missing and where", "[access]")
{
  auto who = somebody("prod", role::viewer);
  CHECK(*deny(who, "cancel", "prod")
        == "`cancel` needs the role operator in the workspace that is asked "
           "for");
  CHECK(*deny(who, "drain", "prod")
        == "`drain` needs the role admin in all workspaces (`*`), for it is "
           "about the node");
}
