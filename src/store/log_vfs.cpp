#include "store/log_vfs.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <sqlite3.h>

namespace troupe::store {

namespace {

// SQLite's own VFS writes at most 128 KiB less a byte in one call.
constexpr size_t piece_bytes_max = 120 << 10;

/// What is written behind each other and not yet in the file.
struct piece {
  sqlite3_int64 at = 0;
  std::vector<char> bytes; // Never beyond its first capacity.
};

/// The memory of it is SQLite's; the file below follows behind it.
struct log_file {
  sqlite3_file base;
  piece* waiting;
};

piece& waiting(sqlite3_file* x) {
  return *reinterpret_cast<log_file*>(x)->waiting;
}

sqlite3_file* below(sqlite3_file* x) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<log_file*>(x) + 1);
}

/// A write that fails is told by whatever comes next; its bytes are given up,
/// as those of a direct write that fails are.
int flush(sqlite3_file* x) {
  auto& p = waiting(x);
  if (p.bytes.empty())
    return SQLITE_OK;
  auto code = below(x)->pMethods->xWrite(
    below(x), p.bytes.data(), static_cast<int>(p.bytes.size()), p.at);
  p.bytes.clear();
  return code;
}

int do_write(sqlite3_file* x, const void* from, int n, sqlite3_int64 at) {
  auto& p = waiting(x);
  auto size = static_cast<size_t>(n);
  auto follows = at == p.at + static_cast<sqlite3_int64>(p.bytes.size());
  if (!follows || p.bytes.size() + size > piece_bytes_max) {
    if (auto code = flush(x); code != SQLITE_OK)
      return code;
    p.at = at;
  }
  if (size > piece_bytes_max)
    return below(x)->pMethods->xWrite(below(x), from, n, at);
  const auto* bytes = static_cast<const char*>(from);
  p.bytes.insert(p.bytes.end(), bytes, bytes + size);
  return SQLITE_OK;
}

/// Everything that could see the difference writes first.
template <auto Method, class... Ts>
int after_flush(sqlite3_file* x, Ts... xs) {
  auto code = flush(x);
  return code == SQLITE_OK ? (below(x)->pMethods->*Method)(below(x), xs...)
                           : code;
}

template <auto Method, class... Ts>
int pass(sqlite3_file* x, Ts... xs) {
  return (below(x)->pMethods->*Method)(below(x), xs...);
}

int do_close(sqlite3_file* x) {
  auto flushed = flush(x);
  delete std::exchange(reinterpret_cast<log_file*>(x)->waiting, nullptr);
  auto closed = below(x)->pMethods->xClose(below(x));
  return flushed == SQLITE_OK ? closed : flushed;
}

using io = sqlite3_io_methods;

// Version 1: a log has no shared memory and is not mapped.
const io methods{1,
                 do_close,
                 after_flush<&io::xRead, void*, int, sqlite3_int64>,
                 do_write,
                 after_flush<&io::xTruncate, sqlite3_int64>,
                 after_flush<&io::xSync, int>,
                 after_flush<&io::xFileSize, sqlite3_int64*>,
                 pass<&io::xLock, int>,
                 pass<&io::xUnlock, int>,
                 pass<&io::xCheckReservedLock, int*>,
                 pass<&io::xFileControl, int, void*>,
                 pass<&io::xSectorSize>,
                 pass<&io::xDeviceCharacteristics>,
                 nullptr,
                 nullptr,
                 nullptr,
                 nullptr,
                 nullptr,
                 nullptr};

struct layer {
  sqlite3_vfs vfs;
  sqlite3_vfs* below;
  std::string name;
};

int do_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* x, int flags,
            int* out) {
  // `vfs` is the first member of its layer.
  auto* lower = reinterpret_cast<layer*>(vfs)->below;
  if ((flags & SQLITE_OPEN_WAL) == 0)
    return lower->xOpen(lower, name, x, flags, out);
  auto* file = reinterpret_cast<log_file*>(x);
  file->base.pMethods = nullptr;
  std::unique_ptr<piece> made{new (std::nothrow) piece};
  try {
    if (made)
      made->bytes.reserve(piece_bytes_max);
  } catch (const std::bad_alloc&) {
    made.reset();
  }
  if (!made)
    return SQLITE_NOMEM;
  auto code = lower->xOpen(lower, name, below(x), flags, out);
  if (code != SQLITE_OK)
    return code;
  file->waiting = made.release();
  file->base.pMethods = &methods;
  return SQLITE_OK;
}

} // namespace

std::string log_vfs(const std::string& over) {
  static std::mutex mutex;
  static std::map<std::string, layer> layers; // For as long as the process.
  std::lock_guard guard{mutex};
  if (auto known = layers.find(over); known != layers.end())
    return known->second.name;
  sqlite3_initialize();
  auto* lower = sqlite3_vfs_find(over.empty() ? nullptr : over.c_str());
  if (lower == nullptr)
    return {};
  auto& made = layers[over];
  made.name = "troupe-log/" + over;
  made.below = lower;
  // The other functions keep the lower one's pAppData and need nothing of ours.
  made.vfs = *lower;
  made.vfs.zName = made.name.c_str();
  made.vfs.szOsFile += static_cast<int>(sizeof(log_file));
  made.vfs.xOpen = do_open;
  made.vfs.pNext = nullptr;
  return sqlite3_vfs_register(&made.vfs, 0) == SQLITE_OK ? made.name : "";
}

} // namespace troupe::store
