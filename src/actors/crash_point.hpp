#pragma once

namespace troupe {

// Places at which a test build can be made to end at once, as kill -9 does:
// TROUPE_CRASH_AT=name:n ends the process when it comes to `name` for the n-th
// time. Other builds have nothing of this.

#ifdef TROUPE_CRASH_POINTS
void crash_point(const char* name);
#else
inline void crash_point(const char*) {}
#endif

} // namespace troupe
