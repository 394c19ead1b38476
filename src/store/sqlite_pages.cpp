#include <algorithm>

#include "store/sqlite_reader.hpp"
#include "store/statements.hpp"

// Pages. A cursor is the last id that was looked at: rows that come or go
// between two pages neither repeat nor hide another.

namespace troupe::store {

using core::id;
using core::result;
using std::string;

namespace {

constexpr uint32_t page_rows_max = 1000;
constexpr id past_all{~uint64_t{0}, ~uint64_t{0}};

result<id> cursor(const core::page& where, id otherwise) {
  if (where.after.empty())
    return otherwise;
  if (auto found = core::id_from(where.after))
    return *found;
  return failure{errc::invalid, category::validation,
                 "`" + where.after
                   + "` is no cursor; pass `next` of the page before as it is"};
}

size_t weight(const core::run_row& x) {
  return x.input.size() + x.output.size() + x.labels.size() + x.ready.size();
}

size_t weight(const core::task_row& x) {
  return x.input.size() + x.output.size() + x.score.size() + x.spec.size();
}

/// After a full page, rows that are looked at for another one that matches. If
/// none of them does, there may be more.
constexpr uint32_t look_ahead_rows_max = 1000;

/// Fills a page from `q`: rows that match, until one of the limits is reached.
template <class Page, class Match, class Read>
void fill(Page& page, query& q, uint32_t limit, const sqlite_options& options,
          Match match, Read read) {
  limit = std::clamp(limit, 1u, page_rows_max);
  uint64_t bytes = 0;
  auto last = options.scan_rows_max;
  auto full = false;
  for (uint32_t seen = 1; q.next(); ++seen) {
    auto matches = match();
    if (matches && full) {
      page.next = to_string(page.rows.back().key);
      return;
    }
    if (matches) {
      page.rows.push_back(read());
      bytes += weight(page.rows.back());
      full = page.rows.size() >= limit || bytes >= options.page_bytes_max;
      if (full)
        last = std::min(last, seen + look_ahead_rows_max);
    }
    if (seen >= last) {
      page.next = to_string(q.key(0));
      return;
    }
  }
}

bool few(core::run_state x) {
  return x == core::run_state::paused || x == core::run_state::cancelling
         || x == core::run_state::failed;
}

bool few(core::task_state x) {
  return x == core::task_state::failed
         || x == core::task_state::awaiting_approval;
}

/// Newest first; states of which there are few through their index.
template <class State>
string newest_first(const string& columns, const string& table,
                    std::optional<State> state) {
  auto sql = "SELECT " + columns + " FROM " + table;
  // As a number in the text: of a bound one SQLite could not know that the
  // partial index covers it.
  if (state && few(*state))
    sql += " INDEXED BY " + table + "_few WHERE state="
           + std::to_string(static_cast<int>(*state)) + " AND workspace=?2 AND";
  else
    sql += " WHERE";
  return sql + " key<?1 ORDER BY key DESC";
}

} // namespace

result<core::run_page> sqlite_reader::runs(const core::run_filter& what,
                                           const core::page& where) {
  if (auto bad = begin())
    return bad;
  auto from = cursor(where, past_all);
  if (!from)
    return from.error();
  auto q = db_->use(newest_first(sql::run_columns, "runs", what.state));
  if (what.state && few(*what.state))
    q.bind(*from, what.workspace);
  else
    q.bind(*from);
  row_reader rows{*db_, row_reader::form::page};
  core::run_page found;
  auto match = [&] {
    return q.view(2) == what.workspace
           && (!what.state || q.as<core::run_state>(16) == *what.state)
           && (what.name.empty() || q.view(3) == what.name);
  };
  fill(found, q, where.limit, options_, match, [&] { return rows.run(q); });
  if (auto bad = trouble(q, rows))
    return bad;
  return found;
}

result<core::task_page> sqlite_reader::tasks(const core::task_filter& what,
                                             const core::page& where) {
  if (auto bad = begin())
    return bad;
  auto of_run = static_cast<bool>(what.run);
  auto from = cursor(where, of_run ? what.run.run() : past_all);
  if (!from)
    return from.error();
  string sql = "SELECT ";
  if (of_run)
    sql.append(sql::task_columns)
      .append(" FROM tasks WHERE key>?1 AND key<=?2 ORDER BY key");
  else
    sql = newest_first(sql::task_columns, "tasks", what.state);
  auto q = db_->use(sql);
  if (of_run)
    q.bind(*from, what.run.with(id::number_max));
  else if (what.state && few(*what.state))
    q.bind(*from, what.workspace);
  else
    q.bind(*from);
  row_reader rows{*db_, row_reader::form::page};
  core::task_page found;
  auto match = [&] {
    return (what.workspace.empty() || q.view(1) == what.workspace)
           && (!what.state || q.as<core::task_state>(8) == *what.state)
           && (what.agent.empty() || q.view(12) == what.agent);
  };
  fill(found, q, where.limit, options_, match, [&] { return rows.task(q); });
  if (auto bad = trouble(q, rows))
    return bad;
  return found;
}

} // namespace troupe::store
