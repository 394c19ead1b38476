#include "core/secrets.hpp"

#include <catch2/catch.hpp>

using namespace troupe::core;

TEST_CASE("the name of a secret is known however it is written", "[secrets]")
{
  for (auto name :
       {"GITHUB_TOKEN", "db-password", "apiKey", "API_KEY", "PGPASSWORD", "KEY",
        "client.secret", "AWS_SECRET_ACCESS_KEY", "--auth", "MY_PWD"})
    CHECK(names_a_secret(name));
  for (auto name : {"LANG", "PATH", "KEYBOARD", "MONKEY", "PASSENGERS",
                    "author", "PATIENCE", "COMPASS", ""}) {
    INFO(name);
    CHECK_FALSE(names_a_secret(name));
  }
}

TEST_CASE("the password of an address is hidden, its host stays", "[secrets]")
{
  CHECK(without_secrets("https://ann:pa:ss@example.org/x")
        == "https://ann:(hidden)@example.org/x");
  CHECK(without_secrets("a://u:p@h b://v:q@i")
        == "a://u:(hidden)@h "
           "b://v:(hidden)@i");
  for (auto text : {"https://example.org:80/a@b", "https://ann@example.org",
                    "ann:b@c", "://", "http://"})
    CHECK(without_secrets(text) == text);
}

TEST_CASE("a command shows its words but not their secrets", "[secrets]")
{
  using words = std::vector<std::string>;
  CHECK(without_secrets(words{"--token=abc", "--lang=de", "-v"})
        == words{"--token=(hidden)", "--lang=de", "-v"});
  CHECK(without_secrets(words{"--password", "abc", "run"})
        == words{"--password", "(hidden)", "run"});
  CHECK(without_secrets(words{"--auth", "--fast", "abc"})
        == words{"--auth", "--fast", "abc"});
  CHECK(without_secrets(words{"TOKEN=abc", "make token = x"})
        == words{"TOKEN=(hidden)", "make token = x"});
}

TEST_CASE("a line hides secrets in any of its words", "[secrets]")
{
  CHECK(line_without_secrets("  a=1 TOKEN=x  and --key=y ")
        == "  a=1 TOKEN=(hidden)  and --key=(hidden) ");
  CHECK(line_without_secrets("Authorization: Bearer abc.def ok")
        == "Authorization: Bearer (hidden) ok");
  CHECK(line_without_secrets("login --password hunter2 --fast")
        == "login --password (hidden) --fast");
  CHECK(line_without_secrets("unexpected token here")
        == "unexpected token here");
  CHECK(line_without_secrets("").empty());
}

TEST_CASE("values of secrets are hidden wherever they stand", "[secrets]")
{
  CHECK(is_secret_value("API_TOKEN", "0123456789"));
  CHECK_FALSE(is_secret_value("API_TOKEN", "yes"));
  CHECK_FALSE(is_secret_value("LANG", "de_DE.UTF-8"));
  std::vector<std::string> values{"hunter2-hunter2", "hunter2-"};
  CHECK(without_values("a hunter2-hunter2hunter2-hunter2 b hunter2-", values)
        == "a (hidden)(hidden) b (hidden)");
  CHECK(without_values("nothing", values) == "nothing");
}
