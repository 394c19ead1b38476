#pragma once

#include "core/rows.hpp"
#include "store/blobs.hpp"
#include "store/sqlite_query.hpp"

namespace troupe::store {

/// Reads rows in the column order of statements.hpp. What is not as it was
/// written is remembered: look at `why` before using what came out.
class row_reader {
public:
  enum class form { whole, page }; // A page leaves out large payloads.

  explicit row_reader(connection& db, form how = form::whole)
    : db_(db), blobs_(db), how_(how) {}

  core::run_row run(const query& q);
  core::task_row task(const query& q);
  core::attempt_row attempt(const query& q);
  core::decision_row decision(const query& q);
  core::text payload(const query& q, int column, std::string_view workspace);

  const failure& why() const { return why_ ? why_ : blobs_.why(); }

private:
  core::text payload_in(const query& q, int column, std::string_view workspace);
  failure error(const query& q, int column);
  template <class Enum>
  Enum word(const query& q, int column, int64_t count);

  connection& db_;
  blob_source blobs_;
  form how_;
  failure why_;
};

} // namespace troupe::store
