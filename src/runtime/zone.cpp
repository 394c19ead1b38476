#include <date/tz.h>

#include "runtime/queue_settings.hpp"

namespace troupe::runtime {

core::zone_offset zone_offset_of(const std::string& name) {
  const date::time_zone* zone = nullptr;
  try {
    zone = date::locate_zone(name);
  } catch (const std::exception&) {
    return {}; // No such zone, or no list of zones.
  }
  return [zone](core::instant at) -> core::duration {
    return zone->get_info(at).offset;
  };
}

} // namespace troupe::runtime
