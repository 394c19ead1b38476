#include "gateway/representation.hpp"

#include <zlib.h>

#include <boost/beast/core/string.hpp>

#include "core/sha256.hpp"

namespace troupe::gateway {

namespace {

// The fastest: what is saved beyond it is little, and it is one thread's time.
constexpr int gzip_level = 1;
constexpr int gzip_window_bits = 15 + 16; // 16: with gzip's own frame.
constexpr size_t etag_digits = 24;

std::string_view trimmed(std::string_view text) {
  auto from = text.find_first_not_of(" \t");
  if (from == text.npos)
    return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

/// The next element of a comma-separated list, which loses it.
std::string_view next_of(std::string_view& list) {
  auto end = std::min(list.find(','), list.size());
  auto out = trimmed(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return out;
}

/// "q=0", "q=0.000": not wanted.
bool unwanted(std::string_view parameters) {
  auto q = parameters.find("q=");
  if (q == parameters.npos)
    return false;
  auto value = trimmed(parameters.substr(q + 2));
  return !value.empty() && value.find_first_not_of("0.") == value.npos;
}

std::string etag_of(std::string_view body) {
  return "W/\"" + core::sha256_hex(body).substr(0, etag_digits) + '"';
}

std::string_view opaque(std::string_view etag) {
  return etag.starts_with("W/") ? etag.substr(2) : etag;
}

bool can_be_asked_again(const http_reply& what, const http_request& about) {
  auto reads = about.method == "GET" || about.method == "HEAD";
  return reads && what.status == 200 && !what.body.empty();
}

} // namespace

bool takes_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    auto word = next_of(accept_encoding);
    auto semicolon = std::min(word.find(';'), word.size());
    auto name = trimmed(word.substr(0, semicolon));
    if (boost::beast::iequals({name.data(), name.size()}, "gzip"))
      return !unwanted(word.substr(semicolon));
  }
  return false;
}

bool names_etag(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    auto one = next_of(if_none_match);
    if (one == "*" || opaque(one) == opaque(etag))
      return true;
  }
  return false;
}

std::string gzip(std::string_view plain) {
  z_stream stream{};
  if (deflateInit2(&stream, gzip_level, Z_DEFLATED, gzip_window_bits, 8,
                   Z_DEFAULT_STRATEGY)
      != Z_OK)
    return {}; // No memory: it goes as it is.
  auto size = static_cast<uLong>(plain.size());
  std::string out(deflateBound(&stream, size), '\0');
  // zlib reads here only; its interface is older than `const`.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  auto how = deflate(&stream, Z_FINISH);
  out.resize(how == Z_STREAM_END ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

void represent(http_reply& what, const http_request& about,
               size_t gzip_bytes_min) {
  if (can_be_asked_again(what, about)) {
    auto etag = etag_of(what.body);
    auto known =
      !about.if_none_match.empty() && names_etag(about.if_none_match, etag);
    // It may be kept, to be asked for again; not to be shown without that.
    what.headers.emplace_back("Cache-Control", "private, no-cache");
    what.headers.emplace_back("ETag", std::move(etag));
    if (known) {
      what.status = 304;
      what.body.clear();
    }
  }
  auto size = what.body.size();
  if (size < gzip_bytes_min || size > gzip_bytes_max)
    return;
  what.headers.emplace_back("Vary", "Accept-Encoding");
  if (!takes_gzip(about.accept_encoding))
    return;
  auto packed = gzip(what.body);
  if (packed.empty() || packed.size() >= size)
    return;
  what.body = std::move(packed);
  what.headers.emplace_back("Content-Encoding", "gzip");
}

} // namespace troupe::gateway
