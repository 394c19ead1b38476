#include "store/fault_vfs.hpp"

#include <mutex>

#include <sqlite3.h>

namespace troupe::test {

namespace {

struct fault_file {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_file* real(sqlite3_file* x) {
  return reinterpret_cast<fault_file*>(x)->real();
}

std::mutex& plan_mutex() {
  static std::mutex mutex;
  return mutex;
}

int error_of(disk_op what) {
  switch (what) {
    case disk_op::open:
      return SQLITE_CANTOPEN;
    case disk_op::read:
      return SQLITE_IOERR_READ;
    case disk_op::sync:
      return SQLITE_IOERR_FSYNC;
    case disk_op::truncate:
      return SQLITE_IOERR_TRUNCATE;
    case disk_op::remove:
      return SQLITE_IOERR_DELETE;
    case disk_op::map:
      return SQLITE_IOERR_SHMMAP;
    case disk_op::look:
      return SQLITE_IOERR_FSTAT;
    case disk_op::write:
    case disk_op::any:
      break;
  }
  return SQLITE_IOERR_WRITE;
}

/// What this call has to answer; SQLITE_OK: what it does.
int fault(disk_op what) {
  std::lock_guard guard{plan_mutex()};
  auto& plan = faults();
  if (plan.nth == 0 || (plan.what != what && plan.what != disk_op::any))
    return SQLITE_OK;
  ++plan.seen;
  if (plan.seen < plan.nth || (plan.seen > plan.nth && !plan.for_good))
    return SQLITE_OK;
  ++plan.hits;
  return plan.code != 0 ? plan.code : error_of(what);
}

bool half_is_written() {
  std::lock_guard guard{plan_mutex()};
  return faults().half;
}

int do_close(sqlite3_file* x) {
  return real(x)->pMethods->xClose(real(x));
}

int do_read(sqlite3_file* x, void* to, int n, sqlite3_int64 at) {
  if (auto code = fault(disk_op::read); code != SQLITE_OK)
    return code;
  return real(x)->pMethods->xRead(real(x), to, n, at);
}

int do_write(sqlite3_file* x, const void* from, int n, sqlite3_int64 at) {
  if (auto code = fault(disk_op::write); code != SQLITE_OK) {
    if (half_is_written())
      real(x)->pMethods->xWrite(real(x), from, n / 2, at);
    return code;
  }
  return real(x)->pMethods->xWrite(real(x), from, n, at);
}

int do_truncate(sqlite3_file* x, sqlite3_int64 size) {
  if (auto code = fault(disk_op::truncate); code != SQLITE_OK)
    return code;
  return real(x)->pMethods->xTruncate(real(x), size);
}

int do_sync(sqlite3_file* x, int flags) {
  if (auto code = fault(disk_op::sync); code != SQLITE_OK)
    return code;
  return real(x)->pMethods->xSync(real(x), flags);
}

int do_size(sqlite3_file* x, sqlite3_int64* size) {
  if (auto code = fault(disk_op::look); code != SQLITE_OK)
    return code;
  return real(x)->pMethods->xFileSize(real(x), size);
}

int do_lock(sqlite3_file* x, int kind) {
  return real(x)->pMethods->xLock(real(x), kind);
}

int do_unlock(sqlite3_file* x, int kind) {
  return real(x)->pMethods->xUnlock(real(x), kind);
}

int do_check(sqlite3_file* x, int* reserved) {
  return real(x)->pMethods->xCheckReservedLock(real(x), reserved);
}

int do_control(sqlite3_file* x, int op, void* arg) {
  return real(x)->pMethods->xFileControl(real(x), op, arg);
}

int do_sector(sqlite3_file* x) {
  return real(x)->pMethods->xSectorSize(real(x));
}

int do_traits(sqlite3_file* x) {
  return real(x)->pMethods->xDeviceCharacteristics(real(x));
}

int do_shm_map(sqlite3_file* x, int page, int size, int extend,
               void volatile** to) {
  if (auto code = fault(disk_op::map); code != SQLITE_OK)
    return code;
  return real(x)->pMethods->xShmMap(real(x), page, size, extend, to);
}

int do_shm_lock(sqlite3_file* x, int at, int n, int flags) {
  return real(x)->pMethods->xShmLock(real(x), at, n, flags);
}

void do_shm_barrier(sqlite3_file* x) {
  real(x)->pMethods->xShmBarrier(real(x));
}

int do_shm_unmap(sqlite3_file* x, int remove) {
  return real(x)->pMethods->xShmUnmap(real(x), remove);
}

// Version 2: without memory-mapped pages, which would pass us by.
const sqlite3_io_methods methods{
  2,         do_close,   do_read,     do_write,       do_truncate,  do_sync,
  do_size,   do_lock,    do_unlock,   do_check,       do_control,   do_sector,
  do_traits, do_shm_map, do_shm_lock, do_shm_barrier, do_shm_unmap, nullptr,
  nullptr};

sqlite3_vfs* system_vfs = nullptr;

int do_open(sqlite3_vfs*, const char* name, sqlite3_file* x, int flags,
            int* out) {
  x->pMethods = nullptr;
  if (auto code = fault(disk_op::open); code != SQLITE_OK)
    return code;
  auto code = system_vfs->xOpen(system_vfs, name, real(x), flags, out);
  if (code == SQLITE_OK)
    x->pMethods = &methods;
  return code;
}

int do_remove(sqlite3_vfs*, const char* name, int sync_folder) {
  if (auto code = fault(disk_op::remove); code != SQLITE_OK)
    return code;
  return system_vfs->xDelete(system_vfs, name, sync_folder);
}

int do_access(sqlite3_vfs*, const char* name, int flags, int* out) {
  if (fault(disk_op::look) != SQLITE_OK)
    return SQLITE_IOERR_ACCESS;
  return system_vfs->xAccess(system_vfs, name, flags, out);
}

} // namespace

fault_plan& faults() {
  static fault_plan plan;
  return plan;
}

void use_faults(const fault_plan& plan) {
  std::lock_guard guard{plan_mutex()};
  faults() = plan;
}

uint32_t faults_given() {
  std::lock_guard guard{plan_mutex()};
  return faults().hits;
}

const char* fault_vfs() {
  static sqlite3_vfs ours = [] {
    sqlite3_initialize();
    system_vfs = sqlite3_vfs_find(nullptr);
    // The other functions keep the system's pAppData and need nothing of ours.
    sqlite3_vfs made = *system_vfs;
    made.zName = "troupe-fault";
    made.szOsFile += static_cast<int>(sizeof(fault_file));
    made.xOpen = do_open;
    made.xDelete = do_remove;
    made.xAccess = do_access;
    made.pNext = nullptr;
    return made;
  }();
  static auto registered = sqlite3_vfs_register(&ours, 0);
  return registered == SQLITE_OK ? ours.zName : nullptr;
}

} // namespace troupe::test
