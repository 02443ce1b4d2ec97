#include "simulation/old_reads.h"

#include <algorithm>

#include "domain/catalog/keys.h"

namespace tritontube::simulation {

using coordination::Operation;
using coordination::Txn;
using coordination::TxnAnswer;

namespace {

constexpr double kOld = 0.2;
constexpr std::size_t kRevisionsBehindMax = 200;

bool OnlyReads(const Txn& txn) {
  return txn.compares.empty() && std::ranges::all_of(txn.then, [](const Operation& operation) {
           return operation.kind == Operation::Kind::kGet;
         });
}

bool IsProof(const Txn& txn) {
  return std::ranges::any_of(txn.then, [](const Operation& operation) {
    return operation.kind == Operation::Kind::kPut && operation.key == catalog::kProofKey;
  });
}

}  // namespace

async::Task<Result<TxnAnswer>> OldReads::Commit(Txn txn, Deadline deadline) {
  // The fault: what was read is believed.
  if (etcd_.context().plan.tooth == Tooth::kStaleCollector && IsProof(txn)) txn.compares.clear();
  Result<TxnAnswer> answer = co_await engine().Commit(txn, deadline);
  if (answer && OnlyReads(txn) && etcd_.context().Chance(kOld)) Age(txn, *answer);
  co_return answer;
}

void OldReads::Age(const Txn& txn, TxnAnswer& answer) {
  const auto behind =
      static_cast<coordination::Revision>(etcd_.context().Pick(kRevisionsBehindMax));
  for (std::size_t i = 0; i < answer.gets.size(); ++i) {
    answer.gets[i] = etcd_.model().Peek(txn.then[i].key, behind);
  }
}

}  // namespace tritontube::simulation
