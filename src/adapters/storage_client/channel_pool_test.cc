#include "adapters/storage_client/channel_pool.h"

#include <gtest/gtest.h>

namespace tritontube::storage_client {
namespace {

TEST(ChannelPool, KeepsOneChannelForEachAddress) {
  ChannelPool pool({}, 4);
  const auto first = pool.ChannelTo("a:1");
  EXPECT_EQ(pool.ChannelTo("a:1"), first);
  EXPECT_NE(pool.ChannelTo("b:1"), first);
  EXPECT_EQ(first->address(), "a:1");
  EXPECT_EQ(pool.size(), 2U);
}

TEST(ChannelPool, ForgetsTheAddressThatWasNotUsedForLongest) {
  ChannelPool pool({}, 2);
  const std::weak_ptr<rpc::Channel> first = pool.ChannelTo("a:1");
  const std::weak_ptr<rpc::Channel> second = pool.ChannelTo("b:1");
  pool.ChannelTo("a:1");
  pool.ChannelTo("c:1");
  EXPECT_EQ(pool.size(), 2U);
  EXPECT_FALSE(first.expired());
  EXPECT_TRUE(second.expired());
}

TEST(ChannelPool, AChannelOutlivesItsPlaceWhileItIsUsed) {
  ChannelPool pool({}, 1);
  const auto held = pool.ChannelTo("a:1");
  pool.ChannelTo("b:1");
  EXPECT_EQ(held->address(), "a:1");
  EXPECT_NE(pool.ChannelTo("a:1"), held);
}

}  // namespace
}  // namespace tritontube::storage_client
