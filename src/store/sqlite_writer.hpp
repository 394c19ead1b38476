#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/sha256.hpp"
#include "core/store.hpp"
#include "store/checkpoint.hpp"
#include "store/data_directory.hpp"
#include "store/database_copy.hpp"
#include "store/retention.hpp"
#include "store/row_writer.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_store.hpp"

namespace troupe::store {

/// The one connection that writes, checkpoints and copies. One thread owns it.
class sqlite_writer : public core::store_writer {
public:
  explicit sqlite_writer(sqlite_options options);
  /// Without `close` this is a crash: nothing is lost, the next open is
  /// unclean.
  ~sqlite_writer() override;

  core::result<core::opened> open(uint32_t shards, core::instant now) override;
  core::commit_report
  append(const std::vector<const core::batch*>& batches) override;
  bool maintain(core::instant now) override;
  core::result<bool> backup(const std::string& path) override;
  core::store_stats stats() override;
  failure close() override;

private:
  /// Where a shard's history ends.
  struct shard_end {
    uint64_t next_seq = 1;
    std::string hash;
    core::instant newest;
  };

  core::result<core::opened> connect(uint32_t shards, core::instant now);
  core::result<core::opened> begin(uint32_t shards, core::instant now);
  bool no_room(const failure& why) const;
  void keep_room();
  core::result<core::opened> load_ends(uint32_t shards);
  failure verify_ends();
  bool fits(const core::batch& b) const;
  int write_all(const std::vector<const core::batch*>& batches, size_t& at,
                std::vector<shard_end>& ends);
  int write_one(const core::batch& b, shard_end& end);
  int write_history(const core::batch& b, const shard_end& before,
                    shard_end& after);
  int advance(const core::batch& b, const shard_end& after);
  int prepare();
  static int run(sqlite3_stmt* statement);
  void roll_back();
  core::commit_report give_up(int code, core::commit_report report);
  void after_upkeep(int code);
  failure begin_copy(const std::string& path);

  sqlite_options options_;
  std::unique_ptr<data_directory> directory_;
  std::unique_ptr<connection> db_;
  std::unique_ptr<row_writer> rows_;
  // Of each commit and each batch; the connection owns them.
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  sqlite3_stmt* insert_segment_ = nullptr;
  sqlite3_stmt* advance_shard_ = nullptr;
  std::unique_ptr<checkpointer> checkpoints_;
  std::unique_ptr<retention> retention_;
  std::unique_ptr<database_copy> copy_; // Under way.
  core::sha256 hash_;
  std::vector<shard_end> ends_;
  uint64_t epoch_ = 0;
  uint64_t commits_ = 0;
  bool room_kept_ = false; // On the disk, for bad days.
  failure broken_; // Set after an unknown commit: only a new open helps.
};

} // namespace troupe::store
