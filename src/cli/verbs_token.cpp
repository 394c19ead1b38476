#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ostream>

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include "cli/source.hpp"
#include "cli/verbs.hpp"
#include "core/access.hpp"
#include "core/base64url.hpp"
#include "core/json_text.hpp"
#include "core/jwt_keys.hpp"
#include "core/time.hpp"

// Keys and tokens, made and looked at where they are: no node is asked.

namespace troupe::cli {

namespace {

using nlohmann::json;

constexpr size_t chance_bytes = 32;
constexpr core::duration lasts_unless_said = std::chrono::hours{12};

core::instant utc_now() {
  return std::chrono::time_point_cast<core::duration>(
    std::chrono::system_clock::now());
}

std::string chance() {
  std::string out(chance_bytes, '\0');
  if (::getrandom(out.data(), out.size(), 0)
      != static_cast<ssize_t>(out.size()))
    throw stop_verb{exit_failure, "the system gives no chance to make a key of",
                    ""};
  return out;
}

/// For its owner only, and never over a file that is there.
void write_secret(const std::string& path, const std::string& text,
                  unsigned mode) {
  auto fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                   static_cast<mode_t>(mode));
  auto written = fd < 0 ? -1 : ::write(fd, text.data(), text.size());
  auto code = errno;
  auto good = written == static_cast<ssize_t>(text.size());
  if (fd >= 0)
    good = ::close(fd) == 0 && good;
  if (!good)
    throw stop_verb{code == EEXIST ? exit_conflict : exit_failure,
                    "cannot write " + path + ": " + std::strerror(code),
                    "name another file with --out"};
}

/// To the file of --out, else to stdout.
void hand_over(verb_call& call, const std::string& text) {
  constexpr unsigned owner_only = 0600;
  if (!call.has("out"))
    call.out() << text;
  else
    write_secret(call.text("out"), text, owner_only);
}

std::string key_text(verb_call& call) {
  if (!call.has("key"))
    throw stop_verb{exit_usage, "--key is missing",
                    "name the key's file; `troupe token key` makes one"};
  auto from = call.text("key");
  if (from.starts_with("env:")) {
    auto text = call.around().environment(from.substr(4));
    if (text.empty())
      throw stop_verb{exit_usage, "the variable of " + from + " is not set",
                      "set it, or name a file"};
    return text;
  }
  return read_text(from.starts_with("file:") ? from.substr(5) : from);
}

[[noreturn]] void bad_key(verb_call& call, const failure& why) {
  throw stop_verb{exit_usage,
                  "the key " + call.text("key")
                    + " cannot be used: " + why.message,
                  "`troupe token key` makes one"};
}

// -- key

int make_key(verb_call& call) {
  auto kind = call.has("kind") ? call.text("kind") : "hs256";
  if (kind == "hs256") {
    hand_over(call, core::to_base64url(chance()) + "\n");
    return exit_ok;
  }
  if (kind != "eddsa")
    throw stop_verb{exit_usage, "--kind " + kind + " is not known",
                    "it is hs256 (a secret) or eddsa (a pair)"};
  auto pair = core::key_pair_of(chance());
  if (!pair)
    throw stop_verb{exit_failure, pair.error().message, ""};
  hand_over(call, pair->private_pem);
  if (call.has("out")) {
    constexpr unsigned everybody = 0644;
    write_secret(call.text("out") + ".pub", pair->public_pem, everybody);
  }
  return exit_ok;
}

// -- make

json workspaces_of(verb_call& call) {
  json out = json::object();
  for (const auto& x : call.list("role")) {
    auto equals = x.rfind('=');
    auto word = x.substr(equals + 1); // All of it where there is no "=".
    if (equals == 0 || equals == x.npos || !core::role_from(word))
      throw stop_verb{exit_usage, "--role " + x + " is not WORKSPACE=ROLE",
                      "roles are viewer, operator, approver and admin; `*` is "
                      "every workspace, and the node"};
    out[x.substr(0, equals)].push_back(word);
  }
  if (out.empty())
    throw stop_verb{exit_usage, "a token without a role opens nothing",
                    "add e.g. --role default=operator"};
  return out;
}

core::duration lasts(verb_call& call) {
  if (!call.has("expires"))
    return lasts_unless_said;
  auto read = core::parse_duration(call.text("expires"));
  if (!read || *read < std::chrono::seconds{1})
    throw stop_verb{exit_usage, "--expires is no time",
                    "write e.g. 12h or 30d"};
  return *read;
}

int make_token(verb_call& call) {
  auto signer = core::signer_of(key_text(call));
  if (!signer)
    bad_key(call, signer.error());
  if (!call.has("name"))
    throw stop_verb{exit_usage, "--name is missing",
                    "say who gets it, e.g. --name ann"};
  if (call.has("kid"))
    signer->kid = call.text("kid");
  auto now = core::to_us(utc_now()) / 1'000'000;
  auto given = [&](const char* option) {
    return call.has(option) ? call.text(option) : "troupe";
  };
  json claims{{"iss", given("issuer")},
              {"aud", given("audience")},
              {"sub", call.text("name")},
              {"iat", now},
              {"exp", now + lasts(call).count() / 1'000'000},
              {"workspaces", workspaces_of(call)}};
  hand_over(call, core::sign_jwt(core::to_compact(claims), *signer) + "\n");
  return exit_ok;
}

// -- show

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.pop_back();
  return text;
}

