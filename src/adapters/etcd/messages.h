#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/coordination/coordination.h"
#include "etcd/etcd.pb.h"

// Between the messages of etcd and those of Coordination. `prefix` stands in front of etcd's keys
// and not of ours.
namespace tritontube::etcd {

coordination::KeyValue ToItem(const etcdserverpb::KeyValue& item, std::string_view prefix);
coordination::Event ToEvent(const etcdserverpb::Event& event, std::string_view prefix);

// The first key behind all that begin with `prefix`, as etcd wants to hear it.
std::string EndOfPrefix(std::string prefix);

etcdserverpb::RangeRequest ToMessage(const coordination::RangeRequest& request,
                                     std::string_view prefix);
coordination::RangePage ToPage(const etcdserverpb::RangeResponse& response,
                               std::string_view prefix);

bool IsReadOnly(const coordination::Txn& txn);
etcdserverpb::TxnRequest ToMessage(const coordination::Txn& txn, std::string_view prefix);
coordination::TxnAnswer ToAnswer(const etcdserverpb::TxnResponse& response,
                                 std::string_view prefix);

}  // namespace tritontube::etcd
