#include "services/space/ledger.h"

#include <gtest/gtest.h>

namespace tritontube::space {
namespace {

constexpr ByteCount kFree = 1000;

VideoId Video(char name) { return *VideoId::Parse(std::string(11, name)); }

TEST(Ledger, PromisesWhatTheDiskHasAndNoMore) {
  Ledger ledger;
  EXPECT_TRUE(ledger.Reserve(Video('a'), 600, kFree, 100).has_value());
  EXPECT_FALSE(ledger.Reserve(Video('b'), 301, kFree, 100).has_value());
  EXPECT_TRUE(ledger.Reserve(Video('b'), 300, kFree, 100).has_value());
  EXPECT_EQ(ledger.total(), 900U);
}

TEST(Ledger, SaysInNumbersWhyThereIsNoRoom) {
  Ledger ledger;
  ASSERT_TRUE(ledger.Reserve(Video('a'), 600, kFree, 100).has_value());
  const auto refused = ledger.Reserve(Video('b'), 400, kFree, 100);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error(),
            (Shortage{.needed = 400, .free = kFree, .reserved = 600, .keep_free = 100}));
  EXPECT_NE(refused.error().ToText().find("Delete videos"), std::string::npos);
}

TEST(Ledger, TakesHugeNumbersForWhatTheyAre) {
  Ledger ledger;
  constexpr ByteCount kHuge = ~ByteCount{0};
  EXPECT_FALSE(ledger.Reserve(Video('a'), kHuge, kFree, 100).has_value());
  ASSERT_TRUE(ledger.Reserve(Video('a'), 500, kFree, 100).has_value());
  EXPECT_FALSE(ledger.Reserve(Video('b'), 1, 400, 100).has_value());
}

TEST(Ledger, AVideoThatAsksAgainIsNotInItsOwnWay) {
  Ledger ledger;
  ASSERT_TRUE(ledger.Reserve(Video('a'), 900, kFree, 100).has_value());
  EXPECT_TRUE(ledger.Reserve(Video('a'), 800, kFree, 100).has_value());
  EXPECT_FALSE(ledger.Reserve(Video('a'), 901, kFree, 100).has_value());
  EXPECT_EQ(ledger.BytesOf(Video('a')), 800U);
}

TEST(Ledger, WhatIsLeftBehindIsOwedUntilItsTranscodeIsGone) {
  Ledger ledger;
  const auto ticket = ledger.Reserve(Video('a'), 900, kFree, 0);
  ASSERT_TRUE(ticket.has_value());
  ledger.Leave(Video('a'), *ticket, 300);
  EXPECT_EQ(ledger.total(), 300U);
  ledger.Reconcile({{Video('a'), 300}}, ledger.last_ticket());
  EXPECT_EQ(ledger.total(), 300U);
  ledger.Reconcile({}, ledger.last_ticket());
  EXPECT_EQ(ledger.total(), 0U);
}

TEST(Ledger, ReconcilingKeepsWhatIsHeldAndWhatWasLeftBehindSince) {
  Ledger ledger;
  const auto held = ledger.Reserve(Video('a'), 100, kFree, 0);
  const auto left = ledger.Reserve(Video('b'), 200, kFree, 0);
  const Ledger::Ticket since = ledger.last_ticket();
  ledger.Leave(Video('b'), *left, 150);
  ledger.Reconcile({{Video('c'), 50}}, since);
  EXPECT_EQ(ledger.BytesOf(Video('a')), 100U);
  EXPECT_EQ(ledger.BytesOf(Video('b')), 150U);
  EXPECT_EQ(ledger.BytesOf(Video('c')), 50U);
  EXPECT_EQ(ledger.total(), 300U);
  ledger.Leave(Video('a'), *held, 0);
  EXPECT_EQ(ledger.BytesOf(Video('a')), 0U);
}

// A worker that lost its job must not give back what the next one has.
TEST(Ledger, AnOldTicketChangesNothing) {
  Ledger ledger;
  const auto first = ledger.Reserve(Video('a'), 100, kFree, 0);
  const auto second = ledger.Reserve(Video('a'), 200, kFree, 0);
  ASSERT_TRUE(first.has_value() && second.has_value());
  ledger.Change(Video('a'), *first, 50);
  ledger.Leave(Video('a'), *first, 0);
  EXPECT_EQ(ledger.total(), 200U);
  ledger.Change(Video('a'), *second, 150);
  EXPECT_EQ(ledger.total(), 150U);
}

TEST(Megabytes, AreRoundedUp) {
  EXPECT_EQ(Megabytes(0), "0 MB");
  EXPECT_EQ(Megabytes(1), "1 MB");
  EXPECT_EQ(Megabytes(2'000'000), "2 MB");
}

}  // namespace
}  // namespace tritontube::space
