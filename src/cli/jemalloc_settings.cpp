// Read by jemalloc before main: memory that a burst of work has left goes back
// to the system within seconds, by threads of jemalloc's own, also where
// nothing is allocated any more. See docs/decisions/0061-jemalloc.md.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf =
  "background_thread:true,dirty_decay_ms:2000,muzzy_decay_ms:2000";
}
