#include "runtime/restore_store.hpp"

#include <filesystem>

#include "store/data_directory.hpp"
#include "store/sqlite_store.hpp"

namespace troupe::runtime {

namespace {

namespace fs = std::filesystem;

/// Why a store cannot be made there; empty: it can. A restore that was broken
/// off is repeated over what it left.
std::string used_by(const fs::path& data) {
  std::error_code wrong;
  auto what = fs::status(data, wrong);
  if (!fs::exists(what))
    return {};
  if (!fs::is_directory(what))
    return "`" + data.string() + "` is no directory; name a new one";
  if (fs::exists(data / store::data_directory::restore_mark, wrong))
    return {};
  for (const auto& x : fs::directory_iterator{data, wrong})
    if (x.path().filename() != "lock")
      return "`" + data.string() + "` is not empty (it has `"
             + x.path().filename().string()
             + "`); name a new directory, or move this one away first";
  if (wrong)
    return "`" + data.string() + "` cannot be read (" + wrong.message()
           + "); check its permissions";
  return {};
}

} // namespace

failure restore_store(const std::string& backup, const std::string& data) {
  if (auto why = used_by(data); !why.empty())
    return {errc::invalid, category::validation, std::move(why)};
  return store::restore(backup, data);
}

} // namespace troupe::runtime
