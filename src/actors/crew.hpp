#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "actors/crew_book.hpp"
#include "actors/house.hpp"

namespace troupe {

struct crew_state {
  static inline const char* name = "crew";
  house_ptr home;
  crew_book_ptr book;
  restart_backoff backoff; // Of hosts.
  child_ref<> branch;      // The supervisor of the hosts.
  child_ref<coordinator_actor> coordinator;
  child_ref<directory_actor> directory;
  std::set<std::string> starting; // Asked for, not yet there.
  std::set<std::string> ending;
  bool ticking = false;
  std::map<std::string, core::instant> idle_since; // Of those that were made.
  bool counting = false; // A look at them is on its way.
};

using crew_ptr = crew_actor::stateful_pointer<crew_state>;

/// Takes agents in and lets them go while the node runs. What it wants stands
/// in the book, and it compares until that is so: whoever of the others
/// restarts meanwhile is asked again.
crew_actor::behavior_type crew(crew_ptr self, house_ptr home,
                               crew_book_ptr book, child_ref<> branch,
                               restart_backoff backoff);

// Between the files of this actor.

void take_in(crew_ptr self, const agent_spec& spec);
void let_go(crew_ptr self, const std::string& name);
void set_on_demand(crew_ptr self, const crew_change& x);
void make_for(crew_ptr self, const unserved_list& list);
void look_for_idle(crew_ptr self);
void look_for_idle_soon(crew_ptr self);

/// The host of an agent, as its supervisor starts it: with what the book says
/// then.
child_spec host_child(const house_ptr& home, const crew_book_ptr& book,
                      const std::string& name, restart_backoff backoff);

} // namespace troupe
