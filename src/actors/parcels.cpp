#include "actors/parcels.hpp"

namespace troupe {

read_job keep_promise(read_job job, std::function<void()> lost) {
  struct promise {
    std::function<void()> lost;
    bool kept = false;
    ~promise() {
      if (!kept)
        lost();
    }
  };
  auto open = std::make_shared<promise>();
  open->lost = std::move(lost);
  return [open, job = std::move(job)](core::store_reader& store) {
    job(store);
    open->kept = true; // Not if it throws.
  };
}

} // namespace troupe
