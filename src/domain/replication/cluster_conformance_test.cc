#include "core/blob/conformance_suite.h"
#include "domain/replication/cluster_fixture_test.h"

namespace tritontube::blob {
namespace {

using replication::FakeCluster;

class ClusterUnderTest final : public StoreUnderTest {
 public:
  explicit ClusterUnderTest(std::size_t node_count) : cluster_(node_count) {}

  // The suite is about what is stored when nothing is under way any more: a last copy that comes
  // later is no fault.
  BlobStore& store() override {
    cluster_.Settle();
    return cluster_.store();
  }

 private:
  FakeCluster cluster_;
};

ConformanceEngine ClusterOf(std::size_t node_count) {
  return {.name = fmt::format("ClusterOf{}", node_count),
          .make = [node_count] { return std::make_unique<ClusterUnderTest>(node_count); },
          .boundaries = {},
          .batches_are_atomic = false,
          .writers_race_to_one = false};
}

INSTANTIATE_TEST_SUITE_P(Cluster, BlobStoreConformance,
                         testing::Values(ClusterOf(1), ClusterOf(2), ClusterOf(3), ClusterOf(5)),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tritontube::blob
