#pragma once

#include <memory>

#include <catch2/catch.hpp>

#include "store/samples.hpp"

namespace troupe::test {

/// A new store of each kind in turn: a test that makes one runs with all.
struct adapter {
  scratch place;
  std::unique_ptr<core::store> made =
    GENERATE(0, 1) == 0 ? troupe::store::make_memory_store()
                        : troupe::store::make_sqlite_store(place.options());
  session owner{*made};
  std::unique_ptr<core::store_reader> reader = made->reader();

  core::commit_report append(core::batch b) { return owner.append(b); }
};

} // namespace troupe::test
