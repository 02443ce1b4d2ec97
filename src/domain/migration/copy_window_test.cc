#include "domain/migration/copy_window.h"

#include <gtest/gtest.h>

namespace tritontube::migration {

namespace {

using std::chrono_literals::operator""ms;

void Fetch(CopyWindow& window, int count, std::chrono::milliseconds duration,
           ByteCount bytes = ByteCount{256} * 1024) {
  for (int i = 0; i < count; ++i) window.Took(bytes, duration);
}

TEST(CopyWindow, OpensAsLongAsItCostsNothing) {
  CopyWindow window(8);
  EXPECT_EQ(window.size(), 1U);
  Fetch(window, 100, 10ms);
  EXPECT_EQ(window.size(), 8U);
}

TEST(CopyWindow, ClosesWhenBytesTakeLongerAndOpensAgain) {
  CopyWindow window(8);
  Fetch(window, 100, 10ms);
  Fetch(window, 50, 50ms);
  EXPECT_EQ(window.size(), 1U);
  Fetch(window, 100, 10ms);
  EXPECT_EQ(window.size(), 8U);
}

TEST(CopyWindow, DoesNotTakeALargeBlobForASlowOne) {
  CopyWindow window(8);
  Fetch(window, 100, 10ms);
  Fetch(window, 50, 160ms, 8U << 20U);
  EXPECT_EQ(window.size(), 8U);
}

TEST(CopyWindow, TakesWhatLastsForWhatIsNow) {
  CopyWindow window(8);
  Fetch(window, 100, 10ms);
  Fetch(window, 800, 50ms);
  EXPECT_EQ(window.size(), 8U) << "the disk is slower than it was, and nobody else is there";
}

}  // namespace

}  // namespace tritontube::migration
