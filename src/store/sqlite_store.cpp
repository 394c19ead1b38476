#include "store/sqlite_store.hpp"

#include "store/sqlite_reader.hpp"
#include "store/sqlite_writer.hpp"

namespace troupe::store {

namespace {

class sqlite_store : public core::store {
public:
  explicit sqlite_store(sqlite_options options)
    : options_(std::move(options)) {}

  std::unique_ptr<core::store_writer> writer() override {
    return std::make_unique<sqlite_writer>(options_);
  }

  std::unique_ptr<core::store_reader> reader() override {
    return std::make_unique<sqlite_reader>(options_);
  }

private:
  const sqlite_options options_;
};

} // namespace

std::unique_ptr<core::store> make_sqlite_store(sqlite_options options) {
  return std::make_unique<sqlite_store>(std::move(options));
}

} // namespace troupe::store
