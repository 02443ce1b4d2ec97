#include "adapters/etcd/messages.h"

#include <gtest/gtest.h>

#include "adapters/etcd/version.h"

namespace tritontube::etcd {
namespace {

TEST(EtcdVersion, OldAndCorruptingOnesAreRefused) {
  for (const char* version :
       {"3.4.0", "3.4.23", "3.5.6", "3.5.16", "3.6.0", "4.0.0", "3.6.0-rc.1"}) {
    EXPECT_TRUE(CheckVersion(version).has_value()) << version;
  }
  for (const char* version :
       {"2.3.8", "3.3.27", "3.5.0", "3.5.2", "3.5.5", "", "3.4", "3.4.x", "three", "3.4.23 "}) {
    const Result<void> refused = CheckVersion(version);
    ASSERT_FALSE(refused.has_value()) << version;
    EXPECT_EQ(refused.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_TRUE(refused.error().message().contains(version));
  }
}

TEST(EtcdMessages, ThePrefixEndsWhereItsLastByteIsOneMore) {
  EXPECT_EQ(EndOfPrefix("a/"), "a0");
  EXPECT_EQ(EndOfPrefix("a\xff\xff"), "b");
  EXPECT_EQ(EndOfPrefix("\xff"), std::string(1, '\0'));
  EXPECT_EQ(EndOfPrefix(""), std::string(1, '\0'));
}

TEST(EtcdMessages, APageBeginsBehindTheCursorAndNeverBeforeThePrefix) {
  const auto request = ToMessage({.prefix = "p/", .after = "p/2", .limit = 7}, "t/");
  EXPECT_EQ(request.key(), std::string("t/p/2\0", 6));
  EXPECT_EQ(request.range_end(), "t/p0");
  EXPECT_EQ(request.limit(), 7);
  EXPECT_EQ(ToMessage({.prefix = "p/", .after = "a"}, "t/").key(), "t/p/");
  EXPECT_EQ(ToMessage({.prefix = ""}, "").key(), std::string(1, '\0'));
}

TEST(EtcdMessages, OnlyATransactionThatWritesNothingMayHappenTwice) {
  using coordination::Operation;
  EXPECT_TRUE(IsReadOnly({.compares = {}, .then = {Operation::Get("a")}}));
  EXPECT_FALSE(IsReadOnly({.compares = {}, .then = {}, .otherwise = {Operation::Delete("a")}}));
  EXPECT_FALSE(IsReadOnly({.compares = {}, .then = {Operation::Put("a", "1")}}));
}

}  // namespace
}  // namespace tritontube::etcd
