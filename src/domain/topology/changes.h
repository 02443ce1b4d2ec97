#pragma once

#include "domain/topology/topology.h"

// The state machine of changes (docs/adr/0011-content-nodes-come-and-go.md): each function is one
// step, from a topology to the next one with the next epoch, which is published by a transaction
// over the first. Who crashes between two steps is replaced by anybody who reads what is stored.
// Pure.
//
//   AskFor -> BeginPlan: kWriteBoth -> UseNew: kUseNew -> Settle -> ... -> over
//                            |  Abort
namespace tritontube::topology {

// Who is to come, and who is to go.
struct Request {
  std::vector<Member> add = {};
  std::vector<NodeId> remove = {};
  // They will not answer, and are not waited for: what only they have is lost.
  bool accepts_loss = false;
  // No operator asks: who goes is remembered as given up, and who was comes again. What an operator
  // asks for makes forget that.
  bool by_itself = false;
};

// What is asked for from now on; nothing in particular brings the slots to where they should be,
// after a change that was given up half-way. kFailedPrecondition while another change is running,
// or when nobody would be left; kInvalidArgument for who is in already, or is not. Who was given up
// can be removed, and is forgotten.
Result<Topology> AskFor(const Topology& current, const Request& request);

// Whether slots have to move for what is asked for.
Result<bool> IsPlanNeeded(const Topology& current);

// The next plan of the change: the number of copies comes first, by one, then the balance, so that
// at most one copy of a slot moves. Requires: a change that needs a plan, and no plan.
Result<Topology> BeginPlan(const Topology& current);

// Everybody who had to pull has: `moved` in all. Requires: a plan in kWriteBoth.
Topology UseNew(const Topology& current, const Moved& moved);

// The plan is over, and when nothing is left to move, so is the change: who leaves is gone.
// Requires: no plan in kWriteBoth, and a change or a plan.
Result<Topology> Settle(const Topology& current);

// Back to where the slots were, and the change is over. kFailedPrecondition when there is no
// change, or its plan cannot go back any more.
Result<Topology> Abort(const Topology& current, std::string reason);

// `node` has come back with a folder that has missed something, or has everything again. An epoch
// of its own: what was repaired before does not count any more. kFailedPrecondition for no member,
// and for one that is complete.
Result<Topology> MarkIncomplete(const Topology& current, const NodeId& node);
Result<Topology> MarkComplete(const Topology& current, const NodeId& node);

// Members that have other addresses now. kInvalidArgument when one of them is another member's.
Result<Topology> MoveTo(const Topology& current, const std::vector<Member>& moved);

// How many copies of slots come to each member until the change is over, by their place.
struct Travels {
  std::vector<std::size_t> copies_to;
  std::size_t plans = 0;
};
Result<Travels> TravelsOf(const Topology& asked);

}  // namespace tritontube::topology
