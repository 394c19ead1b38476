#include <catch2/catch.hpp>

#include <zlib.h>

#include "gateway/raw_client.hpp"
#include "gateway/representation.hpp"

using namespace troupe;
using namespace troupe::gateway;
using test::served;

namespace {

std::string unpacked(std::string packed) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string get(const std::string& headers) {
  return "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n" + headers
         + "\r\n";
}

} // namespace

TEST_CASE("lists of encodings are read as they are meant", "[gateway]")
{
  CHECK(takes_gzip("gzip"));
  CHECK(takes_gzip("br, GZIP;q=0.5"));
  CHECK(takes_gzip("deflate ,gzip ; q=1.0"));
  CHECK(!takes_gzip(""));
  CHECK(!takes_gzip("br"));
  CHECK(!takes_gzip("gzip;q=0"));
  CHECK(!takes_gzip("gzip; q=0.000"));
  CHECK(!takes_gzip("xgzip"));
}

TEST_CASE("lists of validators are read as they are meant", "[gateway]")
{
  CHECK(names_etag("*", "W/\"a\""));
  CHECK(names_etag("W/\"a\"", "W/\"a\""));
  CHECK(names_etag("\"b\", \"a\"", "W/\"a\""));
  CHECK(!names_etag("\"b\"", "W/\"a\""));
  CHECK(!names_etag("", "W/\"a\""));
}

TEST_CASE("what has not changed is not sent again", "[gateway]")
{
  served at;
  at.api->on("status", R"({"queued":1})");
  auto first = at.ask(get(""));
  auto etag = first.header("ETag");
  REQUIRE(etag.starts_with("W/\""));
  CHECK(first.header("Cache-Control") == "private, no-cache");
  auto client = at.connect();
  client.send(get("If-None-Match: " + etag + "\r\n"));
  auto same = client.read();
  CHECK(same.status == 304);
  CHECK(same.body.empty());
  CHECK(same.header("ETag") == etag);
  CHECK(same.header("Content-Length").empty());
  at.api->on("status", R"({"queued":2})");
  // The connection goes on.
  client.send(get("If-None-Match: " + etag + "\r\n"));
  auto other = client.read();
  CHECK(other.status == 200);
  CHECK(other.body == R"({"queued":2})");
  CHECK(other.header("ETag") != etag);
}

TEST_CASE("only what can be asked for again has a validator", "[gateway]")
{
  served at;
  core::api_answer wrong;
  wrong.error.code = errc::not_found;
  at.api->fail("status", wrong);
  auto missing = at.ask(get("If-None-Match: *\r\n"));
  CHECK(missing.status == 404);
  CHECK(missing.header("ETag").empty());
  CHECK(missing.header("Cache-Control") == "no-store");
  auto made = at.post("/api/v1/tasks", "[{}]");
  CHECK(made.status == 201);
  CHECK(made.header("ETag").empty());
}

TEST_CASE("large answers come compressed to who can read that", "[gateway]")
{
  served at;
  auto body = R"({"x":")" + std::string(20'000, 'a') + "\"}";
  at.api->on("status", body);
  auto plain = at.ask(get(""));
  CHECK(plain.body == body);
  CHECK(plain.header("Vary") == "Accept-Encoding");
  auto packed = at.ask(get("Accept-Encoding: gzip\r\n"));
  CHECK(packed.header("Content-Encoding") == "gzip");
  CHECK(packed.body.size() < 1000);
  CHECK(unpacked(packed.body) == body);
  CHECK(packed.header("ETag") == plain.header("ETag"));
  at.api->on("status", "{}");
  auto small = at.ask(get("Accept-Encoding: gzip\r\n"));
  CHECK(small.header("Content-Encoding").empty());
  CHECK(small.body == "{}");
}
