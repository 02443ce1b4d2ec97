#include "adapters/etcd/messages.h"

#include <algorithm>

namespace tritontube::etcd {

using coordination::Operation;
using coordination::RangePage;
using coordination::TxnAnswer;

namespace {

std::string Join(std::string_view prefix, std::string_view key) {
  std::string joined(prefix);
  joined += key;
  return joined;
}

void SetOperation(Operation operation, std::string_view prefix, etcdserverpb::RequestOp& message) {
  std::string key = Join(prefix, operation.key);
  switch (operation.kind) {
    case Operation::Kind::kPut:
      message.mutable_request_put()->set_key(std::move(key));
      message.mutable_request_put()->set_value(std::move(operation.value));
      message.mutable_request_put()->set_lease(operation.lease);
      break;
    case Operation::Kind::kDelete:
      message.mutable_request_delete_range()->set_key(std::move(key));
      break;
    case Operation::Kind::kGet:
      message.mutable_request_range()->set_key(std::move(key));
      break;
  }
}

bool OnlyReads(const std::vector<Operation>& branch) {
  return std::ranges::all_of(
      branch, [](const Operation& operation) { return operation.kind == Operation::Kind::kGet; });
}

}  // namespace

coordination::KeyValue ToItem(const etcdserverpb::KeyValue& item, std::string_view prefix) {
  return {.key = item.key().substr(std::min(prefix.size(), item.key().size())),
          .value = item.value(),
          .created = item.create_revision(),
          .modified = item.mod_revision(),
          .lease = item.lease()};
}

coordination::Event ToEvent(const etcdserverpb::Event& event, std::string_view prefix) {
  const bool is_put = event.type() == etcdserverpb::Event::PUT;
  return {is_put ? coordination::Event::Kind::kPut : coordination::Event::Kind::kDelete,
          ToItem(event.kv(), prefix)};
}

std::string EndOfPrefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return {'\0'};  // etcd's word for "to the last key".
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

etcdserverpb::RangeRequest ToMessage(const coordination::RangeRequest& request,
                                     std::string_view prefix) {
  std::string begin = Join(prefix, request.prefix);
  etcdserverpb::RangeRequest message;
  message.set_range_end(EndOfPrefix(begin));
  // The first key greater than `after` is `after` with a zero byte behind it.
  if (!request.after.empty()) {
    begin = std::max(begin, Join(prefix, request.after) + std::string(1, '\0'));
  }
  // An empty key is none to etcd.
  message.set_key(begin.empty() ? std::string(1, '\0') : std::move(begin));
  message.set_limit(static_cast<std::int64_t>(request.limit));
  return message;
}

RangePage ToPage(const etcdserverpb::RangeResponse& response, std::string_view prefix) {
  RangePage page{.more = response.more(), .revision = response.header().revision()};
  page.items.reserve(static_cast<std::size_t>(response.kvs_size()));
  for (const auto& item : response.kvs()) page.items.push_back(ToItem(item, prefix));
  return page;
}

bool IsReadOnly(const coordination::Txn& txn) {
  return OnlyReads(txn.then) && OnlyReads(txn.otherwise);
}

etcdserverpb::TxnRequest ToMessage(const coordination::Txn& txn, std::string_view prefix) {
  etcdserverpb::TxnRequest message;
  for (const coordination::Compare& compare : txn.compares) {
    auto& added = *message.add_compare();
    added.set_result(etcdserverpb::Compare::EQUAL);
    added.set_target(etcdserverpb::Compare::MOD);
    added.set_key(Join(prefix, compare.key));
    added.set_mod_revision(compare.modified);  // etcd too takes 0 for a key that does not exist.
  }
  for (const Operation& operation : txn.then) {
    SetOperation(operation, prefix, *message.add_success());
  }
  for (const Operation& operation : txn.otherwise) {
    SetOperation(operation, prefix, *message.add_failure());
  }
  return message;
}

TxnAnswer ToAnswer(const etcdserverpb::TxnResponse& response, std::string_view prefix) {
  TxnAnswer answer{.succeeded = response.succeeded(), .revision = response.header().revision()};
  for (const auto& operation : response.responses()) {
    if (!operation.has_response_range()) continue;
    const auto& items = operation.response_range().kvs();
    answer.gets.push_back(items.empty() ? std::nullopt
                                        : std::optional(ToItem(items.Get(0), prefix)));
  }
  return answer;
}

}  // namespace tritontube::etcd
