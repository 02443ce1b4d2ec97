#include "core/coordination/conformance_suite.h"

#include "etcd_test_support.h"

namespace tritontube::coordination {
namespace {

using std::chrono_literals::operator""ms;

std::shared_ptr<Coordination> MakeEtcd() { return etcd::OpenFresh(); }

// A watch may still begin at the revision of a compaction, not before.
async::Task<void> ForgetHistory(Coordination& engine) {
  for (int i = 0; i < 2; ++i) co_await Put(engine, "x", "x");
  co_await etcd::Compact(engine);
}

std::vector<EngineUnderTest> Engines() {
  if (!support::EtcdCluster::IsInstalled()) return {};
  // etcd makes every lease of less than two seconds one of two; the suite multiplies.
  return {{.make = MakeEtcd, .forget_history = ForgetHistory, .ttl_min = 80ms}};
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Etcd, ConformanceTest, testing::ValuesIn(Engines()));

}  // namespace tritontube::coordination