std::string time_text(const json& claims, const char* name) {
  auto pos = claims.find(name);
  if (pos == claims.end() || !pos->is_number())
    return {};
  auto seconds = std::clamp(pos->get<double>(), 0.0, 1e11);
  return core::to_rfc3339(core::from_us(static_cast<int64_t>(seconds * 1e6)));
}

/// "good", "not good", or that nobody looked.
std::string signature_word(verb_call& call, const core::jwt& token) {
  if (!call.has("key"))
    return "not checked; --key FILE checks it";
  auto keys = core::keys_of(key_text(call));
  if (!keys)
    bad_key(call, keys.error());
  auto good = std::any_of(keys->begin(), keys->end(), [&](const auto& key) {
    return core::signed_by(token, key);
  });
  return good ? "good" : "not of this key";
}

int show_token(verb_call& call) {
  auto text = call.text("token");
  if (text.empty() && call.around().environment("TROUPE_TOKEN").empty())
    text = "-";
  if (text.empty())
    text = call.around().environment("TROUPE_TOKEN");
  else if (text == "-" || text.find('.') == text.npos)
    text = read_text(text);
  auto token = core::parse_jwt(trimmed(text));
  if (!token)
    throw stop_verb{exit_usage, token.error().message,
                    "give the token, its file, or `-` for the standard input"};
  auto word = signature_word(call, *token);
  if (call.json()) {
    call.out() << json{{"algorithm", core::word_of(token->algorithm)},
                       {"kid", token->kid},
                       {"claims", token->claims},
                       {"signature", word}}
                    .dump()
               << '\n';
  } else {
    auto line = [&](const char* name, const std::string& value) {
      if (!value.empty())
        call.out() << name << value << '\n';
    };
    auto claim = [&](const char* name) {
      auto pos = token->claims.find(name);
      return pos == token->claims.end() ? std::string{}
                                        : core::to_compact(*pos);
    };
    line("signed with  ", std::string{core::word_of(token->algorithm)});
    line("key          ", token->kid);
    line("signature    ", word);
    line("issuer       ", claim("iss"));
    line("for          ", claim("aud"));
    line("who          ", claim("sub"));
    line("workspaces   ", claim("workspaces"));
    line("from         ", time_text(token->claims, "nbf"));
    line("to           ", time_text(token->claims, "exp"));
  }
  return word == "not of this key" ? exit_denied : exit_ok;
}

} // namespace

void token_options(adder& add) {
  auto text = [&](const char* name, const char* value, const char* what) {
    add(name, po::value<std::string>()->value_name(value), what);
  };
  text("key", "FILE", "what signs: a file, `-`, or env:NAME");
  text("name", "NAME", "make: who gets it");
  add("role",
      po::value<std::vector<std::string>>()->composing()->value_name(
        "WORKSPACE=ROLE"),
      "make: viewer, operator, approver or admin; may be given again");
  text("expires", "TIME", "make: how long it is good; default 12h");
  text("issuer", "NAME", "make: the claim iss; default troupe");
  text("audience", "NAME", "make: the claim aud; default troupe");
  text("kid", "NAME", "make: which of the issuer's keys it is signed with");
  text("kind", "KIND",
       "key: hs256 (a secret) or eddsa (a pair); default hs256");
  text("out", "FILE",
       "key, make: a new file for its owner only; the public key of a pair "
       "goes beside it, FILE.pub");
}

int run_token(verb_call& call) {
  auto action = call.text("action");
  if (action == "key")
    return make_key(call);
  if (action == "make")
    return make_token(call);
  if (action == "show")
    return show_token(call);
  throw stop_verb{exit_usage, "`" + action + "` is no action of token",
                  "it is key, make or show"};
}

} // namespace troupe::cli
