#include "core/coordination/coordination.h"

#include <set>

namespace tritontube::coordination {

namespace {

Result<void> CheckBranch(const std::vector<Operation>& branch, std::size_t* bytes) {
  if (branch.size() > kTxnOperationsMax) {
    return Fail(ErrorCode::kInvalidArgument, "{} operations in a transaction, more than {}",
                branch.size(), kTxnOperationsMax);
  }
  std::set<std::string_view> written;
  for (const Operation& operation : branch) {
    TT_RETURN_IF_ERROR(CheckKey(operation.key));
    *bytes += operation.key.size() + operation.value.size();
    if (operation.kind == Operation::Kind::kGet) continue;
    if (!written.insert(operation.key).second) {
      return Fail(ErrorCode::kInvalidArgument, "a transaction writes one key twice");
    }
  }
  return {};
}

}  // namespace

Result<void> CheckKey(std::string_view key) {
  if (key.empty() || key.size() > kKeyBytesMax) {
    return Fail(ErrorCode::kInvalidArgument, "a key of {} bytes, not of 1 to {}", key.size(),
                kKeyBytesMax);
  }
  return {};
}

Result<void> CheckTtl(std::chrono::milliseconds ttl) {
  if (ttl <= std::chrono::milliseconds(0) || ttl > kLeaseTtlMax) {
    return Fail(ErrorCode::kInvalidArgument, "a lease of {} ms, not of 1 to {}", ttl.count(),
                kLeaseTtlMax.count());
  }
  return {};
}

Result<void> Check(const RangeRequest& request) {
  if (request.prefix.size() > kKeyBytesMax || request.after.size() > kKeyBytesMax) {
    return Fail(ErrorCode::kInvalidArgument, "a prefix or cursor of more than {} bytes",
                kKeyBytesMax);
  }
  if (request.limit == 0 || request.limit > kRangeItemsMax) {
    return Fail(ErrorCode::kInvalidArgument, "a page of {} items, not of 1 to {}", request.limit,
                kRangeItemsMax);
  }
  return {};
}

Result<void> Check(const Txn& txn) {
  if (txn.compares.size() > kTxnOperationsMax) {
    return Fail(ErrorCode::kInvalidArgument, "{} compares in a transaction, more than {}",
                txn.compares.size(), kTxnOperationsMax);
  }
  std::size_t bytes = 0;
  for (const Compare& compare : txn.compares) {
    TT_RETURN_IF_ERROR(CheckKey(compare.key));
    bytes += compare.key.size();
  }
  TT_RETURN_IF_ERROR(CheckBranch(txn.then, &bytes));
  TT_RETURN_IF_ERROR(CheckBranch(txn.otherwise, &bytes));
  if (bytes > kTxnBytesMax) {
    return Fail(ErrorCode::kInvalidArgument, "a transaction of {} bytes, more than {}", bytes,
                kTxnBytesMax);
  }
  return {};
}

}  // namespace tritontube::coordination
