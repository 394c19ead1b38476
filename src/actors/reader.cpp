#include "actors/reader.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace troupe {

reader_actor::behavior_type
reader(reader_actor::stateful_pointer<reader_state> self,
       std::shared_ptr<core::store> from) {
  self->state.from = std::move(from);
  return {
    [self](const read_job& job) {
      // At the first job: a writer has opened the store by then.
      auto& st = self->state;
      if (!st.store)
        st.store = st.from->reader();
      job(*st.store);
    },
  };
}

} // namespace troupe
