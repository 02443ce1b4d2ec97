#include "domain/manifest/growth.h"

#include <gtest/gtest.h>

#include "support/fake_presentation.h"

namespace tritontube::manifest {
namespace {

using media::Rendition;

std::vector<Rendition> Whole() { return support::MakePresentation().presentation.renditions; }

// What a step adds that has the segments from `begin` up to `end` of each.
std::vector<Rendition> Step(std::size_t begin, std::size_t end) {
  std::vector<Rendition> step = Whole();
  for (Rendition& rendition : step) {
    const std::vector<media::Segment> all = std::move(rendition.segments);
    rendition.segments.assign(all.begin() + static_cast<std::ptrdiff_t>(begin),
                              all.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return step;
}

void ExpectCorrupt(const Result<void>& result) {
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code(), ErrorCode::kCorrupt);
}

TEST(Growth, IsStoredUnderTheNumberOfItsStep) {
  EXPECT_EQ(GrowthFileName(1), "growth-000001.json");
  EXPECT_EQ(GrowthFileName(1'234'567), "growth-1234567.json");
}

TEST(Growth, AddsUpToTheWholeOverItsSteps) {
  std::vector<Rendition> whole;
  for (std::size_t segment = 0; segment < 3; ++segment) {
    auto read = GrowthFromJson(GrowthToJson(Step(segment, segment + 1)));
    ASSERT_TRUE(read.has_value()) << read.error().message();
    ASSERT_TRUE(AppendGrowth(whole, *std::move(read)).has_value());
  }
  EXPECT_EQ(whole, Whole());
}

TEST(Growth, MayBringARenditionLaterThanOthers) {
  std::vector<Rendition> first = Step(0, 3);
  const Rendition late = first.front();
  first.erase(first.begin());
  std::vector<Rendition> whole;
  ASSERT_TRUE(AppendGrowth(whole, first).has_value());
  ASSERT_TRUE(AppendGrowth(whole, {late}).has_value());
  EXPECT_EQ(whole.back(), late);
}

TEST(Growth, IsCorruptWithAGapAndChangesNothing) {
  std::vector<Rendition> whole = Step(0, 1);
  std::vector<Rendition> step = Step(1, 2);
  step.back() = Step(2, 3).back();
  ExpectCorrupt(AppendGrowth(whole, step));
  ExpectCorrupt(AppendGrowth(whole, Step(0, 1)));
  ExpectCorrupt(AppendGrowth(whole, Step(1, 1)));
  EXPECT_EQ(whole, Step(0, 1));
}

TEST(Growth, IsCorruptWhenARenditionBecomesAnotherOne) {
  std::vector<Rendition> whole = Step(0, 1);
  std::vector<Rendition> step = Step(1, 2);
  step.front().timescale += 1;
  ExpectCorrupt(AppendGrowth(whole, step));
}

TEST(Growth, IsReadOnlyAsItWasWritten) {
  const std::string good = GrowthToJson(Step(0, 1));
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto read = GrowthFromJson(good.substr(0, size));
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error().code(), ErrorCode::kCorrupt);
  }
  EXPECT_EQ(GrowthFromJson(GrowthToJson(Step(1, 1))).error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(GrowthFromJson(R"({"format":2})").error().code(), ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tritontube::manifest
